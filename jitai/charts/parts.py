"""Parts that several charts are made of."""

from typing import Any

import plotly.graph_objects as go

from jitai.charts.theme import Palette


class Notes(list[dict[str, Any]]):
    """Texts without arrows, for ``figure.update_layout(annotations=notes)``.

    They are put there at once: with ``add_annotation``, Plotly checks all of them anew for each that is added, and 40
    take 0.2 s instead of 0.02.
    """

    def write(
        self,
        x: float,
        y: float,
        text: str,
        colour: str,
        *,
        xref: str = "x",
        yref: str = "y",
        anchor: str = "left",
        yanchor: str = "middle",
        xshift: float = 0,
        yshift: float = 0,
        background: str | None = None,
    ) -> None:
        """Add a text that is safe for Plotly already.

        Args:
            x, y: where, in the units of xref and yref.
            text: what stands there.
            colour: of the text.
            xref, yref: "x" and "y" for data, "paper" for the plot.
            anchor, yanchor: which part of the text lies there.
            xshift, yshift: in pixels, to the right and upwards.
            background: behind the text; None for nothing.
        """
        self.append({
            "x": x, "y": y, "xref": xref, "yref": yref, "text": text, "showarrow": False, "xanchor": anchor,
            "yanchor": yanchor, "xshift": xshift, "yshift": yshift, "font": {"color": colour, "size": 13},
            "align": anchor if anchor in ("left", "right") else "center", "bgcolor": background,
            "borderpad": 1 if background else 0,
        })  # fmt: skip


def title_on_the_left(figure: go.Figure, palette: Palette) -> None:
    """Put the titles of subplots at their left edge; to be called before other annotations are added."""
    figure.update_annotations(x=0, xanchor="left", font={"size": 13, "color": palette.text})
