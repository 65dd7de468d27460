"""Maps that are still being computed, seen to settle: the browser asks for them, so that watching costs no rerun."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.components.image_scatter import CSS, HTML, JS, colours

_COMPONENT = st.components.v2.component(
    "embedding_draft", html=HTML, css=CSS, js=JS + (Path(__file__).parent / "main.js").read_text(encoding="utf-8")
)


def embedding_draft(work: str) -> None:
    """Draw the newest draft of the work of that key, from when there is one; before, nothing is seen."""
    _COMPONENT(key="embedding_draft", data={"url": f"api/embedding-drafts/{work}", "colours": colours()})
