"""Random numbers as a function of (seed, purpose, step), never of a stream that was consumed.

So a resumed run needs no random state, and two runs that part at step 900 still see the same batches and the same noise at step 901.
Numbers are always drawn on the CPU, so that a run on another device plays the same game.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def derive(seed: int, purpose: str, step: int = 0) -> int:
    """A 63-bit seed of its own for each (seed, purpose, step)."""
    digest = hashlib.blake2b(f"{seed}/{purpose}/{step}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") >> 1


def generator(seed: int, purpose: str, step: int = 0) -> torch.Generator:
    """A CPU generator for one purpose at one step."""
    import torch

    return torch.Generator().manual_seed(derive(seed, purpose, step))
