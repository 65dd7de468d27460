"""Several scores of one scale, generated beside real, with how far they would differ another time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gandash.plots.colours import GENERATED, REAL
from gandash.plots.paired_bars import PAIRED_BARS

if TYPE_CHECKING:
    import plotly.graph_objects as go

ERROR = "#8C8C8C"  # seen on the bar, on a light page and on a dark one


def score_bars_figure(
    titles: Sequence[str], generated: Sequence[float], spreads: Sequence[float], real: Sequence[float | None]
) -> go.Figure:
    """Two bars a score; ``spreads`` are drawn on the generated ones."""
    import plotly.graph_objects as go

    figure = go.Figure()
    marks = (("real against real", real, None, REAL), ("generated", generated, spreads, GENERATED))
    for name, values, errors, colour in marks:
        figure.add_bar(
            x=list(titles),
            y=list(values),
            name=name,
            text=["" if value is None else f"{value:.2f}" for value in values],
            textposition="inside",
            insidetextanchor="start",
            textangle=0,
            textfont={"color": "white", "size": 13},
            error_y={"type": "data", "array": list(errors), "thickness": 2, "color": ERROR} if errors else None,
            marker={"color": colour},
            hovertemplate=f"%{{x}}, {name}: %{{y:.3f}}<extra></extra>",
        )
    figure.update_xaxes(type="category", showgrid=False)
    figure.update_yaxes(rangemode="tozero", zeroline=False)
    return figure.update_layout(
        height=280,
        margin={"l": 0, "r": 0, "t": 8, "b": 24},
        **PAIRED_BARS,
    )
