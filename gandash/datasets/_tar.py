"""Members of a tar archive, compressed or not, read and never unpacked: no name in it is ever used as a path."""

from __future__ import annotations

import lzma
import tarfile
import tempfile
import threading
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from gandash.datasets import DatasetUnavailable, _kept
from gandash.datasets._pictures import MOST_BYTES, Entry, picture_like


def members(path: Path, wanted: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    """Name and content of each regular file whose name is wanted, from front to end. Raises :class:`DatasetUnavailable`.

    Links and devices are passed over, and so is what is too large to be a picture.
    """
    try:
        with tarfile.open(path, "r|*") as archive:
            for member in archive:
                name = member.name.removeprefix("./")
                if member.isreg() and member.size <= MOST_BYTES and wanted(name):
                    yield name, archive.extractfile(member).read()
    except (tarfile.TarError, OSError, EOFError, zlib.error, lzma.LZMAError) as error:
        raise DatasetUnavailable(f"{path} is damaged or no tar archive ({error}): delete it and download it again.") from error


class Tar:
    """The pictures below a folder of a tar archive, to be read in any order.

    Such an archive has no table of contents and can only be read from front to end. That is done when the first picture is asked for, into
    a temporary file without a name.
    """

    def __init__(self, path: Path, below: str):
        self.path, self.below = path, below
        self._lock = threading.Lock()
        self._file = tempfile.TemporaryFile(dir=_kept.folder())  # noqa: SIM115  closed by close()
        self._places: dict[str, int] = {}

    def read(self, entry: Entry) -> bytes:
        with self._lock:
            if not self._places:
                self._fill()
            self._file.seek(self._places[entry.path])
            return self._file.read(entry.size)

    def close(self) -> None:
        self._file.close()

    def _fill(self) -> None:
        for name, content in members(self.path, lambda name: name.startswith(self.below) and picture_like(name)):
            self._places[name.removeprefix(self.below)] = self._file.tell()
            self._file.write(content)
