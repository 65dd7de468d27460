from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from pydantic import Field
from torch import nn

from gandash.pixels import to_network
from gandash.randomness import generator as random_generator
from gandash.registry import Options
from gandash.tricks import Trick, batch_norm_layers

if TYPE_CHECKING:
    from gandash.architectures import Discriminator, Generator
    from gandash.objectives import Step


class ReferenceNorm(nn.Module):
    """Normalises each example by the reference batch's statistics and its own, blended as if it were one more example of that batch.

    The statistics are buffers, so that a saved network needs no reference batch. While its network is trained, the layer also holds them
    with their graph: the gradient reaches the weights through the reference batch as well.
    """

    def __init__(self, replaced: nn.modules.batchnorm._BatchNorm, count: int):
        super().__init__()
        self.weight, self.bias, self.eps, self.count = replaced.weight, replaced.bias, replaced.eps, count
        self.register_buffer("mean", torch.zeros(replaced.num_features))
        self.register_buffer("square", torch.ones(replaced.num_features))
        self.observing = False  # the reference batch itself is passing through
        self._traced: tuple[torch.Tensor, torch.Tensor] | None = None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        wide = x.float()
        if self.observing:
            every = [axis for axis in range(x.ndim) if axis != 1]
            mean, square = wide.mean(every), wide.square().mean(every)
            self.mean.copy_(mean.detach())
            self.square.copy_(square.detach())
            self._traced = (mean, square) if torch.is_grad_enabled() else None
        else:
            places = list(range(2, x.ndim))
            own, own_square = (wide.mean(places), wide.square().mean(places)) if places else (wide, wide.square())
            mean, square = self._traced if self.training and self._traced else (self.mean, self.square)
            mean, square = mean + (own - mean) / (self.count + 1), square + (own_square - square) / (self.count + 1)
        scale = self.weight * torch.rsqrt((square - mean.square()).clamp_min(0) + self.eps)
        shift = self.bias - mean * scale
        shape = (-1, x.shape[1], *[1] * (x.ndim - 2))  # (1 or N, C, 1, 1)
        return torch.addcmul(shift.view(shape), wide, scale.view(shape)).to(x.dtype)


class VirtualBatchNorm(Trick):
    """Batch normalisation by one batch chosen at the start, so that an image no longer depends on the others of its batch.

    Salimans et al., "Improved techniques for training GANs", 2016, section 3.5. The reference batch goes through the network as it is now,
    at every phase: one more forward pass for each player, and the backward pass of the one that is trained.
    """

    title = "Virtual batch normalisation"
    order = 50  # after a trick that samples from another generator: its statistics are taken anew as well

    class Options(Options):
        reference_size: int = Field(64, ge=2, le=1024, title="Reference batch", description="How many examples the statistics come from.")

    _real: tuple[torch.Tensor, torch.Tensor | None] | None = None
    _noise: tuple[torch.Tensor, torch.Tensor | None] | None = None

    def suits(self, config) -> str | None:
        networks = config.part("architecture").outline(config)
        if networks is not None and not any(True for network in networks for _ in batch_norm_layers(network)):
            return "Virtual batch normalisation takes the place of batch normalisation, and these networks have none."
        return None

    def wrap(self, generator: Generator, discriminator: Discriminator, config) -> tuple[Generator, Discriminator]:
        for network in (generator, discriminator):
            for parent, attribute, layer in list(batch_norm_layers(network)):
                setattr(parent, attribute, ReferenceNorm(layer, self.options.reference_size))
        return generator, discriminator

    def prepare(self, train, generator, discriminator, config, device) -> None:
        count, classes = self.options.reference_size, config.part("dataset").num_classes
        random = random_generator(config.seed, "reference batch")
        order = torch.randperm(len(train), generator=random)
        chosen = order.repeat(-(-count // len(order)))[:count]
        z = config.part("prior").sample(count, config.latent_dim, random)
        conditional = config.part("architecture").conditional
        asked = torch.randint(classes, (count,), generator=random).to(device) if conditional else None
        told = torch.from_numpy(train.labels[chosen.numpy()]).to(device) if conditional else None
        self._real = to_network(torch.from_numpy(train.images[chosen.numpy()]).to(device)), told
        self._noise = z.to(device), asked
        self._observe(generator, self._noise)
        self._observe(discriminator, self._real)

    def before_phase(self, step: Step, generator: Generator, discriminator: Discriminator) -> None:
        if step.phase == "discriminator":  # G's statistics are those from after its last step
            self._observe(discriminator, self._real, trained=True)
        else:
            self._observe(discriminator, self._real)
            self._observe(generator, self._noise, trained=True)

    def after_generator_step(self, step: Step, generator: Generator) -> None:
        self._observe(generator, self._noise)

    def sampling_generator(self, generator: Generator) -> Generator:
        if self._noise is not None:
            self._observe(generator, self._noise)
        return generator

    @staticmethod
    def _observe(network: nn.Module, reference: tuple[torch.Tensor, torch.Tensor | None], trained: bool = False) -> None:
        """Take the statistics anew; with their graph where the network is ``trained`` in this phase."""
        layers = [module for module in network.modules() if isinstance(module, ReferenceNorm)]
        if not layers:
            return
        for layer in layers:
            layer.observing = True
        try:
            with torch.set_grad_enabled(trained):
                network(*reference)
        finally:
            for layer in layers:
                layer.observing = False
