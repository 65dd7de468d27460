"""Analyses that have no view of their own: options, a button, and the figure that the analysis draws of its result."""

from __future__ import annotations

from collections.abc import Container

import streamlit as st

from gandash.registry import parts
from gandash.runs import Run, Snapshot
from pages.components.options_form import options_form


def further_analyses(family: str, run: Run, snapshot: Snapshot, shown: Container[str] = ()) -> None:
    """Draw every analysis of ``family`` but those named in ``shown``: a file that is dropped into the folder appears without more."""
    analyses = parts("analyses")
    for name in analyses:
        # what does not name the family is not imported: some analyses bring half a dozen heavy libraries
        if name in shown or f'family = "{family}"' not in (analyses.folder / f"{name}.py").read_text(encoding="utf-8"):
            continue
        analysis = analyses[name]
        with st.expander(analysis.title, key=f"analysis_{name}"):
            st.markdown(analysis.summary())
            _one(name, analysis, run, snapshot)


def _one(name: str, analysis, run: Run, snapshot: Snapshot) -> None:
    options = options_form(analysis.Options, key=f"analysis_{name}_options", value={})
    kept = f"_analysis_{name}"
    asked = (run.id, snapshot.step, options)
    if st.button("Compute", key=f"analysis_{name}_compute", icon=":material/play_arrow:"):
        made = analysis(options)
        with st.spinner(f"{analysis.title}…"):
            st.session_state[kept] = (asked, made.figure(made.run(run, snapshot)))
    if kept in st.session_state:
        for_what, figure = st.session_state[kept]
        if for_what != asked:
            st.caption(":material/info: Computed with other settings than those that stand here now.")
        st.plotly_chart(figure, key=f"analysis_{name}_figure")
