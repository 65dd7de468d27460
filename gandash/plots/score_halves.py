"""The Inception score as what it is made of: how even the classes are, over how much doubt each image leaves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gandash.plots.colours import GENERATED, REAL
from gandash.plots.paired_bars import PAIRED_BARS

if TYPE_CHECKING:
    import plotly.graph_objects as go


def score_halves_figure(generated: Sequence[float], real: Sequence[float] | None = None) -> go.Figure:
    """Two bars a kind: evenness and doubt, each a number of classes from 1 up."""
    import plotly.graph_objects as go

    figure = go.Figure()
    for name, values, colour in (("real", real, REAL), ("generated", generated, GENERATED)):
        if values is None:
            continue
        figure.add_bar(
            x=list(values),
            y=["Evenness of the classes", "Doubt about an image"],
            orientation="h",
            name=name,
            text=[f"{value:.2f}" for value in values],
            textposition="outside",
            cliponaxis=False,
            marker={"color": colour},
            hovertemplate=f"%{{y}} of {name} images: as of %{{x:.3g}} classes<extra></extra>",
        )
    figure.update_xaxes(title="classes", rangemode="tozero", zeroline=False)
    figure.update_yaxes(autorange="reversed", showgrid=False)
    return figure.update_layout(
        height=220,
        margin={"l": 0, "r": 48, "t": 8, "b": 40},
        **PAIRED_BARS,
    )
