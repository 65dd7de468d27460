"""Files of a run: JSON that is replaced whole, and logs that are read while another process writes them."""

from __future__ import annotations

import json
import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def write_json(path: Path, value: Any) -> None:
    """Replace ``path`` atomically: a reader sees the old text or the new one, never half of it."""
    write_bytes(path, json.dumps(value, indent=1, ensure_ascii=False).encode())


def write_bytes(path: Path, content: bytes) -> None:
    """Replace ``path`` atomically."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def read_json(path: Path) -> dict[str, Any]:
    """The object in ``path``; empty where the file is not there yet."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}


def append_line(path: Path, value: dict[str, Any]) -> None:
    """One JSON line, written at once."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(value, ensure_ascii=False) + "\n")


class DamagedFile(ValueError):
    """A file of tensors that cannot be read: half copied, or something else under its name."""


@contextmanager
def opened_tensors(path: Path, framework: str) -> Iterator[Any]:
    """A safetensors file to read from. Raises :class:`DamagedFile`, with a sentence for people."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework=framework) as file:
            yield file
    except SafetensorError as error:
        run, folder = path.parent.parent.name, path.parent.name
        raise DamagedFile(f"The file {folder}/{path.name} of the run {run} is damaged and cannot be read ({error}).") from error


def tensor_names(path: Path) -> list[str]:
    """What a safetensors file holds, from its header alone. Raises :class:`DamagedFile`."""
    with opened_tensors(path, "numpy") as file:
        return list(file.keys())


class Tail:
    """The whole lines of a growing file, read from where the last look ended. A last line without its newline is not there yet."""

    def __init__(self, path: Path):
        self.path = path
        self._lines: list[bytes] = []
        self._offset = 0
        self._identity: tuple[int, int] | None = None
        self._lock = threading.Lock()

    def lines(self) -> list[bytes]:
        """All lines so far, without newlines; the list grows in place and must not be changed."""
        with self._lock:
            try:
                stat = self.path.stat()
            except FileNotFoundError:
                self._lines, self._offset, self._identity = [], 0, None
                return self._lines
            identity = (stat.st_dev, stat.st_ino)
            if identity != self._identity or stat.st_size < self._offset:  # replaced by a resume
                self._lines, self._offset, self._identity = [], 0, identity
            if stat.st_size > self._offset:
                with self.path.open("rb") as file:
                    file.seek(self._offset)
                    new = file.read()
                end = new.rfind(b"\n") + 1
                self._lines += new[:end].splitlines()
                self._offset += end
            return self._lines


_tails: dict[Path, Tail] = {}
_tails_lock = threading.Lock()


def tail(path: Path) -> Tail:
    """The shared tail of ``path``; the most recently asked 64 are kept."""
    with _tails_lock:
        found = _tails.pop(path, None) or Tail(path)
        _tails[path] = found
        while len(_tails) > 64:
            _tails.pop(next(iter(_tails)))
        return found


def json_lines(path: Path) -> list[dict[str, Any]]:
    """Every whole line of a ``.jsonl`` file."""
    return [json.loads(line) for line in tail(path).lines()]
