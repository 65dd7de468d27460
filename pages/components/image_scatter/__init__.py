"""Maps of thousands of pictures side by side: zoom, thumbnails, hover linked over all maps, lasso to a contact sheet."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from gandash.plots.colours import GENERATED, REAL

if TYPE_CHECKING:
    from gandash.embedding_maps import EmbeddingMaps

_HERE = Path(__file__).parent
_COMPONENT = st.components.v2.component(
    "image_scatter",
    html=(_HERE / "main.html").read_text(encoding="utf-8"),
    css=(_HERE / "style.css").read_text(encoding="utf-8"),
    js="\n".join((_HERE / name).read_text(encoding="utf-8") for name in ("panel.js", "main.js")),
)
# ten colours that neighbours can be told by without red-green vision: Okabe and Ito's, then a grey, a violet and a brown
CLASSES = ("#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7", "#999999", "#7A4FBF", "#8C5A2B")
_NOTHING = 255  # a label that is none; colours repeat long before


def image_scatter(
    maps: EmbeddingMaps,
    blocks: Sequence[str],
    on_open: Callable[[str], None],
    colour_by: str = "kind",
    pictures: bool = False,
    key: str = "image_scatter",
) -> list[int]:
    """Draw the maps of ``blocks``, one large or several in a row; indices of the pictures that are picked.

    ``colour_by`` is "kind" (real or generated) or "class". A click on a map's title calls ``on_open`` with the block to be shown large,
    or with "" for all of them.
    """
    found = _COMPONENT(
        key=key,
        data=_data(maps, list(blocks), colour_by, pictures),
        on_picked_change=lambda: None,  # Streamlit keeps a component's state only under a name that has a callback
        on_opened_change=lambda: on_open(st.session_state[key]["opened"]),
    )
    return list(found.picked or ())


@st.cache_data(max_entries=32, show_spinner=False, hash_funcs={"gandash.embedding_maps.EmbeddingMaps": lambda maps: maps.version})
def _data(maps: EmbeddingMaps, blocks: list[str], colour_by: str, pictures: bool) -> dict:
    labels = np.full(len(maps), -1) if maps.labels is None else maps.labels
    return {
        "version": maps.version,
        "maps": [{"name": block, "places": _places(maps.coordinates[block])} for block in blocks],
        "enlarged": len(blocks) == 1 and len(maps.coordinates) > 1,
        "generated": _base64(maps.is_generated.astype(np.uint8)),
        "predicted": _base64(maps.predicted.astype(np.uint8)),
        "labels": _base64(np.where((labels >= 0) & (labels < _NOTHING), labels, _NOTHING).astype(np.uint8)),
        "scores": None if maps.scores is None else _base64(maps.scores.astype("<f4")),
        "scoreTitle": maps.score_title,
        "kinds": list(maps.kinds),
        "classNames": list(maps.class_names),
        "atlas": {"url": f"api/atlases/{maps.atlas}", "tile": maps.tile, "columns": maps.columns},
        "colourBy": colour_by if maps.labels is not None else "kind",
        "pictures": pictures,
        "colours": {"kinds": [REAL, GENERATED], "classes": list(CLASSES)},
    }


def _places(points: np.ndarray) -> str:
    """Both axes on one scale, 16 bits each: finer than any screen, and a quarter of what text would take."""
    low, extent = points.min(0), float(np.ptp(points, axis=0).max()) or 1.0
    return _base64(np.round((points - low) / extent * 65535).astype("<u2"))


def _base64(array: np.ndarray) -> str:
    return base64.b64encode(array.tobytes()).decode()
