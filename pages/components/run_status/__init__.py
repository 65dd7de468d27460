"""What trains now, on every page: progress, rate, time left and Stop. It asks the api itself, so watching costs no rerun."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from gandash import jobs, runs
from pages.components.run_picker import choose

_HERE = Path(__file__).parent
_COMPONENT = st.components.v2.component(
    "run_status",
    html="<div class='runs' role='status' aria-live='polite'></div>",
    css=(_HERE / "style.css").read_text(encoding="utf-8"),
    js="\n".join(path.read_text(encoding="utf-8") for path in (_HERE.parent / "words.js", _HERE / "main.js")),
)


def run_status(chosen: runs.Run | None) -> None:
    """Draw the living runs, and offer what has ended.

    Reruns the page only when a run begins, ends or changes its phase, when ``chosen`` has its first snapshot and then at most every ten
    seconds when it has new ones, and when Stop or a title is clicked.
    """
    living = jobs.alive()
    _COMPONENT(
        key="run_status",
        data={
            "known": sorted([run.id, run.status.phase] for run in living),
            "chosen": chosen.id if chosen else None,
            "snapshots": len(chosen.snapshots) if chosen in living else 0,
        },
        on_changed_change=_changed,
        on_stop_change=_stop,
        on_open_change=_open,
    )
    ended = st.session_state.get("_ended")
    if ended and chosen and ended["id"] != chosen.id:
        st.button(
            f"{ended['title']}: {ended['phase']}. Open it",
            icon=":material/open_in_new:",
            key="open_ended",
            type="tertiary",
            on_click=_open_ended,
            args=(ended["id"],),
        )


def _changed() -> None:
    """Remember the run that ended last, to offer it."""
    for run_id in st.session_state["run_status"].changed["ended"]:
        try:
            run = runs.get(run_id)
        except runs.RunNotFound:
            continue
        st.session_state["_ended"] = {"id": run_id, "title": run.title, "phase": run.status.phase}


def _stop() -> None:
    jobs.stop(runs.get(st.session_state["run_status"].stop))


def _open() -> None:
    choose(st.session_state["run_status"].open)


def _open_ended(run_id: str) -> None:
    st.session_state.pop("_ended", None)
    choose(run_id)
