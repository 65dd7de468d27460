"""Maps of thousands of pictures side by side: zoom, thumbnails, hover linked over all maps, lasso to a contact sheet."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from gandash.embedding_thumbnails import places
from gandash.plots.colours import CLASSES, GENERATED, REAL

if TYPE_CHECKING:
    from gandash.embedding_maps import EmbeddingMaps

_HERE = Path(__file__).parent
HTML, CSS = ((_HERE / name).read_text(encoding="utf-8") for name in ("main.html", "style.css"))
JS = "\n".join((_HERE / name).read_text(encoding="utf-8") for name in ("panel.js", "scatter.js"))  # for what draws other maps, too
_COMPONENT = st.components.v2.component("image_scatter", html=HTML, css=CSS, js=JS + (_HERE / "main.js").read_text(encoding="utf-8"))
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

    ``colour_by`` is "kind" (real or generated), "class" or "score" (what D says). A click on a map's title calls ``on_open`` with
    the block to be shown large, or with "" for all of them.
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
        "maps": [{"name": block, "places": _base64(places(maps.coordinates[block]))} for block in blocks],
        "enlarged": len(blocks) == 1 and len(maps.coordinates) > 1,
        "generated": _base64(maps.is_generated.astype(np.uint8)),
        "predicted": _base64(maps.predicted.astype(np.uint8)),
        "labels": _base64(np.where((labels >= 0) & (labels < _NOTHING), labels, _NOTHING).astype(np.uint8)),
        "scores": None if maps.scores is None else _base64(maps.scores.astype("<f4")),
        "scoreTitle": maps.score_title,
        "scoreScale": list(maps.score_scale),
        "kinds": list(maps.kinds),
        "classNames": list(maps.class_names),
        "atlas": {"url": f"api/atlases/{maps.atlas}", "tile": maps.tile, "columns": maps.columns},
        "colourBy": colour_by,
        "pictures": pictures,
        "shapes": list(maps.shapes),
        "colours": colours(maps.colours),
    }


def colours(kinds: Sequence[str] = (REAL, GENERATED)) -> dict[str, list[str]]:
    """Of the two kinds, of classes, and of D's verdicts: generated, real."""
    return {"kinds": list(kinds), "classes": list(CLASSES), "verdicts": [GENERATED, REAL]}


def _base64(array: np.ndarray) -> str:
    return base64.b64encode(array.tobytes()).decode()
