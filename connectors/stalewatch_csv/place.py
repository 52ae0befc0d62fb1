"""Where a pull stands: which contents of which files, and how many pages of them were stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from stalewatch.sdk.connector import Cursor
from stalewatch.sdk.errors import TryLater
from stalewatch_csv.transport import Contents, Stamp, measure, stamp

_FORMAT: Final = 1
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Version:
    """One file at one moment."""

    name: str
    stamp: Stamp
    contents: Contents

    @property
    def written_at(self) -> datetime | None:
        """When it was written last, by the file system's clock; None for a time that no calendar has."""
        try:
            return _EPOCH + timedelta(microseconds=self.stamp.mtime_ns // 1_000)
        except OverflowError:
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A cursor, read: `page` pages of these versions are stored; `done` if those are all."""

    setup: str
    files: Mapping[str, Version]
    page: int = 0
    done: bool = False

    def after(self, page: int, *, done: bool) -> Cursor:
        """The cursor to store with that page (counted from 0)."""
        files = {
            role: {"name": version.name, **version.stamp._asdict(), **version.contents._asdict()}
            for role, version in self.files.items()
        }
        return {"format": _FORMAT, "setup": self.setup, "files": files, "page": page + 1, "done": done}

    def looks_like(self, setup: str, files: Mapping[str, Path]) -> bool:
        """True if nothing was written since, as far as the file system tells; raises like `stamp`."""
        return self.setup == setup and self._names() == _names(files) and self.is_unchanged(files)

    def is_unchanged(self, files: Mapping[str, Path]) -> bool:
        """True if every file still has the size and time it had; raises like `stamp`."""
        return all(stamp(path) == self.files[role].stamp for role, path in files.items())

    def goes_on(self, earlier: Place) -> Place:
        """This place, moved to where an earlier pull of the same contents stopped."""
        same = self.setup == earlier.setup and _digests(self) == _digests(earlier)
        return replace(self, page=earlier.page, done=earlier.done) if same else self

    def _names(self) -> dict[str, str]:
        return {role: version.name for role, version in self.files.items()}


def beginning(setup: str, files: Mapping[str, Path]) -> Place:
    """The start of what the files hold now; reads each once, raises like `measure`, and TryLater if one changes."""
    place = Place(setup=setup, files={role: _version(path) for role, path in files.items()})
    if not place.is_unchanged(files):
        names = ", ".join(path.name for path in files.values())
        raise TryLater("is being written", where=names, cure="It is read again on the next sync.")
    return place


def _version(path: Path) -> Version:
    before = stamp(path)
    return Version(path.name, before, measure(path))


def parse(cursor: Cursor | None) -> Place | None:
    """The place a stored cursor names; None for none, or for one of another format: all is then read anew."""
    if cursor is None or cursor.get("format") != _FORMAT:
        return None
    files: Mapping[str, Mapping[str, Any]] = cursor["files"]
    versions = {
        role: Version(
            told["name"],
            Stamp(told["size"], told["mtime_ns"]),
            Contents(told["sha256"], told["lines"], told.get("ended", True)),
        )
        for role, told in files.items()
    }
    return Place(setup=cursor["setup"], files=versions, page=cursor["page"], done=cursor["done"])


def _names(files: Mapping[str, Path]) -> dict[str, str]:
    return {role: path.name for role, path in files.items()}


def _digests(place: Place) -> dict[str, str]:
    return {role: version.contents.sha256 for role, version in place.files.items()}
