"""What the maps of the Embeddings page show: which blocks, coloured by what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import streamlit as st

from pages.components import url
from pages.components.switch import switch

_ALL = "all"


class View(NamedTuple):
    """What was chosen, as the maps take it."""

    blocks: list[str]
    colour_by: str  # "kind", "class" or "score"
    pictures: bool  # thumbnails in place of points


def embedding_view(blocks: Sequence[str], kinds: Sequence[str], classes: bool, score: str) -> View:
    """Draw the choices; ``score`` is what D's verdict is called, empty where there is none."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        block = switch("block", {_ALL: "All four", **{name: name for name in blocks}}, label="Block")
        names = {"kind": " or ".join(kinds), **({"class": "class"} if classes else {}), **({"score": score.split(",")[0]} if score else {})}
        colour_by = switch("colour_by", names, label="Colour by")
        pictures = st.toggle(
            "Thumbnails", key="thumbnails", bind="query-params", help="Draw the pictures in place of points, where there is room."
        )
    return View(list(blocks) if block == _ALL else [block], colour_by, pictures)


def enlarge(block: str) -> None:
    """A map's title was clicked: show it alone, or without a name all of them."""
    url.choose("block", block or _ALL)
