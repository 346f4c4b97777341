"""The choice of a policy."""

import streamlit as st

from jitai.policies.network import PolicyNetwork
from jitai.policies.registry import POLICIES
from jitai.rl.policy_store import default_policy_store
from jitai.sanitise import for_markdown
from jitai.trial.settings import TRAINED
from jitai.trial.spec import LEARNED, TrialSpec
from jitai.trial.training_mismatch import mismatch_of_trial
from jitai.ui.session.state import AppState

N_WARNINGS_SHOWN = 2


def policy_picker(state: AppState) -> None:
    """Draw the choice of the policy: those that need no training, and the trained ones that are kept."""
    labels = {key: label for key, label in POLICIES.labels.items() if key != LEARNED}
    networks: dict[str, PolicyNetwork] = {}
    for item in default_policy_store().policies():
        if item.network is not None:
            # The name first: the rest does not fit beside it.
            labels[TRAINED + item.name] = f"Trained: {item.name} ({item.network.name})"
            networks[TRAINED + item.name] = item.network
    if state.network is not None:
        st.session_state["policy"] = TRAINED + default_policy_store().name_of(state.network)
        labels.setdefault(st.session_state["policy"], f"Trained: not kept ({state.network.name})")

    def pick() -> None:
        state.network = networks.get(st.session_state["policy"])

    picked = st.selectbox(
        "Policy", list(labels), format_func=labels.__getitem__, key="policy", persist_state="session", on_change=pick,
        help="Proposes an action every day from numbers alone: context, habituation, disengagement. Planner and "
        "optimum need a model of the participant; trained policies have learnt from simulated ones (Train page).",
    )  # fmt: skip
    if picked in POLICIES and (remark := POLICIES[picked].remark):
        st.caption(remark)


def training_remarks(network: PolicyNetwork, spec: TrialSpec) -> None:
    """Say how long a trained policy has learnt, and how this trial differs from its training."""
    st.caption(
        f"This policy has learnt from {network.trained_on.n_steps:,} simulated days, far more than any study with "
        "people offers. It does not learn during the run."
    )
    found = mismatch_of_trial(network, spec)
    if found:
        shown, rest = found[:N_WARNINGS_SHOWN], found[N_WARNINGS_SHOWN:]
        st.warning(for_markdown(" ".join(shown)), icon=":material/warning:")
        if rest:
            with st.expander(f"{len(rest)} more differences from its training" if len(rest) > 1 else "One more"):
                for sentence in rest:
                    st.text(sentence)
