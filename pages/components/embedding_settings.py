"""The settings of the Embeddings page, decided before anything is computed."""

from __future__ import annotations

import streamlit as st

from gandash import background
from gandash.embedding_maps import EmbeddingOptions
from gandash.features import resnet18
from pages.components import url
from pages.components.long_work import watch

_FIELDS = EmbeddingOptions.model_fields


def embedding_settings() -> tuple[EmbeddingOptions, bool]:
    """Draw the form; the options as they were when Compute was last pressed (or as the URL says), and whether it was pressed now."""
    sources = resnet18.sources()
    st.session_state["weights"] = url.choice("weights", list(sources), default=next(iter(sources)))
    with st.form("embedding_settings", border=True):
        count, perplexity, seed, weights, button = st.columns([3, 3, 3, 5, 3], vertical_alignment="bottom")
        chosen = {
            "count": int(_number(count, "count", 4, 5000, 100)),
            "perplexity": float(_number(perplexity, "perplexity", 2, 500, 5)),
            "seed": int(_number(seed, "seed", 0, 2**31 - 1, 1)),
            "weights": weights.selectbox(
                _FIELDS["weights"].title,
                list(sources),
                format_func=lambda name: sources[name].title + ("" if sources[name].available else ", not here yet"),
                key="weights",
                help="\n\n".join(f"**{source.title}**: {source.description}" for source in sources.values()),
            ),
        }
        pressed = button.form_submit_button("Compute", icon=":material/scatter_plot:", type="primary", width="stretch")
    _need(chosen["weights"])
    return EmbeddingOptions(**chosen), pressed


def _number(column, name: str, low: int, high: int, step: int) -> float:
    field = _FIELDS[name]
    value = int(field.default)
    return column.number_input(field.title, low, high, value, step, help=field.description, key=f"map_{name}", bind="query-params")


def _need(name: str) -> None:
    """Where the weights are not here: how to get them, and the end of the page."""
    source = resnet18.sources()[name]
    if source.available or watch(f"download {name}"):
        return None if source.available else st.stop()
    st.info(f"**{source.title}** is not on this machine: {source.where}", icon=":material/download:")
    if source.where.startswith("download") and st.button("Download (45 MB)", icon=":material/download:"):
        background.forget(f"download {name}")
        background.start(f"download {name}", resnet18.download, (resnet18.WeightsUnavailable,))
        st.rerun()
    st.stop()
