from __future__ import annotations

import re

from gandash.importers import Importer, Recognised, Weights

_LAYER = re.compile(r"blocks\.(\d+)\.(\d)\.(.+)")


class PyTorchExamplesDCGAN(Importer):
    """The DCGAN of PyTorch's examples and tutorial, whatever its width, latent size and channels: our DCGAN with other names.

    Files ``netG_epoch_*.pth`` and ``netD_epoch_*.pth``: one ``nn.Sequential`` named ``main``, of convolutions without bias.
    """

    title = "DCGAN of the PyTorch examples"
    source = "https://github.com/pytorch/examples/tree/main/dcgan"

    def recognise(self, weights: Weights) -> Recognised | None:
        layers = {int(name.split(".")[1]): weight for name, weight in weights.items() if name.endswith(".weight") and weight.ndim == 4}
        if not layers or not all(re.fullmatch(r"main\.\d+\.\w+", name) for name in weights):
            return None
        first, last = layers[min(layers)], layers[max(layers)]
        if "main.1.weight" in weights:  # only G is normalised after its first layer
            return Recognised(
                "generator",
                "dcgan",
                _name_in_generator,
                {"width": last.shape[0]},
                shape=(last.shape[1], *(side << (len(layers) - 1) for side in first.shape[2:])),
                latent_dim=first.shape[0],
            )
        return Recognised("discriminator", "dcgan", lambda name: _name_in_discriminator(name, len(layers) - 1), {"width_d": first.shape[0]})


def _name_in_generator(name: str) -> str:
    """Each block is convolution, normalisation, activation."""
    if not (found := _LAYER.fullmatch(name)):
        return name
    block, layer, what = found.groups()
    return f"main.{3 * int(block) + int(layer)}.{what}"


def _name_in_discriminator(name: str, blocks: int) -> str:
    """The same, but the first block is not normalised; the head is one more convolution."""
    if name.startswith("head."):
        return f"main.{3 * blocks - 1}.weight" if name == "head.0.weight" else name
    if not (found := _LAYER.fullmatch(name)):
        return name
    block, layer, what = found.groups()
    return f"main.{max(0, 3 * int(block) - 1) + int(layer)}.{what}"
