"""The separability chart under the maps, with the words that the numbers need."""

from __future__ import annotations

import streamlit as st

from gandash.analyses._two_sample_test import FOLDS, PERMUTATIONS, REPEATS, reading
from gandash.analyses.separability import chart
from gandash.embedding_maps import EmbeddingMaps
from pages.components.figure import show_figure


def separability_curve(maps: EmbeddingMaps) -> None:
    """Draw the errors of all blocks, and read them out in a sentence."""
    errors, tests, (first, second) = maps.errors, maps.tests, maps.kinds
    some = next(iter(errors.values()))
    told = reading(tests, maps.kinds) if tests else f"Fewer than {FOLDS} pictures of a kind: too few to learn from some and ask of others."
    st.markdown(f"**How often a classifier takes one kind for the other.** {told}")
    show_figure(chart(errors, tests, maps.kinds, maps.colours[0]), "separability", key="separability")
    kept = " / ".join(f"{each.explained:.0%}" for each in errors.values())
    study = (
        f"**The study's measure**, dotted: {some.real} {first} and {some.generated} {second} points, each on two principal "
        f"components, which keep {kept} of the blocks' variance. SVM: RBF kernel, gamma = 1/2, C = 1, error on the points it was "
        "trained on. That error depends on the features' scale: on two identical clouds of 100 points it is 0.38, and 0.04 on the same "
        "clouds ten times as large, because the kernel then learns each point by heart. Compare it only between runs seen through the "
        "same weights; the cross-validated error and k-means do not have this weakness."
    )
    if some.real != some.generated:
        study += f" The study has equally many of both; here {first} and {second} weigh alike, so that guessing is 50 % all the same."
    st.caption(study if not tests else f"{_proper(maps)}\n\n{study}")


def _proper(maps: EmbeddingMaps) -> str:
    first, second = maps.kinds
    test = next(iter(maps.tests.values()))
    (real, generated), control = test.error.counts, test.control.counts
    against = f"one half of the {first} pictures against the other" if test.split else f"{first} against further {first} pictures"
    chances = " / ".join(f"{each.p_value:.2g}" for each in maps.tests.values())
    return (
        f"**Cross-validated**, squares: {real} {first} and {generated} {second} pictures, all features of a block brought to one "
        f"scale, RBF kernel with gamma = 1 / features, C = 1, {FOLDS} folds {REPEATS} times. Bars: 95 % intervals. Grey: where 95 % of "
        f"{PERMUTATIONS} shuffles of the labels lie; p = {chances}. Circles: {against} ({control[0]} and {control[1]}), what generated "
        "pictures that cannot be told would reach."
    )
