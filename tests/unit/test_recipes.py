"""CONTRIBUTING's recipes: a policy and a filter from outside the project, with settings of their own, run everywhere.

Both are written to a module of its own, which does nothing but make its classes and register them.
"""

import importlib.util
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from jitai.cli.main import main
from jitai.corpus import TEST, load_part
from jitai.errors import ParameterError
from jitai.experiments.cell import run_cell
from jitai.experiments.cell_file import read_work
from jitai.experiments.engine import run_experiment
from jitai.experiments.methods import offered_methods
from jitai.experiments.spec import JudgeChoice
from jitai.experiments.spec_file import read_spec, spec_as_yaml, spec_from_text
from jitai.experiments.store import FINISHED, Store, _spec_of
from jitai.policies.registry import POLICIES, PolicySpec
from jitai.records import Action, Decision, JudgesText, Label, Role, Verdict, VerdictSource
from jitai.simulator.config import DEFAULT_PRESET, PRESETS
from jitai.trial.filters import FILTERS, FilterSpec, filter_spec
from jitai.trial.query import from_query, to_query
from jitai.trial.spec import TrialSpec
from tests.app.conftest import a_process_of_its_own, a_server_that_has_been_visited  # noqa: F401 (fixtures of pages)
from tests.app.driver import lived, open_app, records_of, shown_run, widget, without_error

MODULE = """
from dataclasses import dataclass

import numpy as np

from jitai.parameters import parameter, validate
from jitai.policies.base import Policy, Proposals
from jitai.policies.registry import POLICIES
from jitai.records import Action, Role
from jitai.trial.filters import FILTERS, Filter, FilterSettings, unfiltered
from jitai.trial.texts import HOLD_BACK


@dataclass(frozen=True)
class RhythmSettings:
    every_days: int = parameter(
        3, label="Days between messages", low=1, high=30, step=1, unit="days", group="Rhythm", source="a test",
        help="A message on the first day, and then after so many days.",
    )

    def __post_init__(self):
        validate(self)


@POLICIES.register
class Rhythm(Policy):
    key, label, role = "rhythm", "A message every few days", Role.PLAIN
    remark = "It writes by the calendar."
    Settings = RhythmSettings

    def __init__(self, settings, inputs):
        self.settings = settings

    def propose(self, view):
        writes = view.day % self.settings.every_days == 0
        return Proposals(np.where(writes, int(Action.GENERIC), int(Action.NO_MESSAGE)))


@dataclass(frozen=True)
class RestSettings(FilterSettings):
    rest_days: int = parameter(
        2, label="Days of rest", low=0, high=30, step=1, unit="days", group="Filter", source="a test",
        help="So many days nothing is sent after a day on which the judge said no.",
    )


@FILTERS.register
class Rest(Filter):
    key, label = "rest", "Rest after a no"
    Settings = RestSettings

    def __init__(self, settings, n):
        super().__init__(settings, n)
        self.rests_until = np.full(n, -1)

    def apply(self, inputs):
        if inputs.evidence is None:
            return unfiltered(inputs)
        says_no = inputs.evidence.writes & (inputs.evidence.decision == HOLD_BACK)
        self.rests_until = np.where(says_no, inputs.day + self.settings.rest_days, self.rests_until)
        candidate = inputs.proposals.candidate_action
        executed = np.where(inputs.day <= self.rests_until, int(Action.NO_MESSAGE), candidate)
        return unfiltered(inputs)._replace(executed_action=executed)
"""
LABELS = {item.text: item.label for item in load_part(TEST)}
EXPERIMENT = """
name: recipes
seeds: {first: 3, count: 4}
participant: {preset: Ability comes and goes, study_length: 25}
judges:
  - {key: simulated, finds_cannot_walk: 1.0, false_alarms: 0.0}
methods:
  - {name: mine, policy: rhythm, rhythm: {every_days: 2}, filter: {strategy: rest, rest_days: 4}}
policies: [rhythm, never]
filters: [none, rest]
"""


@pytest.fixture(autouse=True)
def _somebody_elses_module(tmp_path: Path) -> Iterator[None]:
    """The module, written and imported; what it has registered is taken out again."""
    path = tmp_path / "somebody_elses_methods.py"
    path.write_text(MODULE, encoding="utf-8")
    found = importlib.util.spec_from_file_location(path.stem, path)
    assert found is not None and found.loader is not None
    module = sys.modules[path.stem] = importlib.util.module_from_spec(found)
    before = list(POLICIES), list(FILTERS)
    try:
        found.loader.exec_module(module)
        yield
    finally:
        del sys.modules[path.stem]
        POLICIES.remove("rhythm")
        FILTERS.remove("rest")
    assert (list(POLICIES), list(FILTERS)) == before


@pytest.fixture
def _a_judge_that_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    """It reads without a model and is always right: policy, filter and all between them are what is tested."""

    def judge(self: object, text: str) -> Verdict:
        if not text:
            return Verdict(Decision.SEND, None, VerdictSource.NO_STATEMENT, "Nothing was said.")
        decision = Decision.HOLD_BACK if LABELS[text] == Label.CANNOT_WALK else Decision.SEND
        return Verdict(decision, float(decision == Decision.SEND), VerdictSource.RULE, "scripted", statement=text)

    monkeypatch.setattr("jitai.judge.judge.Judge.judge", judge)


