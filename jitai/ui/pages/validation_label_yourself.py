"""A person at the judge's chair: label statements blind, then see what the judges and the labels say."""

from dataclasses import dataclass, field

import pandas as pd
import streamlit as st

from jitai.errors import JitaiError
from jitai.records import Decision, Label, Statement
from jitai.ui.widgets.page import plain
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
class Chair:
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


def persons_chair(chair: Chair, statements: tuple[Statement, ...], candidates: list[Candidate], seed: int) -> None:
    """Draw the section.

    Args:
        chair: what has been labelled.
        statements: to draw from.
        candidates: the judges to compare with.
        seed: of the drawing.
    """
    if not chair.statements:
        _invitation(chair, statements, seed)
    elif len(chair.answers) < len(chair.statements):
        _next_statement(chair)
    else:
        _comparison(chair, candidates)


def _invitation(chair: Chair, statements: tuple[Statement, ...], seed: int) -> None:
    st.markdown(
        "Read statements one at a time and say whether their writer can go for a walk now, taking the words as true. "
        "Labels and verdicts stay hidden until you have finished; then you see how far you agree with both."
    )
    if len({item.label for item in statements}) < len(Label):
        st.caption("This needs statements of both labels.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        number = st.selectbox("How many", HOW_MANY, index=1, key="chair_number", width=120)

        def begin() -> None:
            chair.round += 1
            try:
                drawn = balanced_sample(statements, number, seed + chair.round)
            except JitaiError as error:
                chair.problem = error.in_full
                return
            chair.problem = ""
            # The halves of a pair would give each other away.
            chair.statements, chair.answers, chair.found = shuffled(drawn, seed + chair.round), [], None

        st.button("Begin", key="chair_begin", on_click=begin)
    if chair.problem:
        st.error(plain(chair.problem), icon=":material/error:")


def _next_statement(chair: Chair) -> None:
    number = len(chair.answers)
    st.caption(f"Statement {number + 1} of {len(chair.statements)}")
    with st.container(border=True, key="chair_statement"):
        st.text(chair.statements[number].text)
    with st.container(horizontal=True):
        for decision, words in CHOICES.items():
            st.button(
                words, key=f"chair_{decision.name.lower()}", on_click=answer, args=(chair, number, decision),
            )  # fmt: skip
        if chair.answers:
            st.button("Back one", type="tertiary", key="chair_back", on_click=take_back, args=(chair, number))


def answer(chair: Chair, number: int, decision: Decision) -> None:
    """Answer a statement once: the second click of a double click would be an answer to the next one, unseen."""
    if number == len(chair.answers):
        chair.answers.append(decision)


def take_back(chair: Chair, number: int) -> None:
    """Back from a statement to the one before, once."""
    if number == len(chair.answers):
        chair.answers.pop()


def _comparison(chair: Chair, candidates: list[Candidate]) -> None:
    if chair.found is None:
        st.markdown(f"You have labelled all {len(chair.statements)}.")
        if not candidates:
            st.caption("Choose at least one judge in the sidebar to compare with.")
            return
        if not st.button("See what the judges and the labels say", type="primary", key="chair_compare"):
            return
        with st.spinner("The judges are reading the same statements ..."):
            run = ValidationRun(candidates, chair.statements)
            run.start()
            run.wait()
        chair.found = run.snapshot()
    if chair.found.failure:
        st.error(plain(chair.found.failure), icon=":material/error:")
    for name, why in chair.found.failures.items():
        st.warning(plain(f"{name} could not be made ready. {why}"), icon=":material/warning:")
    kappas, _ = agreement_with_person(chair.answers, chair.found)
    answered = [name for name in kappas if name == THE_PERSON or kappas[name].notna().any()]
    st.dataframe(
        kappas.loc[answered, answered], key="chair_kappas",
        column_config={str(name): st.column_config.NumberColumn(format="%.2f") for name in answered},
    )  # fmt: skip
    st.caption(
        "Cohen's kappa, “unsure” being an answer of its own: 1 is full agreement, 0 what chance gives. With so few "
        "statements it may be off by 0.3 either way."
    )
    st.dataframe(_side_by_side(chair, chair.found), hide_index=True, key="chair_table")
    st.button("Begin again with other statements", key="chair_again", on_click=_begin_again, args=(chair,))


def _begin_again(chair: Chair) -> None:
    chair.statements, chair.answers, chair.found = (), [], None


def _side_by_side(chair: Chair, found: Validation) -> pd.DataFrame:
    """What the person, the label and each judge say of each statement."""
    said = {(row.candidate, row.statement.identifier): row for row in found.rows}
    rows = []
    for statement, answer in zip(chair.statements, chair.answers, strict=True):
        label = "can walk" if statement.label == Label.CAN_WALK else "cannot walk"
        row = {"statement": statement.text, THE_PERSON: CHOICES[answer].lower(), "the label": label}
        for name in found.candidates:
            judged = said.get((name, statement.identifier))
            if judged is not None:
                row[name] = "no answer" if judged.failed else CHOICES[judged.verdict.decision].lower()
        rows.append(row)
    return pd.DataFrame(rows)
