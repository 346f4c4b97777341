"""Why a run earned more or less, in words: puzzling runs explain themselves, and no truth is told early."""

from dataclasses import replace

import pytest

from jitai.corpus import TEST, StatementBook, load_part
from jitai.judge.registry import open_judge
from jitai.records import JudgeReference
from jitai.report.run_player import branch_line, comparison_of, player_run
from jitai.report.why import Comparison, why_rows, why_sentence, why_sentences
from jitai.simulator.config import PRESETS, SimulatorConfig
from jitai.trial.attribution import DayParts, shown_total, summed
from jitai.trial.filters import filter_spec
from jitai.trial.fork import fork
from jitai.trial.scenario import Played, compose, play
from jitai.trial.spec import TrialSpec
from jitai.trial.summary import summarise
from jitai.trial.verdict_table import simulated_judge

STATEMENTS = StatementBook(load_part(TEST))
MOSTLY = PRESETS["Ability mostly lasts"]


def by_few_shot(seed: int) -> tuple[Played, Played]:
    """A run by what the embedded few-shot judge is shipped to say; no model is there."""
    judge = open_judge("embedded")
    scenario = compose(TrialSpec(MOSTLY, seed=seed), STATEMENTS, judge=judge.reference("embedded"))
    run = play(scenario.with_known(judge.remembered))
    return run, play(run.scenario.without_judge())


def by_simulated(config: SimulatorConfig, finds: float, false_alarms: float, seed: int) -> tuple[Played, Played]:
    book, judge = simulated_judge(finds, false_alarms)
    run = play(compose(TrialSpec(config, seed=seed), book, judge=JudgeReference("simulated")), judge)
    return run, play(run.scenario.without_judge())


def compared(run: Played, twin: Played) -> Comparison:
    return comparison_of(run.scenario.spec.config, run.records, twin)


def test_one_veto_of_eight_is_right_and_yet_it_gains() -> None:
    run, twin = by_few_shot(50)
    found = summarise(run.records)
    assert (found.n_right_vetoes, found.n_known_vetoes, round(run.total_steps - twin.total_steps)) == (1, 8, 335)
    parts = summed(compared(run, twin).parts)
    assert parts.fresher > 335 and parts.held_wrongly < 0
    assert why_sentence(compared(run, twin), revealed=True) == (
        "Most of the gain comes from resting, not from listening: 7 of 8 messages were held back wrongly, but "
        "quiet days kept messages fresh."
    )


def test_nearly_all_vetoes_are_right_and_yet_it_costs() -> None:
    """A judge with 30 % false alarms, a person who hardly gets used to messages and is slow to leave."""
    config = replace(
        PRESETS["Ability comes and goes"], habituation_increment=0.01, cannot_walk_disengagement=0.1,
        initial_habituation=0.1, initial_disengagement=0.1,
    )  # fmt: skip
    run, twin = by_simulated(config, 0.93, 0.3, 45)
    found = summarise(run.records)
    assert (found.n_right_vetoes, found.n_known_vetoes, found.n_agreeing, found.n_days) == (15, 17, 48, 50)
    assert round(run.total_steps - twin.total_steps) == -386
    assert why_sentence(compared(run, twin), revealed=True) == (
        "Most of the loss comes from what the policy proposed: 15 of 17 messages were held back rightly, but "
        "having learned from other days, it chose messages that earned less."
    )
    parts = summed(compared(run, twin).parts)
    assert -parts.proposed > 386 and parts.fresher > 0 and parts.held_rightly == 0


def test_no_sentence_and_no_row_tells_the_truth_before_it_is_revealed() -> None:
    run, twin = by_few_shot(50)
    pair = compared(run, twin)
    told = " ".join(why_sentences(pair, 50, revealed=False)) + str(why_rows(pair, revealed=False))
    assert "wrong" not in told and "right" not in told and "walk" not in told
    hidden = player_run(run, twin, title="it", with_truth=False).run.split
    assert hidden is not None and hidden.revealed is None and hidden.sentences[-1] in told


