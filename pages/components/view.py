"""What every page looks at: the run and the snapshot that the sidebar has chosen, and what to show where there is none.

A page begins with ``view()`` or, if it is nothing without a run, with ``run, snapshot = a_snapshot()``, which draws the right empty state
and stops the page where there is no run, no snapshot yet or a run that failed before its first one.
"""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st

from gandash import runs

_KEY = "_view"


class View(NamedTuple):
    """The run and the snapshot under the epoch cursor; None where there is none."""

    run: runs.Run | None
    snapshot: runs.Snapshot | None


def view() -> View:
    """What the sidebar has chosen. The frame draws the sidebar before it runs a page, so this is always set on a page."""
    return st.session_state[_KEY]


def set_view(chosen: View) -> None:
    """For the frame only."""
    st.session_state[_KEY] = chosen


def a_run() -> runs.Run:
    """The chosen run; without one, an empty state that says how to get one, and the end of the page."""
    run = view().run
    if run is None:
        todo = "Press **Start** under *Quick train* in the sidebar: in a minute there is one to look at."
        empty("No run yet", todo, icon="model_training")
        st.stop()
    return run


def a_snapshot() -> tuple[runs.Run, runs.Snapshot]:
    """The chosen run and snapshot; else a picture of why there is none, and the end of the page."""
    run = a_run()
    failed(run)
    snapshot = view().snapshot
    if snapshot is None:
        empty(*_NO_SNAPSHOT.get(run.status.phase, _NO_SNAPSHOT["training"]), icon="hourglass_empty")
        over = run.status.phase in ("failed", "interrupted", "stopped")
        label = "See what happened" if over else "Start it" if run.status.phase == "new" else "Watch it train"
        st.page_link("2_train.py", label=label, icon=":material/monitoring:")
        st.stop()
    return run, snapshot


def failed(run: runs.Run) -> None:
    """Say what went wrong, where something did; the snapshots from before stay usable."""
    status = run.status
    if status.phase == "failed":
        reason = status.error or "The training process gave no reason; see its log.txt."
        st.error(f"**{run.title} failed.** {reason}", icon=":material/error:")
    elif status.phase == "interrupted":
        st.warning(
            f"**{run.title} was interrupted**: its process is gone. It can be resumed from its newest state on the Train page.",
            icon=":material/power_off:",
        )


def empty(title: str, text: str, icon: str = "inbox") -> None:
    """An empty state: a large quiet icon, what is missing, and what to do about it."""
    with st.container(border=True, horizontal_alignment="center", key=f"empty_{icon}"):
        st.space("small")
        st.markdown(f"# :gray[:material/{icon}:]", width="content", text_alignment="center")
        st.markdown(f"**{title}**", width="content", text_alignment="center")
        st.markdown(text, width="content", text_alignment="center")
        st.space("small")


_NO_SNAPSHOT = {
    "queued": ("In the queue", "Another run trains now. This one starts when that one ends; nothing more is needed."),
    "starting": ("Starting", "The training process is loading its libraries and the images. The first samples come in a few seconds."),
    "training": ("No snapshot yet", "The run has begun. Its first samples come in a few seconds."),
    "failed": ("No snapshot", "The run failed before its first snapshot; the reason stands above."),
    "interrupted": ("No snapshot", "The run's process ended before its first snapshot. Start it again on the Train page."),
    "stopped": ("No snapshot", "The run was stopped before its first snapshot."),
    "new": ("Not started", "This run has not been started. Start it on the Train page."),
}
