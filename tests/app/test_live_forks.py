"""The Live page, without a browser: forks, scenarios from files, the words of others, many seeds."""

import json
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from jitai.cli.main import main
from jitai.corpus import TEST, load_part
from jitai.errors import ModelMissing
from jitai.judge.base import Reply
from jitai.judge.embedded import EmbeddedBackend
from jitai.judge.judge import Judge
from jitai.judge.scripted import ScriptedBackend
from jitai.trial.log import decision_log
from jitai.trial.scenario import MAX_BYTES, Played
from jitai.ui.pages.live_hand_over import HAND_OVER
from jitai.ui.pages.live_results import DAY_IN_FULL
from jitai.ui.session.resources import statement_book
from jitai.ui.widgets.player import ForkRequest, Viewer
from tests.app.driver import (
    LIVE,
    PREFERENCES,
    ROOT,
    as_markup,
    as_text,
    click,
    go_to,
    live_of,
    lived,
    open_live,
    opened,
    payload_of,
    shown_run,
    spec_of,
    widget,
    without_error,
)

HOSTILE = "<img src=x onerror=alert(1)> **bold** [a](http://evil/) <|im_end|>"

HOSTILES = (
    "<script>alert(1)</script>",
    "![x](http://evil/x.png)",
    "<|im_end|>",
    ":red[$x$] **bold** `code` [a](http://evil/)",
    "x" * 1500,
    "\U0001f4a5",
)


def request(app: AppTest, number: int, day: int, line: str = "run", **changes: Any) -> ForkRequest:
    return ForkRequest(payload_of(app)["identity"], number, line, day, **changes)


def scenario_file(app: AppTest) -> dict[str, Any]:
    run = shown_run(app).run
    assert run is not None
    return run.scenario.as_mapping()


def upload(app: AppTest, content: str | bytes, name: str = "mine.json") -> AppTest:
    data = content if isinstance(content, bytes) else content.encode()
    [uploader] = app.file_uploader
    return lived(uploader.set_value((name, data, "application/json")).run())


def test_the_run_is_the_command_lines_to_the_digit(scripted: ScriptedBackend, tmp_path: Path) -> None:
    app = open_live()
    app = lived(without_error(widget(app.number_input, "seed").set_value(7).run()))
    run = shown_run(app).run
    assert run is not None
    out = tmp_path / "log.csv"
    main(["run", "--seed", "7", "--judge", app.session_state["judge"], "--out", str(out), "--quiet"])
    theirs = pd.read_csv(out)
    mine = decision_log(run.records)
    for column in ("step_count", "habituation", "disengagement_risk", "p_send"):
        assert theirs[column].equals(mine[column].astype(float)), column
    for column in ("statement", "verdict", "candidate_action", "executed_action"):
        assert theirs[column].fillna("").tolist() == mine[column].tolist(), column
    assert (mine["verdict"] == "do not send").any()
    payload = payload_of(app)
    assert payload["run"]["steps"] == [round(record.step_count, 4) for record in run.records]
    assert payload["reference"]["steps"] != payload["run"]["steps"]


def test_a_rerun_that_changes_nothing_lives_nothing(scripted: ScriptedBackend) -> None:
    app = open_live()
    before, asked = shown_run(app).run, len(scripted.requests)
    assert asked > 0
    app = without_error(app.run())
    assert shown_run(app).run is before
    app = lived(without_error(widget(app.number_input, "seed").set_value(8).run()))
    assert shown_run(app).run is not before
    app = lived(without_error(widget(app.number_input, "seed").set_value(42).run()))
    n_asked = len(scripted.requests)
    app = without_error(app.run())
    assert len(scripted.requests) == n_asked, "what was read before is not read again"


def in_a_new_session(app: AppTest, **more: str) -> AppTest:
    """The page as whoever opens its address has it."""
    again = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    for name, value in {**dict(app.query_params), **more}.items():
        again.query_params[name] = value[0] if isinstance(value, list) else value
    return lived(without_error(again.run()))


def warnings_of(app: AppTest) -> list[str]:
    return [item.value.replace("\\", "") for item in app.warning]


def decided(run: Played) -> list[dict[str, Any]]:
    """The log of a run but for where its verdicts came from, and how long that took."""
    log = decision_log(run.records).drop(columns=["verdict_source", "latency_ms"])
    return json.loads(log.to_json(orient="records", double_precision=15))  # type: ignore[no-any-return]


