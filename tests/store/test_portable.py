"""Whatever can be stored comes through an archive as it was: texts of any signs, numbers, yes and no, nothing at all.

An archive is lines; what would end a line or a field in the middle of a text, or look like NULL, is where it breaks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import pytest
import sqlalchemy as sa
from hypothesis import example, given
from hypothesis import strategies as st

from stalewatch.store import portable
from stalewatch.store.columns import documents
from stalewatch.store.engine import Connection, Database
from tests.databases import opened
from tests.postgres import Postgres

METADATA = sa.MetaData()
TABLE = sa.Table(
    "pages",
    METADATA,
    sa.Column("id", sa.BigInteger(), primary_key=True, autoincrement=False),
    sa.Column("said", sa.Text()),
    sa.Column("order", sa.Text(), nullable=False),  # a word of SQL
    sa.Column("count", sa.Integer()),
    sa.Column("is_so", sa.Boolean()),
    *documents("body"),
)
WIDEST = 2**63 - 1
CASES = (
    "", "\\N", "\\", "\\\\N", "\t", "\n", "\r\n", "\v\f\b", "\\.", "\\t", "'", '"', "NULL", "\u2028", "\x85", "終",
    "😀", " ", "0012", "1e5", "+7", "%s", ":name", "\x7f", "\x01",
)  # fmt: skip

# PostgreSQL takes no NUL in a text and no half of a pair; both are refused where texts come in.
SIGNS = st.characters(codec="utf-8", exclude_characters="\x00")
TEXTS = st.text(SIGNS, max_size=30) | st.sampled_from(CASES)
SCALARS = st.none() | st.booleans() | st.integers(-WIDEST, WIDEST) | TEXTS
BODIES = st.none() | st.recursive(
    SCALARS, lambda one: st.lists(one, max_size=3) | st.dictionaries(TEXTS, one, max_size=3)
)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "said": st.none() | TEXTS,
            "order": TEXTS,
            "count": st.none() | st.integers(-(2**31), 2**31 - 1),
            "is_so": st.none() | st.booleans(),
            "body": BODIES,
        }
    ),
    max_size=5,
)
EDGES = [{"said": one, "order": one, "count": None, "is_so": None, "body": {one: [one]}} for one in CASES]


class Both(NamedTuple):
    """A table of each kind of database."""

    sqlite: Database
    postgresql: Database


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory, postgres_server: Postgres) -> Iterator[Both]:
    server_url = postgres_server.create()
    found = Both(opened(f"sqlite:///{tmp_path_factory.mktemp('portable') / 'a.db'}"), opened(server_url))
    for db in found:
        with db.write() as conn:
            METADATA.create_all(conn)
    yield found
    for db in found:
        db.dispose()
    postgres_server.drop(server_url)


def content(conn: Connection) -> Sequence[Any]:
    return conn.execute(sa.select(TABLE).order_by(TABLE.c.id)).all()


def lines(db: Database) -> list[bytes]:
    with db.look() as conn:
        return list(portable.read(conn, TABLE.name, portable.columns(conn, TABLE.name)))


def store(conn: Connection, rows: list[dict[str, Any]]) -> None:
    if rows:
        conn.execute(sa.insert(TABLE), rows)


def write(conn: Connection, rows: Iterable[bytes]) -> None:
    portable.write(conn, TABLE.name, portable.columns(conn, TABLE.name), rows)


def put(db: Database, fill: Callable[[Connection], object]) -> Sequence[Any]:
    """Only this stands in the table."""
    with db.write() as conn:
        conn.execute(sa.delete(TABLE))
        fill(conn)
        return content(conn)


@example(EDGES)
@given(ROWS)
def test_rows_come_through_an_archive_as_they_were_whichever_way(both: Both, rows: list[dict[str, Any]]) -> None:
    numbered = [{"id": WIDEST - number, **row} for number, row in enumerate(rows)]
    for source, target in (both, reversed(both), (both.sqlite, both.sqlite), (both.postgresql, both.postgresql)):
        stored = put(source, partial(store, rows=numbered))
        archived, seen = lines(source), portable.Sum()
        assert len(archived) == len(rows)
        assert not any(b"\n" in one for one in archived)
        arrived = put(target, partial(write, rows=seen.over(archived)))
        assert arrived == stored
        assert sorted(lines(target)) == sorted(archived), "a second archive is the first one: sums can be compared"
        assert seen.rows == len(rows)
