"""Loads the heavy libraries once, after the first page is out, and takes them out of the garbage collector's sight."""

from __future__ import annotations

import gc
import importlib
import logging
import threading
import time

HEAVY = ("torch", "gandash.assembly", "torchvision", "sklearn.svm", "plotly.graph_objects")
PATIENCE = 8.0  # seconds after which the libraries are loaded though nobody came
HEAD_START = 0.5  # seconds between the end of the first page's script and the import, in which its messages reach the browser

_first_page = threading.Event()
_one_at_a_time = threading.RLock()


def start() -> None:
    """Begin to wait for the first page, in a thread that does not keep the process alive."""
    threading.Thread(target=_wait_and_load, name="warm-up", daemon=True).start()


def first_page_is_out() -> None:
    """Told by the frame at the end of every page; only the first time has an effect."""
    _first_page.set()


def need(*modules: str) -> None:
    """Import modules now, or wait until the thread that loads them has done so.

    Python lets two threads that import from two ends of one circle see half of a module; a lock around whole imports does not.
    """
    for name in modules:
        with _one_at_a_time:
            importlib.import_module(name)


def load() -> None:
    """Import :data:`HEAVY`; then freeze what is alive, so that a collection no longer walks through a million library objects."""
    began = time.perf_counter()
    need(*HEAVY)
    gc.collect()
    gc.freeze()
    logging.getLogger(__name__).info("libraries loaded in %.1f s", time.perf_counter() - began)


def _wait_and_load() -> None:
    _first_page.wait(PATIENCE)
    time.sleep(HEAD_START)
    load()
