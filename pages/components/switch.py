"""A row of choices that lives in the URL under its short names, though it shows longer ones."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from pages.components import url


def switch(name: str, titles: Mapping[str, str], default: str = "", label: str = "", help: str | None = None) -> str:
    """Draw ``?name=``: ``titles`` maps what stands in the URL to what is shown; the first is the default unless another is named.

    A single choice is not drawn.
    """
    chosen = url.choice(name, list(titles), default or next(iter(titles)))
    if len(titles) == 1:
        return chosen
    st.session_state[name] = chosen
    return st.segmented_control(
        label or name,
        list(titles),
        format_func=titles.get,
        required=True,
        key=name,
        help=help,
        label_visibility="visible" if label else "collapsed",
    )
