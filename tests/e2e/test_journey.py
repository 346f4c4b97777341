"""A person's way through the dashboard, in a real browser."""

import csv
import io
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.conftest import ROOT, NewPage, running_dashboard, session_of

pytestmark = [pytest.mark.browser, pytest.mark.model]

SCREENSHOTS = ROOT / "artifacts" / "screenshots"
A_TRIAL_MS = 60_000
"""Longest wait for 50 judged days; about 6 s where nothing else runs."""
USABLE_S = 6.0
"""Bound for a machine under load; the aim is 3 s."""
NUMBER = r"[\d,]+"
PAGES = {
    "live": "",
    "player": "player",
    "compare": "compare",
    "sweep": "sweep",
    "runs": "runs",
    "train": "train",
    "preferences": "preferences",
    "simulator": "simulator",
    "optimum": "optimum",
    "validation": "validation",
    "models": "models",
}
LOOKS: dict[str, dict[str, Any]] = {
    "light_1280": {"color_scheme": "light", "viewport": {"width": 1280, "height": 800}},
    "dark_1280": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 800}},
    "light_390": {"color_scheme": "light", "viewport": {"width": 390, "height": 844}},
}


def keyed(page: Page, name: str) -> Locator:
    """The element of a widget's key, with the running number that the state adds to most keys or without."""
    return page.locator(f'.st-key-{name}, [class*="st-key-{name}_"]').filter(visible=True).first


def press(page: Page, name: str) -> None:
    keyed(page, name).get_by_role("button").first.click()


def numbers(page: Page) -> list[str]:
    """The values of the headline: day, steps, gain, share of the optimum, vetoes, agreement."""
    return page.locator('.st-key-headline [data-testid="stMetricValue"]').all_inner_texts()


def day_of(page: Page) -> int:
    return int(numbers(page)[0].split(" of ")[0])


def wait_for_day(page: Page, at_least: int) -> int:
    give_up = time.monotonic() + A_TRIAL_MS / 1000
    while (day := day_of(page)) < at_least:
        assert time.monotonic() < give_up, f"day {day} after a minute, {at_least} expected"
        page.wait_for_timeout(100)
    return day


def choose_speed(page: Page, end: str) -> None:
    """The slowest ("Home") or the fastest ("End") speed, with the keyboard."""
    knob = keyed(page, "speed").get_by_role("slider")
    knob.press(end)
    page.wait_for_timeout(600)


def is_finished(page: Page) -> Locator:
    """The button of a single day, which is disabled when the study is over."""
    return keyed(page, "one_day").get_by_role("button")


def run_to_the_end(page: Page) -> None:
    choose_speed(page, "End")
    press(page, "play")
    expect(is_finished(page)).to_be_disabled(timeout=A_TRIAL_MS)
    settle(page)


def settle(page: Page) -> None:
    """Wait until the script has come to rest and the charts have been drawn."""
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()
    page.wait_for_timeout(700)


def no_error_is_shown(page: Page) -> None:
    assert page.locator('[data-testid="stException"]').count() == 0
    assert page.locator('[data-testid="stAlertContentError"]').count() == 0


def downloaded_log(page: Page) -> list[dict[str, str]]:
    with page.expect_download() as download:
        press(page, "download_log")
    path = download.value.path()
    return list(csv.DictReader(io.StringIO(Path(path).read_bytes().decode("utf-8"), newline="")))


def test_usable_soon_after_opening(new_page: NewPage, record_property: Callable[[str, object], None]) -> None:
    """In a browser that has nothing cached: seconds until the buttons are there, and until the chart is painted."""

    def opened() -> tuple[float, float]:
        started = time.monotonic()
        page = new_page()
        expect(keyed(page, "play").get_by_role("button").first).to_be_enabled()
        usable_s = time.monotonic() - started
        page.locator(".st-key-trajectory .js-plotly-plot svg.main-svg").first.wait_for()
        painted_s = time.monotonic() - started
        settle(page)
        page.close()
        return usable_s, painted_s

    first, *warm = (opened() for _ in range(4))
    record_property("usable_and_painted_s", warm)
    print(f"\nfirst visit: usable after {first[0]:.2f} s, painted after {first[1]:.2f} s; on a warm server:")
    print(", ".join(f"{usable_s:.2f} and {painted_s:.2f} s" for usable_s, painted_s in warm))
    assert min(usable_s for usable_s, _ in warm) < USABLE_S


