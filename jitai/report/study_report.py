"""The report of a planned study: how many people it takes, on what that hangs, and the words for a protocol."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from jitai.experiments.headline import Headline
from jitai.report.figures import Curve, curves_figure
from jitai.report.page import Html, code, grid_table, headline, page, paragraph, section, sources


class StudyPlan(NamedTuple):
    """What is reported.

    Attributes:
        of: what is compared, where, for how many days, and which results that is planned from.
        answer: the page's heading and what qualifies it.
        people: an arm, ascending; shape (n,).
        curves: of 100 trials, how many find the difference; each of shape (n,).
        at: sizes with what trials of them find, as columns and rows of a table.
        settings: each setting and the people an arm that it needs, in words.
        protocol: what can stand in one.
        paired: what paired seeds would suggest; empty if that is unknown.
        link: that opens the page; empty without.
    """

    of: str
    answer: Headline
    people: Sequence[int]
    curves: Sequence[Curve]
    at: tuple[Sequence[str], Sequence[Sequence[str]]]
    settings: Sequence[tuple[str, str]]
    protocol: str
    paired: str
    link: str = ""


_HOW = (
    "Each simulated trial draws the people of both arms anew from simulated studies, with replacement and unpaired. It "
    "applies a two-sided Welch t-test at 5 % to the steps of whole studies. People who left count with the steps that "
    "they had walked until then. All participants are simulated. How much more real ones differ is not known here: "
    "plan with a pilot’s spread."
)


def study_report(plan: StudyPlan) -> str:
    """One HTML file of a planned study, which opens from disk."""
    answer = plan.answer
    ticks = [(math.log10(n), f"{n:,}") for n in (2, 5, 10, 20, 50, 100, 200, 500) if n in plan.people]
    about = (
        "Of 100 simulated trials, how many find the difference, by people an arm (a scale of ratios), with their 95 % "
        "Monte Carlo error as bands."
    )
    figure = curves_figure(plan.curves, [math.log10(n) for n in plan.people], ticks, about)
    link = [paragraph("The page, on a machine where the dashboard runs:"), code(plan.link)] if plan.link else []
    again: list[Html] = [section("The same again", *link)] if link else []
    return page(
        "How many people a study needs, planned by simulation",
        "report of a planned study",
        headline(answer.title, answer.marked, is_loss=answer.is_gain is False),
        paragraph(" ".join(answer.second), "lead"),
        paragraph(answer.small, "muted"),
        paragraph(plan.of),
        section("By people an arm", figure, grid_table(*plan.at), kind="together"),
        section("How many in each published setting", grid_table(("Setting", "People an arm"), plan.settings),
                kind="together"),
        section("For the protocol", code(plan.protocol), kind="together"),
        section("How it is computed", paragraph(_HOW), paragraph(plan.paired)),
        sources(),
        *again,
    )  # fmt: skip
