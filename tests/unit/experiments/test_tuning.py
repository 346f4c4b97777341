"""Tuning: the optimiser finds what is there, on seeds that nothing is reported on; its experiment reads back."""

from dataclasses import replace
from pathlib import Path

import pytest

from jitai.cli.main import main
from jitai.errors import ParameterError
from jitai.experiments.spec_file import read_spec, spec_from_mapping
from jitai.experiments.tuning import Searched, searched_setting, tune
from jitai.paths import resource
from jitai.policies.registry import PolicySpec
from jitai.rl.policy_store import default_policy_store
from jitai.seeding import FIRST_TUNING_SEED
from jitai.simulator.config import PRESETS
from jitai.statistics import paired_difference
from jitai.trial.filters import VETO, filter_spec
from jitai.trial.loop import run_trial
from jitai.trial.spec import TrialSpec
from jitai.trial.verdict_table import Verdicts, read_all, simulated_judge

BIAS = (Searched("bias_no_message", -100, 100), Searched("bias_generic", -100, 100))
SPEC = TrialSpec(PRESETS["Ability mostly lasts"], policy=PolicySpec("thompson"), filter=filter_spec(VETO))


def test_a_known_peak_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a scripted response instead of studies: a hill at 40 and -20, with nothing to find on its far sides."""

    def hill(spec: TrialSpec, policy: PolicySpec, seeds: range, verdicts: Verdicts | None) -> float:
        none, generic = policy.settings.bias_no_message, policy.settings.bias_generic
        return float(1000 - 0.1 * (none - 40) ** 2 - 0.1 * (generic + 20) ** 2)

    monkeypatch.setattr("jitai.experiments.tuning._mean", hill)
    found = tune(SPEC, BIAS, 30, 10, None, lambda: None)
    assert found.values["bias_no_message"] == pytest.approx(40, abs=5)
    assert found.values["bias_generic"] == pytest.approx(-20, abs=5)
    assert found.n_tries == 30


def test_what_is_found_earns_more_in_studies_that_took_no_part() -> None:
    verdicts = read_all(*simulated_judge(0.93, 0.07))
    n_tried: list[None] = []
    found = tune(SPEC, BIAS, 16, 60, verdicts, lambda: n_tried.append(None))
    assert len(n_tried) == 16
    before, after = (
        run_trial(replace(SPEC, policy=item), range(200), verdicts) for item in (SPEC.policy, found.policy)
    )
    assert paired_difference(after.total_steps, before.total_steps).difference.low > 0
    again = tune(SPEC, BIAS, 16, 60, verdicts, lambda: None)
    assert again == found, "the same search gives the same settings"


def test_where_nothing_is_better_nothing_is_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a scripted response: every change costs."""

    def flat(spec: TrialSpec, policy: PolicySpec, seeds: range, verdicts: Verdicts | None) -> float:
        return float(policy == SPEC.policy)

    monkeypatch.setattr("jitai.experiments.tuning._mean", flat)
    found = tune(SPEC, BIAS, 6, 10, None, lambda: None)
    assert found.policy == SPEC.policy
    assert found.steps == found.steps_before == 1


def test_seeds_of_tuning_are_reported_on_nowhere() -> None:
    for path in resource("specs").glob("*.yaml"):
        assert read_spec(path, default_policy_store().get).seeds[-1] < FIRST_TUNING_SEED, path.name


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [("no_such", 0, 1), ("features", 0, 1), ("bias_generic", 1, 1), ("bias_generic", -2000, 1), ("reward_noise", 9, 2),
     ("bias_generic", float("nan"), 1), ("bias_generic", 0, float("inf"))],
)  # fmt: skip
def test_what_cannot_be_searched_is_refused(name: str, low: float, high: float) -> None:
    with pytest.raises(ParameterError, match=r"no number called|is no range"):
        searched_setting(SPEC.policy, name, low, high)


def test_the_command_writes_an_experiment_that_reads_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "tuned.yaml"
    words = ["tune", "--out", str(out), "--tries", "3", "--seeds", "10", "--search", "bias_generic=-50:50"]
    assert main([*words, "--cells"]) == 0
    assert capsys.readouterr().out.count("3 settings tried") == 8
    spec = read_spec(out)
    assert len(spec.conditions()) == 8
    assert [cell.method.name for cell in spec.cells()] == ["not tuned", "tuned"] * 8
    assert all(cell.condition.has(cell.method.where) for cell in spec.cells())
    assert main(words) == 1, "the file is there"
    assert "--force" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["bias_generic", "bias_generic=1", "bias_generic=a:b", "=1:2", "bias_generic=--1:2"])
def test_a_search_that_cannot_be_read_is_refused(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tune", "--out", str(tmp_path / "x.yaml"), "--search", text]) == 1
    assert "is not NAME=LOW:HIGH" in capsys.readouterr().err


ONE = {"can_walk_persistence": 0.7}
OTHER = {"can_walk_persistence": 0.95}


def described(*methods: dict[str, object]) -> dict[str, object]:
    return {"name": "x", "scenarios": {"can_walk_persistence": [0.7, 0.95]}, "methods": list(methods)}


def test_methods_of_one_name_share_the_conditions() -> None:
    never = {"name": "N", "policy": "never"}
    one, other = ({"name": "A", "policy": key, "where": where} for key, where in (("random", ONE), ("generic", OTHER)))
    spec = spec_from_mapping(described(never, one, other))
    assert [(cell.method.name, cell.method.policy.key) for cell in spec.cells()] == [
        ("N", "never"), ("A", "random"), ("N", "never"), ("A", "generic"),
    ]  # fmt: skip
    assert spec.method_names == ("N", "A")
    assert spec_from_mapping(spec.as_mapping()).cells() == spec.cells()
    for methods, words in (
        ((never, one, {**other, "where": ONE}), "two methods called 'A'"),
        ((never, one, {"name": "A", "policy": "generic"}), "two methods called 'A'"),
        ((one, other, {"name": "A", "policy": "never"}), "two methods called 'A'"),
        ((never, {**one, "where": {"can_walk_persistence": 0.5}}), "no condition has these values"),
        ((never, {**one, "where": {"no_such": 1}}), "no_such"),
        (({**one, "name": "B"}, never), "'B' is missing where p11 0.95"),
    ):
        with pytest.raises(ParameterError, match=words):
            spec_from_mapping(described(*methods))
