"""Experiments in a real browser: run, reload, open a cell of the map."""

import html
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import NewPage
from tests.e2e.test_journey import TOO_WIDE, keyed, no_error_is_shown, press, settle

pytestmark = pytest.mark.browser

A_RUN_MS = 60_000


def type_number(page: Page, key: str, value: str) -> None:
    box = keyed(page, key).get_by_role("spinbutton")
    box.fill(value)
    box.press("Enter")
    settle(page)


def open_settings(page: Page, key: str) -> None:
    """Open what a run of one's own is made of."""
    keyed(page, key).get_by_role("button").first.click()
    settle(page)


def run(page: Page, button: str) -> str:
    """Press Run, and wait for the whole answer in words."""
    press(page, button)
    page.keyboard.press("Escape")
    answer = page.locator(".st-key-answer")
    progress = page.locator(".st-key-experiment_progress")
    progress.wait_for(timeout=A_RUN_MS)
    progress.wait_for(state="detached", timeout=A_RUN_MS)
    settle(page)
    no_error_is_shown(page)
    return answer.inner_text()


def test_a_comparison_is_there_after_a_reload(new_page: NewPage) -> None:
    page = new_page("compare")
    settle(page)
    assert "1,000 pairs of the same seed" in page.locator(".st-key-answer").inner_text(), "it opens with its answer"
    open_settings(page, "own_compare")
    type_number(page, "compared_seeds", "20")
    said = run(page, "start_compare")
    found = re.match(r"The judge gains ([\d,]+ steps) a person", said)
    assert found is not None and "20 pairs of the same seed" in said
    chart = page.locator(".st-key-totals_chart_wide")
    expect(chart.get_by_text("best possible 3,418")).to_be_visible()
    assert page.locator(".st-key-answer").bounding_box()["y"] < 250  # type: ignore[index]
    assert "experiment=compare-" in page.url
    page.reload()
    page.locator(".st-key-answer").wait_for()
    settle(page)
    assert page.locator(".st-key-answer").inner_text() == said
    no_error_is_shown(page)
    press(page, "compare_hand_over")
    with page.expect_download() as download:
        keyed(page, "compare_report").get_by_role("button").click()
    page.keyboard.press("Escape")
    report = html.unescape(Path(download.value.path()).read_text(encoding="utf-8"))
    assert found[0] in re.sub("<[^>]+>", "", report), "its first sentence is the page's"
    assert f"{page.url.split('?')[0]}?experiment=compare-" in report
    page.set_viewport_size({"width": 390, "height": 844})
    settle(page)
    assert page.evaluate(TOO_WIDE) == [], "it fits a phone"


def test_a_click_on_the_map_opens_that_participant_on_the_live_page(new_page: NewPage) -> None:
    page = new_page("sweep")
    settle(page)
    open_settings(page, "own_sweep")
    for axis in ("x", "y"):
        type_number(page, f"swept_{axis}_n", "2")
    type_number(page, "swept_seeds", "10")
    said = run(page, "start_sweep")
    assert "10 pairs of the same seed" in said
    press(page, "sweep_hand_over")
    with page.expect_download() as download:
        keyed(page, "sweep_report").get_by_role("button").click()
    page.keyboard.press("Escape")
    assert "LLM+TS" in html.unescape(Path(download.value.path()).read_text(encoding="utf-8"))
    numbers = page.locator('[class*="st-key-map_chart"] .scatterlayer .textpoint')
    assert numbers.count() == 4
    box = numbers.nth(2).bounding_box()  # p11 0.95, judge error 0 %, after the two of 0.55
    assert box is not None
    # Beside the number: anywhere in the cell will do.
    page.mouse.click(box["x"] + box["width"] / 2 + 40, box["y"] + box["height"] / 2 - 15)
    page.wait_for_url(lambda url: "/sweep" not in url)
    expect(page.locator("h1")).to_contain_text("What does the policy do")
    settle(page)
    assert "can_walk_persistence=0.95" in page.url, "as in the cell; the link takes the shortest way to say it"
    no_error_is_shown(page)
