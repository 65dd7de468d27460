from __future__ import annotations

from gandash.datasets import image_options
from gandash.datasets._idx import TorchvisionIdx


class MNIST(TorchvisionIdx):
    """Handwritten digits, 28 by 28 and grey: 60,000 to train on, 10,000 held out.

    LeCun, Bottou, Bengio, Haffner, "Gradient-based learning applied to document recognition", 1998.
    """

    title = "MNIST"
    licence = "CC BY-SA 3.0"
    source = "http://yann.lecun.com/exdb/mnist/"
    folder = "MNIST"
    where = "MNIST/raw"
    all_classes = tuple("0123456789")
    Options = image_options(all_classes)
