"""The About page: the model, what is assumed, its limits, what the papers claim, and what every word means."""

import streamlit as st

from jitai.glossary import by_group
from jitai.ui.widgets.page import errors_as_sentences

_MODEL = """
Each day a policy proposes one of four actions for a simulated person: no message, a generic message, or a message
tailored to home or to work. A message earns steps. It also makes the next one work less (habituation), and at the
wrong place, or to somebody who cannot walk, it brings the person closer to leaving (disengagement risk). Ability to
walk comes and goes, and whenever it changes the person writes something. A judge may read it and hold the message
back.

The equations are those of StepCountJITAI (Karine & Marlin 2024, arXiv:2411.00336) and of its variant with text
(Karine & Marlin 2025, arXiv:2501.06980). Reference modes reproduce the authors' code of both, number for number and
text for text. What the pages show follows our convention unless another is chosen: everybody starts with habituation
and risk 0, a message to somebody unable costs 0.4, who cannot walk writes something else every day, and something may
be said before the first decision.
The authors' code starts at 0.1, with a cost of 0.05, holds one statement through a spell, and says nothing before the
first decision; a public replication starts at 0, with a cost of 0.4.
"""
_ASSUMED = """
- Messages of one kind are all alike, and there is one decision a day.
- The person answers every message by the same equations, and differs from others only in luck and in the settings.
- What somebody writes fits their ability: the statements were written for this project, with labels by one rule.
  Real people are vaguer.
- Steps prove that somebody could walk; a day without any proves, as a rule, that they could not.
- Being unable to walk is the only reason to hold a message back. Not wanting one is something else, and the model
  has no such state.
"""
_LIMITS = """
- Nothing here was measured on people. No number says what an app would do for somebody.
- Steps are the model’s units: a good day has about 200 of them, not a pedometer’s 5,000.
- A run is one seed, an anecdote. Compare and Sweep run many, and show intervals.
- A simulation can give every person a twin without the judge. A real study cannot, so it needs many more people to
  see the same difference.
- The embedded judge is a small model. It was measured on held-out statements of ours; other people’s words will be
  harder.
"""
_PAPERS = """
**They say** that in this simulation, in eight settings, Thompson sampling earns more steps if a language model that
reads what the person writes may hold its messages back, with Llama 3 and Gemma 2 as judges. This lab finds the same
with its small judge, under three conventions. Published numbers corroborate only the four settings in which a badly
tailored message costs 0.05.

**They do not say** that messages raise anybody’s steps, that the method was tried on people, that Thompson sampling
is the best policy to be filtered (in this model a simple rule with the same veto earns more), or which part of the
gain comes from reading and which from sending less. *Why* under each run, and Compare, answer the last two for this
model only.
"""


def about_page() -> None:
    """Draw the page."""
    with errors_as_sentences(), st.container(key="about"):
        st.title("What is simulated here, and what do the words mean?")
        st.caption("A simulation for teaching, study design and research. It gives no medical advice.")
        for title, text in (
            ("The model", _MODEL), ("What is assumed", _ASSUMED), ("Limits", _LIMITS),
            ("What the papers claim, and what they do not", _PAPERS),
        ):  # fmt: skip
            st.subheader(title)
            st.markdown(text)
        st.subheader("The words")
        for group, terms in by_group().items():
            st.markdown(f"**{group}**")
            st.table(
                {"word": [term.name for term in terms], "in the papers": [term.symbol or "–" for term in terms],
                 "meaning": [term.meaning for term in terms]}
            )  # fmt: skip
