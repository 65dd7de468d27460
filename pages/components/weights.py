"""For pages that look into the networks: a run and a snapshot with weights, or why there are none."""

from __future__ import annotations

import streamlit as st

from gandash.runs import DamagedFile, Run, Snapshot
from pages.components.view import a_snapshot, empty


def with_weights() -> tuple[Run, Snapshot]:
    """The chosen run and snapshot, where weights are kept; else an empty state and the end of the page.

    Where the snapshot's own weights were thinned out, the nearest stand for them, and a sentence says so.
    """
    run, snapshot = a_snapshot()
    step = run.weights_step(snapshot.step)
    if step is None:
        empty(
            "No weights yet",
            "The run has drawn samples, but its first weights are not written yet. They come in a moment.",
            icon="hourglass_empty",
        )
        st.stop()
    if step != snapshot.step:
        kept = run.snapshot(step)
        name = kept.label if kept and kept.step == step else f"step {step}"
        st.caption(f":material/info: No weights are kept of {snapshot.label}; what follows looks at the nearest that are: **{name}**.")
    try:
        run.judges(snapshot)  # looks into the file, which may have been copied by half
    except DamagedFile as error:
        empty("Weights that cannot be read", f"{error} Choose another snapshot, or copy the run's folder again.", icon="broken_image")
        st.stop()
    return run, snapshot
