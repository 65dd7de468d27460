"""The epoch cursor: which snapshot of the run every page looks at. ``?snapshot=<step>``; without it the newest, also while a run trains."""

from __future__ import annotations

import streamlit as st

from gandash.runs import Run, Snapshot
from pages.components import url

NEWEST = ""


def cursor(run: Run | None) -> Snapshot | None:
    """Draw the cursor over the run's snapshots; the chosen snapshot, or None where there is none yet."""
    snapshots = run.snapshots if run else []
    if not snapshots:
        return None
    steps = [str(snapshot.step) for snapshot in snapshots]
    labels = {str(snapshot.step): snapshot.label for snapshot in snapshots}
    chosen = url.held("snapshot", [*steps[:-1], NEWEST], default=NEWEST) or steps[-1]
    position = steps.index(chosen)
    if len(steps) > 1:
        key = url.widget_key("snapshot_slider", chosen)
        back, slider, forward = st.columns([1, 7, 1], gap="xsmall", vertical_alignment="bottom")
        with back:
            _step("previous", "chevron_left", steps, position - 1)
        slider.select_slider(
            f"Snapshot {position + 1} of {len(steps)}",
            steps,
            chosen,
            format_func=labels.get,
            key=key,
            on_change=lambda: _hold(url.from_widget("snapshot_slider", key), steps),
            help="What all pages show. Every snapshot of a run draws the same noise.",
        )
        with forward:
            _step("next", "chevron_right", steps, position + 1)
    return snapshots[position]


def move_to(step: int, newest: bool = False) -> None:
    """Put the cursor on a snapshot from elsewhere; takes effect at the next full run."""
    url.hold("snapshot", NEWEST if newest else str(step))


def _hold(step: str, steps: list[str]) -> None:
    url.hold("snapshot", NEWEST if step == steps[-1] else step)


def _step(name: str, icon: str, steps: list[str], target: int) -> None:
    there = 0 <= target < len(steps)
    st.button(
        "",
        icon=f":material/{icon}:",
        key=f"cursor_{name}",
        type="tertiary",
        help=f"{name.capitalize()} snapshot",
        disabled=not there,
        on_click=lambda: _hold(steps[target], steps),
    )