def test_the_address_brings_run_words_truth_and_judge_back(
    scripted: ScriptedBackend, send: Callable[..., AppTest]
) -> None:
    app = send(widget(open_live().number_input, "seed").set_value(11).run())
    app = send(app, fork=request(app, 1, 3, words="my foot hurts\U0001f9b6", can_walk=False))
    [branch] = shown_run(app).branches
    app = upload(app, json.dumps(branch.run.scenario.as_mapping()))
    run, asked = shown_run(app).run, len(scripted.requests)
    assert run is not None and decided(run) == decided(branch.run)
    assert len(app.query_params["s"]) < 6000
    again = in_a_new_session(app, utm_source="a newsletter")
    theirs = shown_run(again).run
    assert theirs is not None
    assert decided(theirs) == decided(run), "to the digit"
    assert theirs.scenario.days == run.scenario.days and theirs.scenario.judge == run.scenario.judge
    assert len(scripted.requests) == asked, "its verdicts came with it"
    assert payload_of(again)["run"]["steps"] == payload_of(app)["run"]["steps"]
    assert ["utm_source" in warned for warned in warnings_of(again)] == [True]
    assert "utm_source" not in again.query_params
    again = in_a_new_session(app, s="nonsense")
    assert ["The run in this address is not used" in warned for warned in warnings_of(again)] == [True]
    assert spec_of(again).seed == 11


def test_the_link_and_all_files_in_one_are_at_hand(scripted: ScriptedBackend, send: Callable[..., AppTest]) -> None:
    app = opened(open_live(), HAND_OVER)
    link, command = [block.value for block in app.code][:2]
    assert link.endswith("&s=" + app.query_params["s"]) and "run --scenario" in command
    keys = {button.proto.id.rsplit("-", 1)[-1] for button in app.get("download_button")}
    assert {"download_scenario", "download_report", "download_log", "download_bundle"} <= keys


def test_a_file_that_is_clicked_while_the_page_is_drawn_anew_is_still_there(
    scripted: ScriptedBackend, send: Callable[..., AppTest]
) -> None:
    """A file made by a function is gone as soon as its button is drawn again; one of bytes keeps its address."""
    app = opened(open_live(), HAND_OVER)
    before = [(button.proto.url, button.proto.deferred_file_id) for button in app.get("download_button")]
    app = without_error(app.run())
    assert [(button.proto.url, button.proto.deferred_file_id) for button in app.get("download_button")] == before
    assert all(url and not deferred for url, deferred in before) and len(before) == 4
    app = send(app, fork=request(app, 1, 3, action=0))
    assert [button.proto.url for button in app.get("download_button")] != [url for url, _ in before], "of the branch"


