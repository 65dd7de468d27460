"""Which images the Discriminator page looks at: the fixed noise's, others by seed, real ones, or the visitor's own."""

from __future__ import annotations

import streamlit as st

from gandash.datasets import DatasetUnavailable
from gandash.runs import Run, Snapshot
from pages.components import explained
from pages.components.switch import switch

_SOURCES = {"fixed": "Fixed noise", "seed": "By seed", "real": "Real", "own": "Your own"}
_MEGABYTES = 10
_MOST = 24


def judged_images(run: Run, snapshot: Snapshot, methods: list[str], target: str) -> list:
    """Draw the choice; what each method found in the chosen images. Ends the page where there are none."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        source = switch("images", _SOURCES, label="Images")
        if source == "own":
            return _own(run, snapshot, methods, target)
        count = st.number_input("How many", 1, _MOST, 6, key="how_many", bind="query-params", width=140)
        seed = None
        if source != "fixed":
            seed = st.number_input("Seed", 0, 2**31 - 1, 0, key="image_seed", bind="query-params", width=140, help="Draws other images.")
    options = {"target": target, "images": "real" if source == "real" else "generated", "count": count, "seed": seed}
    try:
        return [explained.of_run(run, snapshot, method, options) for method in methods]
    except DatasetUnavailable as error:
        st.error(str(error), icon=":material/image_not_supported:")
        st.stop()


def _own(run: Run, snapshot: Snapshot, methods: list[str], target: str) -> list:
    files = st.file_uploader(
        "PNG or JPEG; the middle is cropped and brought to the run's size",
        type=["png", "jpg", "jpeg", "webp"],
        accept_multiple_files=True,
        key="own_images",
        max_upload_size=_MEGABYTES,
    )
    label = None
    if run.config.part("architecture").conditional:
        names = run.config.part("dataset").class_names
        label = st.selectbox("Class that D is told", range(len(names)), format_func=names.__getitem__, key="own_label")
    contents = [(file.name, file.getvalue()) for file in files[:_MOST]]
    found = [explained.of_files(run, snapshot, method, target, contents, label) for method in methods] if files else []
    for problem in found[0][1] if found else []:
        st.error(problem, icon=":material/broken_image:")
    if not found or found[0][0] is None:
        st.caption(
            "Drop pictures to see what the discriminator says of them. It has only ever seen its data set: anything else may surprise it."
        )
        st.stop()
    return [each for each, _ in found]
