from __future__ import annotations

import numpy as np
from pydantic import Field

from gandash.datasets import Dataset, Images, Options
from gandash.randomness import derive


class RingOptions(Options):
    modes: int = Field(8, ge=2, le=32, title="Modes", description="Gaussians on the ring.")
    radius: float = Field(0.7, ge=0.1, le=0.8, title="Radius", description="From the middle to a mode; the plane ends at 1.")
    std: float = Field(0.02, ge=0.001, le=0.04, title="Standard deviation", description="Width of a mode, in both directions.")
    count: int = Field(10_000, ge=100, le=1_000_000, title="Count", description="Training points, as many of each mode.")


class Ring(Dataset):
    """Gaussians on a ring in the plane, where mode collapse is plain to see: each mode is a class.

    Metz, Poole, Pfau, Sohl-Dickstein, "Unrolled generative adversarial networks", 2017, figure 2. Theirs has radius 2 and standard
    deviation 0.02; ours lies in [-1, 1]. Held out are a fifth as many points, drawn anew.
    """

    title = "Ring of Gaussians"
    licence = "made by GANdash"
    source = "drawn from the distribution itself"
    embedded = True
    Options = RingOptions
    options: RingOptions

    @property
    def shape(self) -> tuple[int]:
        return (2,)

    @property
    def class_names(self) -> tuple[str, ...]:
        return tuple(f"mode {number}" for number in range(1, self.options.modes + 1))

    def centres(self) -> np.ndarray:
        """The middles of the modes, ``float32 (modes, 2)``, counted counterclockwise from the right."""
        angles = 2 * np.pi * np.arange(self.options.modes) / self.options.modes
        return (self.options.radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)).astype(np.float32)

    def available(self) -> bool:
        return True

    def train(self) -> Images:
        return self._held("train", self.options.count)

    def test(self) -> Images:
        return self._held("test", self.options.count // 5)

    def _held(self, part: str, count: int) -> Images:
        from gandash.datasets._images import held

        return held((type(self), self.options, part), lambda: self._draw(part, count))

    def _draw(self, part: str, count: int) -> Images:
        random = np.random.default_rng(derive(0, f"ring/{part}"))
        labels = random.permutation(np.arange(count) % self.options.modes)
        points = self.centres()[labels] + self.options.std * random.standard_normal((count, 2), np.float32)
        return Images(points.clip(-1, 1).astype(np.float32), labels.astype(np.int64))  # 5 standard deviations lie within at the least
