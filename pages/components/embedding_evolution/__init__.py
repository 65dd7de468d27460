"""A run's samples moving through the maps of its real images, with the epoch cursor; played and scrubbed in the browser without a rerun."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.components.cursor import move_to
from pages.components.image_scatter import CSS, HTML, JS, colours

if TYPE_CHECKING:
    from gandash.embedding_evolution import EmbeddingEvolution
    from gandash.embedding_thumbnails import Thumbnails

_HERE = Path(__file__).parent
_COMPONENT = st.components.v2.component(
    "embedding_evolution",
    html=(_HERE / "player.html").read_text(encoding="utf-8") + HTML,
    css=CSS + (_HERE / "style.css").read_text(encoding="utf-8"),
    js=JS + (_HERE / "main.js").read_text(encoding="utf-8"),
)
_SHAPES = ("circle", "diamond")


def embedding_evolution(
    found: EmbeddingEvolution,
    step: int,
    newest: int,
    blocks: Sequence[str],
    on_open: Callable[[str], None],
    colour_by: str = "kind",
    pictures: bool = False,
    key: str = "embedding_evolution",
) -> None:
    """Draw the maps of ``blocks`` with the samples at ``step``; where it is played or scrubbed to becomes the epoch cursor of every page.

    ``newest`` is the run's newest step, which may not be among the frames yet: only on that one the cursor goes on with the run.
    ``colour_by``, ``pictures`` and ``on_open`` are as for :func:`pages.components.image_scatter.image_scatter`.
    """

    def moved() -> None:
        to = st.session_state[key]["step"]
        move_to(to, newest=to >= newest)

    _COMPONENT(
        key=key,
        data={
            "version": found.version,
            "url": f"api/atlases/{found.data}",
            "maps": list(blocks),
            "enlarged": len(blocks) == 1 and len(found.blocks) > 1,
            "real": found.real,
            "atlas": _atlas(found.thumbnails),
            "frames": [{**asdict(frame), "atlas": _atlas(frame.thumbnails)} for frame in found.frames],
            "step": step,
            "kinds": ["real", "generated"],
            "classNames": list(found.class_names),
            "scoreTitle": found.score_title,
            "colourBy": colour_by,
            "pictures": pictures,
            "shapes": list(_SHAPES),
            "colours": colours(),
        },
        on_picked_change=lambda: None,  # Streamlit keeps a component's state only under a name that has a callback
        on_opened_change=lambda: on_open(st.session_state[key]["opened"]),
        on_step_change=moved,
    )


def _atlas(thumbnails: Thumbnails) -> dict[str, Any]:
    return {**asdict(thumbnails), "url": f"api/atlases/{thumbnails.atlas}"}
