"""A sentence or two of explanation, and a longer text on demand."""

from __future__ import annotations

import streamlit as st


def explain(short: str, long: str = "") -> None:
    """``short`` under the page's title; ``long`` (Markdown, paragraphs) in a popover beside it."""
    if not long:
        st.markdown(f":gray[{short}]")
        return
    text, more = st.columns([8, 1], vertical_alignment="top")
    text.markdown(f":gray[{short}]")
    with more.popover("More", type="tertiary", help="What this shows, and how to read it"):
        st.markdown(long)
