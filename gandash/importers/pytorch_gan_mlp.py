from __future__ import annotations

import re

from gandash.importers import Importer, Recognised, Weights
from gandash.importers._pytorch_gan import SOURCE, image_shape, linear_layers

CLIPPED = 0.01  # share of weights at the very bound from which on they were clipped


class PyTorchGANMLP(Importer):
    """The fully connected networks of PyTorch-GAN's ``gan`` and ``wgan``, which differ in their training only, whatever their widths.

    A critic gives itself away: many of its weights are as large as clipping allows. The names and shapes do not tell the epsilon of the
    batch normalisation, which is 0.8 there, except in old versions of ``wgan``, where it was 0.00001: an option of the architecture.
    """

    title = "GAN and WGAN of PyTorch-GAN"
    source = SOURCE

    def recognise(self, weights: Weights) -> Recognised | None:
        layers = linear_layers(weights)
        if not layers or not all(re.fullmatch(r"model\.\d+\.\w+", name) for name in weights):
            return None
        widths = [layer.shape[0] for layer in layers[:-1]]
        if layers[-1].shape[0] == 1:
            objective = "wasserstein" if _clipped(weights) else None
            return Recognised("discriminator", "pytorch_gan_mlp", options={"widths_d": widths}, objective=objective)
        return Recognised(
            "generator",
            "pytorch_gan_mlp",
            options={"widths_g": widths},
            shape=image_shape(layers[-1].shape[0]),
            latent_dim=layers[0].shape[1],
        )


def _clipped(weights: Weights) -> bool:
    """Whether more than a stray few weights lie at one and the same bound, as only clipping leaves them."""
    sizes = [tensor.detach().abs().flatten().float() for tensor in weights.values()]
    bound = max(float(size.max()) for size in sizes)
    at_bound = sum(int((size >= bound * (1 - 1e-6)).sum()) for size in sizes)
    return at_bound > max(CLIPPED * sum(map(len, sizes)), 1)
