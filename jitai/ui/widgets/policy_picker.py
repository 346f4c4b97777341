"""Choosing a policy."""

import streamlit as st

from jitai.policies.network import PolicyNetwork
from jitai.policies.registry import POLICIES, PolicySpec, trained
from jitai.rl.policy_store import default_policy_store
from jitai.trial.spec import LEARNED, TrialSpec
from jitai.trial.training_mismatch import mismatch_of_trial
from jitai.ui.session.state import AppState
from jitai.ui.session.url import TRAINED
from jitai.ui.widgets.page import plain

N_WARNINGS_SHOWN = 2


def pick_policy(state: AppState) -> PolicySpec:
    """The policy that the person picks, with the settings that it had last."""
    present, store = state.spec.policy, default_policy_store()
    labels = {key: label for key, label in POLICIES.labels.items() if key != LEARNED}
    networks: dict[str, PolicyNetwork] = {}
    for item in store.policies():
        if item.network is not None:
            # The name first: the rest does not fit beside it.
            labels[TRAINED + item.name] = f"Trained: {item.name} ({item.network.name})"
            networks[TRAINED + item.name] = item.network
    key = present.key
    if present.network is not None:
        key = TRAINED + store.name_of(present.network)
        labels.setdefault(key, f"Trained: not kept ({present.network.name})")
        networks.setdefault(key, present.network)
    options = list(labels)
    picked = st.selectbox(
        "Policy", options, index=options.index(key), format_func=labels.__getitem__, key=state.key("policy"),
        help="Proposes an action every day from numbers alone: context, habituation, disengagement. Planner and "
        "optimum need a model of the participant; trained policies have learnt from simulated ones (Train page).",
    )  # fmt: skip
    if picked in networks:
        return trained(networks[picked])
    if remark := POLICIES[picked].remark:
        st.caption(remark)
    return PolicySpec(picked, state.settings_of_policy(picked))


def on_trained(network: PolicyNetwork, spec: TrialSpec) -> None:
    """What a trained policy is, and where it is used on what it was not trained on."""
    st.caption(
        f"It has learnt from {network.trained_on.n_steps:,} simulated days, which no study with people offers, and "
        "learns nothing more."
    )
    found = mismatch_of_trial(network, spec)
    if found:
        shown, rest = found[:N_WARNINGS_SHOWN], found[N_WARNINGS_SHOWN:]
        st.warning(plain(" ".join(shown)), icon=":material/warning:")
        if rest:
            with st.expander(f"{len(rest)} more differences from its training" if len(rest) > 1 else "One more"):
                for sentence in rest:
                    st.text(sentence)
