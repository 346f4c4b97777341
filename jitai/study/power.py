"""How often a real trial would tell one method from another, by drawing such trials from simulated studies.

A real trial pairs nobody: its two arms are different people, whereas an experiment here lets the same simulated people
live under both methods. Each simulated trial therefore draws the people of either arm anew and apart from each other
(with replacement from all simulated studies of that method), and analyses them as the real one would: Welch's t-test on
the steps of whole studies, two-sided, at 5 %. People who left count with the steps that they had walked until then.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from jitai.arrays import Floats
from jitai.errors import ParameterError
from jitai.statistics import TAILS

Generators = Callable[[int], np.random.Generator]
"""Makes the generator of the simulated trials with n people an arm, from n: the same n meets the same trials."""
N_TRIALS = 2_000
"""Simulated trials behind a power, by default: 1.96 standard errors are 1.8 points at a power of 80 %."""
FEWEST, MOST = 2, 5_000
"""People an arm that are looked at."""
GRID = (2, 3, 4, 5, 6, 8, 10, 13, 16, 20, 25, 32, 40, 50, 64, 80, 100, 130, 160, 200, 250, 320, 400, 500)
"""People an arm at which a curve is drawn."""
_DRAWN_AT_ONCE = 400_000


@dataclass(frozen=True, eq=False)
class TwoArms:
    """What the people of two arms would walk, and how much more real people differ.

    Attributes:
        method, baseline: steps of simulated studies, shapes (n,) and (m,), two or more each.
        spread: standard deviation between people as a multiple of the simulated one, >= 1. What is above 1 is added as
            normal noise, apart in each arm.
    Raises: ParameterError for fewer studies, or another spread.
    """

    method: Floats
    baseline: Floats
    spread: float = 1.0

    def __post_init__(self) -> None:
        if min(len(self.method), len(self.baseline)) < 2:
            raise ParameterError("A trial cannot be planned from one simulated study: use two seeds or more.")
        if not 1 <= self.spread < math.inf:
            raise ParameterError(f"The spread is {self.spread:g}: allowed is 1 (as simulated) or more.")

    @property
    def difference(self) -> float:
        """Mean steps of the method minus those of the baseline."""
        return float(self.method.mean() - self.baseline.mean())

    @property
    def deviations(self) -> tuple[float, float]:
        """Standard deviations between the people of either arm, spread included."""
        return tuple(float(self.spread * arm.std(ddof=1)) for arm in (self.method, self.baseline))  # type: ignore[return-value]


class Power(NamedTuple):
    """What trials with so many people an arm find.

    Attributes:
        n: people an arm.
        found: share of the trials that find the difference, with the right sign.
        opposite: share that find a difference with the wrong sign.
        in_order: share in which the better method has the higher mean, found or not.
        n_trials: simulated.
    """

    n: int
    found: float
    opposite: float
    in_order: float
    n_trials: int

    @property
    def error(self) -> float:
        """Monte Carlo standard error of ``found``."""
        return math.sqrt(self.found * (1 - self.found) / self.n_trials)


def power_at(arms: TwoArms, n: int, generators: Generators, n_trials: int = N_TRIALS) -> Power:
    """Simulate trials with n people an arm.

    Args:
        arms: whom they draw.
        n: people an arm, from FEWEST to MOST.
        generators: make the random numbers.
        n_trials: simulated, >= 1.
    Raises: ParameterError for another n.
    """
    if not FEWEST <= n <= MOST:
        raise ParameterError(f"{n:,} people an arm cannot be simulated: allowed is {FEWEST} to {MOST:,}.")
    rng = generators(n)
    sign = 1.0 if arms.difference >= 0 else -1.0
    found = opposite = in_order = done = 0
    while done < n_trials:
        at_once = min(max(1, _DRAWN_AT_ONCE // n), n_trials - done)
        method, baseline = (_draw(steps, arms.spread, (at_once, n), rng) for steps in (arms.method, arms.baseline))
        gap, threshold = _welch(method, baseline)
        gap *= sign
        found += int((gap > threshold).sum())
        opposite += int((gap < -threshold).sum())
        in_order += int((gap > 0).sum())
        done += at_once
    return Power(n, found / n_trials, opposite / n_trials, in_order / n_trials, n_trials)


def order_in_words(found: Sequence[Power]) -> str:
    """Return the smallest trial of those given in which the better method has the higher mean 95 times in 100."""
    enough = next((item for item in found if item.in_order >= 0.95), None)
    return f"{enough.n:,}" if enough is not None else f"more than {found[-1].n:,}"


def _draw(steps: Floats, spread: float, shape: tuple[int, int], rng: np.random.Generator) -> Floats:
    """Return the steps of the people of one arm: (trials, people)."""
    drawn: Floats = steps[rng.integers(0, len(steps), shape)]
    if spread > 1:
        drawn = drawn + rng.standard_normal(shape) * (math.sqrt(spread**2 - 1) * float(steps.std(ddof=1)))
    return drawn


def _welch(method: Floats, baseline: Floats) -> tuple[Floats, Floats]:
    """Return each trial's difference of means, and how large it must be to be found; shape (trials,).

    Where nobody in a trial differs, any difference is found.
    """
    from scipy.special import stdtrit

    n = method.shape[1]
    errors = [arm.var(axis=1, ddof=1) / n for arm in (method, baseline)]
    both = errors[0] + errors[1]
    with np.errstate(divide="ignore", invalid="ignore"):
        freedom = both**2 / ((errors[0] ** 2 + errors[1] ** 2) / (n - 1))
    freedom = np.where(np.isfinite(freedom), freedom, n - 1)
    return method.mean(axis=1) - baseline.mean(axis=1), stdtrit(freedom, TAILS[1]) * np.sqrt(both)


def curve(arms: TwoArms, generators: Generators, n_trials: int = N_TRIALS, grid: Sequence[int] = GRID) -> list[Power]:
    """Return the power for each number of people an arm."""
    return [power_at(arms, n, generators, n_trials) for n in grid]


def people_needed(
    arms: TwoArms, power: float, generators: Generators, n_trials: int = N_TRIALS, most: int = MOST
) -> Power | None:
    """Return the smallest trial that reaches a power; None if ``most`` people an arm do not.

    It is found by bisection, to one person up to 100 an arm and to 1 % above. As the powers have a Monte Carlo error,
    so has it: a neighbour may do as well.

    Args:
        arms: whom the trials draw.
        power: wanted share of the trials that find the difference, in (0, 1).
        generators: make the random numbers.
        n_trials: simulated for each number of people.
        most: people an arm that are thinkable.
    """
    if not 0 < power < 1:
        raise ParameterError(f"The power is {power:g}: allowed is a number between 0 and 1, such as 0.8.")
    if arms.difference == 0 or _by_formula(arms, power) > most:
        return None
    low, high = FEWEST - 1, FEWEST
    # A trial of about the right size is tried first: nobody need climb there by doubling.
    guess = int(_by_formula(arms, power))
    if guess > 2 * FEWEST and power_at(arms, guess // 2, generators, n_trials).found < power:
        low, high = guess // 2, guess
    best = power_at(arms, high, generators, n_trials)
    while best.found < power:
        if high >= most:
            return None
        low, high = high, min(most, 2 * high)
        best = power_at(arms, high, generators, n_trials)
    while high - low > max(1, high // 100):
        middle = (low + high) // 2
        tried = power_at(arms, middle, generators, n_trials)
        if tried.found < power:
            low = middle
        else:
            high, best = middle, tried
    return best


def pairs_needed(method: Floats, baseline: Floats, power: float) -> int | None:
    """Return how many people would do if each could live under both methods: what paired seeds suggest.

    By the normal approximation n = ((z_0.975 + z_power) sd / mean)^2 of the paired differences, at least 2. No real
    trial can have this: it shows how far paired seeds are from one.

    Args:
        method, baseline: steps under the same seeds in the same order; shape (n,).
        power: wanted, in (0, 1).
    Returns: None where the mean difference is 0.
    """
    from scipy.special import ndtri

    differences = method - baseline
    mean, deviation = float(differences.mean()), float(differences.std(ddof=1))
    if mean == 0:
        return None
    return max(FEWEST, math.ceil(((float(ndtri(TAILS[1])) + float(ndtri(power))) * deviation / mean) ** 2))


def _by_formula(arms: TwoArms, power: float) -> float:
    """Return the people an arm that the normal approximation asks for."""
    from scipy.special import ndtri

    variance = sum(deviation**2 for deviation in arms.deviations)
    return float((float(ndtri(TAILS[1])) + float(ndtri(power))) ** 2 * variance / arms.difference**2)
