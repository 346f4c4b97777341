"""One decision as a card: the story of the day from top to bottom, each line opening to its detail."""

from typing import Literal

import streamlit as st

from jitai.charts.participant import draws_figure, liking_figure, steps_to_come_figure
from jitai.charts.theme import CONFIG
from jitai.judge.judge import REASON_EXPLANATION, UNCALIBRATED_NOTE
from jitai.policies.belief import BeliefSettings, counts_as_steps
from jitai.records import CONTEXT_LABELS, TYPED, Action, Decision, StepRecord, Verdict, VerdictSource
from jitai.sanitise import for_markdown
from jitai.ui.session.state import palette

DECISION_COLOURS: dict[Decision, Literal["blue", "orange", "violet"]] = {
    Decision.SEND: "blue",
    Decision.HOLD_BACK: "orange",
    Decision.UNSURE: "violet",
}

SOURCE_EXPLANATIONS = {
    VerdictSource.MODEL: "The model was asked.",
    VerdictSource.CACHE: "The model was asked this before; its answer was kept on this machine.",
    VerdictSource.REMEMBERED: "The model was asked this when the lab was made; its answer is remembered.",
    VerdictSource.RULE: "A rule decided; the model was not asked.",
    VerdictSource.FALLBACK: "The model could not answer; the rule chosen for that case stood in.",
    VerdictSource.NO_STATEMENT: "Nothing was said, so there was nothing to judge.",
    VerdictSource.SIMULATED: "The judge is simulated: its verdict was drawn, and nobody read the words.",
}
LABEL_WIDTH = 62
"""Pixels of the left column of the card."""


def decision_card(
    record: StepRecord | None,
    most_steps: float,
    reveal: bool,
    before: StepRecord | None = None,
    settings: BeliefSettings | None = None,
    hears_first: bool = False,
) -> None:
    """Draw the card of one decision; before the first, explain what will stand there.

    Args:
        record: the decision, or None.
        most_steps: upper end of the axis of the draws, in steps.
        reveal: whether the true walk state is shown.
        before: the day before it, from which a belief comes; None on day 1.
        settings: of the belief, where one is kept.
        hears_first: whether the policy acts on the belief, so that it hears the words before it proposes.
    """
    with st.container(border=True, key="decision_card"):
        if record is None:
            st.subheader("Before day 1")
            st.markdown(
                "Move to a day in the player. Its decision appears here: what the sensor reads, what the policy "
                "proposes, what the participant says, how the language model judges it, what is done, and how many "
                "steps follow."
            )
            return
        seen = record.observation
        st.subheader(f"Day {seen.decision_index + 1}")
        certainty = max(seen.context_probability, 1 - seen.context_probability)
        _line("reads", f"{CONTEXT_LABELS[seen.inferred_context]}, {certainty:.2f} sure")
        if not hears_first:
            _proposal_lines(record, most_steps)
        speaker = "says (you)" if record.statement_author == TYPED else "says"
        _line(speaker, f"“{record.statement}”" if record.statement else "nothing today")
        _verdict_lines(record.verdict)
        if record.belief is not None:
            sources = belief_sources(record, before, settings or BeliefSettings())
            _line("believes", f"can walk: {record.belief:.2f}, from {sources}")
        if hears_first:
            _proposal_lines(record, most_steps)
        _line("does", record.executed_action.label + _held_back(record))
        _line("earns", f"{record.step_count:,.0f} steps")
        if reveal:
            _line("truth", _truth(record))


def _held_back(record: StepRecord) -> str:
    """Return the end of a line: that the message was held back, and by what; else nothing."""
    if record.vetoed:
        return ": held back"
    return ": held back, as the judge could not answer" if record.held_back else ""


def _proposal_lines(record: StepRecord, most_steps: float) -> None:
    """Draw what the policy proposes, and what it compared."""
    proposal = record.proposal
    _line("proposes", proposal.candidate_action.label)
    if proposal.sampled_rewards:
        st.plotly_chart(
            draws_figure(proposal, most_steps, palette()), config=CONFIG, key="draws",
            alt="Steps the policy expects of each action, how sure it is, and the draw it compared.",
        )  # fmt: skip
        if proposal.action_bias:
            parts = zip(Action, proposal.sampled_rewards, proposal.action_bias, strict=True)
            st.caption(
                "Draw and bias: " + "; ".join(f"{a.label} {draw:.0f} {bias:+g}" for a, draw, bias in parts) + "."
            )
    if proposal.steps_to_come:
        st.plotly_chart(
            steps_to_come_figure(proposal, most_steps, palette()), config=CONFIG, key="steps_to_come",
            alt="Steps to come until the end of the study if each action is done today: "
            + "; ".join(f"{a.label} {steps:,.0f}" for a, steps in zip(Action, proposal.steps_to_come, strict=True)),
        )  # fmt: skip
    if proposal.action_probabilities or proposal.discounted_steps:
        what = "Probability of each action" if proposal.action_probabilities else "Steps expected of each action"
        st.plotly_chart(
            liking_figure(proposal, most_steps, palette()), config=CONFIG, key="liking",
            alt=f"{what}: "
            + "; ".join(f"{a.label} {value:,.3g}" for a, value in zip(Action, proposal.preference, strict=True)),
        )  # fmt: skip


