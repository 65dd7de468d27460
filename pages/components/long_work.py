"""Progress of long work, with a button to cancel; it stands there again after a reload, because the work belongs to nobody."""

from __future__ import annotations

import streamlit as st

from gandash import background


def watch(key: str) -> bool:
    """Draw the work of that key, if there is any: its progress, or why it failed. True while it is under way; its end reruns the page."""
    work = background.find(key)
    if work is None:
        return False
    if work.error:
        st.error(work.error, icon=":material/error:")
        return False
    if work.done or work.cancelled:
        return False
    _bar(key)
    return True


@st.fragment(run_every=0.5)
def _bar(key: str) -> None:
    work = background.find(key)
    if work is None or work.done:
        st.rerun()
    with st.container(border=True):
        bar, button = st.columns([6, 1], vertical_alignment="center")
        bar.progress(work.fraction, text=work.told)
        if button.button("Cancel", key=f"cancel_{key}", icon=":material/close:", width="stretch"):
            work.cancel()
            st.rerun()
