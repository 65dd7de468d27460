"""The run picker: which run every page looks at. The choice lives in the URL as ``?run=``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import streamlit as st

from gandash import runs
from pages.components import url

FIRST = "mnist-dcgan"  # the shipped run that is chosen on the first visit
PHASES = {  # phase -> (icon, word)
    "queued": ("schedule", "queued"),
    "starting": ("hourglass_empty", "starting"),
    "training": ("play_circle", "training"),
    "paused": ("pause_circle", "paused"),
    "stopping": ("stop_circle", "stopping"),
    "stopped": ("stop_circle", "stopped"),
    "finished": ("check_circle", "finished"),
    "failed": ("error", "failed"),
    "interrupted": ("power_off", "interrupted"),
    "new": ("fiber_new", "new"),
}


def run_picker() -> runs.Run | None:
    """Draw the picker with the chosen run's newest samples and key facts; the run, or None where there is none at all."""
    found = {run.id: run for run in runs.all()}
    if not found:
        st.caption("No run yet: start one below.")
        return None
    chosen = url.held("run", list(found), default=_first(found))
    key = url.widget_key("run", chosen)
    st.selectbox(
        "Run",
        list(found),
        index=list(found).index(chosen),
        format_func=labels(found).get,
        key=key,
        on_change=lambda: choose(url.from_widget("run", key)),
    )
    run = found[chosen]
    _facts(run)
    return run


def _first(found: Mapping[str, runs.Run]) -> str:
    """The newest of one's own runs; who has none begins with one whose images are embedded."""
    own = next((run_id for run_id, run in found.items() if not run.shipped), None)
    return own or (FIRST if FIRST in found else next(iter(found)))


def choose(run_id: str) -> None:
    """Make ``run_id`` the chosen run from a callback, or before a rerun: with the newest snapshot under the cursor."""
    url.hold("run", run_id)
    url.hold("snapshot", "")


def phase_label(phase: str) -> str:
    """``:material/check_circle: finished``, for Markdown."""
    icon, word = PHASES.get(phase, ("help", phase))
    return f":material/{icon}: {word}"


def labels(found: Mapping[str, runs.Run]) -> dict[str, str]:
    """What each run is called in a list of them: no two alike, and by what never changes, since the browser knows a choice by its label."""
    named = {run.id: run.title if run.shipped else f"{run.title} · {run.created.astimezone():%H:%M:%S · %d %b}" for run in found.values()}
    often = Counter(named.values())
    return {run_id: f"{label} · {run_id}" if often[label] > 1 else label for run_id, label in named.items()}


def _facts(run: runs.Run) -> None:
    newest = run.snapshot()
    picture, text = st.columns([2, 3], gap="small", vertical_alignment="center")
    with picture.container(key="sharp_thumbnail"):
        if newest is not None:
            st.image(str(newest.sheet), output_format="PNG", width="stretch", alt=f"Newest samples of {run.title}, {newest.label}")
    facts = [value.replace("_", " ") for value in run.facts.values() if value != "none"]
    text.caption("  \n".join([*facts, ":material/inventory_2: shipped" if run.shipped else phase_label(run.status.phase)]))
