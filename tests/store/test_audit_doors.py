"""The audit log only grows: what is old may go, and a name may become a pseudonym, and both are noted (S29, S31)."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from stalewatch.domain.instants import DAY
from stalewatch.store import audit, audit_doors
from stalewatch.store.engine import Database
from stalewatch.store.tables import audit as table
from stalewatch.store.tables import audit_permits

NOW = 5_000 * DAY


@pytest.fixture
def noted(db: Database) -> Database:
    with db.write() as conn:
        audit.add(conn, at=DAY, actor="sato@acme.example", action="alert.snooze", obj="a1", after={"why": "ask sato"})
        audit.add(conn, at=NOW - DAY, actor="mori", action="alert.claim", obj="a2", before={"by": "sato@acme.example"})
    return db


def put(text: str) -> str:
    return text.replace("sato@acme.example", "erased-1")


def permit(conn: sa.Connection, **values: object) -> None:
    conn.execute(sa.insert(audit_permits).values(at=NOW, actor="tester", **values))


def through(db: Database, change: sa.Executable, **values: object) -> None:
    with db.write() as conn:
        permit(conn, **values)
        conn.execute(change)


@pytest.mark.security
def test_s29_what_is_old_enough_goes_and_that_is_noted(noted: Database) -> None:
    with noted.write() as conn:
        assert audit_doors.expire(conn, before=NOW - 400 * DAY, at=NOW, actor="stalewatch", limit=100) == 1
        assert audit_doors.expire(conn, before=NOW - 400 * DAY, at=NOW, actor="stalewatch", limit=100) == 0
    with noted.read() as conn:
        newest, other = audit.read(conn)
    assert (newest.action, newest.after) == ("audit.expired", {"before": NOW - 400 * DAY})
    assert other.actor == "mori"


@pytest.mark.security
def test_s29_nothing_younger_than_a_year_can_go(noted: Database) -> None:
    with pytest.raises(DBAPIError), noted.write() as conn:
        audit_doors.expire(conn, before=NOW - 364 * DAY, at=NOW, actor="stalewatch", limit=100)
    with pytest.raises(DBAPIError, match="only be added to"):
        through(noted, sa.delete(table).where(table.c.actor == "mori"), before=NOW - 366 * DAY)


@pytest.mark.security
def test_s31_a_name_becomes_a_pseudonym_and_that_is_noted(noted: Database) -> None:
    with noted.write() as conn:
        assert audit_doors.holding(conn, "SATO@acme.example") == 2
        done = audit_doors.pseudonymise(
            conn, "sato@acme.example", "erased-1", put=put, at=NOW, actor="admin"
        )  # fmt: skip
    assert done == 2
    with noted.read() as conn:
        note, second, first = audit.read(conn)
        assert list(audit_doors.texts(conn, "sato@acme.example")) == []
    assert (note.action, note.actor, note.object) == ("audit.pseudonymised", "admin", "erased-1")
    assert (first.actor, first.after, second.before) == ("erased-1", {"why": "ask sato"}, {"by": "erased-1"})


@pytest.mark.security
@pytest.mark.parametrize(
    "values",
    [
        {"actor": "erased-1", "action": "alert.lost"},
        {"actor": "somebody else"},
        {"actor": "erased-1", "at": 7},
        {"actor": "erased-1", "object": "a9"},
        {"actor": "erased-1 and more"},
        {"after": None},
    ],
)
def test_s29_a_permit_to_pseudonymise_lets_nothing_else_through(noted: Database, values: dict[str, object]) -> None:
    change = sa.update(table).where(table.c.object == "a1").values(values)
    with pytest.raises(DBAPIError, match="only be added to"):
        through(noted, change, needle="sato@acme.example", pseudonym="erased-1")
    with noted.read() as conn:
        assert [row.actor for row in audit.read(conn)] == ["mori", "sato@acme.example"]


@pytest.mark.security
def test_s29_no_permit_outlives_its_transaction(noted: Database) -> None:
    with pytest.raises(DBAPIError), noted.write() as conn:
        permit(conn, needle="a", pseudonym="b")
    with pytest.raises(DBAPIError), noted.write() as conn:
        permit(conn, needle="a", pseudonym="b", ends=1)
    with noted.read() as conn:
        assert conn.execute(sa.select(sa.func.count()).select_from(audit_permits)).scalar_one() == 0
        assert len(audit.read(conn)) == 2
