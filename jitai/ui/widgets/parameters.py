"""Widgets from parameter descriptions: label, bounds, unit, help and source come from one place."""

import math
from collections.abc import Iterable, Mapping
from typing import TypeVar

import streamlit as st

from jitai.parameters import ParameterInfo, with_value
from jitai.simulator.config import PRESETS
from jitai.ui.session.state import CUSTOM_PRESET, AppState

Settings = TypeVar("Settings")
FINE_STEP = 0.005
"""Steps below this are typed: a slider would show two digits only."""


def title_of(info: ParameterInfo) -> str:
    """Label with symbol and unit, words first."""
    details = ", ".join(part for part in (info.symbol, info.unit) if part)
    return f"{info.label} ({details})" if details else info.label


def parameter_widget(
    info: ParameterInfo, value: float | int | bool | str, key: str, labels: Mapping[str, str] | None = None
) -> float | int | bool | str:
    """The fitting widget for one parameter.

    Args:
        info: its description.
        value: what it shows.
        key: the widget's key.
        labels: how the values of a choice are shown; as they are by default.
    Returns: the value that the person has set.
    """
    title = title_of(info)
    if isinstance(info.default, bool):
        return st.toggle(title, value=bool(value), help=info.full_help, key=key)
    if info.choices:
        index = info.choices.index(str(value))
        return str(
            st.selectbox(
                title,
                info.choices,
                index=index,
                help=info.full_help,
                key=key,
                format_func=lambda c: (labels or {}).get(c, c),
            )
        )
    if info.pattern:
        return str(st.text_input(title, value=str(value), help=info.full_help, key=key))
    assert info.low is not None and info.high is not None
    if isinstance(info.default, int):
        return int(
            st.number_input(
                title, int(info.low), int(info.high), int(value), int(info.step), help=info.full_help, key=key
            )
        )
    if info.step < FINE_STEP:
        digits = max(0, math.ceil(-math.log10(info.step)))
        return float(
            st.number_input(
                title, float(info.low), float(info.high), float(value), info.step, format=f"%.{digits}f",
                help=info.full_help, key=key,
            )
        )  # fmt: skip
    if info.high - info.low <= 5:
        return float(
            st.slider(title, float(info.low), float(info.high), float(value), info.step, help=info.full_help, key=key)
        )
    return float(
        st.number_input(
            title, float(info.low), float(info.high), float(value), float(info.step), help=info.full_help, key=key
        )
    )


def parameter_widgets(
    state: AppState, settings: Settings, infos: Iterable[ParameterInfo], labels: Mapping[str, str] | None = None
) -> Settings:
    """Widgets for some parameters of one settings object; returns it as the person has set it.

    Args:
        state: for the widgets' keys, which are the parameters' names.
        settings: what the widgets show.
        infos: the parameters to be shown.
        labels: how the values of choices are shown.
    """
    for info in infos:
        value = parameter_widget(info, getattr(settings, info.name), state.key(info.name), labels)
        settings = with_value(settings, info.name, value)
    return settings


def preset_picker(state: AppState, label: str, name: str, help: str | None = None) -> None:
    """The selection of a named set of simulator settings; "custom" stands among them while a parameter was tuned.

    Args:
        state: takes the settings.
        label, help: of the widget.
        name: of the widget's key.
    """
    # The key holds the preset, so that the selection follows when a parameter makes it a custom one.
    key = state.key(f"{name}_{state.preset}")

    def pick() -> None:
        chosen = st.session_state[key]
        if chosen in PRESETS:
            state.set_config(PRESETS[chosen])
            state.redraw_widgets()

    presets = [*PRESETS, CUSTOM_PRESET] if state.preset == CUSTOM_PRESET else list(PRESETS)
    st.selectbox(label, presets, index=presets.index(state.preset), key=key, on_change=pick, help=help)
