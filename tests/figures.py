"""What a figure holds, as tests look at it."""

from typing import Any

import plotly.graph_objects as go


def ranges(figure: go.Figure) -> dict[str, tuple[float, ...]]:
    """The fixed range of each axis; a heat map's axis of names has none."""
    layout = figure.to_dict()["layout"]
    return {
        name: tuple(layout[name]["range"])
        for name in layout
        if name.startswith(("xaxis", "yaxis")) and "range" in layout[name]
    }


def bars(figure: go.Figure) -> dict[int, tuple[float, str]]:
    """Height and colour of the bar of each day."""
    found = {}
    for trace in figure.data:
        if trace.type == "bar" and not trace.marker.pattern.shape:
            for day, height in zip(trace.x, trace.y, strict=True):
                assert day not in found, f"day {day} has two bars"
                found[day] = (height, trace.marker.color)
    return found


def with_mode(figure: go.Figure, mode: str) -> list[Any]:
    """Scatter traces that are drawn so."""
    return [trace for trace in figure.data if trace.type == "scatter" and trace.mode == mode]


def ribbon(figure: go.Figure) -> Any:
    [heatmap] = [trace for trace in figure.data if trace.type == "heatmap"]
    return heatmap


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2) of #RRGGBB."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
