"""How often each class comes, generated beside real: an even comb, or a gap where a generator has forgotten a class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gandash.plots.colours import GENERATED, REAL
from gandash.plots.paired_bars import PAIRED_BARS

if TYPE_CHECKING:
    import plotly.graph_objects as go


def class_shares_figure(class_names: Sequence[str], generated: Sequence[float], real: Sequence[float]) -> go.Figure:
    """Two bars a class; the shares of each kind are fractions that add up to one."""
    import plotly.graph_objects as go

    figure = go.Figure()
    for name, shares, colour in (("real", real, REAL), ("generated", generated, GENERATED)):
        figure.add_bar(
            x=list(class_names),
            y=list(shares),
            name=name,
            marker={"color": colour},
            hovertemplate=f"%{{x}}: %{{y:.1%}} of the {name} images<extra></extra>",
        )
    figure.update_xaxes(type="category", showgrid=False)
    figure.update_yaxes(tickformat=".0%", rangemode="tozero", zeroline=False)
    return figure.update_layout(
        height=260,
        margin={"l": 0, "r": 0, "t": 8, "b": 24},
        **PAIRED_BARS,
    )
