"""The player's data, its joined script, and its page for a file; what it draws is tested by node and in a browser."""

import json
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jitai.player.assets import FOLDER, script, style
from jitai.player.contract import (
    VERSION,
    Axes,
    Line,
    Options,
    PlayerRun,
    Split,
    Weighing,
    as_json,
    as_payload,
    axes_for,
    line_of,
    many_seeds_line,
)
from jitai.player.standalone import standalone_html
from jitai.records import Action, Decision, Observation, Proposal, StepRecord, Verdict, VerdictSource
from jitai.ui.widgets.player import ForkRequest, Viewer, fork_request, viewer_of

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data"
ATTACK = "</script><script>alert(1)</script><!-- <b>"


def record(day: int, **changes: Any) -> StepRecord:
    """Day ``day`` of a trial: a generic message is proposed and sent, unless the changes say otherwise."""
    return StepRecord(
        **{
            "observation": Observation(day - 1, 0.25, 0, 0.1, 0.0, 0.1),
            "true_context": 0,
            "can_walk": True,
            "statement": f"words of day {day}",
            "statement_author": "simulator",
            "walk_state_was_set": False,
            "proposal": Proposal(
                Action.GENERIC, (0.0, 6.57, 0.0, 0.0), (1.0, 7.84, -8.3, -14.36), reward_spread=(9.9,) * 4
            ),
            "verdict": Verdict(Decision.SEND, 0.97361, VerdictSource.CACHE, "A reason."),
            "executed_action": Action.GENERIC,
            "step_count": 44.647512,
            "habituation": 0.15,
            "disengagement_risk": 0.045,
            "terminated": False,
            "truncated": False,
            **changes,
        }
    )


def a_line(days: int = 3, **changes: Any) -> Line:
    return line_of([record(day) for day in range(1, days + 1)], key="run", name="This run", **changes)


def a_run(**changes: Any) -> PlayerRun:
    line = a_line()
    return PlayerRun(
        **{"identity": "x", "title": "Somebody", "days": 3, "run": line, "axes": axes_for(line), **changes}
    )


def sample(which: str) -> dict[str, Any]:
    return json.loads((DATA / f"player_run_{which}.json").read_text(encoding="utf-8"))


def test_every_day_of_the_records_reaches_the_browser() -> None:
    held = record(
        2,
        can_walk=False,
        executed_action=Action.NO_MESSAGE,
        step_count=0.0,
        verdict=Verdict(Decision.HOLD_BACK, 0.004, VerdictSource.MODEL, "No."),
    )
    line = line_of([record(1), held, record(3, terminated=True)], key="run", name="This run")
    payload = as_payload(a_run(run=line))["run"]
    assert payload["proposed"] == [1, 1, 1]
    assert payload["done"] == [1, 0, 1]
    assert payload["steps"] == [44.6475, 0.0, 44.6475]
    assert payload["words"] == ["words of day 1", "words of day 2", "words of day 3"]
    assert payload["p_send"] == [0.9736, 0.004, 0.9736]
    assert payload["vetoed"] == [0, 1, 0]
    assert payload["verdict"] == ["send", "do not send", "send"]
    assert payload["weighed"][1] == [1.0, 7.84, -8.3, -14.36]
    assert payload["truth"] == {"can_walk": [1, 0, 1], "context": [0, 0, 0], "allowed": [1, 0, 1]}
    assert payload["left_on"] == 3


def test_the_truth_can_stay_on_the_server() -> None:
    payload = as_payload(a_run(run=a_line(with_truth=False)))
    assert "truth" not in as_json(payload)


def test_typed_words_without_a_truth_are_marked() -> None:
    line = line_of([record(1), record(2, statement_author="typed")], key="run", name="This run")
    assert line.truth is not None
    assert line.truth.known == (True, False)
    assert line.typed == (False, True)


def test_a_run_without_a_judge_has_no_columns_of_one() -> None:
    line = line_of([record(1, verdict=None)], key="run", name="This run")
    payload = as_payload(a_run(run=line))["run"]
    assert not {"verdict", "p_send", "source", "reason"} & set(payload)


def test_what_a_rule_for_failures_holds_back_is_held_back_and_no_veto() -> None:
    fallback = Verdict(Decision.HOLD_BACK, None, VerdictSource.FALLBACK, "The model could not answer.")
    held = record(1, executed_action=Action.NO_MESSAGE, verdict=fallback, rule_stood_in=True)
    payload = as_payload(a_run(run=line_of([held], key="run", name="This run"), days=1))["run"]
    assert (payload["done"], payload["vetoed"]) == ([0], [0])


