"""One real Chromium that plays a run, and notes in the page when each day appears."""

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page, sync_playwright

ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run")
DAYS_A_SECOND = 3
N_DAYS = 45
REPEATS = 3

# Notes when the day's card changes, from the press of the space bar on; a MutationObserver sees what is drawn.
WATCH = """() => {
  const root = document.querySelector('[data-testid=stBidiComponentIsolated]').shadowRoot;
  const player = root.querySelector('.player');
  const card = root.querySelector('[data-part=day]');
  const press = key => player.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true, composed: true}));
  window.noted = {};
  new MutationObserver(() => {
    const day = (card.textContent.match(/[0-9]+/) ?? [0])[0];
    window.noted[day] ??= performance.now() - window.pressed;
  }).observe(card, {childList: true, characterData: true, subtree: true});
  press('Home');
  return new Promise(done => setTimeout(() => {
    window.noted = {};
    window.pressed = performance.now();
    press(' ');
    done(card.textContent);
  }, 500));
}"""


PAUSE = """() => {
  const root = document.querySelector('[data-testid=stBidiComponentIsolated]').shadowRoot;
  const player = root.querySelector('.player');
  player.dispatchEvent(new KeyboardEvent('keydown', {key: ' ', bubbles: true, composed: true}));
}"""


@dataclass(frozen=True)
class Played:
    """What was noted.

    Attributes:
        first_day_s: from the press to the first day, in seconds; one for each repeat.
        lateness_s: how much later than its place in the row, counted from the press, each day appeared, in seconds.
        processor_share: of the server meanwhile, in percent of a core; NaN if nobody told.
    """

    first_day_s: list[float]
    lateness_s: list[float]
    processor_share: float


def play(address: str, processor_s: Callable[[], float] | None = None) -> Played:
    """Play a run several times at 3 days a second.

    Args:
        address: of the page with the player.
        processor_s: seconds of processor that the server has used.
    """
    executable = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=list(ARGUMENTS))
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(address)
        page.locator("[data-part=answer]").filter(has_text=" ").first.wait_for(timeout=60_000)
        page.locator(f"[name=speed][value='{DAYS_A_SECOND}']").check(force=True)
        page.wait_for_timeout(10_000)  # until nothing is computed any more
        used, began = 0.0 if processor_s is None else processor_s(), time.perf_counter()
        noted = [_once(page) for _ in range(REPEATS)]
        share = float("nan")
        if processor_s is not None:
            share = 100 * (processor_s() - used) / (time.perf_counter() - began)
        browser.close()
    first = [min(times.values()) for times in noted]
    # The first day that is shown may be the first or the second of the run: the card stands on the first before.
    late = [when - (day - min(times) + 1) / DAYS_A_SECOND for times in noted for day, when in times.items()]
    return Played(first, late, share)


def _once(page: Page) -> dict[int, float]:
    """Seconds after the press at which each day appeared first."""
    page.evaluate(WATCH)
    page.wait_for_timeout(1000 * N_DAYS / DAYS_A_SECOND)
    noted: dict[str, float] = page.evaluate("window.noted")
    page.evaluate(PAUSE)
    return {int(day): when / 1000 for day, when in noted.items()}
