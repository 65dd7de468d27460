"""How alike two images are, of one batch and of two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from gandash.plots.colours import GENERATED, REAL

if TYPE_CHECKING:
    import plotly.graph_objects as go


def pairs_figure(alike: Mapping[str, Sequence[float]]) -> go.Figure:
    """``alike[kind]`` is the mean correlation of two images of one batch and of two different ones; the last kind is the real one."""
    import plotly.graph_objects as go

    kinds = list(alike)
    colours = [GENERATED] * (len(kinds) - 1) + [REAL]
    figure = go.Figure()
    for place, (name, opacity) in enumerate((("of one batch", 1.0), ("of two batches", 0.45))):
        values = [alike[kind][place] for kind in kinds]
        figure.add_bar(
            x=values,
            y=kinds,
            orientation="h",
            name=name,
            marker={"color": colours, "opacity": opacity},
            text=[f"{name}: {value:.4f}" for value in values],
            textposition="auto",
            hovertemplate=f"%{{y}}, two images {name}: %{{x:.4f}}<extra></extra>",
        )
    figure.update_xaxes(title="mean correlation of two images", rangemode="tozero", zeroline=False)
    figure.update_yaxes(autorange="reversed", showgrid=False, ticklabelstandoff=4)
    return figure.update_layout(
        height=260, barmode="group", bargap=0.25, margin={"l": 0, "r": 8, "t": 8, "b": 40}, showlegend=False, dragmode=False
    )