def belief_sources(record: StepRecord, before: StepRecord | None, settings: BeliefSettings) -> str:
    """Return in words where today's belief in ability comes from."""
    if before is None:
        return "the start of the study"
    sources = []
    if settings.sees_steps:
        steps = before.step_count
        some = f"{steps:,.0f}" if steps >= 1 else f"{steps:.1g}"
        sources.append(f"yesterday's steps ({some})" if counts_as_steps(steps) else "no steps yesterday")
    if settings.reads_text and record.verdict is not None:
        sources.append("today's words" if record.statement else "today's silence")
    return " and ".join(sources) or "the model of ability alone"


def _line(label: str, text: str) -> None:
    """Draw one line of the card; the text may be anybody's, so it is never shown as Markdown."""
    with st.container(horizontal=True, gap="small", vertical_alignment="top", wrap=False):
        st.caption(label, width=LABEL_WIDTH)
        st.text(text, width="stretch")


def _verdict_lines(verdict: Verdict | None) -> None:
    if verdict is None:
        _line("judge", "no filter")
        return
    with st.container(horizontal=True, gap="small", vertical_alignment="center", wrap=False):
        st.caption("judge", width=LABEL_WIDTH)
        verdict_badge(verdict)
        if verdict.source != VerdictSource.NO_STATEMENT:
            verdict_popover(verdict)
    if verdict.is_fallback:
        st.warning(for_markdown(verdict.failure), icon=":material/warning:")


def verdict_badge(verdict: Verdict) -> None:
    """Draw the decision and its probability, or the rule that stood in where no model answered."""
    if verdict.is_fallback:
        st.badge(f"no answer · rule: {verdict.decision.value}", color="gray")
        return
    number = "" if verdict.p_send is None else f" · P(send) {verdict.p_send:.2f}"
    number += ", not calibrated" if UNCALIBRATED_NOTE in verdict.notes else ""
    st.badge(f"{verdict.decision.value}{number}", color=DECISION_COLOURS[verdict.decision])


def verdict_popover(verdict: Verdict) -> None:
    """Draw a quiet button that opens the judge's words, the exact prompt and the raw reply."""
    with st.popover(source_words(verdict), type="tertiary"):
        verdict_details(verdict)


def source_words(verdict: Verdict) -> str:
    """Return where a verdict came from, or how long the model took, in a word or two."""
    if verdict.source == VerdictSource.MODEL:
        return f"{verdict.latency_ms:.0f} ms"
    return {
        VerdictSource.CACHE: "cached",
        VerdictSource.REMEMBERED: "remembered",
        VerdictSource.RULE: "by a rule",
        VerdictSource.FALLBACK: "why",
        VerdictSource.NO_STATEMENT: "silence",
        VerdictSource.SIMULATED: "drawn",
    }[verdict.source]


def verdict_details(verdict: Verdict) -> None:
    """Show our reason and the model's, what was read, notes, exact prompt and raw reply, all as text."""
    st.text(verdict.reason)
    if verdict.model_reason:
        st.text(f"The model's own reason, which nobody checked: “{verdict.model_reason}”")
    st.caption(SOURCE_EXPLANATIONS[verdict.source])
    if verdict.statement:
        st.text(f"Read as: “{verdict.statement}”")
    for note in verdict.notes:
        st.text(f"Note: {note}")
    if verdict.model:
        st.caption(for_markdown(f"{verdict.model}, prompt {verdict.prompt_version}. {REASON_EXPLANATION}"))
    if verdict.prompt:
        st.caption("Exact prompt")
        st.code(verdict.prompt, language=None, wrap_lines=True, height=180)
    if verdict.raw_reply:
        st.caption("The model's own reply")
        st.code(verdict.raw_reply, language=None)


def _truth(record: StepRecord) -> str:
    ability = "could walk" if record.can_walk else "could not walk"
    if record.statement_author == TYPED:
        ability += " (set by you)" if record.walk_state_was_set else " (as simulated)"
    where = CONTEXT_LABELS[record.true_context]
    if not record.truth_is_known:
        judged = "you did not say what is true, so the day is not counted"
    elif record.vetoed:
        judged = "holding back was right" if not record.can_walk else "holding back was wrong"
    elif record.executed_action != Action.NO_MESSAGE and not record.can_walk:
        judged = "a message went out all the same"
    else:
        judged = ""
    return f"{where}, {ability}" + (f"; {judged}" if judged else "")
