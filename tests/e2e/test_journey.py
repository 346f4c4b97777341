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

from jitai.ui.navigation import PAGES as NAVIGATION
from tests.e2e.conftest import ROOT, NewPage, handed_over, running_dashboard, session_of

pytestmark = [pytest.mark.browser, pytest.mark.model]

PROBES = (Path(__file__).parent / "player_probes.js").read_text(encoding="utf-8")
TRUTH_SENT = re.compile(rb'"(truth|can_walk|allowed)"\s*:\s*[\[{]|true_context|agrees_with_truth')
"""What was true, as it stands in a payload or a table; the player's own script, which is sent too, has none of it."""
SCREENSHOTS = ROOT / "artifacts" / "screenshots"
A_TRIAL_MS = 180_000
"""Longest wait for 50 judged days; about 6 s where nothing else runs."""
USABLE_S = 6.0
"""Bound for a machine under load; the aim is 3 s."""
NUMBER = r"[\d,]+"
N_GROUPS = len({entry.group for entry in NAVIGATION})
PAGES = {
    "live": "live",
    "start": "",
    "stories": "stories",
    "about": "about",
    "compare": "compare",
    "sweep": "sweep",
    "design_study": "design_study",
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


def part(page: Page, name: str) -> Locator:
    """A part of the player."""
    return page.locator(f"[data-part={name}]")


def day_of(page: Page) -> int:
    return int(part(page, "scrub").input_value())


def wait_for_day(page: Page, at_least: int) -> int:
    give_up = time.monotonic() + A_TRIAL_MS / 1000
    while (day := day_of(page)) < at_least:
        assert time.monotonic() < give_up, f"day {day} after a minute, {at_least} expected"
        page.wait_for_timeout(100)
    return day


def mounted(page: Page) -> None:
    """Wait until the player is there and has its question."""
    part(page, "answer").get_by_text("Does listening pay?").wait_for(timeout=A_TRIAL_MS)


def focus(page: Page) -> None:
    page.locator(".player").focus()


def whole_run(page: Page) -> None:
    """Wait until every day has been read and go to the last one."""
    page.locator(".player").wait_for(timeout=A_TRIAL_MS)
    expect(keyed(page, "hand_over").get_by_role("button").first).to_be_enabled(timeout=A_TRIAL_MS)
    settle(page)
    focus(page)
    page.keyboard.press("End")


def legend_total(page: Page, line: str = "run") -> int:
    text = part(page, "legend").locator(f"[data-number={line}]").inner_text()
    return int(text.replace(",", ""))


def say(page: Page, words: str, truth: str = "") -> None:
    """Change the day to come, and wait for the branch."""
    part(page, "tomorrow").fill(words)
    if truth:
        part(page, "say-truth").select_option(label=truth)
    page.keyboard.press("Enter") if not truth else part(page, "say-it").click()
    part(page, "legend").locator(".branch").first.wait_for(timeout=A_TRIAL_MS)


def settle(page: Page) -> None:
    """Wait until the script has come to rest and the charts have been drawn."""
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()
    page.wait_for_timeout(700)


def no_error_is_shown(page: Page) -> None:
    assert page.locator('[data-testid="stException"]').count() == 0
    assert page.locator('[data-testid="stAlertContentError"]').count() == 0


def downloaded_log(page: Page) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(handed_over(page, "log").decode("utf-8"), newline="")))


@pytest.mark.alone
def test_usable_soon_after_opening(new_page: NewPage, record_property: Callable[[str, object], None]) -> None:
    """In a browser that has nothing cached: seconds until the player can be started and is painted."""

    def opened() -> float:
        started = time.monotonic()
        page = new_page()
        expect(part(page, "play")).to_be_enabled()
        part(page, "picture").locator("path, line").first.wait_for(state="attached")
        usable_s = time.monotonic() - started
        settle(page)
        page.close()
        return usable_s

    first, *warm = (opened() for _ in range(4))
    record_property("usable_s", warm)
    print(f"\nfirst visit: usable after {first:.2f} s; on a warm server:", ", ".join(f"{each:.2f} s" for each in warm))
    assert min(warm) < USABLE_S


