"""Backups as files: a ZIP archive with a page of facts and the data, which other programs can open as well.

`manifest.json` says what is in it. A backup of SQLite holds `database.sqlite`, the very file; one of PostgreSQL holds
`rows/<table>`, the lines of COPY. It comes to be under another name, is written out to the disk, and is renamed then:
what bears the name is whole.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import msgspec

from stalewatch.sdk.errors import ConfigurationError

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
DATABASE: Final = "database.sqlite"
ROWS: Final = "rows/"
PIECE: Final = 1 << 20
"""Bytes that are read at once."""
_OTHER: Final = "name a file that `stalewatch db backup` made, or use an earlier one"


class Table(msgspec.Struct, frozen=True):
    """What an archive holds of a table.

    Attributes:
        columns: their names, in the order of the lines; none where the whole file of SQLite is held.
        sum: of its rows, in any order (`store.portable.Sum`); "" there as well.
    """

    rows: int
    columns: tuple[str, ...] = ()
    sum: str = ""


class Manifest(msgspec.Struct, frozen=True):
    """What is in an archive.

    Attributes:
        product: the version of stalewatch that wrote it.
        kind: "sqlite" or "postgresql".
        schema: the revision of the database's schema.
        taken_at: microseconds of real time; what was committed before that is in it.
        counted: table -> the last number that it gave out.
        sha256: of `database.sqlite`, "" if there is none.
    """

    format: int
    product: str
    kind: str
    schema: str
    taken_at: int
    tables: dict[str, Table]
    counted: dict[str, int]
    sha256: str = ""

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(table.rows for table in self.tables.values())


@contextmanager
def making(path: Path) -> Iterator[tuple[Path, zipfile.ZipFile]]:
    """A folder for whatever has to lie on the disk meanwhile, and the archive that becomes `path` when the block ends.

    Raises:
        ConfigurationError: there is such a file, or none can be written there.
    """
    if path.exists():
        raise _there(path)
    try:
        with TemporaryDirectory(prefix=".stalewatch-backup-", dir=path.parent) as folder:
            part = Path(folder) / "archive"
            descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w+b") as file:
                with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
                    yield Path(folder), archive
                file.flush()
                os.fsync(file.fileno())
            _name(part, path)
    except OSError as error:
        what = f"the backup could not be written: {error.strerror or error}"
        raise ConfigurationError(what, where=str(path), cure="free space there, or name another folder") from error


def finish(archive: zipfile.ZipFile, manifest: Manifest) -> None:
    """Write the page of facts, which comes last: without it an archive is none."""
    archive.writestr(MANIFEST, msgspec.json.format(msgspec.json.encode(manifest), indent=2))


def put_file(archive: zipfile.ZipFile, file: Path) -> str:
    """Put a database's file into an archive; return its sha256."""
    digest = sha256()
    with file.open("rb") as source, archive.open(DATABASE, "w", force_zip64=True) as target:
        while piece := source.read(PIECE):
            digest.update(piece)
            target.write(piece)
    return digest.hexdigest()


@contextmanager
def opened(path: Path) -> Iterator[tuple[zipfile.ZipFile, Manifest]]:
    """An archive to read from, and what it says of itself.

    Raises:
        ConfigurationError: it is none, it is damaged, or it is of a newer format.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            manifest = msgspec.json.decode(archive.read(MANIFEST), type=Manifest)
            if manifest.format > FORMAT:
                raise ConfigurationError(
                    "this backup was made by a newer stalewatch", where=str(path), cure="use that newer version"
                )
            yield archive, manifest
    except (zipfile.BadZipFile, msgspec.DecodeError, KeyError, EOFError) as error:
        raise damaged(path, str(error)) from error
    except OSError as error:
        raise ConfigurationError(
            f"the backup cannot be read: {error.strerror or error}", where=str(path), cure="check the path"
        ) from error


def take_file(archive: zipfile.ZipFile, file: Path) -> str:
    """Take the database's file out of an archive; return its sha256."""
    digest = sha256()
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with archive.open(DATABASE) as source, os.fdopen(descriptor, "wb") as target:
        while piece := source.read(PIECE):
            digest.update(piece)
            target.write(piece)
    return digest.hexdigest()


def lines(archive: zipfile.ZipFile, table: str) -> Iterator[bytes]:
    """The rows of a table, without their ends."""
    with archive.open(ROWS + table) as member:
        rest = b""
        while piece := member.read(PIECE):
            *whole, rest = (rest + piece).split(b"\n")
            yield from whole


def damaged(path: Path, why: str) -> ConfigurationError:
    """The error of an archive that is not what it says."""
    return ConfigurationError(f"this is no backup of stalewatch, or a damaged one: {why}", where=str(path), cure=_OTHER)


def _there(path: Path) -> ConfigurationError:
    return ConfigurationError("there is such a file already", where=str(path), cure="name a file that is not there yet")


def _name(part: Path, path: Path) -> None:
    """Give it its name, unless somebody took that meanwhile, and let the folder remember it."""
    try:
        path.hardlink_to(part)
    except FileExistsError:
        raise _there(path) from None
    except OSError:  # a disk that knows no second names
        part.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        with suppress(OSError):  # some network shares refuse it, and have written the file already
            os.fsync(folder)
    finally:
        os.close(folder)
