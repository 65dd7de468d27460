"""Losses as they were logged, under their smoothed curves with a band of one standard deviation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from gandash.plots.colours import DISCRIMINATOR, GENERATED

if TYPE_CHECKING:
    import plotly.graph_objects as go

_MOST = 600  # points drawn of a curve


def oscillation_figure(
    epochs: Sequence[float], losses: Mapping[str, Sequence[float]], smooth: Mapping[str, Sequence[float]], deviations: Mapping[str, float]
) -> go.Figure:
    """One panel a player, first the discriminator, then the generator."""
    import plotly.graph_objects as go
    from plotly.subplots import make_subplots

    figure = make_subplots(1, len(losses), subplot_titles=list(losses), horizontal_spacing=0.08)
    thin = slice(None, None, -(-len(epochs) // _MOST))
    for column, (player, colour) in enumerate(zip(losses, (DISCRIMINATOR, GENERATED), strict=True), 1):
        curve, band = smooth[player][thin], deviations[player]
        x = list(epochs[thin])
        place = {"row": 1, "col": column}
        figure.add_trace(
            go.Scatter(
                x=[*x, *reversed(x)],
                y=[*(value + band for value in curve), *(value - band for value in reversed(curve))],
                fill="toself",
                fillcolor=colour,
                opacity=0.18,
                line={"width": 0},
                hoverinfo="skip",
            ),
            **place,
        )
        figure.add_trace(
            go.Scatter(
                x=x,
                y=list(losses[player][thin]),
                mode="lines",
                line={"color": colour, "width": 1},
                opacity=0.55,
                hovertemplate="epoch %{x:.2f}: %{y:.3g}<extra></extra>",
            ),
            **place,
        )
        figure.add_trace(go.Scatter(x=x, y=list(curve), mode="lines", line={"color": colour, "width": 3}, hoverinfo="skip"), **place)
    figure.update_xaxes(title="epoch", showgrid=False, nticks=6)
    figure.update_yaxes(nticks=5)
    return figure.update_layout(height=280, margin={"l": 0, "r": 8, "t": 28, "b": 40}, showlegend=False, dragmode=False)