def test_open_say_play_and_download(new_page: NewPage) -> None:
    """The seed is the one that the page opens with, so participant and policy's draws are the same each time, and with
    them the judge holds back messages on more than ten days."""
    page = new_page()
    whole_run(page)
    rows = downloaded_log(page)
    assert legend_total(page) == round(sum(float(row["step_count"]) for row in rows))
    held_back = [row for row in rows if row["held_back"] == "True"]
    assert len(held_back) > 10
    expect(part(page, "facts")).to_contain_text(f"{len(held_back)} held back")
    assert "right" not in part(page, "facts").inner_text(), "nothing is told before it is revealed"
    focus(page)
    page.keyboard.press("r")
    right = sum(row["can_walk"] == "False" for row in held_back)
    agreeing = sum(row["agrees_with_truth"] == "True" for row in rows)
    expect(part(page, "facts")).to_contain_text(f"{right} of {len(held_back)} held back rightly")
    expect(part(page, "facts")).to_contain_text(f"{agreeing} of {len(rows)} days as the truth allowed")

    page.keyboard.press("Home")
    say(page, "I twisted my ankle", "cannot walk")
    keyed(page, "player_line").get_by_text("Branch A").click()
    settle(page)
    first = downloaded_log(page)[0]
    assert (first["statement"], first["statement_author"]) == ("I twisted my ankle", "typed")
    assert (first["can_walk"], float(first["step_count"])) == ("False", 0.0)
    assert first["verdict"] == "do not send"
    no_error_is_shown(page)


def test_what_is_below_the_player_follows_it(new_page: NewPage) -> None:
    page = new_page()
    whole_run(page)
    page.get_by_text("The day at rest in full").click()
    page.get_by_text("in numbers, and its decision log").click()
    expect(keyed(page, "decision_card")).to_contain_text("Day 50")
    focus(page)
    page.keyboard.press("ArrowLeft")
    expect(keyed(page, "decision_card")).to_contain_text("Day 49")
    expect(keyed(page, "headline")).to_contain_text("Messages sent")
    expect(keyed(page, "headline")).not_to_contain_text("Held back rightly")
    page.keyboard.press("r")
    expect(keyed(page, "headline")).to_contain_text("Held back rightly")
    expect(keyed(page, "decision_card")).to_contain_text("could")
    assert day_of(page) == 49


def test_a_truth_that_is_not_shown_never_reaches_the_browser(new_page: NewPage) -> None:
    page = new_page()
    frames: list[bytes] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(bytes_of(frame))))
    page.reload()
    whole_run(page)
    assert TRUTH_SENT.search(b"".join(frames)), "as long as it may be revealed, it is there"
    page.locator('[data-testid="stSidebar"]').get_by_text("More settings").click()
    keyed(page, "reveal").locator("label").first.click()
    settle(page)
    press(page, "hand_over")
    expect(keyed(page, "download_log")).to_contain_text("with the hidden truth", timeout=A_TRIAL_MS)
    page.keyboard.press("Escape")
    settle(page)
    frames.clear()
    seed = keyed(page, "seed").get_by_role("spinbutton")
    seed.fill("44")
    seed.press("Enter")
    expect(part(page, "title")).to_contain_text("seed 44")
    whole_run(page)
    page.keyboard.press("r")
    expect(part(page, "toast")).to_contain_text("The truth is hidden")
    received = b"".join(frames)
    assert b'"habituation"' in received, "the run came this way"
    assert not TRUTH_SENT.search(received)


def bytes_of(frame: bytes | str) -> bytes:
    return frame.encode() if isinstance(frame, str) else frame


def test_hostile_words_stay_words(new_page: NewPage) -> None:
    page = new_page()
    page.on("dialog", lambda dialog: pytest.fail(f"a dialog opened: {dialog.message}"))
    hostile = "<img src=x onerror=alert(1)> ![x](http://evil.invalid/x.png) <script>alert(1)</script>"
    mounted(page)
    say(page, hostile)
    expect(part(page, "words")).to_contain_text(hostile)
    page.get_by_text("The day at rest in full").click()
    expect(keyed(page, "decision_card")).to_contain_text(hostile)
    assert page.locator('.stMain img[src="x"], .stMain img[src*="evil"]').count() == 0
    page.goto(page.url.split("?")[0].removesuffix("/live") + "/preferences")
    keyed(page, "statements").get_by_role("textbox").fill(hostile)
    press(page, "judge_lines")
    expect(page.locator(".st-key-verdict_0")).to_contain_text(hostile)
    assert page.locator('.stMain img[src="x"], .stMain img[src*="evil"]').count() == 0


