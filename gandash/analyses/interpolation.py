"""Walks through latent space: from A to B, a grid between four corners, and steps along the directions that matter most.

Latents are named by text, so that a URL can hold them: ``"12"`` is what seed 12 draws from the run's prior, ``"f5"`` is number 5 of the
run's fixed noise, the sixth picture on its sample sheets.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field

from gandash.analyses import Analysis, Progress
from gandash.registry import Options

if TYPE_CHECKING:
    import plotly.graph_objects as go
    import torch

    from gandash.assembly import Networks
    from gandash.runs import Run, Snapshot

MOST_STEPS = 240
MOST_IMAGES = 576  # of a grid
Way = Literal["slerp", "lerp"]
_JACOBIAN_PIXELS = 1200 * 28 * 28  # of all pictures that the directions are found from: one or two seconds of one slow core
_NAME = re.compile(r"(?P<fixed>f?)(?P<number>\d{1,10})\Z")


@dataclass(frozen=True, eq=False)
class Walk:
    """Latents and what the networks make of them."""

    latents: np.ndarray  # float32 (N, latent_dim)
    images: np.ndarray  # uint8 (N, C, H, W), or float32 (N, 2)
    scores: np.ndarray | None  # float32 (N,): D(x) as the run's objective calls it; None where there is no D


@dataclass(frozen=True, eq=False)
class Directions:
    """Orthogonal directions in latent space, the one that changes the picture most first."""

    vectors: np.ndarray  # float32 (K, latent_dim), of unit length
    shares: np.ndarray  # float32 (K,): of all change of the picture, the share that lies along each


def latent(networks: Networks, name: str) -> torch.Tensor:
    """The latent called ``name``, ``float32 (latent_dim,)``. Raises ``ValueError`` where nothing is called so."""
    found = _NAME.match(name)
    number = int(found["number"]) if found else -1
    if found and not found["fixed"] and number < 2**31:
        return networks.latents(number)[0]
    if found and found["fixed"]:
        z, _ = networks.fixed_noise()
        if number < len(z):
            return z[number]
    raise ValueError(f"A latent is called by a seed below 2147483648, or f0 to f63 for the fixed noise; {name!r} is neither.")


def path(a: torch.Tensor, b: torch.Tensor, steps: int, way: Way) -> torch.Tensor:
    """From ``a`` to ``b``, each ``(latent_dim,)``, both ends included: ``(steps, latent_dim)``."""
    from gandash.priors import lerp, slerp

    return {"lerp": lerp, "slerp": slerp}[way](a, b, steps)


def between_corners(corners: torch.Tensor, side: int, way: Way) -> torch.Tensor:
    """A square between four latents ``(4, latent_dim)``: top left, top right, bottom left, bottom right -> ``(side * side, latent_dim)``.

    The left and right edges are paths, and each row is a path from one to the other; with ``lerp`` this is bilinear interpolation.
    """
    import torch

    left, right = (path(corners[i], corners[i + 2], side, way) for i in (0, 1))
    return torch.cat([path(start, end, side, way) for start, end in zip(left, right, strict=True)])


def walk(networks: Networks, latents: torch.Tensor, label: int | Sequence[int] = 0) -> Walk:
    """What G makes of each of ``latents (N, latent_dim)``, and what D says of that.

    Where the run is conditional, all are of class ``label``, or each of its own. Raises ``ValueError`` for a class that the data set does
    not have.
    """
    import torch

    labels = None
    if networks.conditional:
        labels = torch.as_tensor(label).expand(len(latents))
        if labels.min() < 0 or labels.max() >= len(networks.class_names):
            raise ValueError(f"The classes are numbered 0 to {len(networks.class_names) - 1}; {label} is none of them.")
    images = networks.generate(latents, labels)
    return Walk(latents.numpy(), images, None if networks.discriminator is None else networks.scores(images, labels))


def principal_directions(networks: Networks, count: int, label: int = 0) -> Directions:
    """The ``count`` directions in which a step changes the picture most, on average over the prior.

    Eigenvectors of the mean of ``J^T J`` over latents z, where J is the Jacobian of G's picture at z (Wang and Ponce, "A geometric analysis
    of deep generative image models and its applications", ICLR 2021, with squared pixel distance as the metric). J is taken by finite
    differences, so G is only ever called: nothing hooks into a network that other visitors use.
    """
    import torch

    size = networks.config.latent_dim
    pixels = networks.shape[-1] ** 2 if len(networks.shape) == 3 else 1
    places = min(32, max(3, int(_JACOBIAN_PIXELS / pixels / (size + 1))))
    step = 0.05  # small against the prior's unit scale, large against float32's rounding
    total = torch.zeros(size, size, dtype=torch.float64)
    with torch.inference_mode():
        for z in networks.latents(0, places):
            around = torch.cat([z[None], z + step * torch.eye(size)])
            labels = torch.full((len(around),), label) if networks.conditional else None
            pictures = networks.generator(around, labels).flatten(1)
            jacobian = (pictures[1:] - pictures[:1]).double() / step  # (latent_dim, pixels)
            total += jacobian @ jacobian.T
    values, vectors = torch.linalg.eigh(total / places)
    order = values.argsort(descending=True)[:count]
    chosen = vectors[:, order].T
    # an eigenvector's sign is arbitrary: its largest entry is made positive, so that every visitor sees the same slider
    chosen = chosen * chosen.gather(1, chosen.abs().argmax(1, keepdim=True)).sign()
    return Directions(chosen.float().numpy(), (values[order] / values.sum().clamp_min(1e-12)).float().numpy())


def moved(z: torch.Tensor, directions: Directions, amounts: dict[str, float]) -> torch.Tensor:
    """``z (latent_dim,)`` moved by ``amounts``: ``{"p0": 1.5}`` along the first principal direction, ``{"z7": -1}`` in coordinate 7.

    Lengths are in units of the prior's standard deviation of one coordinate. Raises ``ValueError`` for any other key.
    """
    import torch

    z = z.clone()
    for key, amount in amounts.items():
        kind, number = key[:1], int(key[1:]) if key[1:].isdecimal() else -1
        if kind == "p" and 0 <= number < len(directions.vectors):
            z += amount * torch.from_numpy(directions.vectors[number])
        elif kind == "z" and 0 <= number < len(z):
            z[number] += amount
        else:
            raise ValueError(f"A direction is p0 to p{len(directions.vectors) - 1} or z0 to z{len(z) - 1}; {key!r} is neither.")
    return z


class Interpolation(Analysis):
    """The pictures on the way from one latent to another, with what D says of each.

    White, "Sampling generative networks", 2016.
    """

    title = "Interpolation"
    family = "latent"

    class Options(Options):
        a: int = Field(0, ge=0, lt=2**31, title="A, seed", description="Where the walk begins.")
        b: int = Field(1, ge=0, lt=2**31, title="B, seed", description="Where it ends.")
        steps: int = Field(24, ge=2, le=MOST_STEPS, title="Steps", description="How many pictures, both ends included.")
        way: Way = Field("slerp", title="Way", description="slerp turns at a constant rate on the sphere; lerp takes the straight line.")
        label: int = Field(0, ge=0, title="Class", description="For conditional runs: the class of all pictures, counted from 0.")

    def run(self, run: Run, snapshot: Snapshot, progress: Progress | None = None) -> Walk:
        """Raises ``LookupError`` where the run has no weights yet."""
        networks, o = run.networks(snapshot), self.options
        return walk(networks, path(latent(networks, str(o.a)), latent(networks, str(o.b)), o.steps, o.way), o.label)

    def figure(self, result: Walk) -> go.Figure:
        """The strip of pictures above D's score along the path."""
        from gandash.plots.walk import walk_figure

        return walk_figure(result.images, result.scores)
