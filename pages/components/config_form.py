"""A whole RunConfig as a form: the parts by role, the tricks, and what decides the run itself. Unsuitable parts say why."""

from __future__ import annotations

from typing import Any

import streamlit as st
from pydantic import ValidationError

from gandash.config import ROLE_TITLES, ROLES, Choice, RunConfig
from gandash.registry import Part, parts
from pages.components.options_form import options_form, options_now

MAIN, MORE = ("dataset", "architecture", "objective"), ("prior", "generator_optimiser", "discriminator_optimiser")
LENGTH = ("title", "epochs", "seconds", "batch_size", "latent_dim", "seed")
RECORDING = ("log_every", "sample_every", "weights_budget", "states_budget", "device", "precision", "threads")


def config_form(start: RunConfig, key: str) -> RunConfig | None:
    """Draw the form, beginning with ``start``; the config it makes, or None with its mistakes shown. ``problems()`` are the caller's.

    Change ``key`` to begin again with another config.
    """
    made: dict[str, Any] = {}
    draft = _draft(start, key)
    left, right = st.columns(2, gap="large")
    with left:
        for role in MAIN:
            made[role] = _part(role, start, draft, key)
    with right:
        made["tricks"] = _tricks(start, draft, key)
        st.markdown("**The run**")
        made |= options_form(RunConfig, f"{key}.length", start.model_dump(), LENGTH)
        with st.expander("Prior and optimisers", icon=":material/tune:"):
            for role in MORE:
                made[role] = _part(role, start, draft, key)
        with st.expander("Recording and device", icon=":material/save:"):
            made |= options_form(RunConfig, f"{key}.recording", start.model_dump(), RECORDING)
    try:
        config = RunConfig.model_validate({**made, "story": start.story})
    except ValidationError as error:
        for wrong in error.errors():
            st.error(f"{'.'.join(map(str, wrong['loc']))}: {wrong['msg']}", icon=":material/error:")
        return None
    st.session_state[f"{key}.draft"] = config
    return config


def _draft(start: RunConfig, key: str) -> RunConfig:
    """What the form holds now, before it is drawn: what every choice is judged against. Where that is no config, the last one that was."""
    made: dict[str, Any] = {}
    for role, folder in ROLES.items():
        begun = getattr(start, role)
        name = st.session_state.get(f"{key}.{role}", begun.name)
        made[role] = _now(folder, name, f"{key}.{role}.{name}", begun.options if begun.name == name else {})
    begun = {choice.name: choice.options for choice in start.tricks}
    names = st.session_state.get(f"{key}.tricks", list(begun))
    made["tricks"] = [_now("tricks", name, f"{key}.tricks.{name}", begun.get(name, {})) for name in names]
    for group, fields in (("length", LENGTH), ("recording", RECORDING)):
        made |= options_now(RunConfig, f"{key}.{group}", start.model_dump(), fields)
    try:
        return RunConfig.model_validate({**made, "story": start.story})
    except ValidationError:  # told below the form
        return st.session_state.get(f"{key}.draft", start)


def _now(folder: str, name: str, key: str, begun: dict[str, Any]) -> Choice:
    registry = parts(folder)
    return Choice(name=name, options=options_now(registry[name].Options, key, begun) if name in registry else begun)


def _part(role: str, start: RunConfig, draft: RunConfig, key: str) -> dict[str, Any]:
    """A part's choice and its options, as ``Choice`` wants them."""
    registry, begun = parts(ROLES[role]), getattr(start, role)
    names = list(registry)
    reasons = {name: reason for name in names if (reason := _against(role, name, draft))}
    name = st.selectbox(
        ROLE_TITLES[role],
        names,
        index=names.index(begun.name) if begun.name in names else 0,
        format_func=lambda name: registry[name].title + (" (does not fit)" if name in reasons else ""),
        key=f"{key}.{role}",
        persist_state="session",
        help=_reasons(registry, reasons),
    )
    part = registry[name]
    st.caption(reasons.get(name) or part.summary())
    return {"name": name, "options": _options(part, f"{key}.{role}.{name}", begun.options if begun.name == name else {})}


def _options(part: type[Part], key: str, value: dict[str, Any]) -> dict[str, Any]:
    if not part.Options.model_fields:
        return {}
    with st.expander(f"{part.title}: options", icon=":material/tune:"):
        return options_form(part.Options, key, value)


def _tricks(start: RunConfig, draft: RunConfig, key: str) -> list[dict[str, Any]]:
    registry, begun = parts("tricks"), {choice.name: choice.options for choice in start.tricks}
    names = list(registry)
    chosen_now = {choice.name for choice in draft.tricks}
    reasons = {name: reason for name in names if name not in chosen_now and (reason := _against_trick(name, draft))}
    chosen = st.multiselect(
        "Tricks",
        names,
        [name for name in names if name in begun],
        format_func=lambda name: registry[name].title + (" (does not fit)" if name in reasons else ""),
        key=f"{key}.tricks",
        persist_state="session",
        placeholder="None",
        help=_reasons(registry, reasons),
    )
    made = []
    for name in chosen:
        st.caption(f"**{registry[name].title}.** {reasons.get(name) or registry[name].summary()}")
        made.append({"name": name, "options": _options(registry[name], f"{key}.tricks.{name}", begun.get(name, {}))})
    return made


def _against(role: str, name: str, draft: RunConfig) -> str | None:
    """The sentence that speaks against ``name`` in this role, which the present choice does not bring with it."""
    if getattr(draft, role).name == name:
        return draft.problems().get(role)
    return _new_problem(draft, draft.with_part(role, name))


def _against_trick(name: str, draft: RunConfig) -> str | None:
    return _new_problem(draft, draft.model_copy(update={"tricks": (*draft.tricks, Choice(name=name))}))


def _new_problem(before: RunConfig, after: RunConfig) -> str | None:
    known = set(before.problems().values())
    return next((reason for reason in after.problems().values() if reason not in known), None)


def _reasons(registry: Any, reasons: dict[str, str]) -> str | None:
    """For the tooltip: what does not fit the other choices, and why."""
    lines = [f"- **{registry[name].title}** does not fit: {reason}" for name, reason in reasons.items()]
    return "\n".join(lines) or None
