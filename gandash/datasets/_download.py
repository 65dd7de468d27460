"""Downloads with progress: whole and of the right checksum, or not there at all."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterable
from http.client import HTTPException
from pathlib import Path

from gandash.datasets import DatasetUnavailable, Progress

CHUNK = 1 << 18  # bytes between two words of progress
TIMEOUT = 30  # seconds without a byte
MEGABYTE = 1_000_000


def md5_of(path: Path) -> str:
    """The MD5 of a file, as data sets publish it; it tells a damaged file from a whole one, not a forged one."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def fetch(title: str, files: Iterable[tuple[list[str], Path, str]], progress: Progress | None = None) -> None:
    """Fetch each (addresses to try in turn, path, MD5) that is not there yet.

    ``progress`` is told the fraction of all bytes; what it raises ends the download and leaves no half file. Raises
    :class:`DatasetUnavailable` where no address gives the file, or where it cannot be written.
    """
    wanted = [(urls, path, md5) for urls, path, md5 in files if not (path.is_file() and md5_of(path) == md5)]
    sizes = [_length(urls) for urls, _, _ in wanted]
    total, before = sum(sizes), 0
    for (urls, path, md5), size in zip(wanted, sizes, strict=True):

        def told(count: int, path: Path = path, before: int = before, size: int = size) -> None:
            if progress:
                part = f"{count / MEGABYTE:.1f} of {size / MEGABYTE:.1f} MB" if size else f"{count / MEGABYTE:.1f} MB"
                progress(min((before + count) / total, 1.0) if total else 0.0, f"{title}: {path.name}, {part}")

        _fetch_one(title, urls, path, md5, told)
        before += size
    if progress:
        progress(1.0, f"{title}: downloaded")


def _open(url: str, method: str = "GET"):
    return urllib.request.urlopen(urllib.request.Request(url, headers={"User-Agent": "gandash"}, method=method), timeout=TIMEOUT)


def _length(urls: list[str]) -> int:
    """The size in bytes that the first answering address gives; 0 where none does, which only the progress bar notices."""
    for url in urls:
        with contextlib.suppress(OSError, HTTPException), _open(url, "HEAD") as answer:
            return int(answer.headers.get("Content-Length") or 0)
    return 0


def _fetch_one(title: str, urls: list[str], path: Path, md5: str, told) -> None:
    failures = []
    for url in urls:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, part = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
        except OSError as error:
            raise DatasetUnavailable(
                f"{title} cannot be downloaded, because {path.parent} cannot be written ({error.strerror}): "
                "set GANDASH_DATA to a folder that can."
            ) from error
        try:
            with os.fdopen(handle, "wb") as file, _open(url) as answer:
                count = 0
                while chunk := answer.read(CHUNK):
                    file.write(chunk)
                    count += len(chunk)
                    told(count)
            if md5_of(Path(part)) == md5:
                os.chmod(part, 0o644)  # mkstemp's are its owner's alone
                os.replace(part, path)
                return
            failures.append(f"{url} gave another file than the one expected")
        except (OSError, HTTPException) as error:
            failures.append(f"{url}: {getattr(error, 'reason', None) or error}")
        finally:
            Path(part).unlink(missing_ok=True)
    raise DatasetUnavailable(f"{title} could not be downloaded ({'; '.join(failures)}): try later, or put {path.name} into {path.parent}.")
