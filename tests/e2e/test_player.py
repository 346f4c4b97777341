"""The player in a real browser, on a page of its own, and in a file from disk."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from jitai.player.standalone import standalone_html
from jitai.text_format import whole_steps
from tests.e2e.conftest import ROOT, START_S, answers, free_port, session_of

pytestmark = pytest.mark.browser

DATA = ROOT / "tests" / "data"
SIZES = [(1280, 800), (1920, 1080), (820, 1180), (390, 844)]
PROBES = (Path(__file__).parent / "player_probes.js").read_text(encoding="utf-8")
TRUTH_WORDS = re.compile(r"could walk|could not walk|cannot walk|was right|was wrong")

Open = Callable[..., Page]


def run_of(which: str) -> dict[str, Any]:
    return json.loads((DATA / f"player_run_{which}.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def player_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("player")
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", "tests/e2e/player_app.py", f"--server.port={port}"]
    with (folder / "log").open("w+", encoding="utf-8") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=_environment(folder), stdout=log, stderr=subprocess.STDOUT)
        try:
            give_up = time.monotonic() + START_S
            while not answers(f"http://localhost:{port}/_stcore/health"):
                assert process.poll() is None and time.monotonic() < give_up, "the page did not start"
                time.sleep(0.1)
            yield f"http://localhost:{port}"
            log.seek(0)
            assert "Traceback" not in (written := log.read()), written
        finally:
            process.terminate()
            process.wait(10)


def _environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "HOME": str(folder), "PYTHONPATH": str(ROOT), "STREAMLIT_SERVER_HEADLESS": "true"}


@pytest.fixture
def open_player(browser: Browser, player_app: str) -> Iterator[Open]:
    with ExitStack() as sessions:

        def open_page(query: str = "", **settings: Any) -> Page:
            page = sessions.enter_context(session_of(browser, **settings)).new_page()
            page.goto(f"{player_app}/{query}")
            page.locator(".player").wait_for()
            part(page, "answer").get_by_text("Does listening pay?").wait_for()
            return page

        yield open_page


@contextmanager
def opened_from_disk(browser: Browser, folder: Path, payload: dict[str, Any]) -> Iterator[Page]:
    """The player in a file; at the end, it has asked for nothing but that file and complained of nothing."""
    file = folder / "run.html"
    file.write_text(standalone_html(payload, "A run"), encoding="utf-8")
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    requests: list[str] = []
    complaints: list[str] = []
    try:
        page = context.new_page()
        page.on("request", lambda request: requests.append(request.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(file.as_uri())
        focus(page)
        yield page
        assert requests == [file.as_uri()]
        assert complaints == []
    finally:
        context.close()


def part(page: Page, name: str) -> Locator:
    return page.locator(f"[data-part={name}]")


def told_of_the_run(page: Page) -> str:
    """All text of the player but that of the words box, which offers truths to choose from."""
    return "\n".join(page.locator(".player > :not(.say)").all_inner_texts())


def focus(page: Page) -> None:
    page.locator(".player").focus()


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def probe(page: Page, name: str) -> Any:
    """What one of the probes in player_probes.js finds."""
    return page.evaluate(f"({PROBES}).{name}()")


def told(page: Page, *, reached: str = "") -> dict[str, Any]:
    """What reached Python, and how often the script ran.

    Args:
        reached: what to wait for: the page writes it below the player, a moment after the player has its answer.
    """
    code = page.locator("[data-testid=stCode]")
    if reached:
        expect(code).to_contain_text(reached)
    return json.loads(code.inner_text())


def number(text: str) -> int:
    found = re.search(r"[\d,]+", text)
    assert found is not None, text
    return int(found[0].replace(",", ""))


def test_keys_alone_play_scrub_reveal_explain_and_present(open_player: Open) -> None:
    page = open_player()
    focus(page)
    press(page, "ArrowRight", "ArrowRight", "Shift+ArrowRight", "ArrowLeft")
    expect(part(page, "day")).to_have_text("Day 6 of 50")
    press(page, "End")
    expect(part(page, "answer")).to_have_text("Listening gained 1,253 steps")
    assert not TRUTH_WORDS.search(told_of_the_run(page))
    press(page, "r")
    expect(part(page, "truth")).to_contain_text("could not walk")
    press(page, "r", "w")
    expect(part(page, "why")).to_contain_text("left on day 5 and missed 45 days")
    press(page, "w", "d")
    expect(part(page, "table-dialog").locator("tbody tr")).to_have_count(50)
    press(page, "Escape", "Home")
    expect(part(page, "day")).to_have_text("Before day 1")
    press(page, " ")
    expect(part(page, "day")).to_have_text(re.compile(r"Day ([2-9]|\d\d) of 50"), timeout=5000)
    press(page, " ")
    stopped = part(page, "day").inner_text()
    page.wait_for_timeout(800)
    assert part(page, "day").inner_text() == stopped
    assert told(page)["runs"] == 1


def test_the_pages_own_keys_stay_away_while_the_player_has_the_focus(open_player: Open) -> None:
    page = open_player()
    focus(page)
    press(page, "ArrowRight", "r")
    expect(part(page, "truth")).to_be_visible()
    page.wait_for_timeout(500)
    assert told(page)["runs"] == 1
    page.evaluate("document.activeElement.blur()")
    press(page, "r")
    expect(part(page, "truth")).to_be_visible()


@pytest.mark.parametrize("which", ["a", "b"])
def test_the_hover_of_every_day_is_that_day_of_the_data(open_player: Open, which: str) -> None:
    page = open_player(f"?run={which}")
    focus(page)
    press(page, "End", "Home")
    data = run_of(which)
    for day in range(1, 51):
        _point_at(page, day)
        text = part(page, "tip").inner_text()
        run = {name: column[day - 1] for name, column in data["run"].items() if isinstance(column, list)}
        held = run["proposed"] != 0 and run["done"] == 0
        assert text.startswith(f"Day {day}\n")
        assert data["actions"][run["proposed" if held else "done"]]["name"] in text
        assert held == ("held back" in text)
        so_far = [whole_steps(sum(data["run"]["steps"][:until])) for until in (day - 1, day)]
        assert number(text.split("\n")[2]) == so_far[1] - so_far[0]
        assert f"habituation {run['habituation']:.2f}, risk {run['risk']:.2f}" in text
        assert not TRUTH_WORDS.search(text)


def test_a_day_that_was_not_seen_cannot_be_hovered(open_player: Open) -> None:
    page = open_player()
    focus(page)
    press(page, *["ArrowRight"] * 3)
    _point_at(page, 3)
    expect(part(page, "tip")).to_be_visible()
    _point_at(page, 4)
    expect(part(page, "tip")).to_be_hidden()


def _point_at(page: Page, day: int) -> None:
    """Move the pointer over the middle of a day's column."""
    box = part(page, "plot").bounding_box()
    scrub = part(page, "scrub").bounding_box()
    assert box is not None and scrub is not None
    column = (scrub["width"] - 16) / 50
    page.mouse.move(scrub["x"] + 8 + column * day, box["y"] + box["height"] * 0.4)


