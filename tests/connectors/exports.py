"""Builders for the csv connector's tests: a folder with exported files, and what a pull of it brought."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from stalewatch.sdk.connector import Connector, Page
from stalewatch.sdk.records import Activity, Deal, FieldChange, Person, Rejected, StageVisit
from stalewatch.sdk.testing import NOON, connection_settings
from stalewatch_csv import connect

HEADER = "deal_id,name,owner,outcome,created_on,closed_on,stage,amount"


@dataclass(frozen=True)
class Pulled:
    """Everything that some pages brought."""

    pages: list[Page]

    @property
    def deals(self) -> list[Deal]:
        return [deal for page in self.pages for deal in page.deals]

    @property
    def deal(self) -> Deal:
        (only,) = self.deals
        return only

    @property
    def ids(self) -> list[str]:
        return [deal.id for deal in self.deals]

    @property
    def people(self) -> dict[str, Person]:
        return {person.id: person for page in self.pages for person in page.people}

    @property
    def activities(self) -> list[Activity]:
        return [activity for page in self.pages for activity in page.activities]

    @property
    def changes(self) -> list[FieldChange]:
        return [change for page in self.pages for change in page.changes]

    @property
    def visits(self) -> list[StageVisit]:
        return [visit for page in self.pages for visit in page.visits]

    @property
    def rejected(self) -> list[Rejected]:
        return [row for page in self.pages for row in page.rejected]

    @property
    def complaints(self) -> list[tuple[str, str]]:
        return [(row.ref, row.reason) for row in self.rejected]

    @property
    def is_complete(self) -> bool:
        return bool(self.pages) and self.pages[-1].complete

    @property
    def cursor(self) -> Mapping[str, Any]:
        return self.pages[-1].cursor


class Export:
    """A folder of exported files and the connection that reads it."""

    def __init__(self, folder: Path, **options: Any) -> None:
        self.folder = folder
        self.options = {"path": ".", **options}

    def write(self, name: str, *lines: str) -> Path:
        """A file with these lines, each ended by a line break."""
        return self.raw(name, "".join(f"{line}\n" for line in lines).encode())

    def deals(self, *rows: str, header: str = HEADER) -> Path:
        return self.write("deals.csv", header, *rows)

    def raw(self, name: str, content: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        return path

    def connector(self, now: datetime = NOON) -> Connector:
        return connect(connection_settings(self.options, self.folder, now=lambda: now))

    def pull(self, cursor: Mapping[str, Any] | None = None, *, full: bool = False, now: datetime = NOON) -> Pulled:
        return Pulled(list(self.connector(now).pull(cursor, full=full)))

    def findings(self) -> list[str]:
        return [finding.message for finding in self.connector().check()]

    def fields(self) -> dict[str, str]:
        """Ours to theirs, of what the connection says that it feeds."""
        return {info.ours: info.theirs for info in self.connector().describe().fields["deal"]}


def open_deals(count: int, first: int = 1) -> list[str]:
    """Rows of open deals D1, D2, …"""
    return [f"D{n},Deal {n},Sato,open,2026-01-{n % 28 + 1:02},,proposal,{n}000" for n in range(first, first + count)]
