"""An empty database becomes what another one is, row for row, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from stalewatch.sdk.errors import ConfigurationError
from stalewatch.services.keeping.backing_up import Told
from stalewatch.store import loading, moved, portable
from stalewatch.store.engine import Connection, Database
from stalewatch.store.errors import StoreError

_PIECE: Final = 10_000


class NotTheSame(StoreError):
    """What was read back is not what was written; nothing of it was kept."""


@dataclass(frozen=True, slots=True)
class Content:
    """The rows of a table, and what they have to add up to, known when all of them were read.

    Attributes:
        columns: their names, in the order of the rows.
        expected: how many there are, and their sum.
    """

    columns: tuple[str, ...]
    rows: Iterator[bytes]
    expected: Callable[[], tuple[int, str]]


@contextmanager
def replacing(conn: Connection) -> Iterator[None]:
    """Everything that our tables hold is gone within, and triggers do not fire; all is armed again afterwards."""
    moved.reopen(conn)
    with loading.disarmed(conn):
        loading.empty(conn)
        yield


def fill(conn: Connection, contents: Mapping[str, Content], counted: Mapping[str, int], told: Told) -> int:
    """Load tables and compare what stands there then; return how many rows there are. Call it while `replacing`.

    Raises:
        NotTheSame: a table is not what it should be.
    """
    total = 0
    for table, content in contents.items():
        columns = _known(conn, table, content.columns)
        portable.write(conn, table, columns, _telling(table, content.rows, told))
        read_back = portable.Sum()
        for _ in read_back.over(portable.read(conn, table, columns)):
            pass
        if (read_back.rows, str(read_back)) != content.expected():
            many = content.expected()[0]
            raise NotTheSame(
                f"{table}: {read_back.rows:,} rows stand there of {many:,}, or others", cure="report this, please"
            )
        total += read_back.rows
    loading.go_on_counting(conn, counted)
    return total


def of_database(conn: Connection, table: str) -> Content:
    """What a database holds of a table."""
    columns, seen = portable.columns(conn, table), portable.Sum()
    rows = seen.over(portable.read(conn, table, columns))
    return Content(tuple(one.name for one in columns), rows, lambda: (seen.rows, str(seen)))


def require_empty(db: Database, cure: str) -> None:
    """Return if a database holds nothing that anybody could miss.

    Raises:
        ConfigurationError: it does.
    """
    with db.read() as conn:
        found = loading.holds(conn)
    if found:
        named = ", ".join(found[:3]) + (", …" if len(found) > 3 else "")
        raise ConfigurationError(f"the database is not empty: it holds {named}", where=db.where, cure=cure)


def _known(conn: Connection, table: str, names: tuple[str, ...]) -> list[portable.Column]:
    there = {one.name: one for one in portable.columns(conn, table)}
    return [there[name] for name in names]


def _telling(table: str, rows: Iterator[bytes], told: Told) -> Iterator[bytes]:
    for number, row in enumerate(rows):
        if number % _PIECE == 0:
            told(table, number, None)
        yield row
