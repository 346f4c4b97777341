"""What a visitor waits for on the Live page, beside an earlier commit whose page ran a day at a time.

    python -m benchmarks.times [FOLDER]     FOLDER: a checkout of the commit before the player, with a .venv of its own

Prints one Markdown table: medians and the largest of three, in seconds. Both dashboards are started anew, with one
home, and take turns; they are opened in browser sessions that have nothing cached. The page before the player has its
judge read in its first run; the runs after that are of remembered verdicts. Under two minutes on an idle machine.
"""

import argparse
import asyncio
import os
import re
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from benchmarks.load import ROOT, Server

ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")
DESK, PHONE = ViewportSize(width=1280, height=800), ViewportSize(width=390, height=844)
PATIENCE_MS = 60_000
REPEATS = 3
Times = dict[str, list[float]]


class Player:
    """The Live page with the player."""

    name = "this commit"
    path = "live"
    has_forks = True

    def __init__(self, page: Page) -> None:
        self._page = page
        self.begun = 0.0
        """When what is timed began, where something had to be prepared first; else 0."""
        page.set_default_timeout(PATIENCE_MS)

    def _part(self, name: str) -> str:
        return f"[data-part={name}]"

    def see_chart(self) -> None:
        """Wait for the first chart."""
        self._page.locator(f"{self._part('picture')} path").first.wait_for(state="attached")

    def settle(self) -> None:
        """Wait until nothing is under way, as what many seeds say is computed after the chart."""
        self._page.locator(self._part("many")).get_by_text("Over 200").wait_for()

    def to_the_end(self) -> None:
        """See day 50 of the run."""
        self._page.locator(".player").focus()
        self._page.keyboard.press("End")
        expect(self._page.locator(self._part("answer"))).to_have_text(
            re.compile("^Listening (gained|cost|made)"), timeout=PATIENCE_MS
        )

    def new_seed_to_the_end(self) -> None:
        """See day 50 of another run."""
        title = self._page.locator(self._part("title")).first
        before = title.inner_text()
        self._page.locator(".st-key-new_seed").get_by_role("button").click()
        expect(title).not_to_have_text(before, timeout=PATIENCE_MS)
        self.to_the_end()

    def scrub(self) -> None:
        """Step through 20 days."""
        self._page.locator(".player").focus()
        self._page.keyboard.press("Home")
        for _ in range(20):
            self._page.keyboard.press("ArrowRight")
        expect(self._page.locator(self._part("scrub"))).to_have_value("20")

    def fork(self) -> None:
        """Have day 20 lived otherwise."""
        branches = self._page.locator(f"{self._part('legend')} .branch")
        before = branches.count()
        self._page.keyboard.press("f")
        truth = self._page.locator(f"[name=truth][value='{before % 2}']")
        truth.check()
        self._page.get_by_role("button", name="Live it again").click()
        branches.nth(before).wait_for()


