"""A game as a value: settings, a seed and what the person did. Its days are lived by the one loop, all anew each time.

That takes some 15 ms for a study of 50 days, so a game needs no memory on the server but its own few letters.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal, NamedTuple

from jitai.arrays import Floats
from jitai.errors import ParameterError
from jitai.records import Action, JudgesText, StepRecord
from jitai.simulator.world import draw_worlds
from jitai.statistics import cohen_kappa
from jitai.trial.scenario import Scenario, play
from jitai.trial.texts import ScriptedDay

POLICY: Final = "policy"
CLINICIAN: Final = "clinician"
"""Who the person is: the policy, who chooses an action, or the clinician, who sends or holds back what is proposed."""


@dataclass(frozen=True)
class Game:
    """A game as far as it has come.

    Attributes:
        scenario: the person, the policy and its judge; nobody has chosen anything in it.
        role: of the player.
        actions: of the days so far; None where the policy and its judge did the day.
    """

    scenario: Scenario
    role: Literal["policy", "clinician"] = "policy"
    actions: tuple[int | None, ...] = ()


class Lived(NamedTuple):
    """The days so far, and the morning of the next one.

    Attributes:
        records: of the days that were lived.
        today: the record of the next day as it would be without the player; of it, only what is known before the
            decision may be shown. None when the study is over.
    """

    records: tuple[StepRecord, ...]
    today: StepRecord | None


def live_days(game: Game, judge: JudgesText | None) -> Lived:
    """Live the days of a game.

    Args:
        game: as far as it has come.
        judge: reads what no verdict is stored of.
    """
    chosen = {day: ScriptedDay(action=Action(action)) for day, action in enumerate(game.actions) if action is not None}
    records = play(replace(game.scenario, days=chosen), judge).records
    n_days = len(game.actions)
    if n_days < len(records):
        return Lived(records[:n_days], records[n_days])
    return Lived(records, None)


def with_action(game: Game, action: int | None) -> Game:
    """Return the game after one more day.

    Args:
        game: whose study is not over.
        action: 0 to 3; None to let the policy and its judge do the day.
    Raises: ParameterError for any other action, or beyond the end of the study.
    """
    if action is not None and action not in list(Action):
        raise ParameterError(f"The action is {action}: allowed is 0 to 3.")
    if len(game.actions) >= game.scenario.spec.config.study_length:
        raise ParameterError("The study is over.", "Begin a new one.")
    return replace(game, actions=(*game.actions, action))


def up_to_decision(game: Game, judge: JudgesText | None) -> Game:
    """Return a clinician's game on its next day with something to decide: a message is proposed and words are there.

    The days before it are done as the policy proposes.
    """
    while game.role == CLINICIAN:
        lived = live_days(game, judge)
        today = lived.today
        if today is None or (today.statement and today.candidate_action):
            return game
        game = with_action(game, int(today.candidate_action))
    return game


def truth_of(game: Game) -> tuple[list[bool], list[int], Floats]:
    """Return what was true on each day of the study: whether they could walk, where they were, and the day's luck.

    Luck has the shape (study_length, 3), see ``World``.
    """
    config = game.scenario.spec.config
    world, days = draw_worlds(config, [game.scenario.spec.seed]), slice(config.study_length)
    able, places = world.can_walk[0, days], world.true_context[0, days]
    return [bool(flag) for flag in able], [int(place) for place in places], world.luck[0, days]


class Agreement(NamedTuple):
    """How often two agree on sending or holding back.

    Attributes:
        n, n_agreeing: decisions.
        kappa: Cohen's: 1 is full agreement, 0 as by chance; NaN where one answer is all that either gave.
        low, high: its 95 % interval, as if each day were apart from the others; NaN with it.
    """

    n: int
    n_agreeing: int
    kappa: float
    low: float
    high: float


def agreement(mine: Mapping[int, bool], theirs: Mapping[int, bool]) -> Agreement:
    """Return how far two agree, on the days on which both have decided.

    Args:
        mine, theirs: whether to send, by day.
    """
    days = sorted(set(mine) & set(theirs))
    first, second = ([given[day] for day in days] for given in (mine, theirs))
    kappa = cohen_kappa(first, second)
    n_agreeing = sum(one == other for one, other in zip(first, second, strict=True))
    return Agreement(len(days), n_agreeing, kappa.value, kappa.low, kappa.high)
