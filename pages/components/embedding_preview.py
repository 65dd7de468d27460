"""What is about to be compared: some real and some generated pictures side by side, while no map has been computed yet."""

from __future__ import annotations

import streamlit as st

from gandash.datasets import DatasetUnavailable
from gandash.embedding_maps import EmbeddingOptions
from gandash.embedding_sources import Source
from gandash.plots.colours import GENERATED, REAL
from gandash.plots.sheet import sheet
from pages.components.picture import picture

_EACH = 32
_COLUMNS = 8


def preview(source: Source) -> None:
    """Draw two sheets; where there is nothing to compare, say why and end the page."""
    try:
        subjects = source.subjects(EmbeddingOptions(count=_EACH))
    except (DatasetUnavailable, ValueError) as error:
        st.error(str(error), icon=":material/image_not_supported:")
        st.stop()
    real = subjects.images[~subjects.is_generated]
    coloured = ("blue", "orange") if subjects.colours == (REAL, GENERATED) else ("gray", "gray")
    kinds = zip(st.columns(2), subjects.kinds, (real, subjects.images[subjects.is_generated]), coloured, strict=True)
    for column, kind, images, colour in kinds:
        with column:
            st.markdown(f":{colour}[**{kind}**]")
            picture(sheet(images, _COLUMNS), key=f"preview_{kind}", alt=f"{len(images)} {kind} pictures")
    for note in subjects.notes:
        st.caption(note)
