"""Heatmaps over images: one colour map for all of them, and a figure of images beside their maps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import plotly.graph_objects as go

# viridis (van der Walt and Smith, CC0) at ten even places: perceptually uniform, readable without red-green vision and in print
VIRIDIS = ("#440154", "#482878", "#3e4989", "#31688e", "#26828e", "#1f9e89", "#35b779", "#6ece58", "#b5de2b", "#fde725")


def heatmap_figure(images: np.ndarray, maps: dict[str, np.ndarray], scores: np.ndarray, shared: bool = True) -> go.Figure:
    """A row an image ``uint8 (N, C, H, W)``: itself with D's score, then ``maps[layer]`` ``(N, h, w)`` of every layer.

    All maps of a row have one scale, from no evidence to the row's strongest, unless ``shared`` is off: then each map has its own.
    """
    import plotly.graph_objects as go
    from plotly.subplots import make_subplots

    titles = ["image", *(f"{name} ({values.shape[1]}x{values.shape[2]})" for name, values in maps.items())]
    figure = make_subplots(len(images), len(titles), column_titles=titles, horizontal_spacing=0.01, vertical_spacing=0.02)
    for row, image in enumerate(images, 1):
        colours = np.broadcast_to(image, (3, *image.shape[1:])).transpose(1, 2, 0)
        figure.add_trace(go.Image(z=colours, hoverinfo="skip"), row, 1)
        figure.update_yaxes(title_text=f"D(x) {scores[row - 1]:.2f}", row=row, col=1)
        strongest = max(float(values[row - 1].max()) for values in maps.values())
        for column, values in enumerate(maps.values(), 2):
            heat = values[row - 1]
            top = (strongest if shared else float(heat.max())) or 1.0
            figure.add_trace(go.Heatmap(z=heat, zmin=0, zmax=top, colorscale=list(VIRIDIS), showscale=False), row, column)
            figure.update_yaxes(autorange="reversed", row=row, col=column)
    figure.update_xaxes(showticklabels=False, constrain="domain")
    figure.update_yaxes(showticklabels=False, scaleanchor=None)
    return figure.update_layout(height=60 + 150 * len(images), margin={"l": 40, "r": 10, "t": 40, "b": 10})