def test_open_type_run_and_download(new_page: NewPage) -> None:
    """The seed is the one that the page opens with, so participant and policy's draws are the same each time, and with
    them the judge holds back messages on more than ten days."""
    page = new_page()

    box = keyed(page, "said_text").get_by_role("textbox")
    box.fill("I twisted my ankle")
    keyed(page, "truth").get_by_text("cannot walk", exact=True).click()
    expect(keyed(page, "said_next")).to_contain_text("I twisted my ankle")
    run_to_the_end(page)
    no_error_is_shown(page)

    rows = downloaded_log(page)
    day, steps, _, _, vetoes, _ = numbers(page)
    assert len(rows) == int(day.split(" of ")[0])
    assert int(steps.replace(",", "")) == round(sum(float(row["step_count"]) for row in rows))
    first = rows[0]
    assert (first["statement"], first["statement_author"]) == ("I twisted my ankle", "typed")
    assert (first["can_walk"], float(first["step_count"])) == ("False", 0.0)
    assert first["verdict"] == "do not send"
    held_back = [row for row in rows if row["held_back"] == "True"]
    assert held_back
    right = sum(row["can_walk"] == "False" for row in held_back)
    assert vetoes == f"{right} of {len(held_back)}"

    bars = page.locator(".st-key-trajectory .bars .point")
    unable = sum(row["can_walk"] == "False" for row in rows)
    assert bars.count() == len(rows) + unable
    assert page.locator(".st-key-cumulative .js-plotly-plot .scatterlayer .trace").count() == 2


def test_typed_words_are_taken_when_run_is_pressed_without_enter(new_page: NewPage) -> None:
    page = new_page()
    keyed(page, "said_text").get_by_role("textbox").fill("I twisted my ankle")
    press(page, "one_day")
    wait_for_day(page, 1)
    expect(keyed(page, "decision_card")).to_contain_text("I twisted my ankle")


def test_hostile_words_stay_words(new_page: NewPage) -> None:
    page = new_page()
    page.on("dialog", lambda dialog: pytest.fail(f"a dialog opened: {dialog.message}"))
    hostile = "<img src=x onerror=alert(1)> ![x](http://evil.invalid/x.png) <script>alert(1)</script>"
    keyed(page, "said_text").get_by_role("textbox").fill(hostile)
    press(page, "one_day")
    wait_for_day(page, 1)
    settle(page)
    expect(keyed(page, "decision_card")).to_contain_text(hostile)
    assert page.locator('.stMain img[src="x"], .stMain img[src*="evil"]').count() == 0
    page.goto(page.url.rstrip("/") + "/preferences")
    keyed(page, "statements").get_by_role("textbox").fill(hostile)
    press(page, "judge_lines")
    expect(page.locator(".st-key-verdict_0")).to_contain_text(hostile)
    assert page.locator('.stMain img[src="x"], .stMain img[src*="evil"]').count() == 0


def test_pause_and_one_day(new_page: NewPage) -> None:
    page = new_page()
    choose_speed(page, "Home")
    press(page, "play")
    wait_for_day(page, 2)
    press(page, "play")
    settle(page)
    paused = day_of(page)
    page.wait_for_timeout(2500)
    assert day_of(page) == paused, "the run stands still"
    press(page, "one_day")
    assert wait_for_day(page, paused + 1) == paused + 1
    page.keyboard.press("Escape")
    press(page, "play")
    wait_for_day(page, paused + 2)
    press(page, "start_over")
    settle(page)
    assert day_of(page) == 0
    page.wait_for_timeout(1500)
    assert day_of(page) == 0
    no_error_is_shown(page)


