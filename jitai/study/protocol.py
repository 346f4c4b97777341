"""A planned study in words that can stand in a protocol."""

from typing import NamedTuple

from jitai.study.power import Power, TwoArms


class Planned(NamedTuple):
    """What a protocol must name beside the numbers.

    Attributes:
        method, baseline: names of the two arms.
        source: the program, its version, experiment, seeds and setting.
        days: of the study.
        elsewhere: what other settings would need, as a sentence; empty without.
    """

    method: str
    baseline: str
    source: str
    days: int
    elsewhere: str = ""


def protocol_sentences(planned: Planned, arms: TwoArms, power: Power) -> str:
    """Return what is planned, and on what ground, so that it can be computed again."""
    (first, second), means = arms.deviations, (arms.method.mean(), arms.baseline.mean())
    wider = "" if arms.spread == 1 else f"; both SDs are {arms.spread:g} times the simulated ones, widened by noise"
    n = power.n
    elsewhere = f" {planned.elsewhere}" if planned.elsewhere else ""
    return (
        f"{n:,} participants an arm ({2 * n:,} in all) are planned. In {planned.source}, total steps over "
        f"{planned.days} days were {means[0]:,.0f} (SD {first:,.0f}) with “{planned.method}” and {means[1]:,.0f} "
        f"(SD {second:,.0f}) with “{planned.baseline}”{wider}. In {power.n_trials:,} simulated trials of {n:,} + {n:,} "
        f"different participants, a two-sided Welch t-test at 5 % found the difference in {100 * power.found:.1f} % "
        f"(Monte Carlo standard error {100 * power.error:.1f} points) and its opposite in "
        f"{100 * power.opposite:.1f} %.{elsewhere} Participants who left count with the steps walked until then. "
        "All participants are simulated; the numbers are to be checked against a pilot's means and spread."
    )
