"""What Grad-CAM and Grad-CAM++ share: one pass through D for all of its layers, raw maps, and one logit with a sign."""

from __future__ import annotations

import copy
import itertools
from abc import abstractmethod
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch
from pydantic import Field
from torch import nn

from gandash import registry
from gandash.analyses import Analysis, Progress
from gandash.analyses._pictures import Pictures, fixed_samples, real_images, samples, uploaded
from gandash.assembly import NoDiscriminator
from gandash.pixels import to_network

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from gandash.architectures import Discriminator
    from gandash.assembly import Networks
    from gandash.runs import Run, Snapshot

Target = Literal["fake", "real"]
SIGNS: dict[str, float] = {"fake": -1.0, "real": 1.0}  # a positive logit means real
BATCH = 64


class NoConvolutions(ValueError):
    """The discriminator has no convolutional layer, so there is no map to draw."""


@dataclass(frozen=True, eq=False)
class HeatMaps:
    """Where in N images the evidence for ``target`` lies, layer by layer.

    ``maps[layer]`` is ``float32 (N, h, w)`` at the layer's own resolution: raw, never negative, never NaN, in units of D's logit. So two
    maps of one image can be compared; a map of zeros says that the layer found no evidence for the target in that image.
    """

    method: str
    target: Target
    maps: dict[str, np.ndarray]
    logits: np.ndarray  # float32 (N,)
    size: tuple[int, int]  # height and width of the images

    def __len__(self) -> int:
        return len(self.logits)

    @property
    def peaks(self) -> np.ndarray:
        """The largest value of each map, ``float32 (N, layers)``."""
        return np.stack([maps.max((1, 2)) for maps in self.maps.values()], 1)

    @property
    def blank(self) -> np.ndarray:
        """Where there is no evidence at all, ``bool (N, layers)``."""
        return self.peaks == 0


@dataclass(frozen=True, eq=False)
class Explained:
    """Images, what D said of them, and the maps that say where it looked."""

    pictures: Pictures
    heat: HeatMaps
    scores: np.ndarray  # float32 (N,), as the run's objective calls D(x)


class SingleLogit(nn.Module):
    """A discriminator as the ``grad-cam`` library wants a classifier: images -> ``(N, 1)``."""

    def __init__(self, discriminator: Discriminator, labels: torch.Tensor | None = None):
        super().__init__()
        self.discriminator, self.labels = discriminator, labels

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.discriminator(images, self.labels).logits[:, None]


class Evidence:
    """The library's target for one output of :class:`SingleLogit`: the logit for "real", its negative for "fake"."""

    def __init__(self, target: Target):
        self.sign = SIGNS[target]

    def __call__(self, output: torch.Tensor) -> torch.Tensor:
        return self.sign * output[..., 0]


def heat_maps(
    method: type,
    title: str,
    discriminator: Discriminator,
    images: np.ndarray | torch.Tensor,
    target: Target,
    labels: torch.Tensor | None = None,
) -> HeatMaps:
    """Maps of every convolutional layer of ``discriminator`` from one forward and one backward pass.

    ``method`` is a class of ``pytorch_grad_cam``, whose recording of activations and whose formula are used. Its own call would stretch
    every map to its minimum and maximum and average the layers. ``images`` are at rest, or ``float32 (N, C, H, W)`` in [-1, 1].
    Nothing is hooked into ``discriminator`` itself and no gradient is left in it, so it may be in use elsewhere meanwhile.

    Raises :class:`NoConvolutions` for a network without convolutional layers, ``KeyError`` for an unknown target.
    """
    if not discriminator.cam_layers:
        raise NoConvolutions(
            "This discriminator is fully connected: it has no convolutional layers, and so no place in the image to point at."
        )
    images = to_network(torch.as_tensor(images))
    judge = SingleLogit(own_modules(discriminator)).eval()
    layers = judge.discriminator.cam_layers
    library = method(model=judge, target_layers=list(layers.values()))
    found: list[list[np.ndarray]] = []
    logits: list[np.ndarray] = []
    for start in range(0, len(images), BATCH):
        batch = images[start : start + BATCH].detach().clone().requires_grad_()
        judge.labels = None if labels is None else labels[start : start + BATCH]
        output = library.activations_and_grads(batch)
        # asked for by the input alone, the gradient passes every layer's recorder and is computed for no parameter
        torch.autograd.grad(Evidence(target)(output).sum(), batch)
        logits.append(output.detach()[:, 0].numpy())
        found.append([_map(library, batch, *recorded) for recorded in _recorded(library, layers)])
    maps = {name: np.concatenate(parts) for name, parts in zip(layers, zip(*found, strict=True), strict=True)}
    return HeatMaps(title, target, maps, np.concatenate(logits), tuple(images.shape[-2:]))


