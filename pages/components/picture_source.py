"""Where the Embeddings page's pictures come from: the run under the cursor, another run, the data, pictures that visitors bring."""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st

from gandash import runs
from gandash.datasets import DatasetUnavailable
from gandash.embedding_sources import OfPictures, OfRun, OfRunAndPictures, OfRuns, Source
from gandash.runs import Run, Snapshot
from pages.components import url
from pages.components.run_picker import labels
from pages.components.switch import switch
from pages.components.two_picture_sets import given_pictures, two_picture_sets
from pages.components.view import a_snapshot, empty, view
from pages.components.weights import with_weights

RUN, TRAINING, RUNS, PICTURES, FOLDERS = "run", "training", "runs", "pictures", "folders"
_NAMES = {RUN: "Run and data set", TRAINING: "Through training", RUNS: "Two runs", PICTURES: "Run and pictures", FOLDERS: "Two folders"}
_HELP = (
    "**Run and data set**: the samples at the cursor against real images. **Through training**: real images stand still, the samples move "
    "with the cursor. **Two runs**: the run at the cursor against another, or against itself at another snapshot. **Run and pictures**: "
    "against pictures that you bring. **Two folders**: any pictures, without a run."
)


class Training(NamedTuple):
    """A run at all its snapshots, with one under the cursor."""

    run: Run
    snapshot: Snapshot


def picture_source() -> Source | Training:
    """Draw the choice; what was chosen. Where it is not complete yet, says what is missing and ends the page."""
    kind = switch("pictures", _NAMES, default=RUN if view().run else FOLDERS, help=_HELP)
    return _SOURCES[kind]()


def _of_training() -> Training:
    run, snapshot = a_snapshot()
    _not_a_toy(run)
    return Training(run, snapshot)


def _of_run() -> OfRun:
    run, snapshot = with_weights()
    _not_a_toy(run)
    return OfRun(run, snapshot)


def _not_a_toy(run: Run) -> None:
    if len(run.config.part("dataset").shape) != 3:
        empty(
            "Points, not pictures",
            f"{run.title} learns points in a plane: there is nothing to look at through a ResNet.",
            icon="scatter_plot",
        )
        st.stop()


def _of_runs() -> OfRuns:
    run, snapshot = with_weights()
    _not_a_toy(run)
    found = {other.id: other for other in runs.all() if len(other.config.part("dataset").shape) == 3 and other.steps_of("weights")}
    others = sorted(found, key=lambda run_id: run_id == run.id)  # the run itself, at another snapshot, comes last
    with st.container(border=True):
        which, when = st.columns([3, 2], vertical_alignment="bottom")
        st.session_state["other"] = url.choice("other", others, default=others[0])
        other = found[which.selectbox("Against", others, format_func=labels(found).get, key="other")]
        snapshots = {str(each.step): each for each in other.snapshots if each.has_weights}
        if not snapshots:
            st.caption("Of that run no snapshot has weights yet.")
            st.stop()
        steps = list(snapshots)
        st.session_state["other_snapshot"] = url.choice("other_snapshot", steps, default=steps[-1])
        step = when.selectbox("at", steps, format_func=lambda step: snapshots[step].label, key="other_snapshot")
    if other.id == run.id and int(step) == run.weights_step(snapshot.step):
        st.warning("That is the same run at the same snapshot: choose another.", icon=":material/difference:")
        st.stop()
    return OfRuns(run, snapshot, other, snapshots[step])


def _of_run_and_pictures() -> OfRunAndPictures:
    run, snapshot = with_weights()
    _not_a_toy(run)
    with st.container(border=True):
        pictures = given_pictures("folder", "Pictures", "It holds pictures, in folders or not: all of them are taken.")
        try:
            st.caption(f"{pictures.count:,} pictures.")
        except DatasetUnavailable as error:
            st.error(str(error), icon=":material/folder_off:")
            st.stop()
    return OfRunAndPictures(run, snapshot, pictures)


def _of_folders() -> OfPictures:
    return OfPictures(*two_picture_sets())


_SOURCES = {RUN: _of_run, TRAINING: _of_training, RUNS: _of_runs, PICTURES: _of_run_and_pictures, FOLDERS: _of_folders}
