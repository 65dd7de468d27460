"""Quick train: a short run from a preset, started from the sidebar. Presets are data, so nothing here needs torch."""

from __future__ import annotations

import random

import streamlit as st

from gandash import jobs, presets, warm_up
from gandash.config import ConfigError, RunConfig
from gandash.datasets import DatasetUnavailable
from gandash.runs import Run
from pages.components.run_picker import choose

FIRST = "one-minute"  # what is preselected where it exists
GO = "_go"  # in the session: the address of the page that the frame should open next


def quick_train() -> None:
    """Draw the form; on Start the new run is chosen and the Train page opens."""
    names = presets.names()
    if not names:
        st.caption("There is no preset.")
        return
    configs = {name: presets.load(name) for name in names}
    name = st.selectbox(
        "Preset",
        names,
        index=names.index(FIRST) if FIRST in names else 0,
        format_func=lambda preset: configs[preset].title or preset,
        key="quick_preset",
        persist_state="session",
    )
    config = _limits_and_seed(configs[name], name)
    start_button(config, "quick_start", width="stretch")


def start_button(config: RunConfig, key: str, disabled: bool = False, width: str = "content") -> None:
    """Draw Start; pressed, it starts ``config``.

    A click is kept until the run is there: a script that something else has begin anew before it gets here would lose it.
    """
    st.button(
        "Start",
        icon=":material/play_arrow:",
        type="primary",
        width=width,
        disabled=disabled,
        key=key,
        on_click=lambda: st.session_state.update({_wish(key): True}),
    )
    if disabled:
        st.session_state.pop(_wish(key), None)
    elif st.session_state.get(_wish(key)):
        _launch(config, key)


def _wish(key: str) -> str:
    return f"_{key}_pressed"


def _launch(config: RunConfig, key: str) -> None:
    """Start ``config``, or say why it cannot start; then look at it on the Train page."""
    others = [run.title for run in jobs.alive()]
    try:
        with st.spinner("Starting"):  # the first check of a config may have to wait for torch
            warm_up.need("gandash.assembly")
            st.session_state.pop(_wish(key))
            run = jobs.start(config)
            _look_at(run, others)  # at once: what the browser sends meanwhile may end this script at the spinner's end
    except (ConfigError, DatasetUnavailable) as error:
        st.error(str(error), icon=":material/error:")
        return
    st.rerun()


def _look_at(run: Run, others: list[str]) -> None:
    choose(run.id)
    st.session_state[GO] = "train"
    st.session_state["_watch"] = True  # the Train page's tab, which cannot be moved once it is drawn
    if others:
        st.session_state["_notice"] = f"**{run.title}** waits in the queue: {others[0]} is training. It starts by itself."


def _limits_and_seed(config: RunConfig, name: str) -> RunConfig:
    """How long to train, by the clock or by passes over the data, and the seed with its dice."""
    unit = st.segmented_control(
        "Train for",
        ["seconds", "epochs"],
        default="epochs" if config.seconds is None else "seconds",
        required=True,
        label_visibility="collapsed",
        key=f"quick_unit_{name}",
        persist_state="session",
    )
    amount, seed, dice = st.columns([5, 5, 2], gap="small", vertical_alignment="bottom")
    keep = {"persist_state": "session"}
    if unit == "seconds":
        seconds = amount.number_input("Seconds", 5, 86_400, int(config.seconds or 60), step=15, key=f"quick_seconds_{name}", **keep)
        limits = {"seconds": float(seconds), "epochs": None}
    else:
        begin = float(config.epochs or 1)
        epochs = amount.number_input("Epochs", 0.1, 1000.0, begin, step=1.0, key=f"quick_epochs_{name}", format="%g", **keep)
        limits = {"seconds": None, "epochs": epochs}
    dice.button("", icon=":material/casino:", help="Another seed", key="quick_dice", on_click=_roll)
    value = seed.number_input("Seed", 0, 2**31 - 1, config.seed, key="quick_seed", help="The same seed gives the same run.", **keep)
    return config.model_copy(update={**limits, "seed": int(value)})


def _roll() -> None:
    st.session_state["quick_seed"] = random.randrange(10_000)
