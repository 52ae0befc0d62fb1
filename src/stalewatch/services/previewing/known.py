"""The names behind what was found: of records, and of those who own them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from stalewatch.domain.directory import Person
from stalewatch.domain.policies import Speaking
from stalewatch.services.alerting.people import directory
from stalewatch.store import records
from stalewatch.store.engine import Database


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of some records (by id) and of everybody (by key)."""

    rows: Mapping[str, Any]
    people: Mapping[str, Person]

    def name(self, record: str) -> str:
        """What a record is called; its id where it has no name."""
        row = self.rows.get(record)
        return (row.name if row is not None else None) or record

    def amount(self, record: str) -> int | None:
        """Hundredths of the project's currency; None where there is none, and of leads."""
        return getattr(self.rows.get(record), "amount", None)

    def owner(self, key: str | None) -> str:
        """The display name of an owner; the key of one whom the CRM does not list, "" for nobody."""
        person = self.people.get(key or "")
        return person.name if person is not None else key or ""

    def reader(self, key: str | None) -> str | None:
        """Who that is: somebody who sells in two CRMs is one person."""
        person = self.people.get(key or "")
        return person.target if person is not None else key


def known(db: Database, speaking: Speaking, found: Iterable[tuple[str, str]]) -> Known:
    """Read what is known of these records (object, id) and of everybody."""
    wanted: dict[str, set[str]] = {}
    for obj, record in found:
        wanted.setdefault(obj, set()).add(record)
    with db.read() as conn:
        rows = {row.id: row for obj, ids in wanted.items() for row in records.read_by_ids(conn, obj, ids)}
        return Known(rows, directory(conn, speaking).people)
