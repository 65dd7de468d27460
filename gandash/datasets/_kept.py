"""Arrays of decoded pictures kept on disk, so that they are decoded once and memory-mapped ever after."""

from __future__ import annotations

import contextlib
import hashlib
import math
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from gandash.datasets import data_folder
from gandash.datasets._pictures import Entry, Source, decode_all

FROM = 4 << 20  # bytes of pictures from which on their array is kept: decoding them takes seconds
HELD = 256 << 20  # bytes of an array from which on it is kept in any case: it is better mapped than held in memory
MOST = 8 << 30  # bytes of kept arrays together
KEY = 16  # bytes of the hash that an array is kept under


def folder() -> Path | None:
    """``.cache`` in the data folder; where that cannot be written, ``gandash`` in the user's cache folder; None if neither can."""
    for candidate in (data_folder() / ".cache", Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gandash"):
        above = next(path for path in (candidate, *candidate.absolute().parents) if path.exists())
        if above.stat().st_mode & 0o222 and os.access(above, os.W_OK):  # root may write what is marked read-only, and should not
            with contextlib.suppress(OSError):
                candidate.mkdir(parents=True, exist_ok=True)
                return candidate
    return None


def pictures(source: Source, entries: Sequence[Entry], size: int, colour: bool, stamp: tuple) -> tuple[np.ndarray, np.ndarray]:
    """:func:`gandash.datasets._pictures.decode_all`, read-only, and from disk where the same was decoded before and was much.

    ``stamp`` tells the source from any other and from its own earlier contents.
    """
    shape = (len(entries), 3 if colour else 1, size, size)
    much = sum(entry.size for entry in entries) >= FROM or math.prod(shape) >= HELD
    place = folder() if much else None
    if place is None or shutil.disk_usage(place).free < 3 * math.prod(shape):  # a mapped file that outgrows the disk ends the process
        return decode_all(source, entries, size, colour)
    listing = [(entry.path, entry.size, entry.changed, *(entry.box or ())) for entry in entries]
    kept = place / hashlib.blake2b(repr((stamp, size, colour, listing)).encode(), digest_size=KEY).hexdigest()
    found = _load(kept)
    if found is None:
        with tempfile.TemporaryDirectory(dir=place, prefix=".making-", ignore_cleanup_errors=True) as making:
            new = Path(making, kept.name)
            new.mkdir()
            good = _decode(new / "images.npy", source, entries, shape, colour)
            np.save(new / "good.npy", good)
            if not good.any():
                return np.empty((0, *shape[1:]), np.uint8), good  # nothing can be mapped
            with contextlib.suppress(OSError):  # another process was faster, and made the same
                os.replace(new, kept)
            found = _load(kept)
        _thin(kept)
    return found or decode_all(source, entries, size, colour)  # None: another process thinned it away at once


def arrays(key: tuple, make: Callable[[], dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Small arrays by name, as ``make`` gives them; from disk where they were made before under the same ``key``."""
    place = folder()
    if place is None:
        return make()
    kept = place / f"{hashlib.blake2b(repr(key).encode(), digest_size=KEY).hexdigest()}.npz"
    if not kept.exists():
        made = make()
        with tempfile.TemporaryDirectory(dir=place, prefix=".making-", ignore_cleanup_errors=True) as making:
            np.savez(Path(making, kept.name), **made)
            os.replace(Path(making, kept.name), kept)
        return made
    with np.load(kept) as found:
        return dict(found)


def _decode(path: Path, source: Source, entries: Sequence[Entry], shape: tuple[int, ...], colour: bool) -> np.ndarray:
    """Decode into a new file that holds the readable ones; tells which they are."""
    out = np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=shape)
    readable, good = decode_all(source, entries, shape[-1], colour, out=out)
    out.flush()
    if good.any() and not good.all():
        shorter = path.with_name("readable.npy")
        np.save(shorter, readable)
        del out, readable  # Windows replaces no file that is mapped
        os.replace(shorter, path)
    return good


def _load(kept: Path) -> tuple[np.ndarray, np.ndarray] | None:
    try:
        return np.load(kept / "images.npy", mmap_mode="r"), np.load(kept / "good.npy")
    except FileNotFoundError:
        return None


def _thin(newest: Path) -> None:
    """Remove the arrays that were made longest ago until all fit; one that is mapped lives on until it is let go."""
    others = [path for path in newest.parent.glob("[0-9a-f]" * 2 * KEY + "/images.npy") if path.parent != newest]
    total = (newest / "images.npy").stat().st_size
    for path in sorted(others, key=lambda path: path.stat().st_mtime, reverse=True):
        total += path.stat().st_size
        if total > MOST:
            shutil.rmtree(path.parent, ignore_errors=True)  # what Windows holds because it is mapped goes the next time
