"""A whole lesson by keyboard, and a game to its reveal, in a real browser."""

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import NewPage

pytestmark = pytest.mark.browser


def test_a_whole_lesson_by_keyboard(new_page: NewPage, tmp_path: Path) -> None:
    page = new_page("lessons", reduced_motion="reduce", accept_downloads=True)
    page.get_by_role("button", name="Begin").nth(3).click()
    head, eye = page.locator("[data-part=head]"), page.locator(".progress [aria-current]")
    expect(eye).to_contain_text("Question", timeout=60_000)
    press = page.keyboard.press
    press("2")
    expect(page.locator(".answer-line")).to_contain_text("strawberry")
    press("Enter")
    press("Enter")
    expect(eye).to_contain_text("Predict")
    press("Enter")
    expect(eye).to_contain_text("Predict")  # nobody locks in by one Enter too many
    for name, key in (("high", "ArrowLeft"), ("low", "ArrowRight")):
        page.locator(f"[data-slider={name}]").focus()
        for _ in range(12):
            press(key)
    page.locator("[data-part=root]").focus()
    press("Enter")
    expect(eye).to_contain_text("Watch")
    press("b")
    expect(page.locator("[data-slider=high]")).to_be_disabled()
    press("Enter")
    for _ in range(2):
        press("Enter")
        expect(page.get_by_text("This day decides")).to_be_visible()
        press("h")
    press("Enter")
    press("Enter")
    expect(eye).to_contain_text("Reveal")
    expect(page.locator(".score")).to_contain_text("of 100 points")
    assert re.search(r"gained [\d,]+ steps", head.inner_text())
    page.go_back()
    expect(eye).to_contain_text("Watch")
    press("Enter")
    press("Enter")
    expect(eye).to_contain_text("Second")
    page.locator("[data-slider=high]").focus()
    press("ArrowLeft")
    page.locator("[data-part=root]").focus()
    press("Enter")
    press("Enter")
    press("s")
    press("Enter")
    expect(page.locator(".score")).to_contain_text("of 100 points")
    press("Enter")
    expect(page.locator(".fall").first).to_be_visible()
    press("Enter")
    expect(eye).to_contain_text("Take home")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save my answers").click()
    saved.value.save_as(tmp_path / "answers.json")
    assert re.fullmatch(r"holding-back-[A-Z2-9]{5}\.json", saved.value.suggested_filename), "a code, no name"
    answers = json.loads((tmp_path / "answers.json").read_text(encoding="utf-8"))
    assert answers["lesson"] == "holding-back" and answers["said"] == {"a3": "hold", "a14": "hold", "b6": "send"}
    assert answers["predicted"]["a"] == [100, 1400]
    assert "step=8" in page.url


def test_a_game_to_its_reveal(new_page: NewPage) -> None:
    page = new_page("decide")
    page.locator("[data-part=root]").wait_for()
    page.keyboard.press("2")
    expect(page.locator(".card h3").first).to_contain_text("Day 2")
    for day in range(6, 61, 5):
        if page.locator(".game.end").count():
            break
        page.keyboard.press("5")
        expect(page.locator(f".game.end, .card h3:has-text('Day {day + 1}')").first).to_be_visible()
    expect(page.get_by_text("The costliest days")).to_be_visible()
    expect(page.locator(".best-list tr.me")).to_have_count(1)


def test_no_link_leads_past_the_prediction_and_notes_have_a_window_that_follows(new_page: NewPage) -> None:
    page = new_page("lessons?lesson=holding-back&step=5")
    step = page.locator(".progress [aria-current]")
    expect(step).to_contain_text("Predict", timeout=60_000)
    with page.expect_popup() as opened:
        page.keyboard.press("n")
    notes = opened.value
    expect(notes.locator("[data-part=notes] [aria-current]")).to_contain_text("3. Predict", timeout=60_000)
    assert not notes.locator(".progress").is_visible()
    link = notes.locator("#students").input_value()
    assert link.endswith("/lessons?lesson=holding-back&student=1") and link.startswith("http")
    page.keyboard.press("b")
    expect(notes.locator("[data-part=notes] [aria-current]")).to_contain_text("2. See")
    notes.get_by_role("button", name="Back", exact=True).click()
    expect(step).to_contain_text("Question")
    page.goto(link)
    expect(step).to_contain_text("Question", timeout=60_000)
    assert page.get_by_text("Teacher’s notes").count() == page.get_by_text("For students").count() == 0


def test_large_type_and_paper(new_page: NewPage) -> None:
    page = new_page("lessons?lesson=holding-back")
    expect(page.locator(".progress [aria-current]")).to_contain_text("Question", timeout=60_000)
    page.keyboard.press("p")
    sizes = page.locator(".lesson :is(p, li, h1, h3, button):visible").evaluate_all(
        "all => all.filter(one => one.textContent.trim()).map(one => parseFloat(getComputedStyle(one).fontSize))"
    )
    assert len(sizes) > 10 and min(sizes) >= 20
    page.keyboard.press("Escape")
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    page.emulate_media(media="print")
    paper = page.locator("[data-part=paper]")
    expect(paper).to_contain_text("1. Question")
    expect(paper).to_contain_text("2. See")
    assert "3. Predict" not in paper.inner_text() and not page.locator(".lesson").is_visible()
    assert paper.locator("button:visible").count() == 0
