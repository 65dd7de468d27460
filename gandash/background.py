"""Long work beside the pages: one thing at a time in this process, with progress, cancel, and no owner.

Who asks for work that is already under way is given the same, so thirty visitors cost as much as one and a reloaded page finds its
progress bar again. Results are kept by whoever does the work, on disk.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from gandash.analyses import Cancelled, Progress

_workers = ThreadPoolExecutor(max_workers=1, thread_name_prefix="background")
_lock = threading.Lock()
_works: dict[str, Work] = {}


@dataclass(eq=False)
class Work:
    """One piece of work, to be watched from any thread."""

    fraction: float = 0.0  # in [0, 1]
    told: str = "Waiting for other work to end"
    error: str = ""
    done: bool = False  # ended: well, with an error or cancelled
    _cancelled: threading.Event = field(default_factory=threading.Event)

    def cancel(self) -> None:
        """Ask it to stop; it does at its next report of progress."""
        self._cancelled.set()

    @property
    def cancelled(self) -> bool:
        return self._cancelled.is_set()

    def _report(self, fraction: float, told: str) -> None:
        if self.cancelled:
            raise Cancelled
        self.fraction, self.told = min(1.0, max(0.0, fraction)), told

    def _do(self, what: Callable[[Progress], object], expected: tuple[type[Exception], ...]) -> None:
        try:
            self._report(0.0, "Starting")
            what(self._report)
        except Cancelled:
            self.told = "Cancelled"
        except expected as error:
            self.error = str(error)
        except Exception as error:
            self.error = f"{type(error).__name__}: {error}"
            logging.getLogger(__name__).exception("background work failed")
        finally:
            self.done = True


def start(key: str, what: Callable[[Progress], object], expected: tuple[type[Exception], ...] = ()) -> Work:
    """Begin ``what(progress)``, or join the work of this key that is under way.

    Exceptions of the ``expected`` types carry a sentence for people; others are logged too.
    """
    with _lock:
        under_way = _works.get(key)
        if under_way is None or under_way.done or under_way.cancelled:
            under_way = _works[key] = Work()
            _workers.submit(under_way._do, what, expected)
        return under_way


def find(key: str) -> Work | None:
    """The newest work of that key, under way or ended."""
    return _works.get(key)
