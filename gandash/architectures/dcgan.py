from __future__ import annotations

from gandash.architectures import Architecture
from gandash.architectures._convolutional import ConvolutionalDiscriminator, ConvolutionalGenerator, ConvolutionalOptions, unsuitable


class DCGAN(Architecture):
    """Strided convolutions in both players, batch normalisation, no pooling: the network that made GANs train.

    Radford, Metz and Chintala, "Unsupervised representation learning with deep convolutional generative adversarial networks", 2016. One
    family for all image sizes: at 64 pixels, 3 channels, width 64 and latent size 100 it is the paper's, with 3,576,704 parameters in G and
    2,765,568 in D.
    """

    title = "DCGAN"
    Options = ConvolutionalOptions

    def suits(self, config) -> str | None:
        return unsuitable(config.part("dataset").shape, self.options.stride)

    def build(self, shape: tuple[int, ...], num_classes: int, latent_dim: int) -> tuple[ConvolutionalGenerator, ConvolutionalDiscriminator]:
        return ConvolutionalGenerator(shape, latent_dim, self.options), ConvolutionalDiscriminator(shape, self.options)