def nobody(choice: JudgeChoice) -> tuple[JudgesText, str]:
    raise AssertionError("a simulated judge is not opened")


def sent(says_no: Iterable[bool], every_days: int, rest_days: int) -> list[bool]:
    """On which days a message goes out, by the words of the recipe: the classes' own arithmetic is not used."""
    rests_until, found = -1, []
    for day, no in enumerate(says_no):
        rests_until = day + rest_days if no else rests_until
        found.append(day % every_days == 0 and day > rests_until)
    return found


def test_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str], _a_judge_that_knows: None) -> None:
    path, found = tmp_path / "log.parquet", []
    usual = [
        "run",
        "--preset",
        "Ability comes and goes",
        "--judge",
        "ollama:none",
        "--quiet",
        "--force",
        "--out",
        str(path),
    ]
    for every_days, rest_days in ((1, 0), (2, 4)):
        settings = ["--every-days", str(every_days), "--rest-days", str(rest_days)]
        assert main([*usual, "--policy", "rhythm", "--filter", "rest", *settings]) == 0
        log = pd.read_parquet(path)
        expected = sent(log["verdict"] == "do not send", every_days, rest_days)
        assert (log["executed_action"] == Action.GENERIC.label).tolist() == expected
        found.append(expected)
    assert found[0] != found[1] and all(any(days) and not all(days) for days in found)
    assert "messages held back" in capsys.readouterr().out


def test_command_line_names_them_and_what_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["run", "--help"])
    assert stop.value.code == 0
    shown = " ".join(capsys.readouterr().out.split())
    for words in ("rhythm (A message every few days)", "rest (Rest after a no)", "--every-days VALUE",
                  "--rest-days VALUE", "Allowed: 1 to 30 days."):  # fmt: skip
        assert words in shown
    for arguments, words in (
        (["--policy", "rythm"], "There is no policy 'rythm'; did you mean 'rhythm'?"),
        (["--policy", "rhythm", "--every-days", "0"], "allowed is 1 to 30 days"),
        (["--policy", "generic", "--every-days", "2"], "--every-days belongs to the policy rhythm, not to generic"),
        (["--rest-days", "2"], "--rest-days belongs to the filter rest, not to veto"),
        (["--filter", "rests"], "did you mean 'rest'?"),
    ):
        assert main(["run", *arguments]) == 1
        assert words in capsys.readouterr().err


def test_experiment(tmp_path: Path) -> None:
    path = tmp_path / "recipes.yaml"
    path.write_text(EXPERIMENT, encoding="utf-8")
    spec = read_spec(path)
    label = "A message every few days"
    assert spec.method_names == ("mine", label, f"{label}, rest after a no", "Never a message",
                                 "Never a message, rest after a no")  # fmt: skip
    assert spec_from_text(spec_as_yaml(spec)) == spec
    other = spec_from_text(EXPERIMENT.replace("rest_days: 4", "rest_days: 5"))
    assert other.identifier != spec.identifier, "the settings tell experiments apart"
    store = Store(tmp_path / "store")
    with ThreadPoolExecutor(1) as executor:
        identifier = run_experiment(spec, store, executor, nobody)
    stored = store.experiment(identifier)
    assert (stored.status, stored.n_failed) == (FINISHED, 0)
    assert stored.spec == spec
    cells = {item.cell.method.name: item for item in store.cells(identifier)}
    assert [cells[name].cell.method.role for name in spec.method_names[:3]] == [Role.HYBRID, Role.PLAIN, Role.HYBRID]
    for name, (every_days, rest_days) in {"mine": (2, 4), f"{label}, rest after a no": (3, 2)}.items():
        for _, days in store.steps(cells[name].key).groupby("seed"):
            assert (days["executed_action"] == Action.GENERIC).tolist() == sent(
                days["verdict"] == 0, every_days, rest_days
            )
            assert (days["verdict"] == 0).any()
    work = read_work(store.steps_file(cells["mine"].key))
    assert work.trial.policy.settings.every_days == 2 and work.trial.filter.settings.rest_days == 4
    assert work.key == cells["mine"].key
    assert run_cell(work).result.total_steps.tolist() == cells["mine"].totals.tolist()
    assert len({item.key for item in cells.values()}) == 5


@pytest.mark.parametrize(
    ("method", "words"),
    [
        ("{policy: rhythm, rhythm: {every_days: 0}}", "allowed is 1 to 30 days"),
        ("{policy: rhythm, rhythm: {every_day: 2}}", "did you mean 'every_days'?"),
        ("{policy: never, rhythm: {every_days: 2}}", "settings of the policy rhythm belong to that policy"),
        ("{policy: never, filter: {strategy: rest, rest_day: 2}}", "filter: There is no parameter 'rest_day'; did you"),
        ("{policy: never, filter: {strategy: veto, rest_days: 2}}", "filter: There is no parameter 'rest_days'"),
        ("{policy: never, filter: {strategy: rest, rest_days: many}}", "a whole number is needed"),
    ],
)
def test_experiment_says_what_is_wrong(method: str, words: str) -> None:
    with pytest.raises(ParameterError) as caught:
        spec_from_text(f"name: x\njudges: [embedded]\nmethods:\n  - {method}")
    assert words in str(caught.value)


