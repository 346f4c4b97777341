"""The Live page in a real browser: the number, a fork, and a scenario that is carried to another browser."""

import csv
import io
import re
import zipfile

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import NewPage, handed_over

pytestmark = [pytest.mark.browser, pytest.mark.model]

READ_MS = 180_000
"""Longest wait until all statements of a run are read."""


def mounted(page: Page) -> None:
    page.locator(".player").wait_for(timeout=READ_MS)
    page.locator("[data-part=answer]").get_by_text("Does listening pay?").wait_for(timeout=READ_MS)


def total_of(log: bytes) -> float:
    return sum(float(row["step_count"]) for row in csv.DictReader(io.StringIO(log.decode(), newline="")))


def to_the_end(page: Page) -> str:
    """The answer on the last day."""
    page.locator(".player").focus()
    page.keyboard.press("End")
    answer = page.locator("[data-part=answer]")
    expect(answer).to_contain_text(re.compile(r"\d steps|changed nothing"))
    return answer.inner_text()


def legend_total(page: Page) -> int:
    text = page.locator("[data-part=legend] [data-number=run]").inner_text()
    return int(text.replace(",", ""))


def test_play_fork_save_and_open_elsewhere(new_page: NewPage) -> None:
    page = new_page("?seed=7")
    mounted(page)
    answer = to_the_end(page)
    assert legend_total(page) == round(total_of(handed_over(page, "log")))

    page.locator(".player").focus()
    for key in ("Home", "Shift+ArrowRight", "f"):
        page.keyboard.press(key)
    page.locator("[name=truth][value='0']").check()
    page.get_by_role("button", name="Live it again").click()
    expect(page.locator("[data-part=legend]")).to_contain_text("A: day 5, cannot walk")
    expect(page.get_by_role("radio", name="Branch A")).to_be_checked()
    scenario = handed_over(page, "scenario")
    files = zipfile.ZipFile(io.BytesIO(handed_over(page, "bundle")))
    assert sorted(files.namelist()) == [f"jitai_lab_seed_7_branch_a.{ending}" for ending in ("csv", "html", "json")]
    assert files.read("jitai_lab_seed_7_branch_a.json") == scenario
    assert files.read("jitai_lab_seed_7_branch_a.csv") == handed_over(page, "log")
    assert b"no medical advice" in handed_over(page, "report")
    total = total_of(handed_over(page, "log"))
    assert "Listening" in answer

    other = new_page()
    mounted(other)
    other.locator("input[type=file]").set_input_files(
        {"name": "branch.json", "mimeType": "application/json", "buffer": scenario}
    )
    expect(other.locator(".st-key-scenario_note")).to_contain_text("branch.json", timeout=READ_MS)
    expect(other.locator(".st-key-seed input")).to_have_value("7")
    expect(other.locator("[data-part=title]").last).to_contain_text("seed 7")
    expect(other.locator("[data-part=title]")).to_have_count(1)
    to_the_end(other)
    assert legend_total(other) == round(total)
    assert total_of(handed_over(other, "log")) == total

    # The address holds the branch: a reload, and whoever is given it, has the same run.
    third = new_page(page.url.split("/")[-1])
    mounted(third)
    assert total_of(handed_over(third, "log")) == total
    third.reload()
    mounted(third)
    assert total_of(handed_over(third, "log")) == total
