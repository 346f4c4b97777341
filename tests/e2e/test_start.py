"""A stranger's way: Start, a run that plays, through a door to Live, why it turned out so, and back."""

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import NewPage
from tests.e2e.test_journey import day_of, focus, part, whole_run

pytestmark = [pytest.mark.browser, pytest.mark.model]


def test_from_start_to_why_and_back(new_page: NewPage) -> None:
    page = new_page("")
    small = page.locator(".frame[data-mode=small]")
    expect(small.locator("[data-part=answer]")).to_contain_text("has gained", timeout=20_000)
    assert small.locator("button:visible").count() == 0, "there is nothing to press"
    page.get_by_text("See the whole run").click()
    page.locator(".frame[data-mode=page]").wait_for()
    whole_run(page)
    page.keyboard.press("w")
    expect(part(page, "why")).to_contain_text("of the gain comes from")
    page.keyboard.press("r")
    expect(part(page, "why")).to_contain_text("Held back rightly")
    page.locator('[data-testid="stHeaderLogo"], [data-testid="stSidebarLogo"], [data-testid="stLogo"]').first.click()
    page.get_by_text("Go on where you were: Live").click()
    page.locator(".frame[data-mode=page]").wait_for()
    focus(page)
    assert day_of(page) == 50, "one is where one was"
    expect(part(page, "why")).to_contain_text("Held back rightly")


def test_a_story_plays_to_its_scenes_and_stops(new_page: NewPage) -> None:
    page = new_page("stories?story=sprained_ankle")
    button, caption = part(page, "next-scene"), part(page, "caption")
    expect(button).to_contain_text("Go on 1 of 5")
    first = caption.inner_text()
    page.keyboard.press(" ")  # without a click
    expect(button).to_contain_text("Go on 2 of 5", timeout=20_000)
    assert caption.inner_text() != first and day_of(page) == 13
    button.click()
    expect(caption).to_contain_text("I twisted my ankle", timeout=20_000)


@pytest.mark.parametrize("way", ["live", "stories?story=sprained_ankle", ""])
def test_keys_work_on_arrival_unless_somebody_types_elsewhere(new_page: NewPage, way: str) -> None:
    page = new_page(way)
    if not way:
        page.get_by_text("See the whole run").click()
    page.locator(".frame[data-mode=page]").wait_for()
    before = day_of(page)
    page.keyboard.press("ArrowRight")
    expect(part(page, "day")).to_contain_text(f"Day {before + 1}")


def test_meanings_are_reached_with_tab_and_close_with_escape(new_page: NewPage) -> None:
    page = new_page("live")
    page.locator(".frame[data-mode=page]").wait_for()
    shown = "element => getComputedStyle(element, '::after').content"
    for name in ("sensor", "policy", "words", "judge", "done", "truth"):
        word = page.locator(f".k[data-term={name}]")
        word.focus()
        assert len(word.evaluate(shown)) > 20, name
        page.keyboard.press("Escape")
        assert word.evaluate(shown) == "none", name
