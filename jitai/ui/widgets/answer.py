"""The frame of a page that opens with its answer: what it is of, a heading, what qualifies it, how sure it is."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import streamlit as st

from jitai.charts.theme import CONFIG
from jitai.experiments.headline import Headline
from jitai.sanitise import for_markdown
from jitai.ui.session.state import palette

_COLOURED = "A one-line rule with the same judge"


def gain(text: str) -> str:
    """Return Markdown that marks a number of a heading as a gain, with the yellow that it has in the picture."""
    return _marked("yellow", text)


def loss(text: str) -> str:
    """Return Markdown that marks a number of a heading as a loss."""
    return _marked("orange", text)


def _marked(colour: str, text: str) -> str:
    # In the dark a bright ground would blind: there the text has the colour.
    return f":{colour}[{for_markdown(text)}]" if palette().dark else f":{colour}-background[{for_markdown(text)}]"


def title_of(answer: Headline) -> str:
    """Return the Markdown of a heading."""
    if not answer.marked:
        return for_markdown(answer.title)
    mark = for_markdown if answer.is_gain is None else gain if answer.is_gain else loss
    return f"{for_markdown(answer.before)}{mark(answer.marked)}{for_markdown(answer.after)}"


def draw_answer(title: str, second: str = "", small: str = "", progress: Callable[[], None] | None = None) -> None:
    """Draw the answer: the biggest thing on the page, what qualifies it, and the small print.

    Args:
        title, second: Markdown that is safe already.
        small: any text.
        progress: draws what stands in the place of the small print while something runs, so that nothing jumps.
    """
    with st.container(key="answer"):
        st.title(title, anchor=False)
        if second:
            st.header(second, anchor=False)
        elif progress is not None:
            st.empty()  # so that the bar keeps its place, and never stands twice on the page
        if progress is not None:
            progress()
        elif small:
            st.caption(for_markdown(small))


def second_of(sentences: Sequence[str]) -> str:
    """Return the Markdown of the sentences below a heading; the one-line rule has its colour."""
    words = for_markdown(" ".join(sentences))
    coloured = for_markdown(_COLOURED)
    return words.replace(coloured, f":violet[{coloured}]")


@contextmanager
def what_it_is_of(label: str, more: str, key: str) -> Iterator[None]:
    """Draw the quiet line above an answer, which says what it is of and opens what can be chosen.

    Args:
        label: the setting, in bold.
        more: seeds and date.
        key: ends the widget's key.
    """
    behind = f" · {for_markdown(more)}" if more else ""
    with st.popover(f"**{for_markdown(label)}**{behind}", type="tertiary", key=f"of_{key}"):
        yield


def both_widths(
    draw: Callable[[bool], Any], key: str, alt: str, on_select: Callable[[str], None] | None = None
) -> None:
    """Draw a figure for wide pages and one for phones, of which the style shows one: Python does not know the width.

    Args:
        draw: makes the Plotly figure; told whether it is the narrow one.
        key: begins the charts' keys.
        alt: what the figure shows, in words.
        on_select: told the key of the chart of which a point was selected.
    """
    for name, narrow in (("wide", False), ("narrow", True)):
        chart = f"{key}_{name}"
        with st.container(key=f"{name}_{key}"):
            if on_select is None:
                st.plotly_chart(draw(narrow), config=CONFIG, key=chart, alt=alt, theme=None)
            else:
                st.plotly_chart(
                    draw(narrow), config=CONFIG, key=chart, alt=alt, theme=None, selection_mode="points",
                    on_select=lambda chart=chart: on_select(chart),
                )  # fmt: skip


def picked(chart: str) -> str:
    """Return the name that the selected point of a chart carries; empty if none does."""
    points = st.session_state[chart]["selection"]["points"]
    if not points or "customdata" not in points[0]:
        return ""
    found = points[0]["customdata"]
    return str(found[0] if isinstance(found, list) else found)
