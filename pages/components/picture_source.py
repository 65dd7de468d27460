"""Where the Embeddings page's pictures come from: the run under the cursor, or two folders of pictures, for which no run is needed."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import streamlit as st

from gandash.datasets import DatasetUnavailable
from gandash.embedding_sources import OfFolders, OfRun, PictureFolders, Source
from gandash.runs import Run, Snapshot
from pages.components.switch import switch
from pages.components.view import a_snapshot, empty, view
from pages.components.weights import with_weights

RUN, TRAINING, FOLDERS = "run", "training", "folders"
_NAMES = {RUN: "Run and data set", TRAINING: "Through training", FOLDERS: "Two folders"}
_HELP = (
    "**Run and data set**: the samples at the cursor against real images. **Through training**: real images stand still, the samples move "
    "with the cursor. **Two folders**: any pictures, without a run."
)
_MEGABYTES = 200


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


def _of_folders() -> OfFolders:
    with st.container(border=True):
        where, upload = st.columns([3, 2], vertical_alignment="top")
        path = where.text_input(
            "Folder or zip on the server",
            key="folder",
            bind="query-params",
            placeholder="/data/real-and-generated.zip",
            help="It holds two folders of pictures (or more): one of real, one of generated ones.",
        )
        file = upload.file_uploader("or a zip from here", type="zip", key="folder_zip", max_upload_size=_MEGABYTES)
        if not path and file is None:
            st.caption("Any two folders of pictures can be compared, whatever made them: give a path, or drop a zip that holds both.")
            st.stop()
        pictures = PictureFolders(Path(file.name), file.getvalue()) if file else PictureFolders(Path(path).expanduser())
        try:
            counts, guessed = pictures.counts, pictures.guess()
        except DatasetUnavailable as error:
            st.error(str(error), icon=":material/folder_off:")
            st.stop()
        names = list(counts)
        label = lambda name: f"{name} ({counts[name]} pictures)"  # noqa: E731
        real = where.selectbox("Real", names, names.index(guessed[0]), format_func=label, key="real_folder")
        generated = upload.selectbox("Generated", names, names.index(guessed[1]), format_func=label, key="generated_folder")
    if real == generated:
        st.warning("Choose two different folders.", icon=":material/folder_copy:")
        st.stop()
    return OfFolders(pictures, real, generated)


_SOURCES = {RUN: _of_run, TRAINING: _of_training, FOLDERS: _of_folders}
