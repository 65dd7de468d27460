"""The Embeddings page through a run's training: the generated cloud moves through the maps of the real images with the epoch cursor."""

from __future__ import annotations

import streamlit as st

from gandash import background, embedding_evolution
from gandash.analyses._embeddings import EmbeddingOptions
from gandash.datasets import DatasetUnavailable
from gandash.embedding_evolution import EmbeddingEvolution
from gandash.embedding_frames import MOST
from gandash.embedding_sources import OfRun
from gandash.runs import Run, Snapshot
from pages.components.embedding_evolution import embedding_evolution as player
from pages.components.embedding_preview import preview
from pages.components.embedding_view import embedding_view, enlarge
from pages.components.long_work import watch


def embedding_training(run: Run, snapshot: Snapshot, options: EmbeddingOptions, pressed: bool) -> None:
    """Draw the player, or where nothing is computed yet, what it would show."""
    key = embedding_evolution.work_key(run, options)
    found = embedding_evolution.kept(run, options)
    more = len(embedding_evolution.missing(run, found)) if found else 0
    if pressed and (found is None or more):
        _compute(key, run, options)
    if found is None:
        if not watch(key):
            each = min(options.generated_count, MOST)
            st.markdown(
                f"**Compute** lays out {options.real_count} real images, and places {each} samples of each of the {len(run.snapshots)} "
                "snapshots among them."
            )
        if run.weights_step(snapshot.step) is not None:
            preview(OfRun(run, snapshot))
        return
    if more and not watch(key):
        _offer(key, run, options, more)
    view = embedding_view(found.blocks, ("real", "generated"), bool(found.class_names), found.score_title)
    shown = max((frame.step for frame in found.frames if frame.step <= snapshot.step), default=found.frames[0].step)
    player(found, shown, run.snapshots[-1].step, view.blocks, enlarge, view.colour_by, view.pictures)
    st.caption(_told(found))
    st.download_button("Coordinates (CSV)", found.csv, "embedding-evolution.csv", "text/csv", icon=":material/download:", on_click="ignore")


def _compute(key: str, run: Run, options: EmbeddingOptions) -> None:
    background.start(key, lambda progress: embedding_evolution.compute(run, options, progress), (DatasetUnavailable, ValueError))


def _offer(key: str, run: Run, options: EmbeddingOptions, more: int) -> None:
    """The run has grown: what is known stays on the page, and only the rest is computed."""
    label = f"Place {more} more snapshot{'s' if more > 1 else ''}"
    why = "They are not in these maps yet. The maps of the real images and all other snapshots stay as they are."
    if st.button(label, icon=":material/playlist_add:", key="place_more", help=why):
        _compute(key, run, options)
        st.rerun()


def _told(found: EmbeddingEvolution) -> str:
    how = (
        f"t-SNE of the {found.real} real images alone (perplexity {found.perplexity:.3g}); each sample is placed beside the real images "
        "that it is nearest to, however far it is from them. PCA, as the layout, also shows how far."
        if found.layout == "tsne"
        else f"The first two principal components of the {found.real} real images; samples far from all real images lie far out."
    )
    sheets = [frame for frame in found.frames if frame.from_sheet]
    kept = (
        f" Of {len(sheets)} of the {len(found.frames)} snapshots no weights are kept: they show the samples of their sheets, without D(x)."
    )
    fixed = " The same latents in every snapshot, so that each point is one sample on its way."
    return " ".join([how + (kept if sheets else "") + fixed, *found.notes])
