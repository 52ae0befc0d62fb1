"""How some records stand and what their past says, read once for all who look at it before the transaction ends."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, Final

from stalewatch.services.judging import frames
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.store import records
from stalewatch.store.engine import Connection
from stalewatch.store.pasts import Past, Pasts

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


class Written:
    """Records of one object as this transaction has written them, so that nobody has to read them again.

    Attributes:
        names: the columns that are kept of them.
    """

    __slots__ = ("_places", "_table", "names")

    def __init__(self, names: Collection[str]) -> None:
        self.names = tuple(dict.fromkeys(("id", *names)))
        self._table: dict[str, list[Any]] = {name: [] for name in self.names}
        self._places: dict[str, int] = {}

    def add(self, table: Mapping[str, Sequence[Any]]) -> None:
        """They stand like this now, whatever was known of them."""
        for name in self.names:
            self._table[name] += table[name]
        self._places |= zip(table["id"], count(len(self._table["id"]) - len(table["id"])))

    def put(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Some columns of records were set; every row has its `id`."""
        for row in rows:
            if row["id"] in self._places:
                for name in row.keys() & self._table.keys():
                    self._table[name][self._places[row["id"]]] = row[name]

    def without(self, ids: Iterable[str]) -> None:
        """Something else was written of these."""
        for one in ids:
            self._places.pop(one, None)

    def columns(self, conn: Connection, obj: str, ids: Collection[str]) -> dict[str, list[Any]]:
        """As `records.columns`, which is asked for those of these records that are not known."""
        unknown = [one for one in ids if one not in self._places]
        if unknown:
            self.add(records.columns(conn, obj, unknown, self.names))
        wanted = sorted(one for one in ids if one in self._places)
        if wanted == self._table["id"]:
            return self._table
        places = [self._places[one] for one in wanted]
        return {name: [values[place] for place in places] for name, values in self._table.items()}


def judged_by(book: Rulebook, obj: str) -> list[str]:
    """The columns that judging such records reads."""
    return [*frames.columns_for(obj, book.needs[obj]), *(("meeting_ends_at",) if obj != "lead" else ())]


def read(
    conn: Connection, book: Rulebook, obj: str, ids: Collection[str], names: Sequence[str], past: Collection[str],
    written: Written | None = None, pasts: Pasts | None = None,
) -> Standing:  # fmt: skip
    """These columns of records as they are now, and the past of these fields; and of so few records as are judged at
    once also whatever judging reads.

    Args:
        written: what is known of them already, all of these columns.
        pasts: what is known of their past already.
    """
    if len(ids) <= PIECE:
        names = list(dict.fromkeys((*names, *judged_by(book, obj))))
        past = book.needs[obj].history.union(past)
    table = records.columns(conn, obj, ids, names) if written is None else written.columns(conn, obj, ids)
    known = Pasts(conn, past) if pasts is None else pasts
    return Standing(frozenset(ids), table, known.past(ids, past))
