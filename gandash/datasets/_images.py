"""What every data set of pictures has in common: choosing images by class and count, resizing, grey and colour, holding them once."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

import numpy as np
from PIL import Image

from gandash.datasets import Images
from gandash.randomness import derive

RESAMPLING = Image.Resampling.BICUBIC  # Pillow's is antialiased: its support grows with the reduction
CHUNK = 256  # images that a thread takes at a time


def threads() -> int:
    """Pillow frees the interpreter while it decodes and resizes, so threads are enough."""
    return min(8, os.cpu_count() or 1)


def choose(labels: np.ndarray, names: tuple[str, ...], classes: tuple[str, ...], count: int) -> tuple[np.ndarray | None, np.ndarray]:
    """Sorted indices of the wanted images (None: all of them), and their labels, renumbered over the chosen classes.

    ``classes`` keeps only images of these classes, numbered in the order of ``names``; none means all. ``count`` keeps so many, as evenly
    over the classes as they allow; 0 means all. A smaller count gives a part of what a larger one gives.
    """
    wanted = None
    if classes and set(classes) != set(names):
        kept = np.array([name in classes for name in names])
        wanted = np.flatnonzero(kept[labels])
        labels = (np.cumsum(kept) - 1)[labels[wanted]]
    if count and count < len(labels):
        few = balanced(labels, count)
        wanted, labels = few if wanted is None else wanted[few], labels[few]
    return wanted, labels


def balanced(labels: np.ndarray, count: int) -> np.ndarray:
    """Sorted indices of ``count`` images, drawn at random with a fixed seed, as many of each class as there are."""
    shuffled = np.random.default_rng(derive(0, "balanced")).permutation(len(labels))
    turn = np.empty(len(labels), np.int64)  # the how-manieth of its class an image is, in shuffled order
    for label in np.unique(labels):
        members = shuffled[labels[shuffled] == label]
        turn[members] = np.arange(len(members))
    return np.sort(shuffled[np.argsort(turn[shuffled], kind="stable")[:count]])


def split(labels: np.ndarray, held_out: float | int) -> tuple[np.ndarray, np.ndarray]:
    """Sorted indices of training and of held-out images, drawn with a fixed seed.

    ``held_out`` of each class: so many (an integer), or a fraction, which is at least one image where there are two.
    """
    shuffled = np.random.default_rng(derive(0, "split")).permutation(len(labels))
    test = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        members = shuffled[labels[shuffled] == label]
        several = held_out if isinstance(held_out, int) else max(round(held_out * len(members)), min(1, len(members) - 1))
        test[members[:several]] = True
    return np.flatnonzero(~test), np.flatnonzero(test)


def fit(images: np.ndarray, size: int, colour: bool) -> np.ndarray:
    """``uint8 (N, C, H, W)`` -> ``uint8 (N, 3 or 1, size, size)``."""
    if colour:
        return recolour(resize(images, size), colour)
    return resize(recolour(images, colour), size)  # a third of the work


def resize(images: np.ndarray, size: int) -> np.ndarray:
    """``uint8 (N, C, H, W)`` -> ``uint8 (N, C, size, size)``: 28 to 32 by a black border, all else antialiased and bicubic."""
    if images.shape[2:] == (size, size):
        return images
    if images.shape[2:] == (28, 28) and size == 32:
        return np.pad(images, ((0, 0), (0, 0), (2, 2), (2, 2)))
    out = np.empty((*images.shape[:2], size, size), np.uint8)

    def work(start: int) -> None:
        chunk = slice(start, start + CHUNK)
        out[chunk] = _resize_rows(_resize_rows(images[chunk], size).swapaxes(2, 3), size).swapaxes(2, 3)

    with ThreadPoolExecutor(threads()) as pool:
        list(pool.map(work, range(0, len(images), CHUNK)))
    return out


def _resize_rows(images: np.ndarray, size: int) -> np.ndarray:
    """``(..., W)`` -> ``(..., size)``: all rows as one tall picture, which gives what a call an image gives, and sooner."""
    tall = np.ascontiguousarray(images).reshape(-1, images.shape[-1])
    return np.asarray(Image.fromarray(tall).resize((size, len(tall)), RESAMPLING)).reshape(*images.shape[:-1], size)


def recolour(images: np.ndarray, colour: bool) -> np.ndarray:
    """``uint8 (N, C, H, W)`` with three channels or one; grey is ITU-R 601 luma, and is repeated without using memory."""
    if colour and images.shape[1] == 1:
        return np.broadcast_to(images, (len(images), 3, *images.shape[2:]))
    if not colour and images.shape[1] == 3:
        grey = np.empty((len(images), 1, *images.shape[2:]), np.uint8)
        for start in range(0, len(images), CHUNK):
            red, green, blue = images[start : start + CHUNK].astype(np.uint32).transpose(1, 0, 2, 3)
            grey[start : start + CHUNK, 0] = (19595 * red + 38470 * green + 7471 * blue + 32768) >> 16  # Pillow's weights
        return grey
    return images


class _Cell:
    """A place for one result; who asks for it while it is made waits instead of making it twice."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.images: Images | None = None


@lru_cache(maxsize=8)
def _cell(key: Hashable) -> _Cell:
    return _Cell()


def held(key: Hashable, make: Callable[[], Images]) -> Images:
    """What ``make`` gives, made once a key and process and read-only; the eight newest keys are held."""
    cell = _cell(key)
    with cell.lock:
        if cell.images is None:
            made = make()
            for array in (made.images, made.labels, made.boxes):
                if array is not None:
                    array.flags.writeable = False
            cell.images = made
    return cell.images
