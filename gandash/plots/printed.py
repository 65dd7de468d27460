"""Figures as a paper or a slide takes them: with a title and words for all that a page would say around them, as HTML and as PNG."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import plotly.graph_objects as go

SCALE = 3  # pixels of the PNG for one of the figure's


class NoBrowser(RuntimeError):
    """There is no Chrome or Chromium to draw a PNG with; the message is a sentence."""


def printed(figure: go.Figure, title: str, below: str, width: int, height: int) -> go.Figure:
    """The figure on white, of ``width`` by ``height`` pixels, with a title, a line ``below`` it and its legend at the bottom."""
    figure.update_layout(
        template="plotly_white",
        title={"text": title, "subtitle": {"text": below, "font": {"size": 14, "color": "#444"}}, "x": 0.5, "xanchor": "center", "y": 0.97},
        font={"size": 15, "color": "#111"},
        width=width,
        height=height,
        margin={"l": 20, "r": 20, "t": 105, "b": 90},
        legend={"orientation": "h", "x": 0.5, "xanchor": "center", "y": 0.015, "yref": "container", "yanchor": "bottom"},
    )
    figure.update_xaxes(automargin=True, linecolor="#888", mirror=True)
    return figure.update_yaxes(automargin=True, linecolor="#888", mirror=True)


def write_png(figures: Mapping[Path, go.Figure]) -> None:
    """Write each figure to its ``.png`` path, :data:`SCALE` pixels for one, all with one start of the browser (2 to 3 seconds).

    By kaleido, through a Chrome or Chromium on this machine, without a window and without the network. Raises :class:`NoBrowser`.
    """
    import kaleido
    from kaleido.errors import BrowserFailedError, ChromeNotFoundError

    wanted = [{"fig": figure, "path": path, "opts": {"format": "png", "scale": SCALE}} for path, figure in figures.items()]
    try:
        kaleido.write_fig_from_object_sync(wanted, cancel_on_error=True, kopts={"mathjax": False})  # MathJax would be fetched
    except ChromeNotFoundError as error:
        raise NoBrowser("no Chrome or Chromium was found, with which PNG is drawn") from error
    except BrowserFailedError as error:
        raise NoBrowser("the Chrome or Chromium that was found, with which PNG is drawn, did not start") from error
