"""The epoch player: the fixed noise's samples at every snapshot, played, scrubbed and followed in the browser without a rerun a frame."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from gandash.plots import colours
from gandash.runs import Run, Snapshot
from pages.components.cursor import move_to

_HERE = Path(__file__).parent
_UPLOT = _HERE.parent / "vendor" / "uplot"
_SCRIPTS = (_HERE.parent / "pixels.js", _HERE.parent / "charts.js", *sorted(_HERE.glob("*.js")))  # one module in several files
_PLAYER = st.components.v2.component(
    "epoch_player",
    html=(_HERE / "main.html").read_text("utf-8"),
    css="\n".join(path.read_text("utf-8") for path in (_UPLOT / "uPlot.min.css", _HERE / "style.css")),
    js="\n".join(path.read_text("utf-8") for path in _SCRIPTS),
)
_COLUMNS = 8  # of a run's sample sheets
_SAMPLES = 64


def epoch_player(run: Run, snapshot: Snapshot, autoplay: bool) -> None:
    """Draw the player at ``snapshot``. Whatever it is released or paused at becomes the epoch cursor of every page.

    With ``autoplay`` it plays once from the start when a visitor sees it first, unless the visitor's system asks for reduced motion.
    """
    snapshots = run.snapshots
    toy = len(run.config.part("dataset").shape) == 1
    key = f"player_{run.id}"
    played = st.session_state.setdefault("_played", set())

    def moved() -> None:
        step = st.session_state[key]["step"]
        move_to(step, newest=step >= snapshots[-1].step)

    def followed() -> None:
        st.query_params["sample"] = str(st.session_state[key]["sample"])

    _PLAYER(
        key=key,
        data={
            "run": run.id,
            "title": run.title,
            "stamp": int(run.created.timestamp()),
            "colours": {"discriminator": colours.DISCRIMINATOR, "generated": colours.GENERATED},
            "snapshots": [[each.step, each.epoch, each.label] for each in snapshots],
            "step": snapshot.step,
            "sample": _sample(),
            "columns": 1 if toy else _COLUMNS,
            "count": 1 if toy else _SAMPLES,
            "autoplay": autoplay and run.id not in played,
        },
        on_step_change=moved,
        on_sample_change=followed,
    )
    played.add(run.id)


def _sample() -> int:
    """The sample that the URL follows."""
    asked = st.query_params.get("sample", "0")
    return int(asked) % _SAMPLES if asked.isdecimal() else 0
