"""What was asked for against what was read: a bright diagonal is a condition that is obeyed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gandash.plots.colours import GENERATED

if TYPE_CHECKING:
    import plotly.graph_objects as go

_SHOWN = 0.005  # shares below it are left blank


def confusion_figure(class_names: Sequence[str], shares: Sequence[Sequence[float]]) -> go.Figure:
    """A row a class that was asked for; the shares of its images that were read as each class, in [0, 1]."""
    import plotly.graph_objects as go

    figure = go.Figure(
        go.Heatmap(
            x=list(class_names),
            y=list(class_names),
            z=[list(row) for row in shares],
            zmin=0,
            zmax=1,
            colorscale=[[0, "rgba(213,94,0,0)"], [1, GENERATED]],
            text=[["" if share < _SHOWN else f"{100 * share:.0f}" for share in row] for row in shares],
            texttemplate="%{text}",
            showscale=False,
            xgap=1,
            ygap=1,
            hovertemplate="asked for %{y}, read as %{x}: %{z:.1%}<extra></extra>",
        )
    )
    figure.update_xaxes(
        title="read as (per cent of a row)", type="category", showgrid=False, side="bottom", tickangle=0, constrain="domain"
    )
    figure.update_yaxes(title="asked for", type="category", showgrid=False, autorange="reversed")
    return figure.update_layout(height=460, margin={"l": 0, "r": 0, "t": 8, "b": 40})