def test_a_click_on_a_day_goes_there(open_player: Open) -> None:
    page = open_player()
    _point_at(page, 17)
    page.mouse.down()
    page.mouse.up()
    expect(part(page, "day")).to_have_text("Day 17 of 50")
    press(page, "ArrowRight")
    expect(part(page, "day")).to_have_text("Day 18 of 50")


def test_a_fork_reaches_python_and_comes_back_without_a_new_start(open_player: Open) -> None:
    page = open_player()
    focus(page)
    press(page, *["Shift+ArrowRight"] * 4, "ArrowRight", "f")
    page.evaluate("window.before = document.querySelector('[data-testid=stBidiComponentIsolated]')")
    page.locator("[name=action][value='0']").check()
    page.get_by_role("button", name="Live it again").click()
    expect(part(page, "legend")).to_contain_text("A: day 21")
    expect(part(page, "day")).to_contain_text("Day 21 of 50")
    expect(part(page, "day").locator(".flag")).to_have_text("A")
    assert page.evaluate("window.before === document.querySelector('[data-testid=stBidiComponentIsolated]')")
    assert told(page, reached='"number": 1')["forks"] == [
        {"identity": "sample-a", "number": 1, "line": "run", "day": 21, "action": 0, "words": None, "can_walk": None}
    ]
    press(page, "End", "w")
    expect(part(page, "why")).to_contain_text("Branch A")
    press(page, "w")
    page.get_by_label("Remove branch A").click()
    expect(part(page, "legend")).not_to_contain_text("A: day 21")
    assert told(page, reached='"removed": ["')["removed"] == ["branch-1"]


def test_a_fork_that_fails_says_why_and_may_be_asked_again(open_player: Open) -> None:
    page = open_player("?refuse=1")
    focus(page)
    press(page, "Shift+ArrowRight")
    for _ in range(2):
        press(page, "f")
        page.locator("[name=truth][value='0']").check()
        page.get_by_role("button", name="Live it again").click()
        expect(part(page, "toast")).to_have_text("The judge cannot be reached. Try again.")
        expect(part(page, "legend")).not_to_contain_text("lived again")
    assert [fork["number"] for fork in told(page, reached='"number": 2')["forks"]] == [1, 2]


