from __future__ import annotations

from gandash.datasets import image_options
from gandash.datasets._idx import EmbeddedIdx


class FashionMNISTSubset(EmbeddedIdx):
    """A subset of Fashion-MNIST that ships with GANdash: 10,000 pieces of clothing to train on, 2,000 held out, each class alike.

    The first 1,000 of each class of the original's training images, and the first 200 of each class of its test images.
    Xiao, Rasul, Vollgraf, 2017.
    """

    title = "Fashion-MNIST, subset"
    licence = "MIT"
    source = "https://github.com/zalandoresearch/fashion-mnist"
    subset_of = "fashion_mnist"
    all_classes = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")
    Options = image_options(all_classes)
