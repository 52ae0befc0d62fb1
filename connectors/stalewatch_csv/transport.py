"""Files as they lie on disk: found, measured, opened. Nothing here knows what a row is."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple, cast

from stalewatch.sdk.errors import NeedsReconnect, TryLater

_CHUNK: Final = 1 << 20
_WILD: Final = frozenset("*?[")


class Stamp(NamedTuple):
    """What the file system says of a file: cheap to ask, and different after nearly every write."""

    size: int
    mtime_ns: int


class Contents(NamedTuple):
    """What a file holds: the SHA-256 of its unpacked bytes, its number of lines, and whether the last one is ended."""

    sha256: str
    lines: int
    ended: bool = True


def find(folder: Path, name: str) -> Path | None:
    """The file of that name in the folder, or else the same name with `.gz`; of a pattern the file written last."""
    if _WILD.isdisjoint(name):
        return next((path for path in (folder / name, folder / f"{name}.gz") if path.is_file()), None)
    there = [path for pattern in (name, f"{name}.gz") for path in folder.glob(pattern) if path.is_file()]
    return max(there, key=lambda path: (stamp(path).mtime_ns, path.name), default=None)


def stamp(path: Path) -> Stamp:
    """Size and time of the last write.

    Raises:
        TryLater: if the file is gone.
        NeedsReconnect: if it may not be read.
    """
    with faults_by_name(path):
        state = path.stat()
    return Stamp(state.st_size, state.st_mtime_ns)


def measure(path: Path) -> Contents:
    """Read the file once from end to end, unpacked; raises like `stamp`, and TryLater for half a gzip file."""
    digest, breaks, last = hashlib.sha256(), 0, b"\n"
    with faults_by_name(path):
        for chunk in chunks(path):
            digest.update(chunk)
            breaks += chunk.count(b"\n")
            last = chunk[-1:]
    return Contents(digest.hexdigest(), breaks + (last != b"\n"), last in b"\r\n\0")


def chunks(path: Path) -> Iterator[bytes]:
    """The unpacked bytes, a megabyte at a time; faults come as the operating system names them."""
    with unpacked(path) as file:
        yield from iter(lambda: file.read(_CHUNK), b"")


def unpacked(path: Path) -> BinaryIO:
    """Open a file for its bytes, plain or gzip."""
    if path.suffix == ".gz":
        return cast("BinaryIO", gzip.open(path, "rb"))
    return path.open("rb")


@contextmanager
def faults_by_name(path: Path) -> Iterator[None]:
    """Turn what may happen to a file into errors of the tree that say what to do."""
    try:
        yield
    except FileNotFoundError as error:
        cure = "Nothing is judged on missing data; put the file back, or correct path and files."
        raise TryLater("the file is gone", where=str(path), cure=cure) from error
    except PermissionError as error:
        raise NeedsReconnect("may not be read", where=str(path), cure="Give this user read access.") from error
    except UnicodeDecodeError as error:
        cure = "It is read again on the next sync."
        raise TryLater("ends in the middle of a character", where=path.name, cure=cure) from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        cure = "It is read again on the next sync."
        raise TryLater("is not a whole gzip file", where=path.name, cure=cure) from error
    except OSError as error:
        raise TryLater(f"could not be read: {error.strerror}", where=str(path)) from error
