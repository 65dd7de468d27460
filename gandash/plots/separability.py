"""The separability chart: how often one kind of images is taken for the other after each block."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from gandash.plots.colours import REAL

if TYPE_CHECKING:
    import plotly.graph_objects as go

STUDY = ("SVM, the study's", "k-means, the study's")  # what its two measures are called
# neither belongs to a player: a violet and a grey that read on light and on dark
SVM, K_MEANS = "#7A4FBF", "#8A8A8A"
CHANCE = 0.5  # errors are the mean of both kinds' own, so that guessing is this however many there are of each
_APART = 0.11  # blocks: what lies beside each other


class Range(NamedTuple):
    """An error, and the range that it stands for."""

    error: float
    low: float
    high: float


def separability_figure(
    blocks: Sequence[str],
    svm_errors: Sequence[float],
    kmeans_errors: Sequence[float],
    tested: Sequence[tuple[Range, Range, Range]] = (),
    control: str = "real against real",
    control_colour: str = REAL,
    study: tuple[str, str] = STUDY,
) -> go.Figure:
    """Errors in [0, 1] over the blocks in order. Each block has a quarter of the width, so that the figure fits under a row of maps.

    ``svm_errors`` and ``kmeans_errors`` are those of the study; ``tested`` holds, for each block, the cross-validated error, chance and the
    control, called ``control`` and drawn in ``control_colour``. Without ``tested`` the study's alone are drawn; ``study`` is what the two
    are called.
    """
    import plotly.graph_objects as go

    figure, places = go.Figure(), list(range(len(blocks)))
    if tested:
        errors, shuffles, controls = zip(*tested, strict=True)
        figure.add_bar(
            x=places,
            base=[each.low for each in shuffles],
            y=[each.high - each.low for each in shuffles],
            width=0.7,
            name="chance: 95 % of shuffles",
            marker={"color": "rgba(138,138,138,0.28)", "line": {"width": 0}},
            customdata=[f"{block}: {each.low:.1%} to {each.high:.1%}" for block, each in zip(blocks, shuffles, strict=True)],
            hovertemplate="%{customdata}, 95 % of shuffled labels<extra></extra>",
        )
        for name, values, colour, symbol, beside in (
            ("SVM, cross-validated", errors, SVM, "square", -_APART),
            (control, controls, control_colour, "circle", _APART),
        ):
            figure.add_scatter(
                x=[place + beside for place in places],
                y=[each.error for each in values],
                name=name,
                mode="lines+markers" if beside < 0 else "markers",
                line={"color": colour, "width": 2},
                marker={"symbol": symbol, "size": 10, "color": colour},
                error_y={
                    "type": "data",
                    "symmetric": False,
                    "array": [each.high - each.error for each in values],
                    "arrayminus": [each.error - each.low for each in values],
                    "thickness": 1.5,
                    "width": 5,
                },
                cliponaxis=False,
                customdata=[
                    f"{block}: {name} wrong on {each.error:.1%} ({each.low:.1%} to {each.high:.1%})"
                    for block, each in zip(blocks, values, strict=True)
                ],
                hovertemplate="%{customdata}<extra></extra>",
            )
        for place, each in zip(places, errors, strict=True):
            label = {"text": f"<b>{each.error:.0%}</b>", "font": {"color": SVM}, "showarrow": False, "xanchor": "center", "yanchor": "top"}
            figure.add_annotation(x=place - _APART, y=each.low, yshift=-2, **label)
    open_ = "-open" if tested else ""
    curves = ((study[0], svm_errors, SVM, "square"), (study[1], kmeans_errors, K_MEANS, "triangle-up"))
    for name, values, colour, symbol in curves:
        figure.add_scatter(
            x=places,
            y=list(values),
            name=name,
            mode="lines+markers",
            line={"color": colour, "dash": "dot", "width": 1 if tested else 2},
            marker={"symbol": symbol + open_, "size": 8 if tested else 10},
            cliponaxis=False,
            customdata=list(blocks),
            hovertemplate=f"%{{customdata}}: {name}, wrong on %{{y:.1%}}<extra></extra>",
        )
    figure.add_hline(CHANCE, line={"dash": "dash", "width": 1, "color": "#888"})
    highest = max([CHANCE, *svm_errors, *kmeans_errors, *(each.high for row in tested for each in row)])
    figure.update_xaxes(tickvals=places, ticktext=list(blocks), range=[-0.5, len(blocks) - 0.5], showgrid=False, zeroline=False)
    figure.update_yaxes(
        range=[-0.03, min(1.03, highest + 0.05)], tickformat=".0%", ticklabelposition="inside top", dtick=0.1, zeroline=False
    )
    return figure.update_layout(
        height=300,
        margin={"l": 0, "r": 0, "t": 8, "b": 24},
        legend={"orientation": "h", "x": 0.5, "xanchor": "center", "y": 1.0, "yanchor": "bottom"},
        dragmode=False,
    )