def test_days_are_played_while_others_are_still_read(browser: Browser, tmp_path: Path) -> None:
    """On a server that has never read a statement, without the verdicts that may come with the project."""
    with running_dashboard(tmp_path) as address, session_of(browser) as session:
        page = session.new_page()
        page.goto(f"{address}/?seed=7771")
        mounted(page)
        part(page, "play").click()
        wait_for_day(page, 2)
        shown = day_of(page)
        page.evaluate("window.before = document.querySelector('[data-testid=stBidiComponentIsolated]')")
        wait_for_day(page, shown + 3)
        part(page, "play").click()
        stopped = day_of(page)
        page.wait_for_timeout(2500)
        assert day_of(page) == stopped, "it stands still while days arrive"
        whole_run(page)
        assert page.evaluate("window.before === document.querySelector('[data-testid=stBidiComponentIsolated]')")
        expect(part(page, "answer")).to_contain_text(re.compile(r"gained|cost|no difference"))
        no_error_is_shown(page)


def test_presenting_covers_the_page_and_leaves_it(new_page: NewPage) -> None:
    page = new_page()
    whole_run(page)
    page.keyboard.press("p")
    expect(part(page, "keys")).to_be_visible()
    assert page.locator(".frame").bounding_box() == {"x": 0, "y": 0, "width": 1280, "height": 800}
    on_top = "document.elementsFromPoint(640, 20)[0].closest('[data-testid=stBidiComponentIsolated]') !== null"
    assert page.evaluate(on_top), "Streamlit's own bar lies behind"
    sizes = (
        "[...document.querySelector('[data-testid=stBidiComponentIsolated]').shadowRoot.querySelectorAll('.player *')]"
    )
    smallest = page.evaluate(
        f"Math.min(...{sizes}.filter(e => e.checkVisibility() && !e.closest('.sr') && e.childNodes.length"
        " && [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()))"
        ".map(e => parseFloat(getComputedStyle(e).fontSize)))"
    )
    assert smallest >= 20, smallest
    theme = page.locator(".frame").get_attribute("data-theme")
    page.keyboard.press("t")
    assert page.locator(".frame").get_attribute("data-theme") != theme
    page.keyboard.press("Escape")
    box = page.locator(".frame").bounding_box()
    assert box is not None and box["width"] < 1280


def test_an_old_address_of_the_player_leads_to_live(new_page: NewPage) -> None:
    page = new_page("player?seed=7")
    mounted(page)
    expect(page).to_have_url(re.compile(r"/live\?(scenario=1&)?seed=7(&|$)"))
    expect(keyed(page, "seed").get_by_role("spinbutton")).to_have_value("7")
    assert page.locator('[data-testid="stTopNavSection"]').count() == N_GROUPS


def go_by_menu(page: Page, name: str) -> None:
    """Through the navigation, so that the session goes on."""
    path = PAGES[name]
    group = next(entry.group for entry in NAVIGATION if entry.path == f"pages/{name}.py")
    menu = page.locator('[data-testid="stTopNavSection"]').filter(visible=True)
    if menu.count():
        menu.filter(has_text=group).click()
    page.locator(f'a[href$="/{path}"]').filter(visible=True).first.click()
    page.wait_for_url(re.compile(rf"/{path}(\?.*)?$"))
    settle(page)


