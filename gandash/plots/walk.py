"""A walk through latent space as a plotly figure: its pictures in a strip above D's score."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from gandash.plots.colours import DISCRIMINATOR, GENERATED
from gandash.plots.sheet import WINDOW, sheet


def walk_figure(images: np.ndarray, scores: np.ndarray | None, score_title: str = "D(x)") -> go.Figure:
    """``images``: ``uint8 (N, C, H, W)``, or ``float32 (N, 2)`` of a toy; ``scores``: ``(N,)``, one an image from t = 0 to 1, or None."""
    t = np.linspace(0, 1, len(images))
    half = 0.5 / max(1, len(images) - 1)  # a picture is as wide as the distance between two points of the curve below it
    share = 0.5 if images.ndim == 2 else min(0.5, max(0.12, 2.4 / len(images)))  # so that pictures are about square on a page
    figure = make_subplots(rows=2, cols=1, vertical_spacing=0.08, row_heights=[share, 1 - share])
    if images.ndim == 2:
        marker = {"symbol": "diamond", "color": GENERATED, "opacity": 0.3 + 0.7 * t, "size": 9}
        figure.add_trace(go.Scatter(x=images[:, 0], y=images[:, 1], mode="lines+markers", line_color=GENERATED, marker=marker), 1, 1)
        figure.update_xaxes(range=[-WINDOW, WINDOW], constrain="domain", row=1, col=1)
        figure.update_yaxes(range=[-WINDOW, WINDOW], scaleanchor="x", row=1, col=1)
    else:
        strip = np.asarray(sheet(images, columns=len(images)).convert("RGB"))
        width = (1 + 2 * half) / strip.shape[1]
        figure.add_trace(go.Image(z=strip, x0=-half + width / 2, dx=width, hoverinfo="skip"), 1, 1)
        figure.update_xaxes(range=[-half, 1 + half], visible=False, row=1, col=1)
        figure.update_yaxes(visible=False, scaleanchor=False, row=1, col=1)
    marker = {"symbol": "square", "size": 6}
    if scores is not None:
        line = go.Scatter(x=t, y=scores, mode="lines+markers", line_color=DISCRIMINATOR, marker=marker, name=score_title)
        figure.add_trace(line, 2, 1)
    figure.update_xaxes(title="way from A (0) to B (1)", range=[-half, 1 + half], row=2, col=1)
    figure.update_yaxes(title=score_title, row=2, col=1)
    figure.update_layout(showlegend=False, margin={"l": 50, "r": 10, "t": 10, "b": 40}, height=340)
    return figure
