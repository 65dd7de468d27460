"""Pictures as they are: lossless, and each pixel a sharp square however large they are shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st


def picture(image: Any, key: str, alt: str, caption: str | None = None, width: int | str = "stretch") -> None:
    """Show a PNG path, PNG bytes or a PIL picture. ``key`` is unique on the page; ``alt`` says what is seen, for those who cannot see it.

    Streamlit's default would send JPEG, and shrink what is wider than an integer ``width`` with blur; ``style.css`` keeps pixels square.
    """
    with st.container(key=f"sharp_{key}"):
        st.image(str(image) if isinstance(image, Path) else image, caption=caption, output_format="PNG", width=width, alt=alt)
