"""The network whose weights ship with GANdash: torchvision's ResNet-18 with a stem for 32 pixels and three heads."""

from __future__ import annotations

import torch
from torch import nn
from torchvision.models.resnet import BasicBlock, ResNet

from gandash.features.resnet18 import HEADS

INPUT_SIZE = 32


class EmbeddedResNet(ResNet):
    """ResNet-18 (He et al. 2016, "Deep Residual Learning for Image Recognition") that three ten-way heads share.

    The ImageNet stem (7x7, stride 2, then pooling) would leave 8x8 of 32x32 pixels before the first block. Here one 3x3 convolution of
    stride 2 leaves 16x16, at a third of the work of a stem without stride. From ``layer1`` on it is torchvision's network, so the blocks
    give 64, 128, 256 and 512 channels.

    Input ``(N, 3, 32, 32)`` in [-1, 1]; output ``(N, 512)``, the pooled ``layer4``. ``heads[name]`` turns that into logits.
    """

    def __init__(self) -> None:
        super().__init__(BasicBlock, [2, 2, 2, 2], zero_init_residual=True)
        self.conv1 = nn.Conv2d(3, 64, kernel_size=3, stride=2, padding=1, bias=False)
        nn.init.kaiming_normal_(self.conv1.weight, mode="fan_out", nonlinearity="relu")
        self.maxpool = nn.Identity()
        self.fc = nn.Identity()
        self.heads = nn.ModuleDict({name: nn.Linear(512, 10) for name in HEADS})

    def logits(self, images: torch.Tensor, head: str) -> torch.Tensor:
        """Class logits ``(N, 10)`` of one head for images ``(N, 3, 32, 32)`` in [-1, 1]."""
        return self.heads[head](self(images))
