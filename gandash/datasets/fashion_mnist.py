from __future__ import annotations

from gandash.datasets import image_options
from gandash.datasets._idx import TorchvisionIdx


class FashionMNIST(TorchvisionIdx):
    """Pieces of clothing, 28 by 28 and grey: 60,000 to train on, 10,000 held out.

    Xiao, Rasul, Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking machine learning algorithms", 2017.
    """

    title = "Fashion-MNIST"
    licence = "MIT"
    source = "https://github.com/zalandoresearch/fashion-mnist"
    folder = "FashionMNIST"
    where = "FashionMNIST/raw"
    all_classes = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")
    Options = image_options(all_classes)
