"""Conventions in descriptions of experiments, and what a report says of one against another."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from jitai.cli.main import main
from jitai.errors import ParameterError
from jitai.experiments.comparison import by_condition, compare
from jitai.experiments.contrast import changes, contrasted
from jitai.experiments.engine import run_experiment
from jitai.experiments.report import write_report
from jitai.experiments.spec_file import spec_from_mapping
from jitai.experiments.store import Store
from jitai.simulator.conventions import AUTHORS, OURS, convention_of, under
from jitai.statistics import paired_difference

GRID = {
    "name": "conventions",
    "seeds": {"count": 30},
    "participant": {"study_length": 15},
    "scenarios": {"convention": ["authors", "ours"], "can_walk_persistence": [0.7, 0.95]},
    "judges": [{"key": "simulated", "finds_cannot_walk": 0.9, "false_alarms": 0.1}],
    "methods": [{"name": "TS", "policy": "thompson"}, {"name": "LLM+TS", "policy": "thompson", "filter": "veto"}],
    "claims": [{"text": "more", "method": "LLM+TS", "above": "TS", "where": {"convention": "authors"}}],
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    store = Store(tmp_path_factory.mktemp("store"))
    with ThreadPoolExecutor(1) as executor:
        run_experiment(spec_from_mapping(GRID), store, executor, lambda choice: pytest.fail("nobody is asked"))
    return store


def test_an_axis_of_conventions_and_one_for_all() -> None:
    spec = spec_from_mapping(GRID)
    assert [convention_of(item.config) for item in spec.conditions()] == [AUTHORS, AUTHORS, OURS, OURS]
    assert spec.conditions()[1].name == "Authors' code, p11 0.95"
    assert spec.conditions()[1].config.can_walk_persistence == 0.95
    assert [item.has(spec.claims[0].where) for item in spec.conditions()] == [True, True, False, False]
    assert spec_from_mapping(spec.as_mapping()) == spec
    one = spec_from_mapping({**GRID, "scenarios": {}, "participant": {"convention": "authors"}})
    assert one.participant == under(one.participant, AUTHORS)
    assert one.conventions == "authors' code"
    edited = {"convention": "authors", "preset": "Ability mostly lasts", "initial_habituation": 0.3}
    own = spec_from_mapping({**GRID, "scenarios": {}, "participant": edited}).participant
    assert (own.initial_habituation, own.initial_disengagement, own.can_walk_persistence) == (0.3, 0.1, 0.95)


@pytest.mark.parametrize(
    ("part", "named"),
    [
        ({"participant": {"convention": "theirs"}}, "participant.convention: there is none called 'theirs'"),
        ({"scenarios": {"convention": ["ours", 3]}}, "scenarios.convention: there is none called 3"),
        ({"scenarios": {"convention": ["ours", "ours"]}}, "none twice"),
        ({"claims": [{**GRID["claims"][0], "where": {"convention": "our"}}]}, "perhaps you mean ours|ours"),  # type: ignore[index]
    ],
)
def test_a_convention_that_there_is_not(part: dict[str, object], named: str) -> None:
    with pytest.raises(ParameterError, match=named):
        spec_from_mapping({**GRID, **part})


def test_groups_are_set_against_ours(store: Store) -> None:
    (experiment,) = store.experiments()
    cells = store.cells(experiment.identifier)
    compared = {condition: compare(items, "TS") for condition, items in by_condition(cells).items()}
    groups = contrasted(compared)
    assert list(groups) == ["Ours", "Authors' code"]
    changed = changes(groups["Ours"], groups["Authors' code"])
    (mine,) = (item for item in cells if item.cell.condition.name == "Ours, p11 0.7" and item.cell.method.name == "TS")
    (theirs,) = (
        item for item in cells if item.cell.condition.name == "Authors' code, p11 0.7" and item.cell.method.name == "TS"
    )
    difference = paired_difference(theirs.totals, mine.totals).difference
    assert changed[theirs.key] == (difference, difference.value / mine.totals.mean())
    assert len(changed) == 4


@pytest.mark.needs("figures")
def test_the_report_says_what_a_convention_changes(store: Store, tmp_path: Path) -> None:
    write_report(store, store.experiments(), tmp_path / "report.md", lambda done, name: None)
    text = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert "**Authors' code** against Ours: paired difference in steps" in text
    assert "### Ours" in text and "### Authors' code" in text
    assert "| method | p11 0.7 | p11 0.95 |" in text


def test_the_commands_take_a_convention(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    described = tmp_path / "grid.yaml"
    described.write_text("name: g\nseeds: {count: 3}\nparticipant: {study_length: 5}\npolicies: [generic]\n")
    arguments = ["experiment", str(described), "--out", str(tmp_path / "out"), "--workers", "1"]
    assert main([*arguments, "--convention", "replication"]) == 0
    (stored,) = Store(tmp_path / "out").experiments()
    assert convention_of(stored.spec.participant) == "replication"
    assert stored.spec.name == "g, convention replication"
    described.write_text(described.read_text() + "scenarios: {initial_habituation: [0, 0.5]}\n")
    capsys.readouterr()
    assert main([*arguments, "--convention", "replication"]) == 1
    assert "the description varies initial_habituation itself" in capsys.readouterr().err
    assert main(["run", "--policy", "generic", "--filter", "none", "--convention", "their", "--quiet"]) == 1
    assert "There is no convention 'their'" in capsys.readouterr().err
