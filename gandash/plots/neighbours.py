"""Samples beside the training images nearest to them, under how near all samples and held-out images are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from gandash.plots.colours import GENERATED, REAL
from gandash.plots.picture_rows import picture_rows

if TYPE_CHECKING:
    import plotly.graph_objects as go

_HEIGHT, _ROW = 190, 96  # pixels of the curves above, and of a row of pictures
_MOST = 2.5  # times the median of held-out images: what lies beyond is drawn at the border


def neighbours_figure(
    distances: Mapping[str, tuple[Sequence[float], Sequence[float]]], pictures: dict, captions: Sequence[Sequence[Sequence[str]]]
) -> go.Figure:
    """``distances[space]`` are those of generated and of held-out images to the nearest training image, over the held-out median.

    ``pictures`` come from :func:`gandash.plots.picture_rows.data_uri`, in three groups: the sample, nearest in pixels, in features.
    """
    from plotly.subplots import make_subplots

    tall = _ROW * len(captions) + 40
    height = _HEIGHT + 60 + tall
    figure = make_subplots(
        2,
        2,
        specs=[[{}, {}], [{"colspan": 2}, None]],
        row_heights=[_HEIGHT, tall],
        vertical_spacing=60 / height,
        horizontal_spacing=0.06,
        subplot_titles=[f"In {space}" for space in distances],
    )
    figure.update_annotations(font_size=12)
    edges = np.linspace(0, _MOST, 51)
    for column, (generated, held_out) in enumerate(distances.values(), 1):
        for name, values, colour in (("held-out real", held_out, REAL), ("generated", generated, GENERATED)):
            shares = np.histogram(np.minimum(values, _MOST - 1e-6), edges)[0] / len(values)
            figure.add_scatter(
                x=((edges[1:] + edges[:-1]) / 2).round(3).tolist(),
                y=shares.round(5).tolist(),
                name=name,
                legendgroup=name,
                showlegend=column == 1,
                line={"color": colour, "shape": "hvh", "width": 2},
                fill="tozeroy",
                opacity=0.8,
                hovertemplate=f"%{{y:.1%}} of the {name} images are about %{{x:.2f}} away<extra></extra>",
                row=1,
                col=column,
            )
        figure.add_vline(1.0, line={"color": "#888", "width": 1, "dash": "dot"}, row=1, col=column)
    figure.update_xaxes(title="distance (1: held-out)", title_font_size=11, range=[0, _MOST], nticks=6, row=1)
    figure.update_yaxes(tickformat=".0%", rangemode="tozero", nticks=4, row=1)
    picture_rows(figure, pictures, ["Sample", "Nearest in pixels", "Nearest in features"], captions, row=2)
    figure.update_yaxes(scaleanchor="x3", row=2, col=1)
    legend = {"orientation": "h", "x": 0, "xanchor": "left", "y": 1.0, "yanchor": "top", "yref": "container"}
    return figure.update_layout(height=height, margin={"l": 0, "r": 8, "t": 56, "b": 8}, legend=legend, dragmode=False)
