"""Two contact sheets side by side, with a title each."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from io import BytesIO
from typing import TYPE_CHECKING

from gandash.plots.sheet import sheet

if TYPE_CHECKING:
    import numpy as np
    import plotly.graph_objects as go


def sheet_uri(images: np.ndarray, columns: int = 8) -> str:
    """Images ``uint8 (N, C, H, W)`` as one lossless picture for :func:`sheets_figure`."""
    buffer = BytesIO()
    sheet(images, columns).convert("RGB").save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def sheets_figure(sheets: Mapping[str, str], height: int = 360) -> go.Figure:
    """``sheets[title]`` comes from :func:`sheet_uri`."""
    import plotly.graph_objects as go
    from plotly.subplots import make_subplots

    figure = make_subplots(1, len(sheets), subplot_titles=list(sheets), horizontal_spacing=0.03)
    for column, source in enumerate(sheets.values(), 1):
        figure.add_trace(go.Image(source=source, hoverinfo="skip"), 1, column)
    figure.update_xaxes(visible=False, constrain="domain")
    figure.update_yaxes(visible=False)
    figure.update_annotations(font_size=13)
    return figure.update_layout(height=height, margin={"l": 0, "r": 0, "t": 28, "b": 4}, dragmode=False)
