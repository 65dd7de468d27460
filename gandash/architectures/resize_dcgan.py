from __future__ import annotations

from torch import nn

from gandash.architectures import Architecture
from gandash.architectures._convolutional import ConvolutionalDiscriminator, ConvolutionalGenerator, ConvolutionalOptions, unsuitable


class ResizeDCGAN(Architecture):
    """A DCGAN whose generator enlarges by repeating pixels and then convolves, so that every place is covered alike: no checkerboards.

    Odena, Dumoulin and Olah, "Deconvolution and checkerboard artifacts", 2016. A transposed convolution covers neighbouring places
    unequally where its stride does not divide its kernel, and even where it does, nothing but training makes its parts agree. Here the
    generator's convolutions are 3 pixels wide whatever the kernel option says: that one is the discriminator's, which is the DCGAN's.
    """

    title = "DCGAN with resize convolutions"
    Options = ConvolutionalOptions

    def suits(self, config) -> str | None:
        return unsuitable(config.part("dataset").shape, self.options.stride)

    def build(self, shape: tuple[int, ...], num_classes: int, latent_dim: int) -> tuple[ConvolutionalGenerator, ConvolutionalDiscriminator]:
        return ConvolutionalGenerator(shape, latent_dim, self.options, enlarge=resized), ConvolutionalDiscriminator(shape, self.options)


def resized(before: int, after: int, options: ConvolutionalOptions, bias: bool) -> nn.Sequential:
    """The layer that enlarges a map: its pixels repeated ``stride`` times either way, then a convolution."""
    return nn.Sequential(nn.Upsample(scale_factor=options.stride, mode="nearest"), nn.Conv2d(before, after, 3, padding=1, bias=bias))
