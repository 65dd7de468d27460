"""What to do where a data set's images are not here."""

from __future__ import annotations

import streamlit as st

from gandash.config import Choice
from gandash.datasets import DatasetUnavailable
from gandash.registry import parts


def data_download(choice: Choice) -> bool:
    """Whether the images are here; where not, offer the download with its progress."""
    dataset = parts("datasets")[choice.name](choice.options)
    if dataset.available():
        return True
    with st.container(border=True):
        st.markdown(f"**The images of {dataset.title} are not on this machine.** Source: {dataset.source}. Licence: {dataset.licence}.")
        if st.button("Download", icon=":material/download:", key="download_dataset"):
            bar = st.progress(0.0, "Asking the server")
            try:
                dataset.download(lambda share, doing: bar.progress(min(max(share, 0.0), 1.0), doing))
            except DatasetUnavailable as error:
                bar.empty()
                st.error(str(error), icon=":material/error:")
            else:
                st.rerun()
    return False
