"""Random streams: one seed makes several independent ones, by purpose.

Each purpose has a stream of its own, so that a policy that draws more numbers, or a filter that is switched on, leaves
the participant's contexts, walk states, statements and noise as they were (common random numbers).
"""

from enum import IntEnum

import numpy as np

from jitai.errors import ParameterError

MAX_SEED = 2**32 - 1
MAX_SEEDS = 100_000
"""Most seeds of one cell of an experiment."""


class Stream(IntEnum):
    """What a random stream is used for; the numbers are part of the results and never change."""

    WORLD = 0
    POLICY = 1
    FILTER = 2
    ENVIRONMENT = 3
    SAMPLE = 4
    BOOTSTRAP = 5
    TRAINING = 6


def generator(seed: int, stream: Stream) -> np.random.Generator:
    """The generator of one purpose under one seed.

    Args:
        seed: 0 to MAX_SEED; in a study of many participants, one seed each.
        stream: the purpose.
    Raises: ParameterError if the seed is out of range.
    """
    if not 0 <= seed <= MAX_SEED:
        raise ParameterError(f"The seed is {seed}: allowed is a whole number from 0 to {MAX_SEED:,}.")
    return np.random.default_rng([int(stream), seed])


FIRST_TRAINING_SEED = 2**31
"""Seeds from here on are for training; figures are measured on seeds below."""

FIRST_TUNING_SEED = 10_000_000
"""Seeds from here on are for choosing settings; no experiment that comes with the project reports on them."""