def test_run_again_runs_again(new_page: NewPage) -> None:
    page = new_page()
    run_to_the_end(page)
    before = numbers(page)
    press(page, "play")
    page.wait_for_timeout(1500)
    expect(is_finished(page)).to_be_disabled(timeout=A_TRIAL_MS)
    settle(page)
    assert numbers(page) == before, "the same seed, the same run"


def test_the_speed_can_be_changed_while_it_runs(new_page: NewPage) -> None:
    page = new_page()
    choose_speed(page, "Home")
    press(page, "play")
    wait_for_day(page, 1)
    choose_speed(page, "End")
    expect(is_finished(page)).to_be_disabled(timeout=A_TRIAL_MS)
    no_error_is_shown(page)


def go_by_menu(page: Page, name: str) -> None:
    """Through the navigation, so that the session goes on."""
    path = PAGES[name]
    links = page.locator('[data-testid="stTopNavLink"], [data-testid="stSidebarNavLink"]')
    links.filter(visible=True).and_(page.locator(f'[href$="/{path}"]')).first.click()
    page.wait_for_url(re.compile(rf"/{path}(\?.*)?$"))
    settle(page)


def test_settings_survive_a_visit_to_the_simulator(new_page: NewPage) -> None:
    page = new_page()
    seed = keyed(page, "seed").get_by_role("spinbutton")
    seed.fill("7")
    seed.press("Enter")
    settle(page)
    for _ in range(2):
        press(page, "one_day")
        settle(page)
    assert day_of(page) == 2
    before = numbers(page)
    go_by_menu(page, "simulator")
    length = keyed(page, "study_length").get_by_role("spinbutton")
    if not length.is_visible():
        page.locator('[data-testid="stSidebar"] details summary').first.click()
    expect(length).to_have_value("50")
    go_by_menu(page, "live")
    expect(keyed(page, "seed").get_by_role("spinbutton")).to_have_value("7")
    assert numbers(page) == before
    go_by_menu(page, "simulator")
    if not keyed(page, "study_length").get_by_role("spinbutton").is_visible():
        page.locator('[data-testid="stSidebar"] details summary').first.click()
    length = keyed(page, "study_length").get_by_role("spinbutton")
    length.fill("12")
    length.press("Enter")
    settle(page)
    expect(keyed(page, "preset").get_by_role("combobox")).to_have_value(re.compile("Custom"))
    go_by_menu(page, "live")
    assert numbers(page)[0] == "0 of 12"
    expect(keyed(page, "preset").get_by_role("combobox")).to_have_value(re.compile("Custom"))
    no_error_is_shown(page)


def test_settings_survive_a_reload_and_travel_as_a_link(new_page: NewPage) -> None:
    page = new_page()
    seed = keyed(page, "seed").get_by_role("spinbutton")
    seed.fill("7")
    seed.press("Enter")
    settle(page)
    expect(page).to_have_url(re.compile(r"\?seed=7$"))
    page.reload()
    expect(keyed(page, "seed").get_by_role("spinbutton")).to_have_value("7")
    go_by_menu(page, "simulator")
    expect(page).to_have_url(re.compile(r"/simulator\?seed=7$"))
    link = page.url
    other = new_page("?" + link.partition("?")[2])
    expect(keyed(other, "seed").get_by_role("spinbutton")).to_have_value("7")
    no_error_is_shown(other)


def test_two_sessions_at_the_same_time(new_page: NewPage) -> None:
    pages = [new_page(), new_page()]
    for page, number in zip(pages, ("11", "12"), strict=True):
        seed = keyed(page, "seed").get_by_role("spinbutton")
        seed.fill(number)
        seed.press("Enter")
        settle(page)
        choose_speed(page, "End")
    for page in pages:
        press(page, "play")
    for page in pages:
        expect(is_finished(page)).to_be_disabled(timeout=2 * A_TRIAL_MS)
        settle(page)
        no_error_is_shown(page)
    logs = [downloaded_log(page) for page in pages]
    assert logs[0] != logs[1], "each has its own participant"
    for page, rows in zip(pages, logs, strict=True):
        assert len(rows) == day_of(page)
        assert all(row["failure"] == "" for row in rows)
        assert int(numbers(page)[1].replace(",", "")) == round(sum(float(row["step_count"]) for row in rows))


