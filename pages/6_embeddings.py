"""Real and generated images as a ResNet-18 sees them: at which block do the generated ones stop passing for real?"""

import streamlit as st

from gandash import background, embedding_maps
from gandash.datasets import DatasetUnavailable
from gandash.embedding_sources import OfRuns
from gandash.features import resnet18
from pages.components.embedding_draft import embedding_draft
from pages.components.embedding_preview import preview
from pages.components.embedding_settings import embedding_settings
from pages.components.embedding_training import embedding_training
from pages.components.embedding_view import embedding_view, enlarge
from pages.components.explain import explain
from pages.components.image_scatter import image_scatter
from pages.components.long_work import watch
from pages.components.picture_source import Training, picture_source
from pages.components.separability_curve import separability_curve

ICON = ":material/scatter_plot:"

explain(
    "Each point is a picture; pictures that a ResNet-18 finds alike lie together. The four maps follow them through the network's blocks: "
    "where the two colours part, generated pictures can be told from real ones.",
    """
**What is drawn.** Every picture goes once through a ResNet-18. After each of its four blocks the activations are averaged over the image,
which leaves 64, 128, 256 and 512 numbers. t-SNE lays these out in a plane so that neighbours stay neighbours. The first block sees edges
and textures, the last one sees things.

**How to read it.** Mixed colours: at this level of abstraction the network finds nothing that only generated pictures have. Separate
islands: it does. A diamond deep among circles is a sample that passes. An island of diamonds on its own is a habit of the generator, and a
region of circles without diamonds is something it never draws (mode collapse).

**What not to read.** Distances between islands, their sizes and their densities mean little in t-SNE, and another perplexity gives another
picture. The chart below the maps measures the separation itself, on all features and on pictures that were not learned from.

**Through training.** The maps are laid out for real images alone, and the samples of every snapshot are placed among them: play, or move
the epoch cursor, and see the generated cloud move towards the real one.

**Using it.** Hover over a point: the same picture is marked in all four maps. Draw a lasso (or Shift and drag) to see what lies there as a
contact sheet. Click on a map's title to enlarge it, on the legend to hide a kind.
""",
)
source = picture_source()
options, pressed = embedding_settings(two_runs=isinstance(source, OfRuns))
if isinstance(source, Training):
    embedding_training(*source, options, pressed)
    st.stop()
key = embedding_maps.work_key(source, options)
maps = embedding_maps.kept(source, options)
if pressed and maps is None:
    background.start(key, lambda progress: embedding_maps.compute(source, options, progress), (DatasetUnavailable, ValueError))
if maps is None:
    if watch(key):
        embedding_draft(key)
    else:
        counts = options.real_count, options.generated_count
        many = f"{counts[0]} of each kind" if counts[0] == counts[1] else " and ".join(map("{} {}".format, counts, source.kinds))
        st.markdown(f"These are to be compared. **Compute** draws {many} and lays them out after each block.")
    preview(source)
    st.stop()

view = embedding_view(tuple(maps.coordinates), maps.kinds, bool(maps.class_names), maps.score_title)
picked = image_scatter(maps, view.blocks, enlarge, view.colour_by, view.pictures)
separability_curve(maps)
looking = resnet18.sources()[maps.weights]
layout = f"t-SNE, perplexity {maps.perplexity:.3g}" if maps.layout == "tsne" else "Principal components"
st.caption(
    " ".join([f"Looking through: **{looking.title}**. {looking.description} {layout}, {maps.metric}, seed {options.seed}.", *maps.notes])
)
st.download_button(
    "Coordinates (CSV)", lambda: maps.csv(picked), "embedding-maps.csv", "text/csv", icon=":material/download:", on_click="ignore"
)
