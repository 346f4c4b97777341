"""Times of the player in a browser: mounting, scrubbing, redrawing, a fork, and what playing costs the server.

Run: ``python benchmarks/player.py http://localhost:8501`` against ``streamlit run tests/e2e/player_app.py``.
"""

import json
import shutil
import statistics
import sys
import time

from playwright.sync_api import Page, sync_playwright

ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run")
REPEATS = 5

REDRAW = """() => {
  const root = document.querySelector('[data-testid=stBidiComponentIsolated]').shadowRoot;
  const player = root.querySelector('.player');
  const press = key => player.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true, composed: true}));
  press('End'); press('Home');
  const times = [];
  for (let day = 0; day < 50; day += 1) {
    const start = performance.now();
    press('ArrowRight');
    times.push(performance.now() - start);
  }
  return times;
}"""


def median_ms(times: list[float]) -> str:
    """Median and largest of times in milliseconds."""
    return f"{statistics.median(times):.1f} ms (at most {max(times):.1f})"


def measure(page: Page, address: str) -> dict[str, float | list[float]]:
    """All times of one visit, in milliseconds."""
    start = time.perf_counter()
    page.goto(address)
    page.locator("[data-part=answer]").get_by_text("Does listening pay?").wait_for()
    mounted = (time.perf_counter() - start) * 1000
    page.locator(".player").focus()
    start = time.perf_counter()
    for _ in range(20):
        page.keyboard.press("ArrowRight")
    scrubbed = (time.perf_counter() - start) * 1000
    redraws = page.evaluate(REDRAW)
    page.keyboard.press("Home")
    page.locator("[name=speed][value='10']").check(force=True)
    page.locator("[data-part=play]").click()
    page.locator("[data-part=day]", has_text="Day 50").wait_for(timeout=20_000)
    runs = json.loads(page.locator("[data-testid=stCode]").inner_text())["runs"]
    page.locator(".player").focus()
    page.keyboard.press("f")
    page.locator("[name=truth][value='1']").check()
    start = time.perf_counter()
    page.get_by_role("button", name="Live it again").click()
    page.locator("[data-part=legend]").get_by_text("A: day").first.wait_for()
    forked = (time.perf_counter() - start) * 1000
    return {
        "mount": mounted,
        "scrub 20 days": scrubbed,
        "redraw": redraws,
        "script runs while playing": runs,
        "fork": forked,
    }


def main(address: str) -> None:
    """Print what was measured."""
    browser_path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    results = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=list(ARGUMENTS))
        for _ in range(REPEATS):
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            results.append(measure(page, address))
            page.close()
        browser.close()
    for name in ("mount", "scrub 20 days", "fork"):
        print(f"{name}: {median_ms([result[name] for result in results])}")
    print(f"redraw of a day: {median_ms([each for result in results for each in result['redraw']])}")
    print(f"script runs while playing: {[result['script runs while playing'] for result in results]}")


if __name__ == "__main__":
    main(sys.argv[1])
