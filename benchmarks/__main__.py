"""Print the benchmark table: ``python -m benchmarks [--published PYTHON]``.

``--published`` names a Python that has the published package, numpy 1.26, scipy and scikit-learn; then its speed is
measured in the same run. ``make bench`` makes such an environment in .venv-published if it can. Without one, our own
replay of the published formulas (the reference mode) stands in, and the table says so.
"""

import argparse
import os
import platform
import shutil
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import numpy as np

from benchmarks.judge_speed import judge_rows
from benchmarks.table import row, seconds
from jitai.simulator.config import DEFAULT_PRESET, PRESETS, UNIFORM, SimulatorConfig
from jitai.simulator.env import StepCountEnv
from jitai.simulator.reference import PublishedEnv
from jitai.simulator.vector_env import StepCountVectorEnv

ROOT = Path(__file__).parents[1]
BASE = SimulatorConfig(can_walk_persistence=1.0, statement_probability=0.0)
N_SINGLE_STEPS = 30_000
N_ENVS = 10_000

# Runs in the other Python: the published environment under random actions, steps a second.
PUBLISHED = f"""
import time, warnings
warnings.filterwarnings("ignore")
import numpy as np
from StepCountJITAI.envs import StepCountJITAI
env = StepCountJITAI(sigma=0.4, chosen_obs_names=["P", "H", "D"], b_display=False)
actions = np.random.default_rng(0).integers(0, 4, {N_SINGLE_STEPS})
env.reset()
started = time.perf_counter()
for action in actions:
    if env.step(action)[2]:
        env.reset()
print({N_SINGLE_STEPS} / (time.perf_counter() - started))
"""


def main() -> None:
    """Measure one after the other and print a row for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--published", metavar="PYTHON", help="a Python with the published package and numpy 1.26")
    arguments = parser.parse_args()
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, numpy {np.__version__}\n")
    published = published_speed(arguments.published)
    single = single_speed()
    row("our single environment", f"{single:,.0f} steps/s", f"{single / published:.1f} x published (aim 10)")
    for name, config in (
        ("base", BASE),
        ("LLM variant", PRESETS[DEFAULT_PRESET]),
        ("base, uniform variation", SimulatorConfig(can_walk_persistence=1.0, variation=UNIFORM)),
    ):
        speed = vector_speed(config)
        row(
            f"{N_ENVS:,} environments, {name}",
            f"{speed:,.0f} steps/s",
            f"{speed / published:,.0f} x published (aim 1,000)",
        )
    judge_rows()
    start_up_rows()


def published_speed(python: str | None) -> float:
    """Steps a second of the published package, or of our replay of its formulas."""
    if python:
        done = subprocess.run([python, "-c", PUBLISHED], capture_output=True, text=True, check=True)  # noqa: S603
        speed, name = float(done.stdout), "published package, single environment"
    else:
        speed, name = replay_speed(), "our replay of the published formulas"
    row(name, f"{speed:,.0f} steps/s")
    return speed


def replay_speed() -> float:
    """Steps a second of the reference mode."""
    env = PublishedEnv(BASE, seed=0)
    actions = np.random.default_rng(0).integers(0, 4, N_SINGLE_STEPS).tolist()

    def steps() -> None:
        for action in actions:
            if env.step(action)[2]:
                env.reset()

    return N_SINGLE_STEPS / seconds(steps)


def single_speed() -> float:
    """Steps a second of one Gymnasium environment, resets included."""
    env = StepCountEnv(BASE)
    env.reset(seed=0)
    actions = np.random.default_rng(0).integers(0, 4, N_SINGLE_STEPS).tolist()

    def steps() -> None:
        for action in actions:
            _, _, terminated, truncated, _ = env.step(action)
            if terminated or truncated:
                env.reset()

    return N_SINGLE_STEPS / seconds(steps)


def vector_speed(config: SimulatorConfig) -> float:
    """Steps a second of all environments together, resets included."""
    env = StepCountVectorEnv(N_ENVS, config)
    env.reset(seed=0)
    actions = np.random.default_rng(0).integers(0, 4, (50, N_ENVS))
    n_steps = 500 if config.variation != UNIFORM else 50

    def steps() -> None:
        for step in range(n_steps):
            env.step(actions[step % len(actions)])

    return n_steps * N_ENVS / seconds(steps)


def start_up_rows() -> None:
    """Import of the first page, and the server's start to its health answer."""
    code = "import time; t = time.perf_counter(); import jitai.ui.pages.live; print(time.perf_counter() - t)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)  # noqa: S603
    row("import of the first page", f"{float(done.stdout):.2f} s", "aim 2")
    port = "8597"
    address = f"http://localhost:{port}"
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", port]
    started = time.perf_counter()
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603
    try:
        while time.perf_counter() - started < 60:
            try:
                with urllib.request.urlopen(f"{address}/_stcore/health"):  # noqa: S310 - our own http address
                    break
            except OSError:
                time.sleep(0.02)
        row("start of the server to its first answer", f"{time.perf_counter() - started:.2f} s")
        browser_rows(address)
    finally:
        server.terminate()
        server.wait()


def browser_rows(address: str) -> None:
    """From opening the address in a fresh browser to a page that can be used, first and later visitors."""
    from playwright.sync_api import sync_playwright

    executable = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox", "--disable-gpu"])
        for visitor in ("first visitor", "second visitor", "third visitor"):
            page = browser.new_context().new_page()
            started = time.perf_counter()
            page.goto(address)
            page.locator("[data-part=play]").wait_for()
            row(f"page usable, {visitor}", f"{time.perf_counter() - started:.2f} s", "aim 3; the picture is there too")
        browser.close()


if __name__ == "__main__":
    main()
