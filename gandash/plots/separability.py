"""The separability curve: how often generated images pass for real after each block."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import plotly.graph_objects as go


# neither belongs to a player: a violet and a grey that read on light and on dark
SVM, K_MEANS = "#7A4FBF", "#8A8A8A"


def separability_figure(blocks: list[str], svm_errors: list[float], kmeans_errors: list[float], chance: float = 0.5) -> go.Figure:
    """Errors, fractions, over the blocks in order. Each block has a quarter of the width, so that the figure fits under a row of maps."""
    import plotly.graph_objects as go

    figure = go.Figure()
    curves = (
        ("SVM", svm_errors, kmeans_errors, SVM, "square", "solid"),
        ("k-means", kmeans_errors, svm_errors, K_MEANS, "triangle-up", "dot"),
    )
    for name, errors, others, colour, symbol, dash in curves:
        figure.add_scatter(
            x=list(range(len(blocks))),
            y=errors,
            name=name,
            mode="lines+markers+text",
            text=[f"{error:.1%}" for error in errors],
            textposition=[
                "top center" if (error, name) > (other, "m") else "bottom center" for error, other in zip(errors, others, strict=True)
            ],
            textfont={"size": 13},
            line={"color": colour, "dash": dash, "width": 2},
            marker={"symbol": symbol, "size": 10},
            cliponaxis=False,
            customdata=blocks,
            hovertemplate=f"%{{customdata}}: {name} wrong on %{{y:.1%}}<extra></extra>",
        )
    figure.add_hline(chance, line={"dash": "dash", "width": 1, "color": "#888"}, annotation={"text": "guessing", "font": {"color": "#888"}})
    figure.update_xaxes(tickvals=list(range(len(blocks))), ticktext=blocks, range=[-0.5, len(blocks) - 0.5], showgrid=False, zeroline=False)
    figure.update_yaxes(
        range=[-0.08, max(chance, *svm_errors, *kmeans_errors) + 0.1],
        tickformat=".0%",
        ticklabelposition="inside top",
        dtick=0.1,
        zeroline=False,
    )
    return figure.update_layout(
        height=240,
        margin={"l": 0, "r": 0, "t": 8, "b": 24},
        legend={"orientation": "h", "x": 1, "xanchor": "right", "y": 1.0, "yanchor": "bottom"},
        dragmode=False,
    )