def test_a_run_of_which_no_day_has_arrived_can_be_sent() -> None:
    line = line_of([], key="run", name="This run", complete=False)
    assert as_payload(a_run(run=line))["run"]["complete"] is False


@pytest.mark.parametrize(
    "sent",
    [None, "x", {}, {"identity": "a", "day": 51, "line": "run", "revealed": True},
     {"identity": "a", "day": -1, "line": "run", "revealed": True}, {"identity": "a", "day": True, "line": "run",
     "revealed": True}, {"identity": 1, "day": 1, "line": "run", "revealed": True},
     {"identity": "a", "day": 1, "line": "run", "revealed": 1}, {"identity": "a", "day": 1, "line": None,
     "revealed": False}],
)  # fmt: skip
def test_a_viewer_from_the_browser_is_checked(sent: object) -> None:
    assert viewer_of(sent, 50) is None
    assert viewer_of({"identity": "a", "day": 50, "line": "run", "revealed": True}, 50) == Viewer("a", 50, "run", True)


def test_a_branch_holds_only_its_own_days() -> None:
    branch = line_of([record(day) for day in range(1, 4)], key="b1", name="day 2, no message", letter="A", first_day=2)
    assert as_payload(a_run(branches=(branch,)))["branches"][0]["words"] == ["words of day 2", "words of day 3"]


