"""Set up a run, start it, and watch the two players while it trains."""

import streamlit as st

from gandash import warm_up
from pages.components.controls import controls
from pages.components.explain import explain
from pages.components.live_chart import live_chart
from pages.components.new_run import new_run
from pages.components.view import a_run

ICON = ":material/model_training:"

explain(
    "Two networks play against each other: the generator makes images, the discriminator tells them from real ones. "
    "Neither curve says how good the images are: look at the samples.",
    """
**What runs.** *Start* makes a run: a folder with its settings, curves, samples and weights, written by a process of its own.
Closing this page, or the server, changes nothing for it. One run trains at a time; others wait in the queue.

**What to look at.** *D(x)* is what the discriminator says of real images, *D(G(z))* of generated ones, before and after its own
step. Where both meet on the dashed line it cannot tell them apart: an equilibrium, or a discriminator too weak to teach.
Where they part completely, the generator may get little to learn from; its gradient norm tells whether it does.

**The samples** come from the same 64 latents in every snapshot, so that one place can be followed from noise to image.
Their first snapshots come at steps 1, 2, 4, 8, ... and then once an epoch.

**Charts.** Drag to zoom, double click to see the whole run; a click on a name hides its curve. Smoothing is an exponential average;
the pale line behind it is what was measured.
""",
)

if st.session_state.pop("_watch", False):
    st.session_state["show"] = "Watch"
watch, new = st.tabs(["Watch", "Set up a run"], key="show", bind="query-params")
if watch.open:
    with watch:
        run = a_run()
        controls(run)
        with st.skeleton(height=560):
            warm_up.need("gandash.assembly")
            objective = run.config.part("objective")
        live_chart(run, objective)
        means, means_not = st.columns(2, gap="large")
        means.markdown(f"**What the losses mean.** {objective.means}")
        means_not.markdown(f"**What they cannot mean.** {objective.means_not}")
if new.open:
    with new:
        new_run()