def own_modules(network: nn.Module) -> nn.Module:
    """A copy that shares every parameter and buffer but no module: what is hooked into it is seen by nobody else.

    Activations are not changed in place in the copy, because the maps are made of what a layer put out.
    """
    shared = {id(tensor): tensor for tensor in itertools.chain(network.parameters(), network.buffers())}
    own = copy.deepcopy(network, shared)
    for module in own.modules():
        if getattr(module, "inplace", False):
            module.inplace = False
    return own


def _recorded(library, layers: dict[str, nn.Module]) -> list[tuple[nn.Module, np.ndarray, np.ndarray]]:
    recorder = library.activations_and_grads
    return [
        (layer, activations.numpy(), gradients.numpy())
        for layer, activations, gradients in zip(layers.values(), recorder.activations, recorder.gradients, strict=True)
    ]


def _map(library, batch: torch.Tensor, layer: nn.Module, activations: np.ndarray, gradients: np.ndarray) -> np.ndarray:
    """The library's formula, then ReLU. Grad-CAM++ divides by what can vanish: what is not finite there is no evidence."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        raw = library.get_cam_image(batch, layer, None, activations, gradients)
    return np.maximum(np.nan_to_num(raw, nan=0.0, posinf=0.0, neginf=0.0), 0.0).astype(np.float32)


def stretched(maps: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Maps ``(N, h, w)`` as the library's own call gives them: each from its minimum to its maximum, at ``size``, ``float32 (N, H, W)``."""
    from pytorch_grad_cam.utils.image import scale_cam_image

    return scale_cam_image(scale_cam_image(maps, (size[1], size[0])))


class ClassActivation(Analysis):
    """Base of the two: a run's generated or real images, explained at every convolutional layer of D."""

    family = "discriminator"

    class Options(registry.Options):
        target: Target = Field("fake", title="Evidence for", description="Which verdict of D is explained: the logit's sign.")
        images: Literal["generated", "real"] = Field("generated", title="Images", description="Samples of G, or images it learnt from.")
        count: int = Field(8, ge=1, le=64, title="Number of images", description="How many are explained at once.")
        seed: int | None = Field(
            None, ge=0, lt=2**31, title="Seed", description="Left empty: the fixed noise, or the data set's first images."
        )

    @abstractmethod
    def maps(self, discriminator: Discriminator, images: np.ndarray, target: Target, labels: torch.Tensor | None = None) -> HeatMaps:
        """The method itself."""

    def run(self, run: Run, snapshot: Snapshot, progress: Progress | None = None) -> Explained:
        """Explain images of ``run`` with the weights nearest to ``snapshot``. Raises :class:`NoConvolutions`."""
        networks = run.networks(snapshot)
        if self.options.images == "real":
            pictures = real_images(networks.config, self.options.count, self.options.seed)
        elif self.options.seed is None:
            pictures = fixed_samples(networks, self.options.count)
        else:
            pictures = samples(networks, self.options.count, self.options.seed)
        return self.explain(networks, pictures)

    def run_on_files(
        self, run: Run, snapshot: Snapshot, files: list[tuple[str, bytes]], label: int | None = None
    ) -> tuple[Explained | None, list[str]]:
        """Explain picture files ``(name, content)``, brought to the run's shape; and a sentence for each that is none.

        ``label`` is the class that a conditional D is told. None where no file could be read.
        """
        networks = run.networks(snapshot)
        pictures, problems = uploaded(files, networks.shape)
        if networks.conditional:
            pictures = replace(pictures, labels=np.full(len(pictures), label or 0))
        return (self.explain(networks, pictures) if len(pictures) else None), problems

    def explain(self, networks: Networks, pictures: Pictures) -> Explained:
        """Explain any pictures of the run's shape. Raises :class:`gandash.assembly.NoDiscriminator`."""
        if networks.discriminator is None:
            raise NoDiscriminator("This run came without its discriminator: there is nothing to look into.")
        labels = torch.from_numpy(pictures.labels) if networks.conditional and pictures.labels is not None else None
        heat = self.maps(networks.discriminator, pictures.images, self.options.target, labels)
        return Explained(pictures, heat, networks.objective.score(torch.from_numpy(heat.logits)).numpy())

    def figure(self, result: Explained) -> go.Figure:
        from gandash.plots.heatmap import heatmap_figure

        return heatmap_figure(result.pictures.images, result.heat.maps, result.scores)
