"""Widgets from parameter descriptions: label, bounds, unit, help and source come from one place."""

import math
from collections.abc import Iterable, Mapping

import streamlit as st

from jitai.parameters import ParameterInfo
from jitai.simulator.config import PRESETS
from jitai.simulator.conventions import (
    CONVENTION_HELP,
    CONVENTION_LABELS,
    CONVENTIONS,
    OURS,
    OWN,
    convention_of,
    under,
)
from jitai.ui.session.state import CUSTOM_PRESET, AppState, show_config

FINE_STEP = 0.005
"""Steps below this are typed: a slider would show two digits only."""


def title_of(info: ParameterInfo) -> str:
    """Return a parameter's label with its symbol and unit."""
    details = ", ".join(part for part in (info.symbol, info.unit) if part)
    return f"{info.label} ({details})" if details else info.label


def parameter_widget(info: ParameterInfo, labels: Mapping[str, str] | None = None, prefix: str = "") -> None:
    """Draw the fitting widget for one parameter; its value is in the session state, under its key.

    Args:
        info: the parameter's description.
        labels: how the values of a choice are shown; as they are by default.
        prefix: of the key, which ends with the parameter's name.
    """
    title, key = title_of(info), prefix + info.name
    if isinstance(info.default, bool):
        st.toggle(title, help=info.full_help, key=key, persist_state="session")
        return
    if info.choices:
        st.selectbox(
            title, info.choices, help=info.full_help, key=key, persist_state="session",
            format_func=lambda choice: (labels or {}).get(choice, choice),
        )  # fmt: skip
        return
    if info.pattern:
        st.text_input(title, help=info.full_help, key=key, persist_state="session")
        return
    assert info.low is not None and info.high is not None
    if isinstance(info.default, int):
        st.number_input(
            title, int(info.low), int(info.high), step=int(info.step), help=info.full_help, key=key,
            persist_state="session",
        )  # fmt: skip
    elif info.step >= FINE_STEP and info.high - info.low <= 5:
        st.slider(
            title, float(info.low), float(info.high), step=info.step, help=info.full_help, key=key,
            persist_state="session",
        )  # fmt: skip
    else:
        digits = max(2, math.ceil(-math.log10(info.step)))
        st.number_input(
            title, float(info.low), float(info.high), step=float(info.step), format=f"%.{digits}f",
            help=info.full_help, key=key, persist_state="session",
        )  # fmt: skip


def parameter_widgets(
    infos: Iterable[ParameterInfo], labels: Mapping[str, str] | None = None, prefix: str = ""
) -> None:
    """Draw widgets for several parameters, as ``parameter_widget``."""
    for info in infos:
        parameter_widget(info, labels, prefix)


def preset_picker(state: AppState, label: str, help: str | None = None) -> None:
    """Draw the choice of a named set of simulator settings, and of the convention that they follow.

    "Custom" and "own" are offered while a parameter is tuned. Another preset keeps the convention.
    """
    convention = convention_of(state.spec.config)

    def pick() -> None:
        if (chosen := st.session_state["preset"]) in PRESETS:
            config = PRESETS[chosen]
            show_config(config if convention in (OURS, OWN) else under(config, convention))

    def follow() -> None:
        if (chosen := st.session_state["convention"]) in CONVENTIONS:
            show_config(under(state.spec.config, chosen))

    st.session_state["preset"] = state.preset
    presets = [*PRESETS, CUSTOM_PRESET] if state.preset == CUSTOM_PRESET else list(PRESETS)
    st.selectbox(label, presets, key="preset", on_change=pick, help=help)
    st.session_state["convention"] = convention
    st.selectbox(
        "Convention", [*CONVENTIONS, OWN] if convention == OWN else list(CONVENTIONS), key="convention",
        format_func=CONVENTION_LABELS.__getitem__, on_change=follow, help=CONVENTION_HELP,
    )  # fmt: skip
