"""The same noise at every snapshot: how the generator learned, picture by picture."""

import streamlit as st

from gandash.plots.animation import gif, mp4
from pages.components.epoch_player import epoch_player
from pages.components.explain import explain
from pages.components.view import a_snapshot

ICON = ":material/movie:"

explain(
    "Sixty-four latents were drawn once, and every snapshot paints them again: what changes here is the generator alone.",
    """
Press play, drag the bar under the pictures, or drag across the curves; a click on a picture follows that sample.

**What to look for.** First come blobs of about the right brightness, then strokes and outlines, then details. A sample often changes
*what* it is long after it has become sharp: the generator still moves its classes about in latent space, because nothing ties a latent to
a class.

**When something goes wrong.** If all pictures become alike, the generator has collapsed on what fools the discriminator now. If the sheet
jumps between a few kinds, the two players chase each other round in circles. If nothing changes any more, look whether the
discriminator's loss is near zero: then it rejects everything with certainty, and the generator learns little from it.

**The curves.** Each loss is measured against an opponent that learns too. A loss that falls is no proof of better pictures, and one that
rises no proof of worse ones. The pictures decide; the curves say when to look.
""",
)
run, snapshot = a_snapshot()
shared = "snapshot" in st.query_params or run.status.alive
epoch_player(run, snapshot, autoplay=not shared)


def film(make):
    """The whole evolution, read from the run's sheets when the button is pressed."""
    snapshots = run.snapshots
    return make([each.sheet for each in snapshots], captions=[f"{run.title} · {each.label}" for each in snapshots])


with st.container(horizontal=True):
    keep = {"on_click": "ignore", "help": "All snapshots, each with its epoch"}  # made after the click; the page stays as it is
    st.download_button("GIF", lambda: film(gif), f"{run.id}.gif", "image/gif", icon=":material/gif_box:", **keep)
    st.download_button("MP4", lambda: film(mp4), f"{run.id}.mp4", "video/mp4", icon=":material/movie:", **keep)