def test_a_file_holds_the_branches_for_the_page_and_the_command_line(
    scripted: ScriptedBackend, send: Callable[..., AppTest], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    app = send(open_live(), fork=request(open_live(), 1, 3, action=0))
    app = send(app, fork=request(app, 2, 6, words="I twisted my ankle"))
    app = opened(without_error(widget(app.button_group, "player_line").set_value("This run").run()), HAND_OVER)
    assert "branches are in the scenario’s file" in as_markup(app)
    files = shown_run(app).files
    assert files is not None
    before = payload_of(app)
    other = upload(open_live(), files.scenario)
    assert payload_of(other)["branches"] == before["branches"]
    assert payload_of(other)["run"]["steps"] == before["run"]["steps"]
    saved, log, report = (tmp_path / name for name in ("saved.json", "log.csv", "report.html"))
    saved.write_bytes(files.scenario)
    options = ["--out", str(log), "--report", str(report), "--save", str(tmp_path / "again.json")]
    assert main(["run", "--quiet", "--scenario", str(saved), *options]) == 0
    told = capsys.readouterr().out
    for branch in shown_run(app).branches:
        assert f"Branch {branch.letter}, {branch.name}: {branch.run.total_steps:,.0f} steps" in told
    assert (tmp_path / "again.json").read_bytes() == files.scenario
    assert log.read_bytes() == files.log
    assert "twisted my ankle" in report.read_text(encoding="utf-8")


def test_nothing_is_made_to_hand_over_before_somebody_asks(scripted: ScriptedBackend) -> None:
    app = open_live()
    assert not list(app.get("download_button")) and shown_run(app).files is None


def test_settings_stand_in_the_address(scripted: ScriptedBackend) -> None:
    app = open_live()
    app = lived(without_error(widget(app.number_input, "seed").set_value(9).run()))
    assert app.query_params["seed"] == "9"
    again = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    again.query_params["seed"] = "9"
    again = lived(without_error(again.run()))
    assert spec_of(again).seed == 9
    assert payload_of(again)["run"]["steps"] == payload_of(app)["run"]["steps"]


def test_a_fork_is_answered_with_a_branch(scripted: ScriptedBackend, send: Callable[..., AppTest]) -> None:
    app = open_live()
    run = payload_of(app)["run"]
    day = next(index for index, done in enumerate(run["done"]) if done) + 1
    app = send(app, fork=request(app, 1, day, action=0))
    payload = payload_of(app)
    [branch] = payload["branches"]
    assert payload["answered"] == 1
    assert (branch["letter"], branch["first_day"], branch["done"][0]) == ("A", day, 0)
    assert branch["name"] == f"day {day}, no message"
    assert "notice" not in payload
    gained = sum(branch["steps"]) - sum(run["steps"][day - 1 :])
    parts = (branch["split"][name][-1] for name in ("stayed", "fresher", "action", "chance") if name in branch["split"])
    assert sum(parts) == pytest.approx(gained, abs=1), "whole steps, as totals are shown"
    assert payload["run"] == run
    app = send(app, fork=request(app, 2, day + 3, line=branch["key"], words="I twisted my ankle", can_walk=False))
    second = payload_of(app)["branches"][1]
    assert second["first_day"] == day
    assert second["done"][0] == 0, "a branch of a branch keeps its parent's change"
    assert second["words"][3] == "I twisted my ankle"
    assert not second["truth"]["can_walk"][3]
    assert second["p_send"][3] is not None
    app = send(app, remove=branch["key"])
    assert [item["letter"] for item in payload_of(app)["branches"]] == ["B"]
    app = without_error(go_to(go_to(app, PREFERENCES), LIVE))
    assert [item["letter"] for item in payload_of(app)["branches"]] == ["B"], "it survives a change of page"


def test_typed_words_without_a_truth_leave_the_truth_unknown_and_silence_is_silence(
    scripted: ScriptedBackend, send: Callable[..., AppTest]
) -> None:
    app = open_live()
    app = send(app, fork=request(app, 1, 4, words=HOSTILE))
    app = send(app, fork=request(app, 2, 4, line="branch-1", words=" "))
    typed, silent = payload_of(app)["branches"]
    assert typed["words"][0] == HOSTILE
    assert typed["truth"]["known"][0] == 0
    assert silent["words"][0] == ""
    assert silent["source"][0] == "no statement"
    assert not re.search(r"(?<!\\)<img", as_markup(app))


@pytest.mark.parametrize("text", HOSTILES)
def test_hostile_words_are_shown_as_text(text: str, scripted: ScriptedBackend, send: Callable[..., AppTest]) -> None:
    app = opened(open_live(), DAY_IN_FULL)
    app = send(app, fork=request(app, 1, 1, words=text))
    [branch] = payload_of(app)["branches"]
    assert branch["words"][0] == text
    app = send(app, Viewer(payload_of(app)["identity"], 1, branch["key"], False))
    assert any(text in shown for shown in as_text(app)), "the card in full has it whole"
    assert text not in as_markup(app)


def test_four_branches_and_no_fifth(scripted: ScriptedBackend, send: Callable[..., AppTest]) -> None:
    app = open_live()
    for number in range(1, 6):
        app = send(app, fork=request(app, number, number, action=1))
    payload = payload_of(app)
    assert [branch["letter"] for branch in payload["branches"]] == list("ABCD")
    assert "Remove one first" in payload["notice"]
    assert payload["answered"] == 5
    assert "notice" not in payload_of(app.run()), "it is said once"
    app = send(app, fork=ForkRequest("another run", 6, "run", 3, action=1))
    assert "no longer shown" in payload_of(app)["notice"]


def test_a_branch_whose_words_are_new_is_read_in_the_background(
    scripted: ScriptedBackend, send: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_live()
    may_answer, complete = threading.Event(), EmbeddedBackend.complete

    def when_allowed(self: EmbeddedBackend, asked: Any) -> Reply:
        assert may_answer.wait(30)
        return complete(self, asked)

    monkeypatch.setattr(EmbeddedBackend, "complete", when_allowed)
    live_of(app).answer(
        request(app, 1, 4, words="something nobody has read before"), statement_book(spec_kinds(app)), judge_of(app)
    )
    payload = payload_of(without_error(app.run()))
    assert payload.get("answered", 0) == 0, "the player goes on saying that the day is being lived"
    assert not payload.get("branches")
    may_answer.set()
    payload = payload_of(lived(app))
    assert payload["answered"] == 1
    assert payload["branches"][0]["words"][0] == "something nobody has read before"


def spec_kinds(app: AppTest) -> tuple[str, ...]:
    return tuple(app.session_state["kinds"])


def judge_of(app: AppTest) -> Judge:
    """The judge of the run that is shown."""
    judge = shown_run(app).settings[-1]
    assert isinstance(judge, Judge)
    return judge


def test_a_failing_judge_is_a_notice(
    scripted: ScriptedBackend, send: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_live()

    def missing(*_: Any) -> None:
        raise ModelMissing("The model is gone.", "Install it.")

    monkeypatch.setattr(EmbeddedBackend, "complete", missing)
    app = send(app, fork=request(app, 1, 5, words="something nobody has read before"))
    payload = payload_of(app)
    assert "branches" not in payload or not payload["branches"]
    assert "The model is gone. Install it." in payload["notice"]
    assert payload["answered"] == 1


def test_a_scenario_comes_back_from_its_file(scripted: ScriptedBackend, send: Callable[..., AppTest]) -> None:
    app = open_live()
    app = lived(widget(app.number_input, "seed").set_value(11).run())
    app = send(app, fork=request(app, 1, 3, words="I twisted my ankle", can_walk=False))
    branch = shown_run(app).branches[0].run
    other = without_error(upload(open_live(), json.dumps(branch.scenario.as_mapping())))
    assert spec_of(other).seed == 11
    shown = shown_run(other).run
    assert shown is not None
    assert decision_log(shown.records).equals(decision_log(branch.records))
    other = without_error(go_to(go_to(other, PREFERENCES), LIVE))
    assert shown_run(other).run is shown
    other = lived(without_error(widget(other.number_input, "seed").set_value(12).run()))
    assert shown_run(other).run is not shown
    other = without_error(click(other, "back_to_scenario"))
    back = shown_run(other).run
    assert back is not None
    assert decision_log(back.records).equals(decision_log(branch.records))


def test_another_judges_scenario_is_remembered_and_never_read_silently(
    scripted: ScriptedBackend, send: Callable[..., AppTest]
) -> None:
    app = open_live()
    content = scenario_file(app)
    content["judge"] |= {"key": "ollama:gone", "digest": "f" * 64, "name": "<b>gone</b>"}
    asked = len(scripted.requests)
    app = without_error(upload(app, json.dumps(content), "<b>theirs</b>.json"))
    assert "remembered" in payload_of(app)["run"]["source"]
    assert "is remembered" in as_markup(app)
    assert not re.search(r"(?<!\\)<b>", as_markup(app))
    assert len(scripted.requests) == asked
    app = send(app, fork=request(app, 1, 3, words="words that nobody has read"))
    assert "no verdict" in payload_of(app)["notice"]
    content["verdicts"] = content["verdicts"][1:]
    app = upload(app, json.dumps(content))
    assert not app.get("bidi_component")
    assert any("come without a verdict" in item.value for item in app.warning)
    assert len(scripted.requests) == asked
    app = lived(without_error(click(app, "read_anew")))
    assert "remembered" not in payload_of(app)["run"]["source"]
    assert scenario_file(app)["judge"]["digest"] != "f" * 64


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda content: json.dumps(content)[:400], "not valid JSON"),
        (lambda content: json.dumps(content | {"scenario": 3}), "Update JITAI Lab"),
        (lambda content: json.dumps(content | {"words": {"999": HOSTILE}}), "is no day"),
        (lambda content: json.dumps(content | {"words": {"1": "x" * 20_001}}), "at most 20,000"),
        (lambda content: "[" * 100_000, "nested too deeply"),
        (lambda content: b"\xff\x00", "not UTF-8"),
        (lambda content: " " * (MAX_BYTES + 1), "larger than"),
        (lambda content: json.dumps(content | {HOSTILE: 1}), "There is no field"),
    ],
)
def test_an_unusable_file_is_a_sentence(
    scripted: ScriptedBackend, spoil: Callable[[dict[str, Any]], str | bytes], sentence: str
) -> None:
    app = open_live()
    run = shown_run(app).run
    app = upload(app, spoil(scenario_file(app)), f"{HOSTILE[:12]}.json")
    assert not app.exception
    [error] = app.error
    assert sentence in error.value.replace("\\", "")
    assert not re.search(r"(?<!\\)<img", as_markup(app))
    assert shown_run(app).run is run


def test_hostile_words_of_a_file_reach_no_markup(scripted: ScriptedBackend) -> None:
    app = open_live()
    content = scenario_file(app)
    day = next(iter(content["words"]))
    words = HOSTILE + "x" * 9_000
    content["words"][day] = words
    app = without_error(upload(app, json.dumps(content)))
    assert payload_of(app)["run"]["words"][int(day) - 1] == words
    assert not re.search(r"(?<!\\)<img", as_markup(app))


def test_many_seeds_are_told_where_every_statement_was_read(scripted: ScriptedBackend) -> None:
    app = open_live()
    job = live_of(app).many_seeds
    assert job is not None and job.wait(60)
    assert "many_seeds" not in payload_of(app.run()), "most statements were not read"
    judge = job._judge
    for item in load_part(TEST):
        if item.kind in app.session_state["kinds"]:
            judge.judge(item.text)
    app = lived(without_error(widget(app.number_input, "seed").set_value(5).run()))
    live_of(app).many_seeds = None
    app = app.run()
    job = live_of(app).many_seeds
    assert job is not None and job.wait(60)
    assert payload_of(app.run())["many_seeds"].startswith("Over 200 such people: ")