def test_settings_survive_a_visit_to_the_simulator(new_page: NewPage) -> None:
    page = new_page()
    seed = keyed(page, "seed").get_by_role("spinbutton")
    seed.fill("7")
    seed.press("Enter")
    expect(part(page, "title")).to_contain_text("seed 7")
    whole_run(page)
    page.keyboard.press("ArrowLeft")
    before = part(page, "answer").inner_text(), day_of(page)
    go_by_menu(page, "simulator")
    length = keyed(page, "study_length").get_by_role("spinbutton")
    if not length.is_visible():
        page.locator('[data-testid="stSidebar"] details summary').first.click()
    expect(length).to_have_value("50")
    go_by_menu(page, "live")
    expect(keyed(page, "seed").get_by_role("spinbutton")).to_have_value("7")
    part(page, "answer").wait_for()
    assert (part(page, "answer").inner_text(), day_of(page)) == before, "the player goes on where it was left"
    go_by_menu(page, "simulator")
    if not keyed(page, "study_length").get_by_role("spinbutton").is_visible():
        page.locator('[data-testid="stSidebar"] details summary').first.click()
    length = keyed(page, "study_length").get_by_role("spinbutton")
    length.fill("12")
    length.press("Enter")
    settle(page)
    expect(keyed(page, "preset").get_by_role("combobox")).to_have_value(re.compile("Custom"))
    go_by_menu(page, "live")
    mounted(page)
    assert part(page, "scrub").get_attribute("max") == "12"
    expect(keyed(page, "preset").get_by_role("combobox")).to_have_value(re.compile("Custom"))
    no_error_is_shown(page)


def test_settings_survive_a_reload_and_travel_as_a_link(new_page: NewPage) -> None:
    page = new_page()
    seed = keyed(page, "seed").get_by_role("spinbutton")
    seed.fill("7")
    seed.press("Enter")
    settle(page)
    expect(page).to_have_url(re.compile(r"\?(scenario=1&)?seed=7(&|$)"))
    page.reload()
    expect(keyed(page, "seed").get_by_role("spinbutton")).to_have_value("7")
    go_by_menu(page, "simulator")
    expect(page).to_have_url(re.compile(r"/simulator\?seed=7$"))
    link = page.url
    other = new_page("?" + link.partition("?")[2])
    expect(keyed(other, "seed").get_by_role("spinbutton")).to_have_value("7")
    no_error_is_shown(other)


def test_two_sessions_at_the_same_time(new_page: NewPage) -> None:
    pages = [new_page("?seed=11"), new_page("?seed=12")]
    logs = []
    for page in pages:
        whole_run(page)
        no_error_is_shown(page)
        logs.append(downloaded_log(page))
    assert logs[0] != logs[1], "each has its own participant"
    for page, rows in zip(pages, logs, strict=True):
        assert all(row["failure"] == "" for row in rows)
        assert legend_total(page) == round(sum(float(row["step_count"]) for row in rows))


def test_a_page_opened_first_on_a_fresh_server_has_the_navigation(browser: Browser, tmp_path: Path) -> None:
    with running_dashboard(tmp_path) as address, session_of(browser) as session:
        page = session.new_page()
        page.goto(f"{address}/preferences")
        keyed(page, "try_examples").wait_for()
        settle(page)
        assert page.locator('[data-testid="stTopNavSection"]').count() == N_GROUPS
        assert page.locator('[data-testid="stSidebarNavLink"]').count() == 0
        press(page, "try_examples")
        page.locator(".st-key-verdict_4").wait_for()
        no_error_is_shown(page)
        go_by_menu(page, "live")
        mounted(page)
        part(page, "play").click()
        assert wait_for_day(page, 1) >= 1


TOO_WIDE = """() => ['html', 'body', '[data-testid="stApp"]', '[data-testid="stMain"]', '.block-container']
    .map(name => [name, document.querySelector(name)])
    .filter(([name, element]) => element && element.scrollWidth > element.clientWidth + 1)
    .map(([name, element]) => `${name}: ${element.scrollWidth} > ${element.clientWidth}`)"""


@pytest.mark.parametrize("look", LOOKS)
def test_every_page_in_every_look(new_page: NewPage, look: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page = new_page(**LOOKS[look])
    whole_run(page)
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
            press(page, "own_validation")
            settle(page)
            sample = keyed(page, "validated_sample").locator("input")
            sample.fill("40")
            sample.press("Enter")
            settle(page)
            press(page, "start_validation")
            page.keyboard.press("Escape")
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
