"""The loop that one finds everywhere, kept as the baseline of the training benchmark.

A DataLoader over a torchvision data set whose pictures pass through PIL one by one; the DCGAN as a sequence of convolutions in the
default memory format, with a sigmoid at its end; the default Adam; D's gradients computed in G's step, too, and thrown away. The order
of the updates is that of PyTorch's DCGAN example.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms


def customary_networks(size: int, channels: int, width: int, latent_dim: int) -> tuple[nn.Module, nn.Module]:
    """The DCGAN of Radford et al. for ``size`` 32 or 64: the same layers and parameters as the ``dcgan`` architecture."""
    widths = [width << level for level in range((size // 4).bit_length() - 1)]
    down: list[nn.Module] = []
    for before, after in itertools.pairwise([channels, *widths]):
        down += [nn.Conv2d(before, after, 4, 2, 1, bias=False)]
        down += [nn.BatchNorm2d(after)] if before != channels else []
        down += [nn.LeakyReLU(0.2, inplace=True)]
    D = nn.Sequential(*down, nn.Conv2d(widths[-1], 1, 4, 1, 0, bias=False), nn.Sigmoid(), nn.Flatten(0))
    up: list[nn.Module] = [nn.ConvTranspose2d(latent_dim, widths[-1], 4, 1, 0, bias=False), nn.BatchNorm2d(widths[-1]), nn.ReLU(True)]
    for before, after in zip(widths[:0:-1], widths[-2::-1], strict=True):
        up += [nn.ConvTranspose2d(before, after, 4, 2, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU(True)]
    G = nn.Sequential(nn.Unflatten(1, (latent_dim, 1, 1)), *up, nn.ConvTranspose2d(width, channels, 4, 2, 1, bias=False), nn.Tanh())
    for module in [*G.modules(), *D.modules()]:
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            nn.init.normal_(module.weight, 0.0, 0.02)
        elif isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.weight, 1.0, 0.02)
    return G, D


def customary(
    G: nn.Module, D: nn.Module, root: Path, size: int, channels: int, latent_dim: int, batch_size: int, workers: int
) -> Iterator[None]:
    """Yields after every step. ``root`` holds ``FashionMNIST/raw`` in torchvision's layout."""
    transform = transforms.Compose(
        [
            transforms.Grayscale(channels),
            transforms.Resize(size),
            transforms.CenterCrop(size),
            transforms.ToTensor(),
            transforms.Normalize((0.5,) * channels, (0.5,) * channels),
        ]
    )
    dataset = datasets.FashionMNIST(root, transform=transform)
    loader = DataLoader(dataset, batch_size=batch_size, shuffle=True, drop_last=True, num_workers=workers, persistent_workers=workers > 0)
    g_optimiser = torch.optim.Adam(G.parameters(), lr=2e-4, betas=(0.5, 0.999))
    d_optimiser = torch.optim.Adam(D.parameters(), lr=2e-4, betas=(0.5, 0.999))
    criterion = nn.BCELoss()
    ones, zeros = torch.ones(batch_size), torch.zeros(batch_size)
    while True:
        for real, _ in loader:
            D.zero_grad()
            criterion(D(real), ones).backward()
            fake = G(torch.randn(batch_size, latent_dim))
            criterion(D(fake.detach()), zeros).backward()
            d_optimiser.step()

            G.zero_grad()
            criterion(D(fake), ones).backward()
            g_optimiser.step()
            yield
