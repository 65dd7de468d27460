"""A run's curves and newest samples, live: the browser asks the api for new lines only, so watching costs no rerun."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from gandash.plots import colours
from gandash.runs import Run

if TYPE_CHECKING:
    from gandash.objectives import Objective

_HERE = Path(__file__).parent
_UPLOT = _HERE.parent / "vendor" / "uplot"
_SCRIPTS = (_HERE.parent / "charts.js", _HERE.parent / "words.js", *sorted(_HERE.glob("*.js")))  # one module in several files
_COMPONENT = st.components.v2.component(
    "live_chart",
    html=(_HERE / "main.html").read_text(encoding="utf-8"),
    css=(_UPLOT / "uPlot.min.css").read_text(encoding="utf-8") + "\n" + (_HERE / "style.css").read_text(encoding="utf-8"),
    js="\n".join(path.read_text(encoding="utf-8") for path in _SCRIPTS),
)
_SMOOTHING = 0.6


def live_chart(run: Run, objective: Objective, key: str = "live_chart", samples: bool = True) -> None:
    """Draw losses, scores as ``objective`` reads them, gradient norms, and with ``samples`` the fixed noise's newest sheet.

    Zoom by dragging (kept while lines arrive), double click resets, a click on a legend hides its curve. Smoothing and the logarithmic
    axis live in the URL.
    """
    status = run.status
    _COMPONENT(
        key=key,
        data={
            "run": run.id,
            "title": run.title,
            "stamp": int(run.created.timestamp()),
            "phase": status.phase,
            "samples": samples,
            "score": {"title": objective.score_title, "range": objective.score_range, "equilibrium": objective.equilibrium},
            "colours": {"real": colours.REAL, "generated": colours.GENERATED, "discriminator": colours.DISCRIMINATOR},
            "smoothing": _number(st.query_params.get("smoothing"), _SMOOTHING),
            "log": st.query_params.get("log") == "1",
        },
        on_settings_change=lambda: _into_url(key),
    )


def _into_url(key: str) -> None:
    settings = st.session_state[key].get("settings") or {}
    st.query_params["smoothing"] = f"{settings['smoothing']:g}"
    st.query_params["log"] = "1" if settings["log"] else "0"


def _number(text: str | None, default: float) -> float:
    try:
        return min(max(float(text), 0.0), 0.99) if text is not None else default
    except ValueError:
        return default
