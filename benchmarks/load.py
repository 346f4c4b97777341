"""What one server bears: many visitors, and one who does heavy work. Prints one Markdown table.

    python -m benchmarks.load                                   sessions, memory, and a browser that plays
    python -m benchmarks.load --heavy                           how late another's first chart is meanwhile
    python -m benchmarks.load --address http://localhost:8080   one that runs already, such as behind a proxy

Most visitors are raw websocket clients (benchmarks/visitor.py), each a session of its own on the server. Playing
happens in browsers: whoever plays sends nothing, so a raw client that plays is one that is connected. One Chromium
really plays, and notes how late each day is. Linux only: it reads /proc.
"""

import argparse
import asyncio
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks.played import play
from benchmarks.visitor import Lost, Visitor
from jitai.corpus import DEVELOPMENT, load_part

ROOT = Path(__file__).parents[1]
NOBODY_LISTENS = "127.0.0.1:1"
SECONDS_OF_WARM_UP = 8.0
"""The embedded model is loaded 1.5 s after the first page, in about 2 s."""
N_OPENED = 10
LINES = "\n".join(item.text for item in load_part(DEVELOPMENT)[:400])
HEAVY: dict[str, tuple[str, dict[str, object], dict[str, object]]] = {
    "validation: 300 statements, four judges": ("validation", {}, {"start_validation": True}),
    "validation, the models asked again": ("validation", {"validated_anew": True}, {"start_validation": True}),
    "calibration of a prompt": ("models", {"prompt_shown": "few_shot"}, {"calibrate": True}),
    "preferences: 400 lines": ("preferences", {"statements": LINES}, {"judge_lines": True}),
    "training of a policy": ("train", {}, {"start_training": True}),
    "an experiment from Compare": ("compare", {"compared_seeds": 2000}, {"start_compare": True}),
}
"""What is heavy: its page, the settings that differ from usual, and what is pressed. What the judge at work says under
its own prompt came with the lab, so another prompt is calibrated."""
N_DURING = 20


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--address", help="of a dashboard that runs already; nothing is said of its processor and memory"
    )
    parser.add_argument("--heavy", nargs="*", metavar="WORD", help="heavy work instead; words choose, by default all")
    parser.add_argument("--page", default="live", help="page of the player (default: live)")
    parser.add_argument("--connected", type=int, default=20, help="sessions that are connected (default: %(default)s)")
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f} at the start\n")
    print("| what | n | p50 | p95 | |\n|---|---|---|---|---|")
    if options.heavy is None:
        asyncio.run(sessions(options.address, options.page, options.connected))
    else:
        asyncio.run(held_up(options.heavy, options.page))
    print(f"\nload average {os.getloadavg()[0]:.1f} at the end")


def row(what: str, values: Sequence[float], unit: str = "s", remark: str = "") -> None:
    """Print one line of the table: a number of values with their median and 95th percentile."""
    ordered = sorted(values)
    high = ordered[min(len(ordered) - 1, round(0.95 * (len(ordered) - 1)))] if ordered else float("nan")
    middle = statistics.median(ordered) if ordered else float("nan")
    print(f"| {what} | {len(ordered)} | {middle:.2f} {unit} | {high:.2f} {unit} | {remark} |", flush=True)


