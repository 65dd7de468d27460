"""Setting up a run: a preset or an imported config to begin with, the form, its problems, and Start."""

from __future__ import annotations

import json

import streamlit as st
from pydantic import ValidationError

from gandash import presets, warm_up
from gandash.comparison import differences
from gandash.config import ROLES, RunConfig
from gandash.registry import UnknownPart, parts
from pages.components import url
from pages.components.config_form import config_form
from pages.components.data_download import data_download
from pages.components.quick_train import FIRST, start_button

LONGEST = 80  # letters of a run's name


@st.fragment
def new_run() -> None:
    """Draw everything; on Start the new run is chosen."""
    start, key, called = _beginning()
    with st.skeleton(height=420):
        warm_up.need("gandash.assembly")
        config = config_form(start, key)
    if config is None:
        return
    problems = config.problems()
    if not config.title:
        config = config.model_copy(update={"title": _name(config, start, called)})
    for sentence in problems.values():
        st.warning(sentence, icon=":material/block:")
    here = "dataset" not in problems and data_download(config.dataset)
    with st.container(horizontal=True, vertical_alignment="center"):
        start_button(config, "new_start", disabled=bool(problems) or not here)
        st.download_button(
            "config.json",
            config.model_dump_json(indent=1),
            "config.json",
            "application/json",
            icon=":material/download:",
            on_click="ignore",
            help="This set-up as a file, to import here or to give to `python -m gandash train --config`.",
        )
        st.caption(_length(config))


def _name(config: RunConfig, start: RunConfig, called: str) -> str:
    """The preset's own name, where the run plays the preset's game; else after its parts: "One minute of MNIST" is none of other images."""
    changed = {difference.key.split(".")[0] for difference in differences([start, config])}
    if not changed & {*ROLES, "tricks"}:
        return called
    named = [parts(ROLES[role])[getattr(config, role).name].title for role in ("dataset", "architecture", "objective")]
    return ", ".join(named)[:LONGEST]


def _beginning() -> tuple[RunConfig, str, str]:
    """The config that the form begins with, a key that is another for each one chosen, and what a preset is called."""
    names = presets.names()
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    with right.popover("Import config.json", icon=":material/upload:", width="stretch"):
        uploaded = st.file_uploader("A run's config.json, or one saved here", type="json", key="new_config", max_upload_size=1)
    if uploaded is not None:
        try:
            return _read(uploaded.getvalue()), f"new.{uploaded.file_id}", ""
        except (ValueError, ValidationError, UnknownPart) as error:
            st.error(f"{uploaded.name} cannot be read as a config: {error}", icon=":material/error:")
    chosen = url.choice("preset", names, default=FIRST if FIRST in names else names[0])
    st.session_state["preset"] = chosen
    left.selectbox("Begin with", names, format_func=lambda name: presets.load(name).title or name, key="preset")
    preset = presets.load(chosen)
    return preset.model_copy(update={"title": ""}), f"new.{chosen}", preset.title


def _read(content: bytes) -> RunConfig:
    told = json.loads(content)
    config = RunConfig.model_validate(told.get("config", told) if isinstance(told, dict) else told)
    return config.model_copy(update={"parent": None})


def _length(config: RunConfig) -> str:
    ends = [
        f"{config.epochs:g} epochs" if config.epochs is not None else "",
        f"{config.seconds:g} seconds" if config.seconds is not None else "",
    ]
    whichever = ", whichever comes first" if all(ends) else ""
    return f"Ends after {' or '.join(filter(None, ends))}{whichever}."