def test_stored_verdicts_are_called_remembered_and_rules_are_not() -> None:
    by_rule = record(2, verdict=Verdict(Decision.SEND, None, VerdictSource.NO_STATEMENT, "Silent."))
    line = line_of([record(1), by_rule], key="run", name="This run", remembered=True)
    assert line.source == ("remembered", "no statement")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"steps": (1.0, 2.0)}, r"steps of line 'run' has 2 entries; it needs 3"),
        ({"words": ("a", "b")}, r"words of line 'run' has 2 entries"),
        ({"proposed": ()}, r"proposed of line 'run' has 0 entries"),
        ({"letter": "E"}, r"letter 'E'"),
        ({"first_day": 0}, r"starts on day 0"),
    ],
)
def test_a_line_whose_columns_do_not_fit_is_refused(change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        replace(a_line(), **change)


@pytest.mark.parametrize(
    ("letters", "sentence"),
    [(("A", "A"), "its own letter"), (("",), "its own letter"), (("A", "B", "C", "D", "A"), "up to 4")],
)
def test_branches_that_cannot_be_told_apart_are_refused(letters: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        a_run(branches=tuple(replace(a_line(), key=str(index), letter=letter) for index, letter in enumerate(letters)))


def test_more_days_than_the_study_has_are_refused() -> None:
    with pytest.raises(ValueError, match="more days than the study's 2"):
        a_run(days=2)


@pytest.mark.parametrize("which", ["a", "b"])
def test_the_sample_runs_of_the_other_tests_are_valid_and_small(which: str) -> None:
    payload = sample(which)
    fresh = as_payload(
        a_run(
            detail="x",
            run=a_line(split=Split((0.0,) * 3, (0.0,) * 3, (0.0,) * 3, (0.0,) * 3)),
            reference=replace(a_line(), key="reference", short="no judge", left_on=2),
            many_seeds="x",
            unsure=(0.4, 0.6),
            axes=Axes(1.0, 1.0, Weighing()),
            options=Options(suggestions=("x",)),
        )
    )
    assert payload["version"] == VERSION
    assert set(payload) == set(fresh)
    for part in ("run", "axes", "answer", "options"):
        assert set(payload[part]) == set(fresh[part])
    assert set(payload["reference"]) <= set(fresh["reference"])
    assert payload["actions"] == fresh["actions"]
    assert len(payload["run"]["done"]) == payload["days"] == 50
    assert {len(column) for column in payload["run"].values() if isinstance(column, list)} == {50}
    assert len(as_json(payload).encode()) < 30_000


@pytest.mark.parametrize(
    ("value", "end"), [(0.0, 1.0), (0.7, 0.8), (1.0, 1.0), (1300.64 * 1.1, 2000.0), (145.2, 200.0), (201.0, 400.0)]
)
def test_scales_end_on_a_round_number_that_holds_the_data(value: float, end: float) -> None:
    line = replace(a_line(1), steps=(value / 1.1,))
    assert axes_for(line).steps_so_far == pytest.approx(end)
    assert axes_for(replace(line, steps=(value,))).steps_a_day == pytest.approx(end)


def test_what_many_seeds_say_is_one_line_with_units() -> None:
    assert many_seeds_line(200, 968.38, 907.39, 1029.37) == (
        "Over 200 such people: +968 steps, 95 % interval 907 to 1,029"
    )
    assert "−18 steps, 95 % interval −60 to 24" in many_seeds_line(20, -18.2, -60, 24)


def test_numbers_that_json_lacks_are_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        as_json(as_payload(a_run(start_risk=float("nan"))))


class TestForkRequest:
    SENT = {"identity": "x", "number": 3, "line": "run", "day": 8, "action": 0, "words": None, "can_walk": None}  # noqa: RUF012

    def test_what_the_browser_sends_becomes_a_request(self) -> None:
        assert fork_request(self.SENT, 50) == ForkRequest("x", 3, "run", 8, action=0)
        silent = {**self.SENT, "action": None, "words": "", "can_walk": False}
        assert fork_request(silent, 50) == ForkRequest("x", 3, "run", 8, words="", can_walk=False)

    @pytest.mark.parametrize(
        "change",
        [
            {"day": 0},
            {"day": 51},
            {"day": "8"},
            {"day": True},
            {"action": 4},
            {"action": -1},
            {"action": True},
            {"words": 3},
            {"words": "x" * 10_001},
            {"can_walk": 1},
            {"line": None},
            {"identity": 3},
            {"number": None},
            {"action": None},
        ],
    )
    def test_anything_else_is_no_request(self, change: dict[str, Any]) -> None:
        assert fork_request({**self.SENT, **change}, 50) is None

    @pytest.mark.parametrize("sent", [None, [], "fork", 3])
    def test_nor_is_another_kind_of_value(self, sent: object) -> None:
        assert fork_request(sent, 50) is None


class TestJoinedScript:
    FILES = sorted((FOLDER / "js").rglob("*.js"))

    def test_nothing_of_the_modules_is_left_over_or_left_out(self) -> None:
        assert not re.search(r"^\s*(import|export)\b", script(), re.MULTILINE)
        for path in self.FILES:
            if path.name == "types.js":  # only comments, for editors
                continue
            for name in re.findall(r"^export (?:class|const|function) (\w+)", path.read_text(encoding="utf-8"), re.M):
                assert len(re.findall(rf"^(?:class|const|function) {name}\b", script(), re.MULTILINE)) == 1, name

    def test_no_two_modules_declare_the_same_name(self) -> None:
        names = re.findall(r"^(?:async )?(?:class|const|let|function) (\w+)", script(), re.MULTILINE)
        assert sorted(names) == sorted(set(names))

    def test_modules_import_by_their_own_names_only(self) -> None:
        for path in self.FILES:
            for line in re.findall(r"^import .*$", path.read_text(encoding="utf-8"), re.MULTILINE):
                assert re.fullmatch(r'import \{ [\w, ]+ \} from "\.{1,2}/[\w./]+\.js";', line), f"{path.name}: {line}"
                assert " as " not in line

    def test_no_file_is_long(self) -> None:
        for path in [*self.FILES, *(FOLDER / "css").glob("*.css"), *FOLDER.glob("*.py")]:
            assert len(path.read_text(encoding="utf-8").splitlines()) <= 500, path.name

    def test_nothing_is_fetched_and_no_text_becomes_code(self) -> None:
        together = script() + style()
        for forbidden in (
            "http:",
            "https:",
            "fetch(",
            "XMLHttpRequest",
            "@import",
            "url(http",
            "eval(",
            "document.write",
        ):
            assert forbidden not in together, forbidden

    @pytest.mark.skipif(shutil.which("node") is None, reason="node is not on this machine")
    def test_node_accepts_it_and_its_own_tests_pass(self, tmp_path: Path) -> None:
        joined = tmp_path / "player.mjs"
        joined.write_text(f"{script()}\nexport default mountInStreamlit;\n", encoding="utf-8")
        subprocess.run(["node", "--check", str(joined)], check=True)
        run = subprocess.run(
            ["node", "--test", "tests/js/"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=300
        )
        assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-2000:]
        assert re.search(r"# pass [1-9]", run.stdout), run.stdout[-500:]


def test_the_file_holds_the_run_and_no_way_out_of_it() -> None:
    payload = sample("a")
    payload["run"]["words"][0] = ATTACK
    page = standalone_html(payload, f"A title {ATTACK}")
    data = re.search(r'class="jitai-player-data">(.*?)</script>', page, re.S)
    assert data is not None
    sent = json.loads(data[1])
    assert sent["run"]["words"][0] == ATTACK
    assert sent["options"]["can_fork"] is False
    assert page.count("<script") == page.count("</script>") == 2
    assert "alert(1)</script>" not in page
    assert "connect-src" not in page and "default-src 'none'" in page
