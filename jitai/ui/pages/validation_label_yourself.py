"""Label statements without seeing labels or verdicts, then see how far you agree with both."""

from dataclasses import dataclass, field

import pandas as pd
import streamlit as st

from jitai.errors import JitaiError
from jitai.records import Decision, Label, Statement
from jitai.sanitise import for_markdown
from jitai.validation.corpora import balanced_sample, shuffled
from jitai.validation.report import THE_PERSON, agreement_with_person
from jitai.validation.runner import Candidate, Validation, ValidationRun

CHOICES: dict[Decision, str] = {
    Decision.SEND: "Can walk",
    Decision.HOLD_BACK: "Cannot walk",
    Decision.UNSURE: "Unsure",
}
HOW_MANY = (10, 20, 40)


@dataclass
class LabelSession:
    """What a person has labelled so far.

    Attributes:
        statements: to be labelled, in the order shown; empty before the person has begun.
        answers: for the first of them.
        found: the judges' verdicts on them, once asked for.
        round: of samples, so that beginning again draws others.
        problem: why the last sample could not be drawn, as a sentence.
    """

    statements: tuple[Statement, ...] = ()
    answers: list[Decision] = field(default_factory=list)
    found: Validation | None = None
    round: int = 0
    problem: str = ""


def label_yourself(
    session: LabelSession, statements: tuple[Statement, ...], candidates: list[Candidate], seed: int
) -> None:
    """Draw the section.

    Args:
        session: what has been labelled.
        statements: to draw from.
        candidates: the judges to compare with.
        seed: of the drawing.
    """
    if not session.statements:
        _invitation(session, statements, seed)
    elif len(session.answers) < len(session.statements):
        _next_statement(session)
    else:
        _comparison(session, candidates)


def _invitation(session: LabelSession, statements: tuple[Statement, ...], seed: int) -> None:
    st.markdown(
        "Read statements one at a time and say whether their writer can go for a walk now, taking the words as true. "
        "Labels and verdicts stay hidden until you have finished; then you see how far you agree with both."
    )
    if len({item.label for item in statements}) < len(Label):
        st.caption("This needs statements of both labels.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        number = st.selectbox("How many", HOW_MANY, index=1, key="label_number", width=120)

        def begin() -> None:
            session.round += 1
            try:
                drawn = balanced_sample(statements, number, seed + session.round)
            except JitaiError as error:
                session.problem = error.in_full
                return
            session.problem = ""
            # The halves of a pair would give each other away.
            session.statements, session.answers, session.found = shuffled(drawn, seed + session.round), [], None

        st.button("Begin", key="label_begin", on_click=begin)
    if session.problem:
        st.error(for_markdown(session.problem), icon=":material/error:")


def _next_statement(session: LabelSession) -> None:
    number = len(session.answers)
    st.caption(f"Statement {number + 1} of {len(session.statements)}")
    with st.container(border=True, key="label_statement"):
        st.text(session.statements[number].text)
    with st.container(horizontal=True):
        for decision, words in CHOICES.items():
            st.button(
                words, key=f"label_{decision.name.lower()}", on_click=answer, args=(session, number, decision),
            )  # fmt: skip
        if session.answers:
            st.button("Back one", type="tertiary", key="label_back", on_click=take_back, args=(session, number))


def answer(session: LabelSession, number: int, decision: Decision) -> None:
    """Label a statement once: a second click of a double click does not label the next one, unseen."""
    if number == len(session.answers):
        session.answers.append(decision)


def take_back(session: LabelSession, number: int) -> None:
    """Go back from a statement to the one before, once."""
    if number == len(session.answers):
        session.answers.pop()


def _comparison(session: LabelSession, candidates: list[Candidate]) -> None:
    if session.found is None:
        st.markdown(f"You have labelled all {len(session.statements)}.")
        if not candidates:
            st.caption("Choose at least one judge to compare with.")
            return
        if not st.button("See what the judges and the labels say", type="primary", key="label_compare"):
            return
        with st.spinner("The judges are reading the same statements ..."):
            run = ValidationRun(candidates, session.statements)
            run.start()
            run.wait()
        session.found = run.snapshot()
    if session.found.failure:
        st.error(for_markdown(session.found.failure), icon=":material/error:")
    for name, why in session.found.failures.items():
        st.warning(for_markdown(f"{name} could not be made ready. {why}"), icon=":material/warning:")
    found = agreement_with_person(session.answers, session.found)
    answered = [name for name in found.kappas if name == THE_PERSON or found.kappas[name].notna().any()]
    st.dataframe(found.words.loc[answered, answered], key="label_kappas")
    st.caption(
        "Cohen's kappa with its 95 % interval, “unsure” being an answer of its own: 1 is full agreement, 0 is "
        "agreement by chance. So few statements leave the intervals wide."
    )
    st.dataframe(_side_by_side(session, session.found), hide_index=True, key="label_table")
    st.button("Begin again with other statements", key="label_again", on_click=_begin_again, args=(session,))


def _begin_again(session: LabelSession) -> None:
    session.statements, session.answers, session.found = (), [], None


def _side_by_side(session: LabelSession, found: Validation) -> pd.DataFrame:
    """Show what the person, the label and each judge say of each statement."""
    said = {(row.candidate, row.statement.identifier): row for row in found.rows}
    rows = []
    for statement, answer in zip(session.statements, session.answers, strict=True):
        label = "can walk" if statement.label == Label.CAN_WALK else "cannot walk"
        row = {"statement": statement.text, THE_PERSON: CHOICES[answer].lower(), "the label": label}
        for name in found.candidates:
            judged = said.get((name, statement.identifier))
            if judged is not None:
                row[name] = "no answer" if judged.failed else CHOICES[judged.verdict.decision].lower()
        rows.append(row)
    return pd.DataFrame(rows)
