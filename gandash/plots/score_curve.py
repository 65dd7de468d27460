"""One score over the epochs: generated images, real ones as a dashed line, the epoch cursor across."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gandash.plots.colours import GENERATED, REAL

if TYPE_CHECKING:
    import plotly.graph_objects as go

_LOG_FROM = 30.0  # largest over smallest value from which the axis is logarithmic


def score_curve_figure(
    epochs: Sequence[float],
    values: Sequence[float],
    spreads: Sequence[float | None],
    real: Sequence[float | None],
    points: Sequence[tuple[int, str]],
    cursor: float | None = None,
) -> go.Figure:
    """A value, its spread and what real images get at each of ``epochs``, which ascend.

    ``points`` are steps and labels of the snapshots: a point carries them as ``customdata``, for following a click.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    if any(value is not None for value in real):
        figure.add_scatter(
            x=list(epochs),
            y=list(real),
            name="real images",
            mode="lines",
            line={"color": REAL, "dash": "dash", "width": 2},
            hovertemplate="real images: %{y:.3g}<extra></extra>",
        )
    figure.add_scatter(
        x=list(epochs),
        y=list(values),
        error_y={"type": "data", "array": [spread or 0.0 for spread in spreads], "thickness": 1, "width": 2},
        customdata=[list(point) for point in points],
        name="generated",
        mode="lines+markers",
        line={"color": GENERATED, "width": 2},
        marker={"symbol": "diamond", "size": 9},
        hovertemplate="%{customdata[1]}: %{y:.3g}<extra></extra>",
    )
    known = [value for value in (*values, *real) if value is not None]
    if known and min(known) > 0 and max(known) / min(known) > _LOG_FROM:
        figure.update_yaxes(type="log", dtick=1)
    else:
        figure.update_yaxes(nticks=5)
    if cursor is not None:
        figure.add_vline(cursor, line={"color": "#888", "width": 1.5})
    figure.update_xaxes(title="epoch", nticks=6, showgrid=False)
    return figure.update_layout(height=190, margin={"l": 0, "r": 8, "t": 8, "b": 36}, showlegend=False, dragmode=False)
