"""How sure a classifier is of real and of generated images: two distributions over the same bins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gandash.plots.colours import GENERATED, REAL

if TYPE_CHECKING:
    import plotly.graph_objects as go

TICKS = {0.0: "0", 0.5: "50 %", 0.9: "90 %", 0.99: "99 %", 0.999: "99.9 %", 0.9999: "99.99 %", 0.99999: "99.999 %"}


def confidence_figure(edges: list[float], real: list[float], generated: list[float], medians: dict[str, float]) -> go.Figure:
    """Shares of images in each bin. ``edges`` and ``medians`` are nines: minus the decimal logarithm of the doubt that is left."""
    import plotly.graph_objects as go

    middles = ((np.array(edges[1:]) + np.array(edges[:-1])) / 2).tolist()
    sure = [1 - 10**-middle for middle in middles]
    figure = go.Figure()
    for name, shares, colour in (("real", real, REAL), ("generated", generated, GENERATED)):
        figure.add_bar(
            x=middles,
            y=shares,
            name=name,
            customdata=sure,
            width=edges[1] - edges[0],
            marker={"color": colour, "opacity": 0.55, "line": {"width": 0}},
            hovertemplate=f"%{{y:.1%}} of the {name} images: about %{{customdata:.3%}} sure<extra></extra>",
        )
        side = "left" if medians[name] >= max(medians.values()) else "right"
        figure.add_vline(
            medians[name],
            line={"color": colour, "width": 2, "dash": "solid" if name == "generated" else "dash"},
            annotation={"text": f"median, {name}", "font": {"size": 11}},
            annotation_position=f"top {'right' if side == 'left' else 'left'}",
        )
    places = [-float(np.log10(1 - share)) for share in TICKS]
    figure.update_xaxes(title="probability of the likeliest class", tickvals=places, ticktext=list(TICKS.values()), range=[0, edges[-1]])
    figure.update_yaxes(tickformat=".0%", rangemode="tozero", zeroline=False, nticks=5)
    return figure.update_layout(
        height=320,
        barmode="overlay",
        bargap=0,
        margin={"l": 0, "r": 0, "t": 32, "b": 40},
        legend={"orientation": "h", "x": 0, "xanchor": "left", "y": 1.04, "yanchor": "bottom"},
        dragmode=False,
    )
