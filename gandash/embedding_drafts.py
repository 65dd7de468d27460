"""Maps that are still being computed, for browsers to see them settle: the newest draft of each, in memory, replaced as it goes."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict

import numpy as np

from gandash.analyses._embeddings import Subjects
from gandash.embedding_thumbnails import Thumbnails, places

_drafts: dict[str, tuple[int, bytes]] = {}  # work key -> how manieth draft, and a safetensors file


@contextmanager
def draft(key: str, subjects: Subjects, thumbnails: Thumbnails) -> Iterator[Callable[[dict[str, np.ndarray]], None]]:
    """A call that shows maps (block -> ``(N, 2)``) to whoever watches the work of ``key``; what was shown is gone with the context."""
    from safetensors.numpy import save

    numbers = itertools.count(1)
    facts = {
        "kinds": subjects.kinds,
        "colours": subjects.colours,
        "shapes": subjects.shapes,
        "atlas": asdict(thumbnails),
    }
    generated = subjects.is_generated.astype(np.uint8)

    def look(coordinates: dict[str, np.ndarray]) -> None:
        number = next(numbers)
        about = {**facts, "number": number, "blocks": list(coordinates)}
        arrays = {f"places.{block}": places(points) for block, points in coordinates.items()} | {"generated": generated}
        _drafts[key] = (number, save(arrays, {"facts": json.dumps(about)}))

    try:
        yield look
    finally:
        _drafts.pop(key, None)


def newest(key: str, since: int = 0) -> bytes | None:
    """The newest draft as a safetensors file (``places.<block>`` uint16 ``(N, 2)``, ``generated`` uint8 ``(N,)``, ``facts`` in its header).

    Empty where the ``since``-th still is the newest; None where nothing of that key is being computed.
    """
    number, content = _drafts.get(key, (0, None))
    return b"" if content is not None and number <= since else content
