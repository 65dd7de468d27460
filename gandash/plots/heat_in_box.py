"""The share of the heat on the object, layer by layer, over images with their heat and their boxes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from gandash.plots.colours import GENERATED, REAL

if TYPE_CHECKING:
    import plotly.graph_objects as go

_BARS, _PICTURES = 260, 300  # pixels


def heat_in_box_figure(
    layers: Mapping[str, Sequence[float | None]],
    names: Sequence[str],
    pictures: Mapping,
    boxes: Sequence[Sequence[float]],
    mean_box: Sequence[float],
    shown: str,
) -> go.Figure:
    """``layers[layer]`` are shares as ``names`` says: generated and real by the usual place, real by the own box.

    ``pictures`` hold as many real images as there are ``boxes``, then as many generated ones; ``mean_box`` is drawn on these.
    """
    import plotly.graph_objects as go
    from plotly.subplots import make_subplots

    height = _BARS + _PICTURES + 80
    titles = ["", f"Evidence found by {shown}: above in real images, below in generated ones"]
    figure = make_subplots(2, 1, row_heights=[_BARS, _PICTURES], vertical_spacing=80 / height, subplot_titles=titles)
    for place, (name, colour, opacity) in enumerate(zip(names, (GENERATED, REAL, REAL), (1.0, 0.5, 1.0), strict=True)):
        values = [shares[place] for shares in layers.values()]
        figure.add_bar(
            x=list(layers),
            y=values,
            name=name,
            marker={"color": colour, "opacity": opacity},
            text=["" if value is None else f"{value:.0%}" for value in values],
            textposition="outside",
            cliponaxis=False,
            hovertemplate=f"%{{x}}, {name.lower()}: %{{y:.1%}}<extra></extra>",
            row=1,
            col=1,
        )
    figure.update_xaxes(type="category", showgrid=False, row=1)
    figure.update_yaxes(tickformat=".0%", rangemode="tozero", zeroline=False, nticks=5, row=1)
    figure.add_trace(go.Image(source=pictures["source"], hoverinfo="skip"), 2, 1)
    for number, (left, top, _, _) in enumerate(pictures["cells"]):
        real = number < len(boxes)
        box = boxes[number] if real else mean_box
        figure.add_shape(
            type="rect",
            x0=left + box[0] - 0.5,
            y0=top + box[1] - 0.5,
            x1=left + box[2] - 0.5,
            y1=top + box[3] - 0.5,
            line={"color": "white", "width": 2, "dash": "solid" if real else "dash"},
            row=2,
            col=1,
        )
    figure.update_xaxes(visible=False, constrain="domain", row=2)
    figure.update_yaxes(visible=False, row=2)
    figure.update_annotations(font_size=12)
    return figure.update_layout(
        height=height,
        barmode="group",
        bargap=0.3,
        margin={"l": 0, "r": 0, "t": 44, "b": 8},
        legend={"orientation": "h", "x": 0, "xanchor": "left", "y": 1.0, "yanchor": "top", "yref": "container"},
        dragmode=False,
    )
