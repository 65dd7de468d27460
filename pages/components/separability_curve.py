"""The separability curve under the maps, with the words that the numbers need."""

from __future__ import annotations

import streamlit as st

from gandash.embedding_maps import EmbeddingMaps
from gandash.plots.separability import separability_figure

_EASY = 0.1  # errors below it: told apart


def separability_curve(maps: EmbeddingMaps) -> None:
    """Draw the errors of all blocks, and read them out in a sentence."""
    errors = maps.errors
    real, generated = next(iter(errors.values())).real, next(iter(errors.values())).generated
    st.markdown(f"**How often a classifier takes one kind for the other.** {reading(maps)}")
    chance = min(real, generated) / (real + generated)
    figure = separability_figure(
        list(errors), [each.svm_error for each in errors.values()], [each.kmeans_error for each in errors.values()], chance
    )
    st.plotly_chart(figure, config={"displayModeBar": False}, key="separability")
    st.caption(
        f"{real} {maps.kinds[0]} and {generated} {maps.kinds[1]} points, each on two principal components, which keep "
        f"{' / '.join(f'{each.explained:.0%}' for each in errors.values())} of the blocks' variance. SVM: RBF kernel, gamma = 1/2, C = 1, "
        "error on the points it was trained on. That error depends on the features' scale: two identical clouds gave 0.38 at one scale and "
        "0.04 at ten times it, because the kernel then learns each point by heart. Compare the SVM only between runs seen through the same "
        "weights; k-means does not have this weakness."
    )


def reading(maps: EmbeddingMaps) -> str:
    """The curve in one sentence."""
    svm = {block: error.svm_error for block, error in maps.errors.items()}
    low = [block for block, error in svm.items() if error < _EASY]
    real, generated = maps.kinds
    if not low:
        best = min(svm, key=svm.get)
        return (
            f"Nowhere below {_EASY:.0%}: the {generated} pictures are told best after {best}, where the SVM still errs on {svm[best]:.0%}."
        )
    where = f"From {low[0]} on" if low == list(svm)[-len(low) :] else f"After {' and '.join(low)}"
    return f"{where} the SVM errs on less than {_EASY:.0%}: there the {generated} pictures stop passing for {real} ones."
