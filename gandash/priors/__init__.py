"""Priors, one file each: the distribution that the generator's input z is drawn from.

The two ways from one latent to another, :func:`lerp` and :func:`slerp`, stand here: every prior names the one that suits it, and a page
may show the other beside it.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from gandash.registry import Part, Registry

if TYPE_CHECKING:
    import torch


class Prior(Part):
    """Base of the priors."""

    @abstractmethod
    def sample(self, count: int, latent_dim: int, generator: torch.Generator) -> torch.Tensor:
        """``float32 (count, latent_dim)`` on the CPU."""

    @abstractmethod
    def path(self, a: torch.Tensor, b: torch.Tensor, steps: int) -> torch.Tensor:
        """From ``a`` to ``b``, each ``(latent_dim,)``, by the way that stays where this prior has its mass: ``(steps, latent_dim)``."""


def lerp(a: torch.Tensor, b: torch.Tensor, steps: int) -> torch.Tensor:
    """The straight line from ``a`` to ``b``, each ``(latent_dim,)``, both ends included: ``(steps, latent_dim)``."""
    return _ended((1 - (t := _times(a, steps))) * a + t * b, a, b)


def slerp(a: torch.Tensor, b: torch.Tensor, steps: int) -> torch.Tensor:
    """The great circle from ``a`` to ``b``, each ``(latent_dim,)``, both ends included: ``(steps, latent_dim)``.

    The direction turns at a constant rate, and the norm goes in a straight line from that of ``a`` to that of ``b`` (Shoemake, "Animating
    rotation with quaternion curves", 1985; White, "Sampling generative networks", 2016). Opposite vectors have no shortest way: the path
    then turns through a fixed third direction. Where there is no direction at all (a zero vector, one dimension) it is the straight line.
    """
    import torch

    start, end = a.double(), b.double()
    lengths = start.norm(), end.norm()
    if a.numel() < 2 or 0 in lengths:
        return lerp(a, b, steps)
    u, v = start / lengths[0], end / lengths[1]
    angle = 2 * torch.atan2((u - v).norm(), (u + v).norm())  # exact at both ends of [0, pi], where acos is not
    sideways = v - (u @ v) * u
    if sideways.norm() < 1e-6:  # parallel, where its direction does not matter, or opposite, where any will do
        sideways = torch.zeros_like(u)
        sideways[u.abs().argmin()] = 1.0
        sideways = sideways - (u @ sideways) * u
    sideways = sideways / sideways.norm()
    t = _times(start, steps)
    turned = torch.cos(t * angle) * u + torch.sin(t * angle) * sideways
    return _ended(((1 - t) * lengths[0] + t * lengths[1]) * turned, a, b)


def _times(like: torch.Tensor, steps: int) -> torch.Tensor:
    import torch

    return torch.linspace(0, 1, steps, dtype=like.dtype, device=like.device)[:, None]


def _ended(path: torch.Tensor, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """``path`` in the type of ``a``, with ends that are ``a`` and ``b`` to the last bit."""
    path = path.to(a.dtype)
    if len(path) > 0:
        path[0] = a
    if len(path) > 1:
        path[-1] = b
    return path


parts: Registry[Prior] = Registry(__name__, Prior)
