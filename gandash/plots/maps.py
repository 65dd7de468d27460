"""Maps of points side by side: real ones as circles, generated ones as diamonds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gandash.plots.colours import GENERATED, REAL, SHAPES

if TYPE_CHECKING:
    import plotly.graph_objects as go


def maps_figure(coordinates: dict[str, np.ndarray], is_generated: np.ndarray, kinds: tuple[str, str] = ("real", "generated")) -> go.Figure:
    """``coordinates[name]`` is ``(N, 2)``; ``is_generated`` boolean ``(N,)``. For files: the page draws its maps in the browser.

    Axes have no numbers: where a map lies and how it is turned means nothing.
    """
    from plotly.subplots import make_subplots

    figure = make_subplots(1, len(coordinates), column_titles=list(coordinates), horizontal_spacing=0.02)
    for column, points in enumerate(coordinates.values(), 1):
        for name, chosen, colour in ((kinds[0], ~is_generated, REAL), (kinds[1], is_generated, GENERATED)):
            figure.add_scatter(
                x=points[chosen, 0],
                y=points[chosen, 1],
                name=name,
                legendgroup=name,
                showlegend=column == 1,
                mode="markers",
                marker={"color": colour, "symbol": SHAPES[colour], "size": 5, "opacity": 0.8},
                row=1,
                col=column,
            )
        figure.update_yaxes(scaleanchor=f"x{column if column > 1 else ''}", row=1, col=column)
    figure.update_xaxes(showticklabels=False, zeroline=False)
    figure.update_yaxes(showticklabels=False, zeroline=False)
    return figure.update_layout(height=340, margin={"l": 10, "r": 10, "t": 40, "b": 10})