class DayByDay(Player):
    """The page before it: the server lived a day and drew all charts at each tick."""

    name = "before the player"
    path = ""
    has_forks = False

    def see_chart(self) -> None:
        """Wait for the first chart."""
        self._page.locator(".st-key-trajectory .js-plotly-plot svg.main-svg").first.wait_for()

    def settle(self) -> None:
        """Wait until the script is at rest."""
        self._page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()

    def _button(self, name: str) -> None:
        self._page.locator(f'[class*="st-key-{name}"]').get_by_role("button").first.click()

    def to_the_end(self) -> None:
        """Run at "to the end"."""
        self._page.locator('[class*="st-key-speed"]').get_by_role("slider").press("End")
        self._page.wait_for_timeout(600)
        self.begun = time.perf_counter()
        self._button("play")
        expect(self._page.locator('[class*="st-key-one_day"]').get_by_role("button")).to_be_disabled(
            timeout=PATIENCE_MS
        )

    def new_seed_to_the_end(self) -> None:
        """Run another seed."""
        self._button("new_seed")
        self._page.wait_for_timeout(300)
        self.to_the_end()

    def scrub(self) -> None:
        """Live 20 days by the button of one day, each once the one before is shown."""
        self._button("new_seed")
        self._page.wait_for_timeout(1000)
        self.begun = time.perf_counter()
        day = self._page.locator('.st-key-headline [data-testid="stMetricValue"]').first
        for number in range(1, 21):
            self._button("one_day")
            expect(day).to_have_text(f"{number} of 50", timeout=PATIENCE_MS)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before", nargs="?", type=Path, help="checkout of the commit before the player")
    options = parser.parse_args()
    kinds = [(Player, ROOT)] + ([(DayByDay, options.before)] if options.before else [])
    print(f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f} at the start\n")
    executable = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    found: dict[str, Times] = {kind.name: {} for kind, _ in kinds}
    with tempfile.TemporaryDirectory() as home:
        servers = [Server(Path(home), folder) for _, folder in kinds]
        try:
            for server in servers:
                asyncio.run(server.ready())
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=executable, args=list(ARGUMENTS))
                for visit in range(REPEATS + 1):
                    for (kind, _), server in zip(kinds, servers, strict=True):
                        measure(kind, browser, server.address, found[kind.name], visit)
                browser.close()
        finally:
            for server in servers:
                server.stop()
    names = list(dict.fromkeys(name for times in found.values() for name in times))
    print(f"| what | {' | '.join(found)} |\n|---|{'---|' * len(found)}")
    for name in names:
        print(f"| {name} | {' | '.join(in_words(times.get(name, [])) for times in found.values())} |")
    print(f"\nload average {os.getloadavg()[0]:.1f} at the end")


def measure(kind: type[Player], browser: Browser, address: str, times: Times, visit: int) -> None:
    """Add the times of one visit to one dashboard; the first visit, 0, only opens the page of the cold server."""

    def note(name: str, seconds: float) -> None:
        times.setdefault(name, []).append(seconds)
        print(f"{kind.name}: {name}: {seconds:.2f} s", file=sys.stderr)

    def opened(name: str, viewport: ViewportSize) -> tuple[Page, Player]:
        page = browser.new_context(viewport=viewport).new_page()
        live = kind(page)
        began = time.perf_counter()
        page.goto(f"{address}/{kind.path}")
        live.see_chart()
        note(f"opening to first chart, {name}", time.perf_counter() - began)
        return page, live

    def timed(name: str, action: Callable[[], None], live: Player) -> None:
        began = time.perf_counter()
        action()
        note(name, time.perf_counter() - (live.begun or began))
        live.begun = 0.0

    if visit == 0:
        opened("cold server", DESK)[0].context.close()
        return
    opened("phone", PHONE)[0].context.close()
    page, live = opened("warm server", DESK)
    live.settle()
    timed("run to day 50 at “to the end”", live.to_the_end, live)
    timed("another seed to day 50", live.new_seed_to_the_end, live)
    if kind is Player or visit == 1:  # a day took the page before half a second
        timed("20 days, one by one", live.scrub, live)
    if kind.has_forks:
        timed("fork", live.fork, live)
    note("page change: to Simulator, until all is drawn", seconds_to(page, "Model", "/simulator"))
    note("page change: back to Live, until all is drawn", seconds_to(page, "Play", f"/{kind.path}"))
    page.context.close()


def seconds_to(page: Page, group: str, path: str) -> float:
    """Click a page's link at the top; return the seconds until the page is there and its script has ended.

    Args:
        page: open on another page.
        group: in whose menu the link is, where there are menus.
        path: to which it leads.
    """
    heading = page.locator("h1").first
    before = heading.inner_text()
    menu = page.locator('[data-testid="stTopNavSection"]').filter(visible=True, has_text=group)
    if menu.count():
        menu.click()
    began = time.perf_counter()
    page.locator(f'a[href$="{path}"]').filter(visible=True).first.click()
    expect(heading).not_to_have_text(before, timeout=PATIENCE_MS)
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()
    return time.perf_counter() - began


def in_words(times: list[float]) -> str:
    """Median and largest, or that there was nothing to measure."""
    if not times:
        return "–"
    largest = f" (at most {max(times):.2f} s)" if len(times) > 1 else ""
    return f"{statistics.median(times):.2f} s{largest}"


if __name__ == "__main__":
    main()
