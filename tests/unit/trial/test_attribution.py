"""Why one run earned more than another: the parts add up to the step, and each is what the equations say."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jitai.corpus import TEST, StatementBook, load_part
from jitai.policies.registry import PolicySpec
from jitai.records import TYPED, Action, JudgeReference, Observation, Proposal, StepRecord
from jitai.simulator.config import BETA, DETERMINISTIC, PRESETS, UNIFORM, SimulatorConfig
from jitai.trial.attribution import DayParts, attribute, summed
from jitai.trial.filters import filter_spec
from jitai.trial.fork import fork
from jitai.trial.scenario import Played, Scenario, compose, play
from jitai.trial.spec import TrialSpec
from jitai.trial.verdict_table import simulated_judge

BOOK, ERRING = simulated_judge(0.8, 0.2)
STATEMENTS = StatementBook(load_part(TEST))
JUDGE = JudgeReference("simulated")
MOSTLY = PRESETS["Ability mostly lasts"]


def lived(scenario: Scenario) -> Played:
    return play(scenario, ERRING)


def adds_up(config: SimulatorConfig, run: Played, other: Played) -> tuple[DayParts, ...]:
    """The parts, once it is sure that they are the difference of each day."""
    parts = attribute(config, run.records, other.records)
    assert len(parts) == max(len(run.records), len(other.records))
    for day, part in enumerate(parts):
        steps = [line.records[day].step_count if day < len(line.records) else 0.0 for line in (run, other)]
        assert sum(part) == pytest.approx(steps[0] - steps[1], abs=1e-9)
        assert part.total == pytest.approx(sum(part), abs=1e-9), "no part is left out of the total"
        if day >= min(len(run.records), len(other.records)):
            assert part == DayParts(stayed=steps[0] - steps[1])
        else:
            assert part.stayed == 0
    assert summed(parts).total == pytest.approx(run.total_steps - other.total_steps, abs=1e-6)
    return parts


@settings(deadline=None, max_examples=30)
@given(
    policy=st.sampled_from(["thompson", "planner", "random", "tailored", "generic"]),
    strategy=st.sampled_from(["veto", "carry-forward", "sampled-veto", "next-best", "belief"]),
    preset=st.sampled_from(sorted(PRESETS)),
    variation=st.sampled_from([DETERMINISTIC, UNIFORM, BETA]),
    seed=st.integers(0, 10_000),
    changed=st.sampled_from([None, {"action": 1}, {"can_walk": False}, {"words": "my knee"}]),
)
def test_the_parts_add_up_to_the_step(
    policy: str, strategy: str, preset: str, variation: str, seed: int, changed: dict[str, int | bool | str] | None
) -> None:
    config = replace(PRESETS[preset], variation=variation)
    run = lived(compose(TrialSpec(config, PolicySpec(policy), filter_spec(strategy), seed=seed), BOOK, judge=JUDGE))
    twin = play(run.scenario.without_judge())
    lines = [(run, twin), (twin, run)]
    if changed is not None:
        lines.append((lived(fork(run.scenario, BOOK, 3, **changed)), run))  # type: ignore[arg-type]
    found = [adds_up(config, *pair) for pair in lines]
    if variation == DETERMINISTIC:
        assert all(abs(part.chance) < 1e-9 for parts in found for part in parts)
    there, back = (summed(parts).stayed for parts in found[:2])
    assert there == pytest.approx(-back), "days that only one of the two lived count the same from both sides"
    assert all(part.outside == 0 for parts in found[:2] for part in parts), "nobody has changed a day"


def test_a_run_differs_from_itself_by_nothing() -> None:
    run = lived(compose(TrialSpec(MOSTLY, seed=4), BOOK, judge=JUDGE))
    assert all(part == DayParts() for part in attribute(MOSTLY, run.records, run.records))


def a_day(
    candidate: Action, executed: Action, habituation: float, steps: float, *, can_walk: bool = True
) -> StepRecord:
    return StepRecord(
        Observation(3, 0.1, 0, habituation, 0.0, 0.0), 0, can_walk, "", "", False, Proposal(candidate), None, executed,
        steps, 0.0, 0.0, False, False,
    )  # fmt: skip


def test_the_parts_of_a_day_are_those_of_the_equations() -> None:
    """At home: generic 0.1 + 50 (1 - h'), tailored to home 0.1 + 200 (1 - h'), h' = h + 0.05; nothing sent 0.1."""
    fresh, worn = 0.2, 0.5
    other = a_day(Action.GENERIC, Action.GENERIC, worn, 0.1 + 50 * 0.45)
    sent = a_day(Action.TAILORED_HOME, Action.TAILORED_HOME, fresh, 0.1 + 200 * 0.75 + 7)
    [parts] = attribute(MOSTLY, [sent], [other])
    assert parts.fresher == pytest.approx(200 * (0.75 - 0.45))
    assert parts.proposed == pytest.approx(200 * 0.45 - 50 * 0.45)
    assert parts.chance == pytest.approx(7)
    assert parts.held_wrongly == parts.held_rightly == 0

    vetoed = a_day(Action.TAILORED_HOME, Action.NO_MESSAGE, fresh, 0.1)
    [parts] = attribute(MOSTLY, [vetoed], [other])
    assert parts.fresher == 0, "no message is as good from a rested person as from a tired one"
    assert parts.held_wrongly == pytest.approx(-200 * 0.45)
    assert parts.proposed == pytest.approx(200 * 0.45 - 50 * 0.45), "what was wished counts, though it was not sent"
    [of_other] = attribute(MOSTLY, [other], [vetoed])
    assert of_other.held_wrongly == pytest.approx(200 * 0.75), "the other's veto is the other's loss"

    [unknown] = attribute(MOSTLY, [replace(vetoed, statement_author=TYPED)], [other])
    assert (unknown.held_wrongly, unknown.outside) == (0, pytest.approx(-200 * 0.45)), "nobody knows what was true"
    [chosen] = attribute(MOSTLY, [replace(vetoed, action_was_chosen=True)], [other])
    assert (chosen.held_wrongly, chosen.proposed, chosen.outside) == (0, 0, pytest.approx(-50 * 0.45))

    unable = [
        a_day(*actions, fresh, 0.0, can_walk=False) for actions in ((Action.GENERIC,) * 2, (Action.GENERIC, Action(0)))
    ]
    assert attribute(MOSTLY, unable[:1], unable[1:]) == (DayParts(),), "nobody could have walked"
