"""Which quantities a learning algorithm may observe, and their ranges."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np

from jitai.errors import ParameterError
from jitai.parameters import suggestion
from jitai.records import Action

ONE_HOT_DAY = "ONE_HOT_T"
StatementChoice = Callable[[bool, float, int], str]
"""What a participant says who can walk, or not, picked by a number in [0, 1), on that day of a spell with a story."""
LARGEST = float(np.finfo(np.float32).max)


class ObservedQuantity(NamedTuple):
    """One entry of an observation: what it means and its bounds."""

    meaning: str
    high: float = 1.0


QUANTITIES: dict[str, ObservedQuantity] = {
    "C": ObservedQuantity("true context (privileged: no deployed policy knows it)"),
    "P": ObservedQuantity("probability of context 1"),
    "L": ObservedQuantity("inferred context"),
    "H": ObservedQuantity("habituation"),
    "D": ObservedQuantity("disengagement risk"),
    "S": ObservedQuantity("steps after the previous decision", LARGEST),
    "T": ObservedQuantity("parity of the day, t mod 2"),
    ONE_HOT_DAY: ObservedQuantity("the day as a one-hot vector of the study's length"),
}
"""Names as published (arXiv:2411.00336); all lower bounds are 0."""
DEFAULT_OBSERVATIONS = ("P", "H", "D")
"""What the environments show where nothing else is said."""


def action_code(action: object) -> int:
    """Return the code of an action that a user of an environment gives: a whole number, or an array of one.

    Raises: ParameterError if it is none of 0 to 3.
    """
    found = np.asarray(action)
    if found.size == 1 and found.dtype.kind in "iu" and 0 <= (code := int(found.item())) < len(Action):
        return code
    shown = repr(action)
    raise ParameterError(
        f"The action is {shown if len(shown) <= 60 else shown[:59] + '…'}: it is one whole number, 0 no message, 1 "
        "generic, 2 tailored to context 0 or 3 tailored to context 1."
    )


def action_codes(actions: object, n_envs: int) -> np.ndarray:
    """Return the codes of the actions of several environments: int64, shape (n_envs,).

    Raises: ParameterError if they are not as many whole numbers from 0 to 3.
    """
    try:
        found = np.asarray(actions)
    except (ValueError, TypeError):  # rows of different lengths
        found = np.empty(0, dtype=object)
    if found.shape == (n_envs,) and found.dtype.kind in "iu" and found.min() >= 0 and found.max() < len(Action):
        return found.astype(np.int64, copy=False)
    raise ParameterError(
        f"The actions are an array of shape {found.shape} and type {found.dtype}: {n_envs} whole numbers are needed, "
        "one for each environment, each from 0 to 3."
    )


def check_observations(names: Sequence[str]) -> tuple[str, ...]:
    """Return the names as a tuple, once all are known and none is repeated.

    Raises: ParameterError if one is unknown, repeated, or none is given.
    """
    if not isinstance(names, Iterable) or not all(isinstance(name, str) for name in names):
        raise ParameterError(f"The observations are {names!r:.60}: give names among {', '.join(QUANTITIES)}.")
    for name in names:
        if name not in QUANTITIES:
            raise ParameterError(f"There is no observation {name!r}{suggestion(name, QUANTITIES)}")
    if not names or len(set(names)) != len(names):
        raise ParameterError(
            f"The observations are {list(names)!r:.60}: give each of {', '.join(QUANTITIES)} at most once."
        )
    return tuple(names)


def observation_bounds(names: Sequence[str], study_length: int) -> np.ndarray:
    """Return the upper bounds of an observation: float32, shape (n_observed,)."""
    highs: list[float] = []
    for name in names:
        highs += [1.0] * study_length if name == ONE_HOT_DAY else [QUANTITIES[name].high]
    return np.array(highs, dtype=np.float32)
