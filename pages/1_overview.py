"""The runs there are; for the chosen one, real beside generated images and what its networks are built of."""

import streamlit as st

from gandash.datasets import DatasetUnavailable
from pages.components import loaders
from pages.components.cards import cards, made_of
from pages.components.explain import explain
from pages.components.network_tables import network_tables
from pages.components.picture import picture
from pages.components.view import a_run, failed, view

ICON = ":material/grid_view:"

explain(
    "Every run that can be explored, recorded or fresh. Choose one, and all pages show it.",
    """
A **run** is everything that one training left behind: its settings, its curves, the samples of the same noise at every snapshot, and the
networks themselves. Runs marked *shipped* come with GANdash and were trained on the full data sets; the others were trained here.

**Real beside generated.** Look for what the generator cannot do: small details, rare forms, straight edges. Then look for what it does too
often: the same picture twice means that it has lost variety. One sheet of 64 proves neither quality nor variety; it shows where to look.

**The networks.** Each row is a layer with weights and what follows it. The generator turns a few numbers into an image by doubling a small
feature map; the discriminator goes the other way and ends in one number, its logit: positive means *real*.
""",
)
run = a_run()
snapshot = view().snapshot
cards(run)

st.subheader(run.title, anchor=False)
st.caption(made_of(run))
failed(run)
if run.status.note:
    st.caption(f":material/info: {run.status.note}")
if run.config.story.look_for:
    st.markdown(run.config.story.look_for)

real, generated = st.columns(2, gap="medium")
with real:
    st.markdown(":blue[●] **Real**")
    try:
        sheet, note = loaders.real_picture(run.config.model_dump_json())
        picture(sheet, "real", "64 real images", caption=note)
    except DatasetUnavailable as error:
        st.info(str(error), icon=":material/image_not_supported:")
with generated:
    st.markdown(":orange[◆] **Generated**")
    if snapshot:
        picture(snapshot.sheet, "generated", f"64 samples of {run.title}", caption=f"The run's fixed noise at {snapshot.label}")
    else:
        st.info("No samples yet: the first come in a few seconds of training.", icon=":material/hourglass_empty:")

st.subheader("The two networks", anchor=False)
network_tables(run)
