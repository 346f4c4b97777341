"""The published equations of a day, written down once more: nothing of the laboratory's arithmetic is used to check it.

Karine & Marlin 2024 (arXiv:2411.00336) and 2025 (arXiv:2501.06980).
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from scipy import optimize, stats


class Person(NamedTuple):
    """Parameters under the symbols of the papers; all different, so that none can stand for another."""

    mu: tuple[float, float] = (7.0, 3.0)
    rho: tuple[float, float, float] = (80.0, 120.0, 15.0)
    delta_h: float = 0.3
    epsilon_h: float = 0.2
    delta_d: float = 0.4
    epsilon_d: float = 0.06
    eta_d: float = 0.09
    h: float = 0.4
    d: float = 0.2

    @property
    def settings(self) -> dict[str, float]:
        return {
            "steps_at_home": self.mu[0], "steps_at_work": self.mu[1], "generic_message_steps": self.rho[0],
            "tailored_message_steps": self.rho[1], "mismatched_message_steps": self.rho[2],
            "habituation_decay": self.delta_h, "habituation_increment": self.epsilon_h,
            "disengagement_decay": self.delta_d, "disengagement_increment": self.epsilon_d,
            "cannot_walk_disengagement": self.eta_d, "initial_habituation": self.h, "initial_disengagement": self.d,
        }  # fmt: skip

    @property
    def options(self) -> list[str]:
        return [word for name, value in self.settings.items() for word in (f"--{name.replace('_', '-')}", f"{value:g}")]


def day(person: Person, h: float, d: float, action: int, context: int, can_walk: bool) -> tuple[float, float, float]:
    """h', d' and s' by the equations."""
    fits = action == context + 2
    h = (1 - person.delta_h) * h if action == 0 else min(1.0, h + person.epsilon_h)
    if action != 0:
        if action == 1 or fits:
            d = (1 - person.delta_d) * d if can_walk else min(1.0, d + person.eta_d)
        else:
            d = min(1.0, d + person.epsilon_d + (0 if can_walk else person.eta_d))
    if not can_walk:
        return h, d, 0.0
    mu = person.mu[context]
    extra = {0: 0.0, 1: person.rho[0]}.get(action, person.rho[1] if fits else person.rho[2])
    return h, d, mu + (1 - h) * extra


def expected(person: Person, lived: list[tuple[int, int, bool]]) -> Iterator[tuple[float, float, float]]:
    h, d = person.h, person.d
    for action, context, can_walk in lived:
        h, d, steps = day(person, h, d, action, context, can_walk)
        yield h, d, steps


def interval(values: Sequence[float]) -> tuple[float, float]:
    """The 95 % interval of a mean by Student's t, each end moved outwards to where Hall's cubic reaches the same t.

    Degrees of freedom are counted without the commonest value where that is there twice. The cubic is solved by search
    here, and by its formula in the project.
    """
    n, mean, spread = len(values), np.mean(values), np.std(values, ddof=1)
    if np.ptp(values) == 0:
        return mean, mean
    most = max(Counter(np.asarray(values).tolist()).values())
    half = stats.t.ppf(0.975, max((n if most == 1 else n - most) - 1, 1)) * spread / np.sqrt(n)
    skewness, t = stats.skew(values, bias=False), stats.t.ppf(0.975, n - 1)

    def end(reached: float) -> float:
        def cubic(w: float) -> float:
            return np.sqrt(n) * (w + skewness * w**2 / 3 + skewness**2 * w**3 / 27 + skewness / (6 * n)) - reached

        return float(mean - spread * optimize.brentq(cubic, -50, 50, xtol=1e-14))

    if n < 3 or abs(skewness) < 1e-6:
        return mean - half, mean + half
    return min(mean - half, end(t)), max(mean + half, end(-t))


def half_width(values: Sequence[float]) -> float:
    """Half of that interval's length."""
    low, high = interval(values)
    return (high - low) / 2