def test_up_to_four_branches_stand_beside_the_run(open_player: Open) -> None:
    page = open_player("?run=b")
    focus(page)
    press(page, *["Shift+ArrowRight"] * 5)
    for letter in "ABCD":
        press(page, "f")
        page.locator("[name=truth][value='0']").check()
        page.get_by_role("button", name="Live it again").click()
        expect(part(page, "legend")).to_contain_text(f"{letter}: day 25")
        expect(part(page, "picture").locator(f"text.on-branch:text-is('{letter}')")).to_have_count(1)
    dashes = (
        part(page, "legend")
        .locator(".branch .swatch path")
        .evaluate_all("paths => paths.map(path => path.getAttribute('stroke-dasharray'))")
    )
    assert len(set(dashes)) == 4
    press(page, "f")
    expect(part(page, "toast")).to_contain_text("Remove one first")
    assert [fork["can_walk"] for fork in told(page, reached='"number": 4')["forks"]] == [False] * 4


def test_words_typed_while_it_plays_change_the_day_to_come(open_player: Open) -> None:
    page = open_player()
    focus(page)
    press(page, "Shift+ArrowRight", "Shift+ArrowRight")
    part(page, "play").click()
    part(page, "tomorrow").fill("I twisted my ankle <b>badly</b>, r c w")
    shown = int(part(page, "scrub").input_value())
    assert "What does the participant say on day" in part(page, "question").inner_text()
    press(page, "Enter")
    expect(part(page, "legend")).to_contain_text("<b>badly</b>")
    (fork,) = told(page, reached='"number": 1')["forks"]
    assert fork["words"] == "I twisted my ankle <b>badly</b>, r c w"
    assert shown < fork["day"] <= shown + 3
    assert page.locator(".player b", has_text="badly").count() == 0
    expect(part(page, "play")).to_contain_text("Pause")


def test_a_truth_for_the_day_to_come_needs_no_words(open_player: Open) -> None:
    page = open_player()
    focus(page)
    press(page, "ArrowRight")
    part(page, "say-it").click()
    expect(part(page, "toast")).to_contain_text("set what is true")
    part(page, "say-truth").select_option("0")
    part(page, "say-it").click()
    expect(part(page, "legend")).to_contain_text("A: day 2")
    (fork,) = told(page, reached='"number": 1')["forks"]
    assert (fork["day"], fork["words"], fork["can_walk"]) == (2, None, False)


def test_python_hears_of_the_day_at_rest_only_if_it_asks(open_player: Open) -> None:
    page = open_player("?tells=1")
    focus(page)
    press(page, *["ArrowRight"] * 5)
    assert told(page, reached='"day": 5')["viewer"] == {
        "identity": "sample-a", "day": 5, "line": "run", "revealed": False,
    }  # fmt: skip
    assert told(page)["runs"] <= 4, "moves in a row are told once"
    press(page, "r")
    told(page, reached='"revealed": true')
    runs = told(page)["runs"]
    part(page, "play").click()
    expect(part(page, "day")).to_have_text(re.compile(r"Day (8|9|\d\d) of 50"), timeout=8000)
    assert told(page)["runs"] == runs, "nothing is told while it plays"


def test_playing_and_scrubbing_do_not_run_the_script(open_player: Open) -> None:
    page = open_player()
    part(page, "play").click()
    page.locator("[name=speed][value='10']").check(force=True)
    expect(part(page, "day")).to_have_text("Day 50 of 50", timeout=15_000)
    focus(page)
    press(page, *["ArrowLeft"] * 20, "r", "w", "t")
    expect(part(page, "day")).to_have_text("Day 30 of 50")
    assert told(page)["runs"] == 1


def test_days_that_arrive_bit_by_bit_are_waited_for(open_player: Open) -> None:
    page = open_player("?lived=4")
    part(page, "play").click()
    expect(part(page, "waiting")).to_contain_text("Waiting for day 5", timeout=5000)
    expect(part(page, "day")).to_have_text("Day 4 of 50")
    page.get_by_role("button", name="the rest").click()
    expect(part(page, "day")).to_have_text(re.compile(r"Day ([6-9]|\d\d) of 50"), timeout=8000)
    expect(part(page, "waiting")).to_have_text("")


