"""Heatmaps in the browser: a row an image, a column a layer; overlay or native resolution, three scales, one place marked in all maps."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from gandash.plots.heatmap import VIRIDIS

if TYPE_CHECKING:
    from gandash.analyses._class_activation import Explained

_HERE = Path(__file__).parent
_COMPONENT = st.components.v2.component(
    "heatmap_grid",
    html=(_HERE / "main.html").read_text(encoding="utf-8"),
    css=(_HERE / "style.css").read_text(encoding="utf-8"),
    js=(_HERE / "main.js").read_text(encoding="utf-8"),
)


def heatmap_grid(explained: list[Explained], view: str, scale: str, score_title: str, key: str = "heatmap_grid") -> None:
    """Draw the maps of one or two methods for the same images.

    ``view`` is "overlay", "heatmap" or "both"; ``scale`` is "row" (all maps of an image), "layer" (a layer's maps of all images) or "own".
    """
    first = explained[0]
    images, score = np.ascontiguousarray(first.pictures.images), score_title.split(",")[0]
    methods = [
        {
            "title": each.heat.method,
            "layers": [
                {"name": name, "height": heat.shape[1], "width": heat.shape[2], "heat": _base64(heat.astype("<f4"))}
                for name, heat in each.heat.maps.items()
            ],
        }
        for each in explained
    ]
    data = {
        "height": images.shape[2],
        "width": images.shape[3],
        "channels": images.shape[1],
        "images": _base64(images),
        "captions": [
            {"title": title, "score": f"{score} = {value:.3g}"} for title, value in zip(first.pictures.titles, first.scores, strict=True)
        ],
        "methods": methods,
        "target": first.heat.target,
        "colours": list(VIRIDIS),
    }
    version = hashlib.sha256(repr(data).encode()).hexdigest()[:16]
    _COMPONENT(key=key, data={**data, "version": version, "view": view, "scale": scale})


def _base64(array: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()
