"""A map of images: a colour a class, circles for real and diamonds for generated ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from gandash.plots.colours import CLASSES, GENERATED, REAL, SHAPES

if TYPE_CHECKING:
    import plotly.graph_objects as go


def class_map_figure(
    places: Sequence[Sequence[float]],
    labels: Sequence[int],
    is_generated: Sequence[bool],
    read: Sequence[int],
    class_names: Sequence[str],
) -> go.Figure:
    """Points ``(N, 2)``; ``read`` is what the classifier says of each. A click in the legend hides a class."""
    import plotly.graph_objects as go

    points, labels, read, generated = np.asarray(places), np.asarray(labels), np.asarray(read), np.asarray(is_generated, bool)
    figure = go.Figure()
    kinds = (("real", ~generated, SHAPES[REAL], 0.6), ("generated", generated, SHAPES[GENERATED], 0.95))
    for number, class_name in enumerate(class_names):
        for kind, of_kind, shape, opacity in kinds:
            chosen = of_kind & (labels == number)
            figure.add_scatter(
                x=points[chosen, 0].tolist(),
                y=points[chosen, 1].tolist(),
                name=class_name,
                legendgroup=class_name,
                showlegend=kind == "real",
                mode="markers",
                marker={
                    "color": CLASSES[number % len(CLASSES)],
                    "symbol": shape,
                    "size": 6 if kind == "real" else 8,
                    "opacity": opacity,
                    "line": {"width": 0 if kind == "real" else 1, "color": "#333333"},
                },
                text=[class_names[each] for each in read[chosen]],
                hovertemplate=f"{kind} {class_name}, read as %{{text}}<extra></extra>",
            )
    for kind, _, shape, _ in kinds:
        marker = {"color": "#888888", "symbol": shape, "size": 9}
        figure.add_scatter(x=[None], y=[None], name=kind, mode="markers", marker=marker, legendgroup=kind, legendrank=1)
    axis = {"showticklabels": False, "zeroline": False, "showgrid": False}
    figure.update_xaxes(**axis)
    figure.update_yaxes(**axis, scaleanchor="x")
    return figure.update_layout(
        height=560,
        margin={"l": 0, "r": 0, "t": 8, "b": 8},
        legend={"orientation": "h", "x": 0, "xanchor": "left", "y": 1.02, "yanchor": "bottom", "itemsizing": "constant"},
    )
