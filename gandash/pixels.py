"""Between images at rest, ``uint8 (N, C, H, W)``, and images in a network, ``float32 (N, C, H, W)`` in [-1, 1].

Two-dimensional toys are ``float32 (N, 2)`` in [-1, 1] on both sides and pass unchanged.
"""

from __future__ import annotations

import torch


def to_network(images: torch.Tensor) -> torch.Tensor:
    """``uint8 (N, C, H, W)`` -> ``float32 (N, C, H, W)`` in [-1, 1], channels last in memory; ``float32`` passes as it is."""
    if images.dtype != torch.uint8:
        return images
    return images.to(torch.float32, memory_format=torch.channels_last).div_(127.5).sub_(1.0)


def to_rest(images: torch.Tensor) -> torch.Tensor:
    """What a generator gives, [-1, 1], -> ``uint8 (N, C, H, W)`` on the CPU, rounded and clipped; ``(N, 2)`` stays ``float32``."""
    images = images.detach().float().cpu()
    if images.ndim != 4:
        return images
    return images.add(1.0).mul(127.5).round_().clamp_(0, 255).to(torch.uint8).contiguous()
