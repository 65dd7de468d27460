"""Is the GAN worth anything? A small classifier, retrained on portions of real and generated images, tested on real ones."""

import streamlit as st

from gandash import retraining
from gandash.datasets import DatasetUnavailable
from pages.components.explain import explain
from pages.components.further_analyses import further_analyses
from pages.components.long_work import watch
from pages.components.retraining_result import retraining_result
from pages.components.retraining_setup import chosen_experiment
from pages.components.view import empty
from pages.components.weights import with_weights

ICON = ":material/school:"

explain(
    "If generated images are any good, a classifier can learn from them. Here a small one is trained again and again on more or fewer real "
    "and generated images and tested on real ones that nobody trained on: what does a generated image add?",
    """
**What is done.** Each point is a small convolutional network, trained from nothing: on 10, 20, 50 and 100 % of the real images, of the
generated ones, and of both. A few real images per class are already enough for a high accuracy that is hard to improve, so the interesting
end is the left one: few real images, plenty of generated ones. All networks take the same number of steps, so that more images do not
also mean more training. Several seeds draw everything anew; bars are one standard deviation over them.

**Strategies.** *Mixed*: all together. *Pretrained*: first half of the steps on generated images, the second half on the real ones, at a
falling learning rate. *Confident ones only*: mixed, without the generated images whose label the embedded classifier doubts.
*Augmented*: no GAN at all, real images shifted and turned at random, and mirrored where a mirrored image is still one of its class (a
mirrored digit is not). Whoever wants to augment with a GAN has to beat that.

**The exchange rate.** The curve on real images alone says how many of them reach an accuracy. A classifier with n real images and m
generated ones reaches what n* real ones alone reach (interpolated in the logarithm of the count); so a thousand generated images are worth
1000 · (n* − n) / m real ones. It is negative where they do harm. So that it can be read at 100 % as well, that curve goes on beyond, by as
many real images as there are generated ones. The interval is 90 %, from a jackknife over the seeds; it knows nothing of
other trainings of the same GAN.

**What to keep in mind.** The generator has itself learned from real images, usually from many more than the classifier gets here: what it
is worth is what it passes on, not something out of nothing. And what takes no class has to be labelled by a classifier that has seen many
real images, too.
""",
)
run, snapshot = with_weights()
if reason := retraining.unsuited(run):
    empty("No experiment with this run", reason, icon="school")
    st.stop()
try:
    experiment = chosen_experiment(run, snapshot)
except DatasetUnavailable as error:
    st.error(str(error), icon=":material/image_not_supported:")
    st.stop()
if experiment is not None and (study := experiment.study()):
    retraining_result(study)
elif experiment is None or not watch(experiment.id):
    st.markdown("**Start** draws the images, trains one classifier after the other and tells what a thousand generated images are worth.")
further_analyses("classifier", run, snapshot, shown=("retraining",))