def test_what_the_player_is_given_adds_up_to_the_rows_of_the_report() -> None:
    run, twin = by_few_shot(50)
    split = player_run(run, twin, title="it").run.split
    assert split is not None and split.revealed is not None
    rows = why_rows(compared(run, twin), revealed=True)
    assert sum(row.steps for row in rows) == shown_total(run.records) - shown_total(twin.records)
    columns = (
        split.stayed,
        split.fresher,
        split.revealed.held_rightly,
        split.revealed.held_wrongly,
        split.revealed.proposed,
    )
    assert [column[-1] for column in columns] == [row.steps for row in rows]
    for day in range(50):
        shown = split.stayed[day] + split.fresher[day] + split.action[day]
        assert shown == shown_total(run.records[: day + 1]) - shown_total(twin.records[: day + 1])
        assert split.action[day] == sum(column[day] for column in columns[2:])
    assert len(split.sentences) == len(split.revealed.sentences) == 50
    assert split.revealed.sentences[-1] == why_sentence(compared(run, twin), revealed=True)
    early = Comparison(run.records[:20], twin.records[:20], compared(run, twin).parts[:20], "without the judge")
    assert split.revealed.sentences[19] == why_sentence(early, revealed=True), "it stands as of its day"


def test_a_branch_is_explained_against_its_run() -> None:
    run, _ = by_few_shot(50)
    branch = play(fork(run.scenario, STATEMENTS, 20, action=0))
    split = branch_line(branch, run, key="b", name="b", letter="A", first_day=21).split
    assert split is not None and len(split.sentences) == 30
    assert split.sentences[0].startswith("All of branch A’s loss comes from what was sent on the day itself") or (
        split.sentences[0] == "Branch A and this run have earned the same."
    )
    total = sum(column[-1] for column in (split.stayed, split.fresher, split.action))
    assert total == shown_total(branch.records) - shown_total(run.records)


def one_day(**parts: float) -> str:
    """The sentence about two runs that differ by these parts, on their last day."""
    run, _ = by_simulated(MOSTLY, 0.9, 0.1, 3)
    split, mine = DayParts(**parts), run.records[:9]
    other = replace(mine[-1], step_count=mine[-1].step_count - split.total)
    return why_sentence(Comparison(mine, (*mine[:-1], other), (split,), "without the judge"), revealed=True)


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({}, "Both have earned the same."),
        (
            {"fresher": 100.0, "proposed": -98.0},
            "about even: resting gained 100 steps, what the policy proposed took back 98.",
        ),
        ({"chance": -30.0}, "All of the loss comes from chance."),
        ({"fresher": -40.0, "proposed": 10.0}, "Most of the loss comes from messages that had worn off: "),
        (
            {"outside": 30.0, "fresher": 29.0, "chance": 28.0},
            "The largest part of the gain comes from what a person or a rule decided.",
        ),
    ],
)
def test_the_largest_part_decides_the_sentence(parts: dict[str, float], said: str) -> None:
    assert said in one_day(**parts)


def test_who_left_and_how_much_was_missed_is_said_from_both_sides() -> None:
    config = replace(PRESETS["Ability comes and goes"], cannot_walk_disengagement=0.5)
    book, judge = simulated_judge(1.0, 0.0)
    spec = TrialSpec(config, filter=filter_spec("veto"), seed=5)
    run = play(compose(spec, book, judge=JudgeReference("simulated")), judge)
    twin = play(run.scenario.without_judge())
    assert len(twin.records) < len(run.records)
    day, gone = len(twin.records), len(run.records) - len(twin.records)
    assert f"staying: without the judge this person left on day {day} and missed {gone} day" in why_sentence(
        compared(run, twin), revealed=True
    )
    backwards = Comparison(twin.records, run.records, compared(twin, run).parts, "in this run", "B")
    assert f"loss comes from leaving: this person left on day {day} and missed {gone} day" in why_sentence(
        backwards, revealed=True
    )
