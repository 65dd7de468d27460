"""What came of a retraining experiment: the sentence, the curves, the grid of portions, the exchange rates, the table."""

from __future__ import annotations

import streamlit as st

from gandash import retraining
from gandash.plots.retraining import grid_figure, strategies_figure
from gandash.retraining import Study
from pages.components.figure import show_figure
from pages.components.switch import switch


def retraining_result(study: Study) -> None:
    """Draw all of it."""
    st.markdown(f"**{retraining.reading(study)}**")
    tested_on = switch("tested_on", {"real": "Real images", "generated": "Generated images"}, label="Tested on")
    curves = retraining.curves(study, tested_on)
    show_figure(strategies_figure(**curves), "retraining-curves", key="retraining_curves")
    if "arrow" in curves:
        st.caption(
            "The arrow is the exchange: from the few real images, at the accuracy that they reach with generated ones, to as many real "
            "ones alone as reach the same. An arrow to the left means that the generated images do harm."
        )
    else:
        st.caption(
            "High here and low on real images means that the classifier has learned the generator's habits. Where a classifier labelled "
            "these images, its errors count as well."
        )
    st.markdown("**Portions.** Along a row generated images are added, down a column real ones.")
    show_figure(grid_figure(retraining.grid(study, tested_on), tested_on), "retraining-grid", key="retraining_grid")
    st.markdown("**What a thousand generated images are worth**, in real ones, by how many real ones there are already:")
    st.dataframe(retraining.rates_table(study), hide_index=True, key="retraining_rates")
    with st.expander("Every strategy and count", icon=":material/table_rows:"):
        percent = st.column_config.NumberColumn(format="%.1f %%")
        columns = dict.fromkeys(("on real", "± real", "on generated", "± generated"), percent)
        st.dataframe(retraining.summary(study), hide_index=True, column_config=columns, key="retraining_table")
    st.caption(" ".join(study.notes))
    st.download_button(
        "Classifiers (CSV)",
        lambda: retraining.table(study),
        "retraining.csv",
        "text/csv",
        icon=":material/download:",
        on_click="ignore",
        help="A line a trained classifier.",
    )