def test_a_page_opened_first_on_a_fresh_server_has_the_navigation(browser: Browser, tmp_path: Path) -> None:
    with running_dashboard(tmp_path) as address, session_of(browser) as session:
        page = session.new_page()
        page.goto(f"{address}/preferences")
        keyed(page, "try_examples").wait_for()
        settle(page)
        assert page.locator('[data-testid="stTopNavLink"]').count() == len(PAGES)
        assert page.locator('[data-testid="stSidebarNavLink"]').count() == 0
        press(page, "try_examples")
        page.locator(".st-key-verdict_4").wait_for()
        no_error_is_shown(page)
        go_by_menu(page, "live")
        press(page, "one_day")
        assert wait_for_day(page, 1) == 1


TOO_WIDE = """() => ['html', 'body', '[data-testid="stApp"]', '[data-testid="stMain"]', '.block-container']
    .map(name => [name, document.querySelector(name)])
    .filter(([name, element]) => element && element.scrollWidth > element.clientWidth + 1)
    .map(([name, element]) => `${name}: ${element.scrollWidth} > ${element.clientWidth}`)"""


@pytest.mark.parametrize("look", LOOKS)
def test_every_page_in_every_look(new_page: NewPage, look: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page = new_page(**LOOKS[look])
    run_to_the_end(page)
    for name in PAGES:
        if name != "live":
            page.goto(f"{page.url.split('/', 3)[0]}//{page.url.split('/', 3)[2]}/{PAGES[name]}")
            page.locator("h1").first.wait_for()
            settle(page)
        if name == "preferences":
            press(page, "try_examples")
            page.locator(".st-key-verdict_4").wait_for()
            settle(page)
        if name == "validation":
            sample = keyed(page, "validated_sample").locator("input")
            sample.fill("40")
            sample.press("Enter")
            settle(page)
            press(page, "start_validation")
            page.locator(".st-key-stop_validation").wait_for()
            page.locator(".st-key-stop_validation").wait_for(state="hidden", timeout=120_000)
            page.locator(".st-key-accuracy_chart svg.main-svg").first.wait_for()
            settle(page)
        page.screenshot(path=SCREENSHOTS / f"{name}_{look}.png")
        no_error_is_shown(page)
        assert page.evaluate(TOO_WIDE) == []
        if look == "dark_1280":
            continue  # what lies below the fold differs in colour only
        # The page scrolls inside a frame of its own: for a picture of all of it, the window has to be as high.
        size = LOOKS[look]["viewport"]
        height = page.evaluate("document.querySelector('[data-testid=\"stMain\"]').scrollHeight")
        page.set_viewport_size({"width": size["width"], "height": min(height, 6000)})
        page.wait_for_timeout(300)
        page.screenshot(path=SCREENSHOTS / f"{name}_{look}_whole.png")
        page.set_viewport_size(size)


def test_clicks_while_the_judge_is_thinking(new_page: NewPage) -> None:
    """A button pressed in mid-run meets a day that is still being judged: its statements are new to the cache."""
    page = new_page("?seed=7771")
    choose_speed(page, "End")
    press(page, "play")
    page.wait_for_timeout(700)
    press(page, "one_day")
    settle(page)
    stopped = day_of(page)
    assert 1 <= stopped < 50
    page.wait_for_timeout(1500)
    assert day_of(page) == stopped
    press(page, "one_day")
    settle(page)
    assert day_of(page) == stopped + 1
    press(page, "start_over")
    settle(page)
    assert day_of(page) == 0
    no_error_is_shown(page)
