"""The latent explorer: walks, grids and directions whose pictures the browser asks for while the hand moves, without a rerun."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from gandash.runs import Run, Snapshot

_HERE = Path(__file__).parent
_SCRIPTS = (_HERE.parent / "pixels.js", *sorted(_HERE.glob("*.js")))  # one module in several files
_EXPLORER = st.components.v2.component(
    "latent_explorer",
    html=(_HERE / "main.html").read_text("utf-8"),
    css=(_HERE / "style.css").read_text("utf-8"),
    js="\n".join(path.read_text("utf-8") for path in _SCRIPTS),
)
_START = {"mode": "path", "a": "0", "b": "1", "c": "2", "d": "3", "steps": "24", "way": "", "side": "8", "label": "0", "moves": ""}
_MODES = ("path", "grid", "directions")
_MEMORY = "_latent_view"


def latent_explorer(run: Run, snapshot: Snapshot) -> None:
    """Draw the explorer on ``run`` at ``snapshot``. What it looks at lives in the URL, and stays when the run or the page changes."""
    key = f"latent_{run.id}"

    def changed() -> None:
        view = st.session_state[key].get("view") or {}
        _remember({name: str(view.get(name, start)) for name, start in _START.items()})

    _EXPLORER(
        key=key,
        data={"run": run.id, "stamp": int(run.created.timestamp()), "snapshot": snapshot.step, "view": _view()},
        on_view_change=changed,
    )


def _view() -> dict[str, str]:
    """What to look at: the URL's word first, then what was looked at before on this page, then the start."""
    before = st.session_state.get(_MEMORY, _START)
    view = {name: str(st.query_params.get(name, before[name])) for name in _START}
    if view["mode"] not in _MODES:
        view["mode"] = _START["mode"]
    _remember(view)
    return view


def _remember(view: dict[str, str]) -> None:
    st.session_state[_MEMORY] = view
    for name, value in view.items():
        if value != _START[name]:
            st.query_params[name] = value
        elif name in st.query_params:
            del st.query_params[name]
