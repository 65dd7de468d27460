"""The settings of the Embeddings page, decided before anything is computed."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from gandash import background
from gandash.embedding_maps import EmbeddingOptions
from gandash.features import resnet18
from pages.components import url
from pages.components.long_work import watch

_FIELDS = EmbeddingOptions.model_fields


def embedding_settings(two_runs: bool = False) -> tuple[EmbeddingOptions, bool]:
    """Draw the form; the options as they were when Compute was last pressed (or as the URL says), and whether it was pressed now.

    Of ``two_runs`` none is called real.
    """
    sources = resnet18.sources()
    _one_count()
    with st.form("embedding_settings", border=True):
        columns = st.columns([10, 10, 8, 10, 9, 9, 14, 10], gap="xsmall", vertical_alignment="bottom")
        real, generated, layout, perplexity, metric, seed, weights, button = columns
        titles = {name: source.title + ("" if source.available else ", not here yet") for name, source in sources.items()}
        help_ = "\n\n".join(f"**{source.title}**: {source.description}" for source in sources.values())
        chosen = {
            "real_count": int(_number(real, "real_count", 4, 5000, 100, "First run" if two_runs else "")),
            "generated_count": int(_number(generated, "generated_count", 4, 5000, 100, "Second run" if two_runs else "")),
            "layout": _one_of(layout, "layout", {"tsne": "t-SNE", "pca": "PCA"}),
            "perplexity": float(_number(perplexity, "perplexity", 2, 500, 5)),
            "metric": _one_of(metric, "metric", {"euclidean": "Euclidean", "cosine": "cosine"}),
            "seed": int(_number(seed, "seed", 0, 2**31 - 1, 1)),
            "weights": _one_of(weights, "weights", titles, help_),
        }
        pressed = button.form_submit_button("Compute", icon=":material/scatter_plot:", type="primary", width="stretch")
    _need(chosen["weights"])
    return EmbeddingOptions(**chosen), pressed


def _one_count() -> None:
    """A link from when there was one number for both kinds, ``?map_count=n``: it means n of each, as it did then."""
    asked = st.query_params.get("map_count")
    if asked != st.session_state.get("_map_count_read") and asked and asked.isdecimal() and 4 <= int(asked) <= 5000:
        for name in ("map_real_count", "map_generated_count"):
            st.session_state[name], st.query_params[name] = int(asked), asked  # the widget alone would not tell the address
    st.session_state["_map_count_read"] = asked  # the browser may say it once more before it hears that it is gone
    if asked is not None:
        del st.query_params["map_count"]


def _number(column, name: str, low: int, high: int, step: int, title: str = "") -> float:
    field = _FIELDS[name]
    value = int(field.default)
    return column.number_input(title or field.title, low, high, value, step, help=field.description, key=f"map_{name}", bind="query-params")


def _one_of(column, name: str, titles: Mapping[str, str], help_: str = "") -> str:
    st.session_state[name] = url.choice(name, list(titles), default=next(iter(titles)))
    field = _FIELDS[name]
    return column.selectbox(field.title, list(titles), format_func=titles.get, key=name, help=help_ or field.description)


def _need(name: str) -> None:
    """Where the weights are not here: how to get them, and the end of the page."""
    source = resnet18.sources()[name]
    if source.available or watch(f"download {name}"):
        return None if source.available else st.stop()
    st.info(f"**{source.title}** is not on this machine: {source.where}", icon=":material/download:")
    if source.where.startswith("download") and st.button("Download (45 MB)", icon=":material/download:"):
        background.start(f"download {name}", resnet18.download, (resnet18.WeightsUnavailable,))
        st.rerun()
    st.stop()
