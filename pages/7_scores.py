"""How good are the samples? Scores that a paper could quote, each beside what real images get."""

from gandash.scores import OfRun
from pages.components.explain import explain
from pages.components.further_analyses import further_analyses
from pages.components.score_curves import score_curves, scores_download
from pages.components.score_figures import score_figures, shown_figures
from pages.components.score_sheet import score_sheet
from pages.components.score_source import score_source
from pages.components.score_table import score_table

ICON = ":material/leaderboard:"

explain(
    "Losses do not say whether a GAN is good. These numbers compare thousands of samples with real images that the run has never seen, and "
    "each stands beside what real images get against other real images: no generator needs to do better than that.",
    """
**What is compared.** Fresh samples and real test images go through a network that was trained to name things. Its last features, 512
numbers an image, say what an image shows rather than what its pixels are. *Real* is what training images get in the place of the samples.

**Which score for what.** *Inception score*: clear images of all classes, but it knows nothing of variety within a class. *FID* and *KID*:
one number for everything; what is wrong it does not tell. *Precision* and *density*: do the samples look real? *Recall* and *coverage*: is
the variety of real images there? *Classes covered*: has a class been lost?

**What not to read.** A score holds for one network, one reference and one number of samples. Numbers from papers come from Inception-v3
and 50,000 samples: nothing here compares with them unless you look through Inception-v3 too. The spread says how much a score would move
with other samples of the same generator, not with another training. A generator that copies its training images scores as well as real
ones do.

**Two folders.** Any generated pictures can be held against any real ones, whatever made them. Each is cropped to a square, and all
the real ones are compared with. *Real* is one half of them against the other: half as many, so a FID or a coverage there is a little worse
than equal numbers would make it.

**Sizes.** Digits and clothes of 28 pixels are given the black border that makes 32 of them, as their data sets do, so runs of both sizes
are held against the same real images.
""",
)
source = score_source()
options, sheet = score_sheet(source)
if sheet:
    score_table(sheet)
if isinstance(source, OfRun):
    score_curves(source.run, source.snapshot, options)
elif sheet:
    scores_download([sheet], "scores.csv")
if sheet:
    score_figures(sheet)
if isinstance(source, OfRun):
    further_analyses("scores", source.run, source.snapshot, shown=shown_figures())
