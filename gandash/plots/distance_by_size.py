"""The Fréchet distance over the number of images that it was taken of: much of it is the bias of small samples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gandash.plots.colours import GENERATED, REAL

if TYPE_CHECKING:
    import plotly.graph_objects as go

TICKS = (100, 300, 1000, 3000, 10_000, 30_000)


def distance_by_size_figure(generated: Sequence[tuple[int, float]], real: Sequence[tuple[int, float]]) -> go.Figure:
    """Pairs of a sample size and a distance, of generated and of real images; both axes logarithmic."""
    import plotly.graph_objects as go

    figure = go.Figure()
    for name, pairs, colour, symbol, dash in (
        ("real against real", real, REAL, "circle", "dot"),
        ("generated", generated, GENERATED, "diamond", "solid"),
    ):
        figure.add_scatter(
            x=[size for size, _ in pairs],
            y=[value for _, value in pairs],
            name=name,
            mode="lines+markers",
            line={"color": colour, "dash": dash, "width": 2},
            marker={"symbol": symbol, "size": 9},
            hovertemplate=f"FID of %{{x:,}} {name.split()[0]} images: %{{y:.3g}}<extra></extra>",
        )
    figure.update_xaxes(title="images", type="log", tickvals=TICKS, ticktext=[f"{size:,}" for size in TICKS], tickangle=0)
    figure.update_yaxes(title="FID", type="log", minor={"showgrid": False}, nticks=5)
    return figure.update_layout(
        height=280,
        margin={"l": 0, "r": 8, "t": 8, "b": 40},
        legend={"orientation": "h", "x": 1, "xanchor": "right", "y": 1.0, "yanchor": "bottom"},
    )
