"""Pictures that visitors bring: a folder or zip on the server, or an upload; and two sets of them, real and generated."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import streamlit as st

from gandash.analyses._folders import PictureSet, Upload
from gandash.datasets import DatasetUnavailable
from pages.components import url

_MEGABYTES = 200
_ALL, _ELSEWHERE = ".", ".."  # as no folder can be called
_NAMES = {_ALL: "all of it", _ELSEWHERE: "another folder or zip"}


def given_pictures(name: str, title: str, holds: str) -> PictureSet:
    """Draw a field for a path and one for an upload; without either, the end of the page. ``?name=`` holds the path."""
    where, upload = st.columns([3, 2], vertical_alignment="top")
    path = where.text_input(
        f"{title}: folder or zip on the server", key=name, bind="query-params", placeholder="/data/pictures.zip", help=holds
    )
    file = upload.file_uploader("or a zip from here", type="zip", key=f"{name}_zip", max_upload_size=_MEGABYTES)
    if not path and file is None:
        st.caption(f"Any pictures can be compared, whatever made them: give a path, or drop a zip. {holds}")
        st.stop()
    return PictureSet(Path(file.name), _upload(name, file)) if file else PictureSet.at(Path(path).expanduser())


def _upload(name: str, file) -> Upload:
    """What was uploaded, the same object as long as it is the same upload."""
    held, state = f"_{name}_upload", st.session_state
    if state.get(held, ("", None))[0] != file.file_id:
        state[held] = (file.file_id, Upload(file.name, file.getvalue()))
    return state[held][1]


def two_picture_sets() -> tuple[PictureSet, PictureSet]:
    """Draw the choice of real and generated pictures: two folders of one place, or two places. Ends the page until both are there."""
    with st.container(border=True):
        try:
            real, generated = _chosen()
            st.caption(f"{real.count:,} real pictures in {real.title}, {generated.count:,} generated ones in {generated.title}.")
        except DatasetUnavailable as error:
            st.error(str(error), icon=":material/folder_off:")
            st.stop()
    if real == generated:
        st.warning("These are the same pictures: choose two different folders.", icon=":material/folder_copy:")
        st.stop()
    return real, generated


def _chosen() -> tuple[PictureSet, PictureSet]:
    first = given_pictures("folder", "Real", "It holds the real pictures, or a folder of real and one of generated ones.")
    folders = {} if first.folder else first.kinds()
    real, made = first, _ELSEWHERE
    if len(folders) > 1:
        left, right = st.columns(2, vertical_alignment="top")
        guessed = first.guess() or (_ALL, _ELSEWHERE)
        label = {**_NAMES, **{name: f"{name} ({count:,} pictures)" for name, count in folders.items()}}.get
        inside = _one_of(left, "Real pictures", "real_folder", [_ALL, *folders], guessed[0], label)
        made = _one_of(right, "Generated pictures", "generated_folder", [*folders, _ELSEWHERE], guessed[1], label)
        real = first if inside == _ALL else replace(first, folder=inside)
    if made != _ELSEWHERE:
        return real, replace(first, folder=made)
    return real, given_pictures("generated", "Generated", "It holds the generated pictures, in folders or not: all of them are taken.")


def _one_of(column, title: str, name: str, options: list[str], default: str, label) -> str:
    st.session_state[name] = url.choice(name, options, default)
    return column.selectbox(title, options, format_func=label, key=name)