class Server:
    """A dashboard in a process of its own.

    Args:
        home: its home folder, empty for a first visit.
        folder: of the checkout, with its own virtual environment if it has one.

    Attributes:
        address: of it.
    """

    def __init__(self, home: Path, folder: Path = ROOT) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        self.address = f"http://localhost:{port}"
        environment = {
            **os.environ, "HOME": str(home), "OLLAMA_HOST": NOBODY_LISTENS,
            "JITAI_CACHE_DIR": str(home / "cache"), "JITAI_DATA_DIR": str(home / "data"),
        }  # fmt: skip
        own = folder / ".venv/bin/python"
        python = str(own) if folder != ROOT and own.exists() else sys.executable
        command = [python, "-m", "streamlit", "run", "app.py", "--server.port", str(port), "--server.headless=true"]
        with (home / "log").open("w", encoding="utf-8") as log:
            self._process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)  # noqa: S603

    async def ready(self) -> None:
        """Wait until it answers."""
        end = time.monotonic() + 60
        while time.monotonic() < end and self._process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.address}/_stcore/health", timeout=2):  # noqa: S310 - our own
                    return
            except OSError:
                await asyncio.sleep(0.1)
        raise SystemExit("The dashboard did not start.")

    def processor_s(self) -> float:
        """Seconds of processor that it has used, without processes that it started."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory_mb(self) -> float:
        """Memory that it holds, without that of processes that it started."""
        lines = Path(f"/proc/{self._process.pid}/status").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(20)


@asynccontextmanager
async def warm_server(page: str) -> AsyncIterator[Server]:
    """A server that has been visited and has loaded its model."""
    with tempfile.TemporaryDirectory() as home:
        server = Server(Path(home))
        try:
            await server.ready()
            await opened(server.address, page, 2)
            await asyncio.sleep(SECONDS_OF_WARM_UP)
            await opened(server.address, page, 2)
            yield server
        finally:
            server.stop()


async def opened(address: str, page: str, n: int) -> list[Visitor]:
    """That many visitors, one after the other, each of whom has left before the next comes."""
    visitors = []
    for _ in range(n):
        async with Visitor(address, page, ticks=True) as visitor:
            await visitor.open()
            await visitor.see_chart()
            visitors.append(visitor)
    return visitors


async def come_and_go(address: str, page: str, n: int, at_once: int = 10) -> None:
    """That many visitors, some at once."""
    for _ in range(n // at_once):
        await asyncio.gather(*(opened(address, page, 1) for _ in range(at_once)))


async def sessions(address: str | None, page: str, n: int) -> None:
    """Measure visitors who come, change a setting, stay, and leave."""
    if address is not None:
        await _visits(address, page, n, None)
        return
    async with warm_server(page) as server:
        await _visits(server.address, page, n, server)
        await come_and_go(server.address, page, 20)
        await asyncio.sleep(5)
        before = server.memory_mb()
        await come_and_go(server.address, page, 100)
        await asyncio.sleep(5)
        after = server.memory_mb()
        growth = f"{100 * (after / before - 1):+.1f} % (aim: at most 10), from {before:.0f} MB"
        row("memory after 100 sessions came and went", [after], "MB", growth)


async def _visits(address: str, page: str, n: int, server: Server | None) -> None:
    alone = await opened(address, page, N_OPENED)
    row("first chart, nobody else", [visitor.first_chart_s for visitor in alone])
    visitors = [Visitor(address, page, ticks=True) for _ in range(50)]
    try:
        first = visitors[:n]
        row(
            f"first page, {n} at once",
            await asyncio.gather(*(visitor.open() for visitor in first)),
            "s",
            "aim: p95 6 s",
        )
        row("first chart of these", [visitor.first_chart_s for visitor in first])
        changes = [await visitor.change(seed=number) for number, visitor in enumerate(first, start=100)]
        row(f"a setting is changed, one of {n} at a time", changes)
        together = await asyncio.gather(
            *(visitor.change(seed=number) for number, visitor in enumerate(first, start=200))
        )
        row(f"a setting is changed, all {n} at once", together)
        await asyncio.sleep(10)
        await _played(address, page, n, server)
        await asyncio.gather(*(visitor.open() for visitor in visitors[n:]))
        await asyncio.sleep(10)
        lost = [visitor.lost for visitor in visitors if visitor.lost]
        changes = [await visitor.change(seed=number) for number, visitor in enumerate(visitors, start=300)]
        row("a setting is changed, one of 50 at a time", changes, "s", f"lost: {len(lost)} of 50 (aim: 0)")
    except Lost as error:
        print(f"| lost: {error} | | | | |")
    finally:
        for visitor in visitors:
            await visitor.__aexit__()


async def _played(address: str, page: str, n: int, server: Server | None) -> None:
    """One browser plays at 3 days a second while the others are connected."""
    loop = asyncio.get_running_loop()
    used_before, began = 0.0 if server is None else server.processor_s(), time.perf_counter()
    idle_s = 10.0
    await asyncio.sleep(idle_s)
    if server is not None:
        share = 100 * (server.processor_s() - used_before) / (time.perf_counter() - began)
        row(f"the server's processor, {n} connected", [share], "% of a core", "aim: under 10 while all play")
    # In a thread: Playwright's synchronous interface wants a loop of its own, and the raw clients go on meanwhile.
    played = await loop.run_in_executor(None, lambda: play(f"{address}/{page}", server.processor_s if server else None))
    row("Run to first day, in Chromium", played.first_day_s, "s", "aim: p95 1 s")
    row(f"lateness of a day, in Chromium, {n} connected", played.lateness_s, "s", "aim: p95 0.2 s")
    if server is not None:
        row(f"the server's processor while it plays, {n} connected", [played.processor_share], "% of a core", "aim: 10")


async def held_up(words: Sequence[str], page: str) -> None:
    """Measure how late the first chart of another visitor is while one does heavy work, each on a server of its own."""
    for what, (path, settings, pressed) in HEAVY.items():
        if words and not any(word in what for word in words):
            continue
        async with warm_server(page) as server:
            before = await _visited(server, page)
            async with Visitor(server.address, path, ticks=True) as busy:
                await busy.open()
                for key, value in settings.items():
                    await busy.change(**{key: value})
                work = asyncio.create_task(busy.change(**pressed))
                await asyncio.sleep(0.5)
                during: list[Visit] = []
                while (busy.is_ticking or not work.done()) and len(during) < N_DURING:
                    during += await _visited(server, page, 1)
                work.cancel()
                if busy.lost:
                    row(f"{what}: lost: {busy.lost}", [])
                    continue
        # What comes afterwards is measured on a server of its own, as nobody can tell when the work has ended.
        async with warm_server(page) as server:
            idle = [*before, *await _visited(server, page)]
        ratio = _median(during) / _median(idle) if during else float("nan")
        for name, visits, more in (
            ("before and after", idle, ""),
            ("meanwhile", during, f"{ratio:.2f} times (aim: 1.5); "),
        ):
            used = statistics.mean(visit.processor_s for visit in visits) if visits else float("nan")
            remark = f"{more}{used:.2f} s of the server's processor a visit; load {os.getloadavg()[0]:.1f}"
            row(f"{what}: first chart {name}", [visit.first_chart_s for visit in visits], "s", remark)


class Visit(NamedTuple):
    """One visit: when its first chart came, and what the server's processor did from its beginning to its end."""

    first_chart_s: float
    processor_s: float


async def _visited(server: Server, page: str, n: int = N_OPENED) -> list[Visit]:
    visits = []
    for _ in range(n):
        used = server.processor_s()
        [visitor] = await opened(server.address, page, 1)
        visits.append(Visit(visitor.first_chart_s, server.processor_s() - used))
    return visits


def _median(visits: Sequence[Visit]) -> float:
    return statistics.median(visit.first_chart_s for visit in visits)


if __name__ == "__main__":
    main()
