"""Runs side by side in the browser: curves on one axis, sample sheets and heatmaps under one cursor and one zoom, also while runs train."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from gandash import comparison
from gandash.plots import colours
from gandash.runs import Run
from pages.components.cursor import move_to
from pages.components.view import view

_HERE = Path(__file__).parent
_UPLOT = _HERE.parent / "vendor" / "uplot"
_SCRIPTS = (
    _HERE.parent / "pixels.js",
    _HERE.parent / "charts.js",
    _HERE.parent / "epoch_player" / "sheets.js",
    *sorted(_HERE.glob("*.js")),
)  # one module in several files
_COMPONENT = st.components.v2.component(
    "run_comparison",
    html=(_HERE / "main.html").read_text("utf-8"),
    css="\n".join(path.read_text("utf-8") for path in (_UPLOT / "uPlot.min.css", _HERE / "style.css")),
    js="\n".join(path.read_text("utf-8") for path in _SCRIPTS),
)
_KEY = "run_comparison"
_COLUMNS, _SAMPLES = 8, 64  # of a run's sample sheets
_SMOOTHING = 0.6
_MOST_ZOOM = 8


def run_comparison(runs: list[Run], by: str, curves: str, heat: dict[str, str] | None) -> None:
    """Draw the runs on the axis ``by`` ("epoch", "step", "minute").

    ``curves`` is "losses", "scores", "gradients" or "other"; ``heat`` holds the heatmaps' ``evidence``, ``depth`` and ``scale``, None draws
    none. The cursor is ``?at=`` in units of the axis (without it the newest), the zoom ``?zoom=``; smoothing and the logarithmic axis are
    those of the Train page. Where the sidebar's run is among the runs, its cursor and this one are one.
    """
    chosen, snapshot = view()
    last = chosen.snapshot() if chosen else None
    _COMPONENT(
        key=_KEY,
        data={
            "runs": [
                _described(run, name, style)
                for run, name, style in zip(runs, comparison.names(runs), colours.RUNS[: len(runs)], strict=True)
            ],
            "by": by,
            "curves": curves,
            "heat": heat,
            "at": _number("at", None, 0.0, float("inf")),
            "zoom": _zoom(),
            "chosen": chosen.id if chosen else None,
            "step": None if snapshot is None or snapshot == last else snapshot.step,  # the newest needs no name
            "smoothing": _number("smoothing", _SMOOTHING, 0.0, 0.99),
            "log": st.query_params.get("log") == "1",
            "note": _note(runs, curves),
        },
        on_cursor_change=lambda: _moved(chosen),
        on_zoom_change=_zoomed,
        on_settings_change=_settings,
    )


def _described(run: Run, name: str, style: colours.RunStyle) -> dict[str, Any]:
    toy = len(run.config.part("dataset").shape) == 1
    status = run.status
    return {
        "id": run.id,
        "title": name,
        "stamp": int(run.created.timestamp()),
        "style": {"colour": style.colour, "symbol": style.symbol, "dash": list(style.dash)},
        "phase": status.phase,
        "error": status.error,
        "snapshots": [[each.step, each.epoch, each.label] for each in run.snapshots],
        "columns": 1 if toy else _COLUMNS,
        "count": 1 if toy else _SAMPLES,
    }


def _note(runs: list[Run], curves: str) -> str:
    """What must be known before these curves are compared."""
    if len({run.config.objective.name for run in runs}) == 1 or curves not in ("losses", "scores", "gradients"):
        return ""
    return "The objectives differ, and so do the units: compare when a curve turns, not how high it lies."


def _moved(chosen: Run | None) -> None:
    told = st.session_state[_KEY]["cursor"]
    _into_url("at", None if told["at"] is None else f"{told['at']:.6f}".rstrip("0").rstrip("."))
    last = chosen.snapshot() if chosen else None
    if told["step"] is not None and last is not None:
        move_to(told["step"], newest=told["step"] >= last.step)


def _zoomed() -> None:
    told = st.session_state[_KEY]["zoom"]
    _into_url("zoom", None if told["scale"] <= 1 else ",".join(f"{told[name]:.4g}" for name in ("scale", "x", "y")))


def _settings() -> None:
    told = st.session_state[_KEY]["settings"]
    _into_url("smoothing", f"{told['smoothing']:g}")
    _into_url("log", "1" if told["log"] else "0")


def _into_url(name: str, value: str | None) -> None:
    if value is not None:
        st.query_params[name] = value
    elif name in st.query_params:
        del st.query_params[name]


def _zoom() -> dict[str, float]:
    try:
        scale, x, y = map(float, st.query_params.get("zoom", "").split(","))
    except ValueError:
        return {"scale": 1.0, "x": 0.5, "y": 0.5}
    inside = 1 <= scale <= _MOST_ZOOM and 0 <= x <= 1 and 0 <= y <= 1
    return {"scale": scale, "x": x, "y": y} if inside else {"scale": 1.0, "x": 0.5, "y": 0.5}


def _number(name: str, default: float | None, low: float, high: float) -> float | None:
    try:
        value = float(st.query_params[name])
    except (KeyError, ValueError):
        return default
    return value if low <= value <= high else default
