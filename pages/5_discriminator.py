"""Where the discriminator looks: Grad-CAM and Grad-CAM++ at each of its convolutional layers."""

import streamlit as st

from pages.components.explain import explain
from pages.components.heatmap_grid import heatmap_grid
from pages.components.judged_images import judged_images
from pages.components.switch import switch
from pages.components.view import empty
from pages.components.weights import with_weights

ICON = ":material/frame_inspect:"
METHODS = {"grad_cam": "Grad-CAM", "grad_cam_plus_plus": "Grad-CAM++", "both": "Both"}

explain(
    "The discriminator gives each image one number, its logit: positive for real, negative for fake. A heatmap shows which places of the "
    "image that verdict comes from, layer by layer. Heat on the background may mean that it has learned a shortcut.",
    """
**How a map is made.** Grad-CAM takes a layer's channels, weighs each by how much the logit rises with it on average over the image, and
adds them up; what is left below zero is cut off. Grad-CAM++ weighs every place on its own, so that several small pieces of evidence count
as much as one large piece.

**Real or fake.** There is one logit, so evidence for *real* raises it and evidence for *fake* lowers it. Both can be in one image. A map
without any heat is an answer too: the layer found nothing for that verdict.

**D(x)** stands under each image: the logit as the run's objective reads it, such as a probability of real, where a logit of 0 is 0.5.
Compare it with the *Real* images here, not with the curves on the Train page. There D sees whole batches, real and generated ones apart,
and batch normalisation lets it tell the two kinds of batch from each other. Here each image is judged on its own, with the averages that
D keeps: then even real images may get less than 0.5, and a trick on the samples, such as an averaged generator, counts as well.

**One scale.** The maps of an image share one scale (Grad-CAM's is in units of the logit, Grad-CAM++'s is not). Stretching each map to its
own minimum and maximum, as is usual, makes weak evidence look as strong as strong evidence. The other scales are there for comparing
images at a layer, or for finding the place alone.

**Resolution.** A map is as coarse as its layer; the overlay is interpolated, the heatmap shows the layer's own cells. What looks like a
sharp contour in an overlay is not: count the cells.
""",
)
run, snapshot = with_weights()
if not run.judges(snapshot):
    empty(
        "No discriminator",
        f"{run.title} was imported without its discriminator, so there is nothing to look into. Import it again, with the "
        "discriminator's file beside the generator's.",
        icon="block",
    )
    st.stop()
if not run.networks(snapshot).discriminator.cam_layers:
    empty(
        "No layers to look into",
        f"The discriminator of {run.title} is fully connected: it has no convolutional layers, so its evidence has no place in the image. "
        "Choose a run with a convolutional architecture, such as DCGAN.",
        icon="grid_off",
    )
    st.stop()

with st.container(horizontal=True, vertical_alignment="bottom"):
    method = switch("method", METHODS, label="Method")
    target = switch("evidence", {"fake": "fake", "real": "real"}, label="Evidence for")
    view = switch("show", {"overlay": "Overlay", "heatmap": "Heatmap", "both": "Both"}, label="Show")
    scale = switch(
        "scale", {"row": "An image", "layer": "A layer", "own": "Each map"}, label="One scale for", help="Which maps share a scale."
    )
methods = [name for name in METHODS if name != "both"] if method == "both" else [method]
found = judged_images(run, snapshot, methods, target)
for note in {each.pictures.note for each in found} - {""}:
    st.caption(note)
heatmap_grid(found, view, scale, run.config.part("objective").score_title)