def test_a_locked_truth_asks_for_a_prediction_first(open_player: Open) -> None:
    page = open_player("?locked=1")
    focus(page)
    press(page, "End", "r")
    expect(part(page, "toast")).to_have_text("Predict first: how often was holding back right?")
    page.wait_for_timeout(500)
    assert not TRUTH_WORDS.search(told_of_the_run(page))
    assert told(page, reached='"reveals": [50')["reveals"] == [50]


def test_the_presenter_fills_the_window_with_type_that_a_room_can_read(open_player: Open) -> None:
    page = open_player()
    focus(page)
    press(page, "p")
    expect(part(page, "keys")).to_be_visible()
    press(page, "End")
    box = page.locator(".frame").bounding_box()
    assert box == {"x": 0, "y": 0, "width": 1280, "height": 800}
    small = probe(page, "smallest_type")
    assert small >= 20, small
    before = page.locator(".frame").get_attribute("data-theme")
    press(page, "t")
    assert page.locator(".frame").get_attribute("data-theme") != before
    press(page, "Escape")
    box = page.locator(".frame").bounding_box()
    assert box is not None and box["width"] < 1280
    press(page, "p")
    expect(part(page, "keys")).to_be_hidden()


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_cut_and_nothing_jumps_at_any_size(open_player: Open, width: int, height: int, scheme: str) -> None:
    ready = "&ready=AB" if scheme == "dark" else ""
    page = open_player(f"?run=a{ready}", viewport={"width": width, "height": height}, color_scheme=scheme)
    focus(page)
    places = []
    for _ in range(10):
        press(page, "Shift+ArrowRight")
        assert probe(page, "cut") == []
        places.append(probe(page, "places"))
    assert all(place == places[0] for place in places), places
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_a_wider_font_cuts_nothing(open_player: Open, width: int, height: int) -> None:
    page = open_player("?run=b", viewport={"width": width, "height": height})
    page.evaluate(
        "document.querySelector('[data-testid=stBidiComponentIsolated]')"
        ".style.setProperty('--st-font', 'DejaVu Sans, Verdana, sans-serif')"
    )
    page.set_viewport_size({"width": width - 1, "height": height})
    focus(page)
    for _ in range(10):
        press(page, "Shift+ArrowRight")
        assert probe(page, "cut") == []


def test_words_of_ten_thousand_characters_stay_in_their_slot(open_player: Open) -> None:
    page = open_player("?long=" + "word%20" * 800)
    focus(page)
    press(page, "ArrowRight")
    assert probe(page, "cut") == []


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_print_shows_the_whole_run_at_its_end(browser: Browser, tmp_path: Path, paper: str) -> None:
    with opened_from_disk(browser, tmp_path, run_of("a")) as page:
        press(page, "ArrowRight")
        pdf = page.pdf(format=paper, margin=dict.fromkeys(("top", "right", "bottom", "left"), "12mm"))
        assert len(re.findall(rb"/Type\s*/Page\b", pdf)) in (2, 3)
        page.emulate_media(media="print")
        page.set_viewport_size({"width": {"A4": 703, "Letter": 725}[paper], "height": 960})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1")  # table columns are rounded
        sheet = part(page, "paper")
        expect(sheet.locator(".answer")).to_have_text("Listening gained 1,253 steps")
        expect(sheet.locator("tbody tr")).to_have_count(50)
        assert not TRUTH_WORDS.search(sheet.inner_text())
        expect(page.locator(".player")).to_be_hidden()


def test_a_file_opens_from_disk_and_plays(browser: Browser, tmp_path: Path) -> None:
    payload = run_of("b")
    payload["run"]["words"][2] = "</script><img src=x onerror=alert(1)>"
    with opened_from_disk(browser, tmp_path, payload) as page:
        press(page, "ArrowRight", "ArrowRight", "ArrowRight")
        expect(part(page, "words")).to_contain_text("</script><img src=x onerror=alert(1)>")
        press(page, "End")
        expect(part(page, "answer")).to_have_text("Listening gained 335 steps")
        expect(part(page, "fork")).to_be_hidden()


def test_motion_is_left_out_where_it_is_not_wanted(open_player: Open) -> None:
    page = open_player(reduced_motion="reduce")
    part(page, "play").click()
    assert part(page, "cursor").evaluate("cursor => getComputedStyle(cursor).transitionDuration") == "0s"


def test_the_text_has_contrast(open_player: Open) -> None:
    for scheme in ("light", "dark"):
        page = open_player(color_scheme=scheme)
        focus(page)
        press(page, "End", "r")
        assert probe(page, "contrast") == []
