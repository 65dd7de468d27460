"""A figure on a page: quiet until the hand is over it, then with one button in its corner, which saves it as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

if TYPE_CHECKING:
    import plotly.graph_objects as go

SCALE = 3  # pixels of the picture for one of the page's: sharp in print
# Fonts that the machine has. The page's own comes from the web server, where a picture cannot get it: words would be laid out in one font
# and drawn in another, over each other.
FONTS = "Helvetica Neue, Helvetica, Arial, Liberation Sans, sans-serif"


def show_figure(figure: go.Figure, name: str, **more: Any) -> Any:
    """Draw a figure; saved, it is ``gandash-<name>.png``. ``more`` is for ``st.plotly_chart``, whose answer is given back."""
    config = {
        "displayModeBar": "hover",
        "displaylogo": False,
        "modeBarButtons": [["toImage"]],
        "toImageButtonOptions": {"format": "png", "scale": SCALE, "filename": f"gandash-{name}"},
    }
    return st.plotly_chart(figure.update_layout(font={"family": FONTS}), config=config, **more)
