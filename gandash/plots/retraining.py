"""Accuracies of retrained classifiers: curves over the number of real images, and the grid of portions."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from gandash.plots.colours import GENERATED, REAL

if TYPE_CHECKING:
    import plotly.graph_objects as go

# blue: real images alone; vermilion: with generated ones. Line and symbol tell the rest apart.
LOOKS = {
    "real": ("real alone", REAL, "solid", "circle"),
    "augmented": ("real, augmented", REAL, "dash", "circle-open"),
    "mixed": ("mixed", GENERATED, "solid", "diamond"),
    "pretrained": ("pretrained on generated", GENERATED, "dash", "diamond-open"),
    "filtered": ("mixed, confident ones only", GENERATED, "dot", "diamond-cross-open"),
}


def strategies_figure(
    lines: Mapping[str, Sequence[tuple[int, float, float]]],
    alone: tuple[float, float] | None = None,
    arrow: tuple[float, float, float] | None = None,
    tested_on: str = "real",
) -> go.Figure:
    """``lines[strategy]``: points of (real images, mean accuracy, standard deviation), accuracies as shares in [0, 1].

    ``alone``: mean and spread of the generated images without real ones, a level. ``arrow``: (from, accuracy, to), both real images: along
    a level to as many real images alone as reach it. The view begins where strategies can be compared; the learning curve on real images
    alone comes into it from below.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    if alone:
        figure.add_hline(
            alone[0],
            line={"color": GENERATED, "width": 1, "dash": "dashdot"},
            annotation={"text": "generated alone", "font": {"color": GENERATED}},
            annotation_position="bottom right",
        )
    for strategy, (name, colour, dash, symbol) in LOOKS.items():
        if not (points := lines.get(strategy)):
            continue
        counts, means, spreads = zip(*points, strict=True)
        figure.add_scatter(
            x=counts,
            y=means,
            name=name,
            mode="lines+markers",
            error_y={"type": "data", "array": spreads, "thickness": 1.2, "width": 3},
            line={"color": colour, "dash": dash, "width": 2},
            marker={"symbol": symbol, "size": 9},
            customdata=[f" ± {spread:.1%}" if spread else "" for spread in spreads],
            hovertemplate="%{x:,} real images: %{y:.1%}%{customdata}<extra>" + name + "</extra>",
        )
    if arrow:
        start, level, end = arrow
        figure.add_annotation(
            x=math.log10(end),
            y=level,
            ax=math.log10(start),
            ay=level,
            axref="x",
            ayref="y",
            text="",
            showarrow=True,
            arrowhead=2,
            arrowwidth=2.5,
            arrowcolor=GENERATED,
            opacity=0.6,
        )
    counts = sorted({point[0] for line in lines.values() for point in line})
    figure.update_xaxes(
        type="log", tickvals=counts, ticktext=[f"{count:,}" for count in counts], title="real images", showgrid=False, zeroline=False
    )
    figure.update_yaxes(tickformat=".0%", title=f"accuracy on {tested_on} images", zeroline=False)
    if begin := _begin(lines, arrow):
        seen = [(mean - spread, mean + spread) for line in lines.values() for count, mean, spread in line if count >= begin]
        seen += [(alone[0], alone[0])] if alone else []
        low, high = min(low for low, _ in seen), max(high for _, high in seen)
        figure.update_xaxes(range=[math.log10(begin) - 0.1, math.log10(counts[-1]) + 0.1])
        figure.update_yaxes(range=[low - 0.05 * (high - low), high + 0.05 * (high - low)])
    return figure.update_layout(
        height=400,
        margin={"l": 0, "r": 8, "t": 8, "b": 40},
        legend={"orientation": "h", "x": 0, "xanchor": "left", "y": 1.02, "yanchor": "bottom"},
        dragmode=False,
    )


def _begin(lines: Mapping[str, Sequence[tuple[int, float, float]]], arrow: tuple[float, float, float] | None) -> int | None:
    """The least number of real images that one can look at more closely: where another strategy begins, if the arrow stays to its right."""
    begin = min((point[0] for strategy, line in lines.items() if strategy != "real" for point in line), default=None)
    return begin if begin and (arrow is None or min(arrow[0], arrow[2]) >= begin) else None


def grid_figure(grid: Mapping[tuple[int, int], tuple[float, float]], tested_on: str = "real") -> go.Figure:
    """``grid[real, generated]``: mean accuracy and standard deviation, shares in [0, 1]; a cell a pair, a gap where there is none."""
    import plotly.graph_objects as go

    reals, generateds = (sorted({place[axis] for place in grid}) for axis in (0, 1))
    means = [[grid.get((real, made), (None, None))[0] for made in generateds] for real in reals]
    words = [[_words(grid.get((real, made))) for made in generateds] for real in reals]
    figure = go.Figure()
    figure.add_heatmap(
        x=[f"{count:,}" for count in generateds],
        y=[f"{count:,}" for count in reals],
        z=means,
        text=words,
        texttemplate="%{text}",
        colorscale="Cividis",
        showscale=False,
        xgap=2,
        ygap=2,
        hovertemplate=f"%{{y}} real + %{{x}} generated images: %{{text}} on {tested_on} images<extra></extra>",
    )
    figure.update_xaxes(type="category", title="generated images", side="bottom", showgrid=False)
    figure.update_yaxes(type="category", title="real images", autorange="reversed", showgrid=False)
    # above the cells there is room for the button that saves the figure
    return figure.update_layout(height=82 + 44 * len(reals), margin={"l": 0, "r": 0, "t": 30, "b": 40}, dragmode=False)


def _words(value: tuple[float, float] | None) -> str:
    if value is None:
        return ""
    spread = f"<br>± {100 * value[1]:.1f}" if value[1] else ""  # a single seed has none; two lines: a cell is 56 pixels wide on a phone
    return f"{value[0]:.1%}{spread}"
