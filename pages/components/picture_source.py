"""Where the Embeddings page's pictures come from: the run under the cursor, or two folders of pictures, for which no run is needed."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from gandash.datasets import DatasetUnavailable
from gandash.embedding_sources import OfFolders, OfRun, PictureFolders, Source
from pages.components.switch import switch
from pages.components.view import empty, view
from pages.components.weights import with_weights

RUN, FOLDERS = "run", "folders"
_NAMES = {RUN: "This run against its data set", FOLDERS: "Two folders of pictures"}
_MEGABYTES = 200


def picture_source() -> Source:
    """Draw the choice; the source. Where it is not complete yet, says what is missing and ends the page."""
    kind = switch("pictures", _NAMES, default=RUN if view().run else FOLDERS)
    return _of_run() if kind == RUN else _of_folders()


def _of_run() -> OfRun:
    run, snapshot = with_weights()
    if len(run.config.part("dataset").shape) != 3:
        empty(
            "Points, not pictures",
            f"{run.title} learns points in a plane: there is nothing to look at through a ResNet.",
            icon="scatter_plot",
        )
        st.stop()
    return OfRun(run, snapshot)


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
