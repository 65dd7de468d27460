"""Real and generated images as a ResNet-18 sees them: at which block do the generated ones stop passing for real?"""

import streamlit as st

from gandash import background, embedding_maps
from gandash.datasets import DatasetUnavailable
from gandash.features import resnet18
from pages.components import url
from pages.components.embedding_preview import preview
from pages.components.embedding_settings import embedding_settings
from pages.components.explain import explain
from pages.components.image_scatter import image_scatter
from pages.components.long_work import watch
from pages.components.picture_source import picture_source
from pages.components.separability_curve import separability_curve
from pages.components.switch import switch

ICON = ":material/scatter_plot:"
ALL = "all"

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

**Using it.** Hover over a point: the same picture is marked in all four maps. Draw a lasso (or Shift and drag) to see what lies there as a
contact sheet. Click on a map's title to enlarge it, on the legend to hide a kind.
""",
)
source = picture_source()
options, pressed = embedding_settings()
key = embedding_maps.work_key(source, options)
maps = embedding_maps.kept(source, options)
if pressed and maps is None:
    background.forget(key)
    background.start(key, lambda progress: embedding_maps.compute(source, options, progress), (DatasetUnavailable, ValueError))
if maps is None:
    if not watch(key):
        st.markdown(f"These are to be compared. **Compute** draws {options.count} of each kind and lays them out after each block.")
    preview(source)
    st.stop()


def enlarge(block: str) -> None:
    """A map's title was clicked."""
    url.choose("block", block or ALL)


with st.container(horizontal=True, vertical_alignment="bottom"):
    block = switch("block", {ALL: "All four", **{name: name for name in maps.coordinates}}, label="Block")
    names = {"kind": " or ".join(maps.kinds), **({"class": "class"} if maps.class_names else {})}
    colour_by = switch("colour_by", names, label="Colour by")
    pictures = st.toggle(
        "Thumbnails", key="thumbnails", bind="query-params", help="Draw the pictures in place of points, where there is room."
    )
shown = list(maps.coordinates) if block == ALL else [block]
picked = image_scatter(maps, shown, enlarge, colour_by, pictures)
separability_curve(maps)
looking = resnet18.sources()[maps.weights]
st.caption(
    " ".join(
        [f"Looking through: **{looking.title}**. {looking.description} Perplexity {maps.perplexity:.3g}, seed {options.seed}.", *maps.notes]
    )
)
st.download_button(
    "Coordinates (CSV)", lambda: maps.csv(picked), "embedding-maps.csv", "text/csv", icon=":material/download:", on_click="ignore"
)
