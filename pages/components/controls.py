"""Pause, resume and stop for one run, as its phase allows."""

from __future__ import annotations

import streamlit as st

from gandash import jobs
from gandash.runs import Run

HINTS = {
    "finished": "This run has come to its end.",
    "queued": "Waits until the run before it ends or pauses.",
    "stopping": "Saves its state and ends.",
}


def controls(run: Run) -> None:
    """The buttons, or a sentence where nothing can be done."""
    phase = run.status.phase
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if run.shipped:
            st.caption("A shipped run: its whole history can be looked at, and it does not change.")
            return
        if phase in ("training", "starting", "queued"):
            _button("Pause", "pause", jobs.pause, run, "Let another run go first; nothing is lost.", disabled=phase == "starting")
        if phase == "paused":
            _button("Resume", "play_arrow", jobs.unpause, run, "Go on where it paused.")
        if phase in ("training", "starting", "queued", "paused"):
            _button("Stop", "stop", jobs.stop, run, "Save the state and end; it can be resumed.")
        if phase in ("stopped", "interrupted", "failed", "new"):
            steps = run.steps_of("states")
            where = f"step {max(steps)}" if steps else "the beginning"
            _button("Resume", "play_arrow", jobs.resume, run, f"Go on from {where}, exactly as if it had not ended.")
        if hint := HINTS.get(phase):
            st.caption(hint)


def _button(label: str, icon: str, action, run: Run, tip: str, disabled: bool = False) -> None:
    st.button(label, icon=f":material/{icon}:", key=f"control_{label}", help=tip, disabled=disabled, on_click=_act, args=(action, run))


def _act(action, run: Run) -> None:
    try:
        action(run)
    except jobs.NotPossible as error:
        st.toast(str(error), icon=":material/info:")
