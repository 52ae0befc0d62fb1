"""One record of the portal: what it holds now, and what its properties held before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple


class Change(NamedTuple):
    """A property had this value from then on.

    Attributes:
        at: milliseconds since 1970.
        source_type: who wrote it: CRM_UI, INTEGRATION, EMAIL, CALCULATED, MIGRATION, …
    """

    value: str
    at: int
    source_type: str
    source_id: str


@dataclass(frozen=True, slots=True)
class Version:
    """What a record looked like between two edits. It is never changed, only replaced."""

    number: int
    created: int
    modified: int
    properties: Mapping[str, str]


@dataclass(slots=True)
class Record:
    """A record; times are milliseconds since 1970.

    Attributes:
        changed: earlier and present values of the properties that ever changed, oldest first.
        source: who created it.
    """

    now: Version
    source: tuple[str, str]
    archived_at: int | None = None
    changed: dict[str, list[Change]] = field(default_factory=dict)

    def history(self, name: str) -> list[Change]:
        """Every value that a property had, newest first."""
        if name in self.changed:
            return sorted(self.changed[name], key=lambda change: change.at)[::-1]
        value = self.now.properties.get(name)
        return [Change(value, self.now.created, *self.source)] if value else []

    def write(self, values: Mapping[str, str], at: int, modified: int, source: tuple[str, str]) -> None:
        """Put values; those that are no change leave no trace in the history."""
        before = self.now.properties
        for name, value in values.items():
            if value != before.get(name, ""):
                if name not in self.changed:
                    self.changed[name] = self.history(name)
                self.changed[name].append(Change(value, at, *source))
        self.replace(values, modified)

    def replace(self, values: Mapping[str, str], modified: int) -> None:
        """Put values without a trace."""
        self.now = Version(self.now.number, self.now.created, modified, {**self.now.properties, **values})
