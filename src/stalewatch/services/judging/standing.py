"""How some records stand and what their past says, read once for all who look at it before the transaction ends."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from stalewatch.services.judging import frames
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.store import changes, records
from stalewatch.store.changes import Past
from stalewatch.store.engine import Connection

PIECE: Final = 16_000
"""Records judged at once: the columns of one piece fit the processor's cache."""


@dataclass(slots=True)
class Standing:
    """Whoever writes to one of the records afterwards says so (`without`, `put`), and it is read again.

    Attributes:
        table: columns of the records that there are, in the order of ids; None once one of them was written to.
        past: of them all.
    """

    ids: frozenset[str]
    table: dict[str, list[Any]] | None
    past: Past

    def without(self, ids: Collection[str]) -> None:
        """Something was written of these records."""
        if ids:
            self.table = None
            self.past.without(ids)

    def columns(self, ids: Collection[str], names: Collection[str]) -> dict[str, list[Any]] | None:
        """Columns of these records, `id` among them; None: they have to be read."""
        if self.table is None or self.ids != frozenset(ids) or not self.table.keys() >= set(names):
            return None
        return self.table


def judged_by(book: Rulebook, obj: str) -> list[str]:
    """The columns that judging such records reads."""
    return [*frames.columns_for(obj, book.needs[obj]), *(("meeting_ends_at",) if obj != "lead" else ())]


def read(
    conn: Connection, book: Rulebook, obj: str, ids: Collection[str], names: Sequence[str], past: Collection[str]
) -> Standing:
    """These columns of records as they are now, and the past of these fields; and of so few records as are judged at
    once also whatever judging reads."""
    if len(ids) <= PIECE:
        names = list(dict.fromkeys((*names, *judged_by(book, obj))))
        past = book.needs[obj].history.union(past)
    return Standing(frozenset(ids), records.columns(conn, obj, ids, names), changes.past(conn, ids, past))
