"""The Validation page: the answer of one judge, by side, language and kind, and what it misread."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

import streamlit as st

from jitai.charts.validation import RateRow, rates_figure
from jitai.experiments.answers import SWEEP, shipped_answer
from jitai.experiments.methods import LLM_TS, TS
from jitai.experiments.sweep import error_of
from jitai.paths import program
from jitai.report.figures import Row
from jitai.report.judge_report import FEW_OF_A_KIND, JudgeFindings, judge_report
from jitai.sanitise import for_markdown
from jitai.statistics import Estimate, interval_of_share
from jitai.text_format import counted
from jitai.ui.pages.validation_results import CORPUS_LABELS, OWN_FILE
from jitai.ui.session.state import palette
from jitai.ui.widgets.answer import both_widths, draw_answer, gain, loss, what_it_is_of
from jitai.ui.widgets.hand_over import File, hand_over
from jitai.validation.headline import CONSENT, JudgeAnswer, Rate, judge_answer, sides_of
from jitai.validation.runner import JudgedRow, Validation
from jitai.validation.shipped import shipped_validation
from jitai.validation.words import kind_in_words, language_in_words

KEPT_SHARE = 0.9
"""Of what a perfect judge gains the learner: what a judge that is good enough keeps."""
_COST = 0.4
N_SAYINGS, N_REPORTED = 4, 20
"""Misread statements that are shown on a side, and in a report."""
ON_EACH_SIDE, BY_LANGUAGE, BY_KIND = (
    "On each side, of 100", "By language", "By kind of statement, hardest first",
)  # fmt: skip


@st.cache_data(show_spinner=False)
def needed_share() -> float | None:
    """Return how often a judge must be right so that the learner keeps nine tenths of what a perfect one gains it.

    From the map that came with the lab, where a message to somebody unable costs what was published; between its
    errors by a straight line. None if there is no map.
    """
    answer = shipped_answer(SWEEP)
    if answer is None:
        return None
    here = [item for item in answer.stored if dict(item.cell.condition.values)["cannot_walk_disengagement"] == _COST]
    alone = next(item.figures.mean_steps for item in here if item.cell.method.name == TS)
    gains = sorted(
        (error, item.figures.mean_steps - alone)
        for item in here
        if item.cell.method.name == LLM_TS and (error := error_of(item.cell.judge)) is not None
    )
    wanted = KEPT_SHARE * gains[0][1]
    for (error, value), (after, less) in pairwise(gains):
        if value >= wanted > less:
            return 1 - (error + (after - error) * (value - wanted) / (value - less))
    return None


def draw_judge(found: Validation, corpus: str, made_on: str, progress: Callable[[], None] | None) -> None:
    """Draw what is to be said of one judge.

    Args:
        found: a finished run.
        corpus: whose statements were judged, a key of CORPUS_LABELS.
        made_on: the day on which it was made, where it came with the lab; else empty.
        progress: draws how far a run is that will replace this; None if there is none.
    """
    names = [name for name in found.candidates if any(row.is_counted for row in found.rows_of(name))]
    if not names:
        if progress is not None:
            progress()
        return
    name, other = _choice(found, corpus, names, made_on)
    rows = [row for row in found.rows_of(name) if row.is_counted]
    needed = needed_share()
    said = judge_answer(sides_of(rows), needed)
    title = (
        f"It hears {_marked(said.heard, said.heard_is_met)}{said.after}" if said.heard else "Nobody here cannot walk"
    )
    second = f"It wrongly holds back {_marked(said.stopped, said.stopped_is_met)} who can. " if said.stopped else ""
    draw_answer(title, second + for_markdown(said.more), said.small, progress)
    others = [] if other is None else [row for row in found.rows_of(other) if row.is_counted]
    sides = _side_rows(rows, others)
    languages = _groups(rows, lambda row: row.statement.language, language_in_words)
    kinds = _groups([row for row in rows if row.statement.kind != "non_english"], lambda row: row.statement.kind,
                    kind_in_words)  # fmt: skip
    groups = [(ON_EACH_SIDE, sides), *([(BY_LANGUAGE, languages)] if len(languages) > 1 else []), (BY_KIND, kinds)]
    label = CORPUS_LABELS[corpus]
    statements = f"{counted(len(found.statements), 'statement')}, {label[0].lower()}{label[1:]}"
    of = _OfWhat(name, statements, corpus, made_on)
    hand_over("validation_hand_over", lambda: _report(of, said, groups, rows, needed), lambda: (of, said))
    with st.container(key="stack_judge"):
        left, right = st.columns(2, gap="large")
    with left:
        st.subheader(ON_EACH_SIDE, anchor=False)
        _rates("sides", sides, needed)
        if other is not None:
            st.caption(for_markdown(f"Filled: {name}. Hollow: {other}."))
        if len(languages) > 1:
            st.subheader(BY_LANGUAGE, anchor=False)
            _rates("languages", languages, needed)
    with right:
        st.subheader(BY_KIND, anchor=False)
        _rates("kinds", kinds, needed)
    st.caption(f"Bars: 95 % intervals (Wilson). {_wants(needed)} {FEW_OF_A_KIND}")
    _misread(rows)


def _wants(needed: float | None) -> str:
    """Return what a judge must reach, and why; empty if nobody knows."""
    if needed is None:
        return ""
    return (
        f"“Needed”: with errors on {100 * (1 - needed):.0f} of 100 the learner keeps nine tenths of what a perfect "
        "judge gains it, where people are able for 3 days and unable for 2 and messages wear off by 1 % each (see "
        "Sweep)."
    )


class _OfWhat(NamedTuple):
    """What a report is of: the judge, the statements in words, whose they are, and the day if they came with it."""

    judge: str
    statements: str
    corpus: str
    made_on: str


def _report(
    of: _OfWhat,
    said: JudgeAnswer,
    groups: Sequence[tuple[str, Sequence[RateRow]]],
    rows: Sequence[JudgedRow],
    needed: float | None,
) -> list[File]:
    """Return the answer as a file that opens without a network."""
    shipped = shipped_validation() if of.made_on else None
    digest = "" if shipped is None else shipped.judges.get(of.judge, "")
    facts = [("Judge", of.judge), ("Statements", of.statements)]
    facts += [("Judged on", of.made_on)] if of.made_on else []
    # Each by itself: a space within would be copied too.
    names = ("Digest of the model, its beginning", "Digest of its prompt")
    facts += zip(names, digest.split(), strict=False)
    whose = "--file FILE" if of.corpus == OWN_FILE else f"--part {of.corpus}"
    title = f"It hears {said.heard}{said.after}" if said.heard else "Nobody here cannot walk"
    second = f"It wrongly holds back {said.stopped} who can. {said.more}" if said.stopped else said.more
    findings = JudgeFindings(
        f"{of.judge}; {of.statements}.", title, said.heard, said.heard_is_met is False, second, said.small,
        [(name, [_as_row(row) for row in of_group]) for name, of_group in groups],
        None if needed is None else 100 * needed, _wants(needed), facts,
        [(row.statement.text, _saying(row)) for row in _wrong(rows)[:N_REPORTED]], f"{program()} validate {whose}",
    )  # fmt: skip
    about = "One file that opens without a network and prints well: answer, charts, all shares and what was misread."
    content = judge_report(findings).encode()
    return [File("validation_report", "Report (HTML)", "jitai_lab_judge.html", "text/html", content, about)]


def _as_row(row: RateRow) -> Row:
    value, low, high = (100 * share for share in (row.value, row.low, row.high))
    return Row(
        row.label, "told", Estimate(value, low, high, row.n), f"{value:.0f} ({low:.0f} to {high:.0f}), n {row.n:,}"
    )


def _wrong(rows: Sequence[JudgedRow]) -> list[JudgedRow]:
    """Return what was misread, the surest first."""
    return sorted((row for row in rows if not row.is_right), key=lambda row: -abs(row.p_send - 0.5))


def _choice(found: Validation, corpus: str, names: Sequence[str], made_on: str) -> tuple[str, str | None]:
    """Say what the answer is of, and offer the judges."""
    key = "validation_judge"
    if st.session_state.get(key) not in names:
        st.session_state[key] = names[0]
    judge = st.session_state[key]
    n = len(found.statements)
    date = f" · {made_on}" if made_on else ""
    label = CORPUS_LABELS[corpus]
    more = f"{counted(n, 'statement')}, {label[0].lower()}{label[1:]}{date}"
    with what_it_is_of(judge, more, "validation"):
        st.selectbox("Judge", names, key=key)
        st.caption(
            "These verdicts came with the lab: nothing is asked by choosing."
            if made_on
            else "These verdicts are kept: nothing is asked by choosing."
        )
    return judge, next((name for name in names if name != judge), None)


def _marked(text: str, is_met: bool | None) -> str:
    return for_markdown(text) if is_met is None else gain(text) if is_met else loss(text)


def _side_rows(rows: Sequence[JudgedRow], others: Sequence[JudgedRow]) -> list[RateRow]:
    mine, theirs = sides_of(rows), sides_of(others)
    named = zip(
        ("Cannot walk: held back", "Wants no message: held back", "Can walk: let through"), mine, theirs, strict=True
    )
    return [_rate_row(label, rate, True, other) for label, rate, other in named if rate is not None]


def _rate_row(label: str, rate: Rate, is_strong: bool, other: Rate | None = None) -> RateRow:
    behind = None if other is None else (other.value, other.low, other.high)
    return RateRow(label, rate.value, rate.low, rate.high, rate.n, is_strong, behind)


def _groups(
    rows: Sequence[JudgedRow], group_of: Callable[[JudgedRow], str], in_words: Callable[[str], str]
) -> list[RateRow]:
    """Return one row for each group, the hardest first."""
    inside: dict[str, list[JudgedRow]] = {}
    for row in rows:
        inside.setdefault(group_of(row), []).append(row)
    found = []
    for group, of_group in inside.items():
        share = sum(row.is_right for row in of_group) / len(of_group)
        rate = Rate(share, *interval_of_share(share, len(of_group)), len(of_group))
        found.append(_rate_row(in_words(group), rate, False))
    return sorted(found, key=lambda row: row.value)


def _rates(key: str, rows: Sequence[RateRow], needed: float | None) -> None:
    both_widths(
        lambda narrow: rates_figure(rows, needed, palette(), narrow=narrow), f"rates_{key}",
        "Right of 100: " + "; ".join(f"{row.label} {100 * row.value:.0f} (n {row.n})" for row in rows),
    )  # fmt: skip


def _misread(rows: Sequence[JudgedRow]) -> None:
    """Show what the judge misread, the surest first; all of it as text."""
    wrong = _wrong(rows)
    if not wrong:
        return
    st.header("What it misread, worst first", anchor=False)
    sent, held = [row for row in wrong if row.cannot_walk], [row for row in wrong if not row.cannot_walk]
    left, right = st.columns(2, gap="large")
    for column, head, some in (
        (left, f"Sent, and should not have been: {len(sent):,}", sent),
        (right, f"Held back, and could have walked: {len(held):,}", held),
    ):
        with column:
            st.subheader(head, anchor=False)
            for row in some[:N_SAYINGS]:
                with st.container(border=True, gap="xsmall"):
                    st.text(f"“{row.statement.text}”")
                    st.caption(for_markdown(_saying(row)))
    st.caption("All of them, with filters, stand below, under “Mistakes”.")


def _saying(row: JudgedRow) -> str:
    truth = "can walk"
    if row.cannot_walk:
        truth = "wants no message" if row.statement.kind == CONSENT else "cannot walk"
    sure = max(row.p_send, 1 - row.p_send)
    surely = "over 99 % sure" if sure > 0.99 else f"{100 * sure:.0f} % sure"
    group = row.statement.kind
    where = language_in_words(row.statement.language) if group == "non_english" else kind_in_words(group)
    return f"{truth}; it {'sent' if row.cannot_walk else 'held back'}, {surely} · {where}"