def test_link() -> None:
    rhythm, rest = (registry[key].Settings for registry, key in ((POLICIES, "rhythm"), (FILTERS, "rest")))
    spec = TrialSpec(PRESETS[DEFAULT_PRESET], PolicySpec("rhythm", rhythm(5)), filter_spec("rest", rest_days=4))
    query = to_query(spec, DEFAULT_PRESET)
    assert query == {"policy": "rhythm", "every_days": "5", "strategy": "rest", "rest_days": "4"}
    assert from_query(query) == spec
    usual = replace(spec, policy=PolicySpec("rhythm"), filter=FilterSpec("rest", rest(unsure_low=0.2)))
    assert to_query(usual, DEFAULT_PRESET) == {"policy": "rhythm", "strategy": "rest", "unsure_low": "0.2"}
    assert from_query(to_query(usual, DEFAULT_PRESET)) == usual
    for wrong, words in (({"rest_days": "31"}, "allowed is 0 to 30 days"), ({"policy": "rythm"}, "mean 'rhythm'")):
        with pytest.raises(ParameterError, match=words):
            from_query({**query, **wrong})
    with pytest.raises(ParameterError, match="There is no setting 'rest_day'"):
        from_query({**query, "rest_day": "4"})
    # Links of earlier versions name settings of filters that are not picked; these have no effect.
    assert from_query({**query, "strategy": "veto"}) == replace(spec, filter=filter_spec("veto"))


def test_page(_a_judge_that_knows: None) -> None:
    app = open_app()
    policies, filters = widget(app.selectbox, "policy"), widget(app.selectbox, "strategy")
    assert "A message every few days" in policies.options and "Rest after a no" in filters.options
    assert not widgets_of_recipes(app)
    app = widget(app.selectbox, "preset").set_value("Ability comes and goes").run()
    app = widget(app.selectbox, "policy").set_value("rhythm").run()
    app = without_error(widget(app.selectbox, "strategy").set_value("rest").run())
    assert widgets_of_recipes(app) == {"every_days": 3, "rest_days": 2}
    assert any("by the calendar" in caption.value for caption in app.caption)
    app = widget(app.number_input, "every_days").set_value(2).run()
    app = without_error(widget(app.number_input, "rest_days").set_value(4).run())
    assert app.query_params["every_days"] == "2" and app.query_params["rest_days"] == "4"
    app = lived(without_error(app))
    assert shown_run(app).run is not None
    records = records_of(app)
    said_no = [record.verdict is not None and record.verdict.decision == Decision.HOLD_BACK for record in records]
    assert [record.executed_action == Action.GENERIC for record in records] == sent(said_no, 2, 4)
    assert any(said_no) and any(record.held_back for record in records)
    # Settings are kept while another one is picked.
    app = widget(app.selectbox, "policy").set_value("generic").run()
    assert widgets_of_recipes(app) == {"rest_days": 4}
    app = without_error(widget(app.selectbox, "policy").set_value("rhythm").run())
    assert widgets_of_recipes(app) == {"every_days": 2, "rest_days": 4}


def test_compare_and_sweep_offer_them() -> None:
    mine, _ = offered_methods()["A message every few days"]
    filtered, _ = offered_methods()["LLM+TS, rest after a no"]
    assert (mine.policy.key, mine.filter.key, mine.role) == ("rhythm", "none", Role.PLAIN)
    assert (filtered.policy.key, filtered.filter.key, filtered.role) == ("thompson", "rest", Role.HYBRID)
    app = open_app("pages/compare.py")
    assert {mine.name, filtered.name} <= set(widget(app.multiselect, "compared_methods").options)


def widgets_of_recipes(app: Any) -> dict[str, float]:
    """The widgets of the settings of the policy and the filter, with what they show."""
    shown = {element.key: element.value for element in app.number_input if element.key}
    return {name: value for name, value in shown.items() if name in ("every_days", "rest_days")}


def test_a_stored_experiment_of_a_method_that_has_gone_is_named_and_the_others_are_listed(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    simple = spec_from_text("name: simple\npolicies: [never]\nseeds: {count: 2}")
    with ThreadPoolExecutor(1) as executor:
        mine, plain = (run_experiment(spec, store, executor, nobody) for spec in (spec_from_text(EXPERIMENT), simple))
    rhythm = POLICIES["rhythm"]
    POLICIES.remove("rhythm")
    _spec_of.cache_clear()  # as in another process
    try:
        assert [item.identifier for item in store.experiments()] == [plain]
        [problem] = store.unreadable()
        assert mine in problem
    finally:
        POLICIES.register(rhythm)
    assert {item.identifier for item in store.experiments()} == {mine, plain}
