"""How often a judge's veto holds back, and a coin that does so as often: the control for a filter that listens."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from jitai.policies.base import Proposals
from jitai.records import Action
from jitai.simulator.config import SimulatorConfig
from jitai.simulator.participants import Participants
from jitai.trial.filters import AS_JUDGE, AS_SET, Coin, FilterInputs, FilterSpec, Veto
from jitai.trial.spec import TrialSpec
from jitai.trial.verdict_table import Verdicts, VerdictTable


def held_back_share(config: SimulatorConfig, seeds: Sequence[int], verdicts: VerdictTable, settings: Any) -> float:
    """Return on which share of all days, in [0, 1], the veto would hold back a message, had one been proposed.

    Nothing that is done changes what is written and what the judge says of it, so one number serves every policy. It
    counts all days of the study, also those after which somebody would have left.

    Args:
        config: the participants.
        seeds: of the participants; at least one.
        verdicts: of the judge.
        settings: of the veto, ``filters.FilterSettings``.
    """
    n = len(seeds)
    people, veto = Participants(config, seeds), Veto(settings, n)
    message, nothing = np.full(n, int(Action.GENERIC)), np.full(n, int(Action.NO_MESSAGE))
    n_held_back = 0
    for _ in range(config.study_length):
        today = people.today()
        evidence = verdicts.read(today, {}, asks=True)
        inputs = FilterInputs(Proposals(message), evidence, None, today.can_walk, np.zeros(n), people.day)
        n_held_back += int((veto.apply(inputs).executed_action == Action.NO_MESSAGE).sum())
        people.act(nothing, today)
    return n_held_back / (n * config.study_length)


def with_matched_coin(spec: TrialSpec, seeds: Sequence[int], verdicts: Verdicts | None) -> TrialSpec:
    """Return the trial with a coin that holds back as often as the judge, where it has one that is to.

    Args:
        spec: any trial; without such a coin it is returned as it is.
        seeds: of the participants.
        verdicts: of the judge, on every statement; None where nobody reads. The coin then has the probability of its
            settings.
    """
    settings = spec.filter.settings
    if spec.filter.key != Coin.key or settings.coin_rate != AS_JUDGE or verdicts is None:
        return spec
    probability = held_back_share(spec.config, seeds, VerdictTable(verdicts, spec.belief), settings)
    tossed = replace(settings, coin_rate=AS_SET, coin_probability=probability)
    return replace(spec, filter=FilterSpec(Coin.key, tossed))
