"""Walks through latent space: from picture to picture, between four corners, along the directions that matter."""

from pages.components.explain import explain
from pages.components.further_analyses import further_analyses
from pages.components.latent_explorer import latent_explorer
from pages.components.view import a_snapshot

ICON = ":material/explore:"

explain(
    "Between two latents lie pictures that nobody trained on. Smooth ways are a sign that the generator did not learn by heart.",
    """
**A to B.** Every point of latent space is a picture to the generator. If the pictures between A and B change gradually and stay plausible,
it has learned how things vary. Jumps, ghosts of both ends laid over each other, or a grey middle show where it has not.

**slerp or lerp.** A latent of a hundred normal numbers has a length near ten, nearly always: the latents that the generator has seen lie on
a sphere. *lerp* goes straight and passes through the inside, where it has seen nothing; *slerp* goes along the sphere. Compare the middle
of both ways. With a uniform prior the straight way is the natural one.

**D's score** stands under each picture and as a curve. Along *lerp* the discriminator may distrust the middle, which is unlike what it was
trained on; along *slerp* every point is as likely as the ends. Read how it changes on the way rather than whether it is above the dashed
line: each picture is judged on its own, without the batch that D had in training, and even real images may get a low score then.

**Four corners** spans a surface between four latents. **Directions** starts at one latent and steps along those directions in which the
picture changes most, on average over many latents; the percentage says how much of all change lies along each. They are found by
arithmetic, not by meaning, so one slider may mix several things. Other latents move along, or the same one in every class, to show whether
a direction means the same everywhere.
""",
)
run, snapshot = a_snapshot()
latent_explorer(run, snapshot)
further_analyses("latent", run, snapshot, shown=["interpolation"])
