from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import torch
from pydantic import Field
from torch import nn

from gandash.registry import Options
from gandash.tricks import Trick

if TYPE_CHECKING:
    from gandash.architectures import Discriminator, Generator

HALF_RANGE = {"zero_to_one": 0.5, "zero_to_255": 127.5}


class UnnormalisedImages(Trick):
    """A mistake, to be seen failing: pixel values are left as they were stored, while G's tanh still gives -1 to 1.

    What it leaves out is in Radford, Metz and Chintala (DCGAN), 2016, section 4: images are scaled to the range of tanh. From 0 to 1, half
    of what G can say is no image at all, and D knows it at a glance; from 0 to 255, G can only make two shades of black. Everywhere else in
    the product an image is in [-1, 1]: so D's network is given what it sees there in the stored range, and what G's network says is
    read in that range, black where it lies below.
    """

    title = "Images left unnormalised"

    class Options(Options):
        range: Literal["zero_to_one", "zero_to_255"] = Field(
            "zero_to_one", title="Range of pixel values", description="0 to 1, or 0 to 255 as in the files."
        )

    def suits(self, config) -> str | None:
        if len(config.part("dataset").shape) != 3:
            return "Only images are stored in another range than the networks', and these data are points in a plane."
        return None

    def wrap(self, generator: Generator, discriminator: Discriminator, config) -> tuple[Generator, Discriminator]:
        half = HALF_RANGE[self.options.range]
        generator.register_forward_hook(partial(_read_as_stored, half))
        discriminator.register_forward_pre_hook(partial(_left_as_stored, half))
        return generator, discriminator


def _left_as_stored(half: float, network: nn.Module, args: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
    images, *labels = args
    return (images + 1) * half, *labels


def _read_as_stored(half: float, network: nn.Module, args: Any, images: torch.Tensor) -> torch.Tensor:
    return images / half - 1
