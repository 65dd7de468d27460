from __future__ import annotations

import math

from gandash.importers import Importer, Recognised, Weights
from gandash.importers._pytorch_gan import SOURCE

PLACES = ("conv_model.", "conv_blocks.")  # what the generator's convolutions were called first, and later


class PyTorchGANDCGAN(Importer):
    """The convolutional networks of PyTorch-GAN's ``dcgan``, of any size and channels, in both versions that were published."""

    title = "DCGAN of PyTorch-GAN"
    source = SOURCE

    def recognise(self, weights: Weights) -> Recognised | None:
        if {"adv_layer.0.weight", "model.0.weight"} <= weights.keys() and weights["model.0.weight"].ndim == 4:
            options = {"width_d": weights["model.0.weight"].shape[0], "last_normalised": "model.14.weight" in weights}
            return Recognised("discriminator", "pytorch_gan_dcgan", options=options)
        before = next((name for name in PLACES if f"{name}2.weight" in weights), None)
        if before is None or not {"l1.0.weight", f"{before}9.weight"} <= weights.keys() or weights["l1.0.weight"].ndim != 2:
            return None
        numbers, latent_dim = weights["l1.0.weight"].shape
        width, side = weights[f"{before}2.weight"].shape[0], 4 * math.isqrt(numbers // weights[f"{before}2.weight"].shape[0])
        return Recognised(
            "generator",
            "pytorch_gan_dcgan",
            lambda name: name.replace("conv_blocks.", before),
            {"width": width},
            shape=(weights[f"{before}9.weight"].shape[0], side, side),
            latent_dim=latent_dim,
        )
