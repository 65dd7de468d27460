"""Runs as cards: newest samples, what they are made of, and a button that makes one the chosen run."""

from __future__ import annotations

import streamlit as st

from gandash import runs
from pages.components.picture import picture
from pages.components.run_picker import choose, phase_label

FIRST = 12  # cards before one asks for more


def cards(chosen: runs.Run) -> None:
    """A card a run: the visitor's own first, newest first, then the shipped ones. The chosen one is always among them."""
    found = sorted(runs.all(), key=lambda run: run.shipped)  # each kind keeps its order
    more = len(found) > FIRST
    shown = found
    if more and not st.session_state.get("all_cards", False):
        shown = [*found[:FIRST], *(run for run in found[FIRST:] if run.id == chosen.id)]
    with st.grid(min_column_width=170, gap="small", border=True) as grid:
        for run in shown:
            with grid.cell(), st.container(height="stretch"):
                _card(run, run.id == chosen.id)
    if more:
        st.toggle(f"Show all {len(found)} runs", key="all_cards", persist_state="session")
    for path, problem in runs.unreadable().items():
        st.caption(f":material/warning: {path.name} is not shown: {problem.splitlines()[0]}")


def made_of(run: runs.Run) -> str:
    """Data set, architecture, objective and tricks in one line."""
    return " · ".join(value.replace("_", " ") for value in run.facts.values() if value != "none")


def _card(run: runs.Run, is_chosen: bool) -> None:
    newest = run.snapshot()
    if newest:
        picture(newest.sheet, f"card_{run.id}", f"Newest samples of {run.title}")
    else:
        st.markdown(f":gray[{phase_label(run.status.phase)}, no samples yet]")
    st.markdown(f"**{run.title}**")
    epochs = f"{newest.epoch:.3g} epochs" if newest else ""
    state = "shipped" if run.shipped else f"{run.status.phase} · {run.created.astimezone():%H:%M, %d %b}"
    tag = run.config.story.tag if run.shipped else ""  # it is told of the recorded run, and a new one of its preset may come out otherwise
    st.caption(f"{made_of(run)}  \n{' · '.join(filter(None, (epochs, state, tag)))}")
    st.button(
        "Chosen" if is_chosen else "Choose",
        icon=":material/check:" if is_chosen else None,
        key=f"choose_{run.id}",
        disabled=is_chosen,
        width="stretch",
        on_click=choose,
        args=(run.id,),
    )
