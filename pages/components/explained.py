"""Images explained by Grad-CAM and its like, once for all visitors."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import streamlit as st

from gandash import analyses

if TYPE_CHECKING:
    from gandash.analyses._class_activation import Explained
    from gandash.runs import Run, Snapshot

_ENTRIES = 64  # of a few hundred kilobytes


def of_run(run: Run, snapshot: Snapshot, method: str, options: dict) -> Explained:
    """A run's own images: generated ones, or those of its data set."""
    return _of_run(run, snapshot, run.id, run.weights_step(snapshot.step), method, options)


def of_files(
    run: Run, snapshot: Snapshot, method: str, target: str, files: list[tuple[str, bytes]], label: int | None
) -> tuple[Explained | None, list[str]]:
    """Uploaded pictures: what was found (None where none could be read), and a sentence for each that could not."""
    digests = [(name, hashlib.sha256(content).hexdigest()) for name, content in files]
    return _of_files(run, snapshot, files, run.id, run.weights_step(snapshot.step), method, target, digests, label)


@st.cache_resource(max_entries=_ENTRIES, show_spinner="Looking into the discriminator")
def _of_run(_run: Run, _snapshot: Snapshot, run_id: str, step: int, method: str, options: dict) -> Explained:
    return analyses.parts[method](options).run(_run, _snapshot)


@st.cache_resource(max_entries=_ENTRIES, show_spinner="Looking into the discriminator")
def _of_files(
    _run: Run,
    _snapshot: Snapshot,
    _files,
    run_id: str,
    step: int,
    method: str,
    target: str,
    digests: list[tuple[str, str]],
    label: int | None,
):
    return analyses.parts[method]({"target": target}).run_on_files(_run, _snapshot, _files, label)
