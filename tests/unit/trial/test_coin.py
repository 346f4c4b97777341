"""The coin holds back as often as the judge, and knows nothing."""

from dataclasses import replace

import numpy as np
import pytest

from jitai.experiments.cell import CellWork, run_cell
from jitai.experiments.judgements import simulated_responses
from jitai.policies.registry import PolicySpec
from jitai.records import Action
from jitai.simulator.config import PRESETS
from jitai.trial.coin import held_back_share, with_matched_coin
from jitai.trial.filters import AS_SET, FilterSpec, filter_spec
from jitai.trial.loop import run_trial
from jitai.trial.spec import TrialSpec
from jitai.trial.trial_log import TrialLog
from jitai.trial.verdict_table import VerdictTable

# Nobody leaves and messages do not wear off, so that every day of the study is lived whatever is done.
CONFIG = replace(
    PRESETS["Ability comes and goes"], disengagement_increment=0.0, cannot_walk_disengagement=0.0, study_length=40
)
SEEDS = range(300)
JUDGE = simulated_responses(0.9, 0.2)
ALWAYS = PolicySpec("generic")


def run(filtering: FilterSpec) -> TrialLog:
    verdicts = JUDGE.verdicts(filtering.settings)
    return run_trial(with_matched_coin(TrialSpec(CONFIG, ALWAYS, filtering), SEEDS, verdicts), SEEDS, verdicts)


def held_back(log: TrialLog) -> np.ndarray:
    return log.lived & (log.candidate_action != Action.NO_MESSAGE) & (log.executed_action == Action.NO_MESSAGE)


def test_the_coin_holds_back_as_often_as_the_judge_and_hits_by_chance_alone() -> None:
    veto, coin = held_back(run(FilterSpec("veto"))), held_back(run(FilterSpec("coin")))
    table = VerdictTable(JUDGE.verdicts(FilterSpec("veto").settings), TrialSpec().belief)
    share = held_back_share(CONFIG, SEEDS, table, FilterSpec("veto").settings)
    assert share == pytest.approx(veto.mean(), abs=1e-12), "no action changes what is written"
    error = np.sqrt(share * (1 - share) / coin.size)
    assert coin.mean() == pytest.approx(share, abs=4 * error)
    log = run(FilterSpec("coin"))
    unable = log.can_walk == 0
    assert held_back(log)[unable].mean() == pytest.approx(held_back(log)[~unable].mean(), abs=0.03), "it knows nothing"
    assert (log.verdict == run(FilterSpec("veto")).verdict).all(), "what the judge says is shown, and not used"
    read = run(FilterSpec("veto"))
    assert held_back(read)[read.can_walk == 0].mean() > 2 * held_back(read)[read.can_walk == 1].mean()


def test_a_coin_of_ones_own_is_left_as_it_is() -> None:
    table = JUDGE.verdicts(FilterSpec("veto").settings)
    own = TrialSpec(CONFIG, ALWAYS, filter_spec("coin", coin_rate=AS_SET, coin_probability=0.9))
    assert with_matched_coin(own, SEEDS, table) is own
    veto = TrialSpec(CONFIG, ALWAYS, FilterSpec("veto"))
    assert with_matched_coin(veto, SEEDS, table) is veto
    unread = TrialSpec(CONFIG, ALWAYS, FilterSpec("coin"))
    assert with_matched_coin(unread, SEEDS, None) is unread
    matched = with_matched_coin(unread, SEEDS, table).filter.settings
    assert matched.coin_rate == AS_SET and 0 < matched.coin_probability < 1
    assert run(own.filter).executed_action.astype(bool).mean() == pytest.approx(0.1, abs=0.02)


def test_what_was_sent_to_whom_is_counted_from_the_days() -> None:
    """Precision, recall and messages to somebody unable, counted again from the log."""
    config = PRESETS["Ability comes and goes"]
    work = CellWork(TrialSpec(config, PolicySpec("tailored"), FilterSpec("veto")), 0, 50, JUDGE)
    outcome = run_cell(work)
    log, figures = outcome.result, outcome.figures
    n_sent = n_unable_sent = n_held = n_right = n_proposed_to_unable = n_days = 0
    for who in range(50):
        for day in range(config.study_length):
            if not log.lived[who, day]:
                continue
            n_days += 1
            sent, able = log.executed_action[who, day] > 0, log.can_walk[who, day] == 1
            proposed = log.candidate_action[who, day] > 0
            n_sent += sent
            n_unable_sent += sent and not able
            n_held += proposed and not sent
            n_right += proposed and not sent and not able
            n_proposed_to_unable += proposed and not able
    assert 0 < n_right < n_held < n_days and n_unable_sent
    assert figures.unable_per_1000_days == pytest.approx(1000 * n_unable_sent / n_days)
    assert figures.veto_precision == pytest.approx(n_right / n_held)
    assert figures.veto_recall == pytest.approx(n_right / n_proposed_to_unable)
    assert figures.steps_per_day == pytest.approx(log.total_steps.sum() / n_days)


def test_the_zero_of_the_share_is_never_a_message_to_the_same_people() -> None:
    # With 250 steps a day without a message, never sending has most of what the optimum has.
    config = replace(PRESETS["Ability comes and goes"], steps_at_home=250.0, steps_at_work=250.0)
    never = run_cell(CellWork(TrialSpec(config, PolicySpec("never"), FilterSpec("none")), 0, 30, None)).figures
    assert never.share_of_possible.value == pytest.approx(0.0, abs=1e-12)
    assert never.never_steps == pytest.approx(never.mean_steps) and never.share_of_optimum > 0.6
    best = run_cell(CellWork(TrialSpec(config, PolicySpec("optimum"), FilterSpec("none")), 0, 30, None)).figures
    possible = best.optimum_steps - best.never_steps
    assert best.share_of_possible.value == pytest.approx((best.mean_steps - never.mean_steps) / possible)
    assert best.share_of_possible.value == pytest.approx(1, abs=0.06), (
        "it earns what it is computed to earn, by and large"
    )
    assert best.above_never == pytest.approx(best.mean_steps - never.mean_steps)
