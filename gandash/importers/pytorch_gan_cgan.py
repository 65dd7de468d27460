from __future__ import annotations

from gandash.importers import Importer, Recognised, Weights
from gandash.importers._pytorch_gan import SOURCE, image_shape, linear_layers


class PyTorchGANCGAN(Importer):
    """The conditional networks of PyTorch-GAN's ``cgan``: fully connected, with an embedding of the class beside each one's input."""

    title = "CGAN of PyTorch-GAN"
    source = SOURCE
    objective = "least_squares"

    def recognise(self, weights: Weights) -> Recognised | None:
        layers = linear_layers(weights)
        if not layers or not {"label_emb.weight", "label_embedding.weight"} & weights.keys():
            return None
        widths = [layer.shape[0] for layer in layers[:-1]]
        if "label_embedding.weight" in weights:
            classes = weights["label_embedding.weight"].shape[0]
            return Recognised("discriminator", "pytorch_gan_conditional_mlp", options={"widths_d": widths}, num_classes=classes)
        classes, told = weights["label_emb.weight"].shape
        return Recognised(
            "generator",
            "pytorch_gan_conditional_mlp",
            options={"widths_g": widths},
            shape=image_shape(layers[-1].shape[0]),
            latent_dim=layers[0].shape[1] - told,
            num_classes=classes,
        )
