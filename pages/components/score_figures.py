"""What lies behind each score: the figure that its analysis draws, and a sentence that reads it."""

from __future__ import annotations

import streamlit as st

from gandash import analyses, scores
from pages.components.figure import show_figure


def score_figures(sheet: scores.Sheet) -> None:
    """A cell a score."""
    st.subheader("Behind the numbers", anchor=False)
    with st.grid(min_column_width=380, gap="small", border=True) as grid:
        for name, told in sheet["analyses"].items():
            analysis = analyses.parts[name]
            with grid.cell():
                st.markdown(f"**{analysis.title}**  \n:gray[{analysis.summary()}]")
                show_figure(scores.figure(name, sheet), name, key=f"score_figure_{name}")
                if told["result"]["reading"]:
                    st.markdown(told["result"]["reading"])


def shown_figures() -> list[str]:
    """The analyses that are drawn here, so that nobody draws them again."""
    return scores.names()
