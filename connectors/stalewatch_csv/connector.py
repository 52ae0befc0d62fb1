"""The csv connector: a folder of exported files, each change of which is a new snapshot."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import ClassVar, Final

from stalewatch.sdk.connector import ConnectionSettings, Connector, Cursor, Description, Finding, Page
from stalewatch.sdk.errors import TryLater
from stalewatch_csv import place as places
from stalewatch_csv.coverage import describe, findings
from stalewatch_csv.mapping import DEALS, read_mapping
from stalewatch_csv.pages import drafts
from stalewatch_csv.place import Place
from stalewatch_csv.reading import Reading
from stalewatch_csv.transport import find

_STILL: Final = timedelta(seconds=10)


class CsvConnector(Connector):
    """Reads deals.csv, and stages.csv and events.csv where they are; writes nothing."""

    type: ClassVar[str] = "csv"
    ages: ClassVar[bool] = False

    def __init__(self, settings: ConnectionSettings) -> None:
        self._settings = settings
        self._mapping = read_mapping(settings)

    def describe(self) -> Description:
        """Tell what the files feed, from their headers and first rows.

        Raises:
            TryLater: a file is gone or empty.
            NeedsReconnect: a file may not be read.
            Refused: a required column is missing.
        """
        files = self._files()
        return describe(self._reading(files), files)

    def check(self) -> list[Finding]:
        """Read everything once and tell what was found in it."""
        return findings(lambda: self._reading(self._files()), self._mapping.folder)

    def pull(self, cursor: Cursor | None, *, full: bool = False) -> Iterator[Page]:
        """Yield the whole snapshot if any file changed since `cursor`, else nothing.

        A pull that was interrupted goes on after its last stored page. Only the last page of a snapshot whose
        rows could all be read is `complete`: a row we cannot read may be the record that would be missed.

        Raises:
            TryLater: a file is gone, half-written, or was written to while we read it.
            NeedsReconnect: a file may not be read.
            Refused: a required column is missing, or it is no UTF-8 text.
        """
        before = None if full else places.parse(cursor)
        files = self._files(before)
        if before and before.done and before.looks_like(self._mapping.digest, files):
            return
        here = places.beginning(self._mapping.digest, files)
        self._wait_for_whole(here)
        if before:
            here = here.goes_on(before)
        if not here.done:
            yield from self._snapshot(here, files)

    def _wait_for_whole(self, here: Place) -> None:
        """A file without a line break at its end may be half of one, until it has stood still for a while.

        Raises:
            TryLater: if such a file was written a moment ago.
        """
        for version in here.files.values():
            written, now = version.written_at, self._settings.now()
            if not version.contents.ended and written and timedelta() <= now - written < _STILL:
                cure = "It is read on a later sync, once it has stood still; end the last row with a line break."
                raise TryLater("may still be being written", after=_STILL, where=version.name, cure=cure)

    def _snapshot(self, here: Place, files: Mapping[str, Path]) -> Iterator[Page]:
        total, as_of = max(0, here.files[DEALS].contents.lines - 1), here.files[DEALS].written_at
        for number, draft in enumerate(drafts(self._reading(files))):
            if draft.is_last and not here.is_unchanged(files):
                raise TryLater("was written to while we read it", where=str(self._mapping.folder))
            if number >= here.page:
                yield draft.page(here.after(number, done=draft.is_last), total, as_of)

    def _reading(self, files: Mapping[str, Path]) -> Reading:
        return Reading(self._settings, self._mapping, files)

    def _files(self, before: Place | None = None) -> dict[str, Path]:
        """The files that there are; one that is named, or was there before, must be."""
        expected = self._mapping.named | set(before.files if before else ())
        files: dict[str, Path] = {}
        for role, name in self._mapping.files.items():
            path = find(self._mapping.folder, name) if name else None
            if path:
                files[role] = path
            elif role in expected and (name or role == DEALS):
                raise TryLater(
                    "the file is gone",
                    where=str(self._mapping.folder / name),
                    cure="Nothing is judged on missing data; put the file back, or correct path and files.",
                )
        return files
