"""Choosing a policy."""

import streamlit as st

from jitai.policies.network import PolicyNetwork
from jitai.rl.policy_store import default_policy_store
from jitai.trial.spec import LEARNED, OPTIMUM, PLANNER, TRIAL_POLICIES, TrialSpec
from jitai.trial.training_mismatch import unlike_trial
from jitai.ui.session.state import AppState
from jitai.ui.session.url import TRAINED
from jitai.ui.widgets.page import plain

POLICY_REMARKS = {
    PLANNER: "Ours, not published. It knows this participant's settings and how the judge errs, though neither the "
    "walk state nor the context; it plans, and learns nothing.",
    OPTIMUM: "The ceiling, no method: it is told the hidden walk state and context of the day. Choose “No filter” to "
    "see it undisturbed.",
}
N_WARNINGS_SHOWN = 2


def pick_policy(state: AppState) -> tuple[str, PolicyNetwork | None]:
    """The policy that the person picks, and its network if it is a trained one."""
    spec = state.spec
    labels = dict(TRIAL_POLICIES)
    networks: dict[str, PolicyNetwork] = {}
    for item in default_policy_store().policies():
        if item.network is not None:
            # The name first: the rest does not fit beside it.
            labels[TRAINED + item.name] = f"Trained: {item.name} ({item.network.name})"
            networks[TRAINED + item.name] = item.network
    present = spec.policy
    if spec.policy == LEARNED and spec.network is not None:
        present = TRAINED + default_policy_store().name_of(spec.network)
        labels.setdefault(present, f"Trained: not kept ({spec.network.name})")
        networks.setdefault(present, spec.network)
    options = list(labels)
    picked = st.selectbox(
        "Policy", options, index=options.index(present), format_func=labels.__getitem__, key=state.key("policy"),
        help="Proposes an action every day from numbers alone: context, habituation, disengagement. Planner and "
        "optimum need a model of the participant; trained policies have learnt from simulated ones (Train page).",
    )  # fmt: skip
    if picked in POLICY_REMARKS:
        st.caption(POLICY_REMARKS[picked])
    return (LEARNED, networks[picked]) if picked in networks else (picked, None)


def on_trained(network: PolicyNetwork, spec: TrialSpec) -> None:
    """What a trained policy is, and where it is used on what it was not trained on."""
    st.caption(
        f"It has learnt from {network.trained_on.n_steps:,} simulated days, which no study with people offers, and "
        "learns nothing more."
    )
    found = unlike_trial(network, spec)
    if found:
        shown, rest = found[:N_WARNINGS_SHOWN], found[N_WARNINGS_SHOWN:]
        st.warning(plain(" ".join(shown)), icon=":material/warning:")
        if rest:
            with st.expander(f"{len(rest)} more differences from its training" if len(rest) > 1 else "One more"):
                for sentence in rest:
                    st.text(sentence)
