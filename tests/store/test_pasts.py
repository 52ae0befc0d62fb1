"""What is kept of the past of records, read once and kept up by whoever writes."""

from __future__ import annotations

import pytest

from stalewatch.store import changes, pasts
from stalewatch.store.engine import Connection, Database
from stalewatch.store.pasts import Pasts
from tests.store.builders import change

FIELDS = ("amount", "stage")


@pytest.fixture
def kept(db: Database) -> Database:
    with db.write() as conn:
        changes.append(conn, [
            change("sf:1", "stage", 10, "proposal", source="crm"),
            change("sf:1", "stage", 5, "discovery", source="crm"),
            change("sf:1", "amount", 5, 700, source="crm"),
            change("sf:2", "stage", 5, "discovery"),
            change("sf:2", "next_step", 5, "call"),
        ])  # fmt: skip
    return db


def as_stored(conn: Connection, known: Pasts) -> bool:
    ids = ["sf:1", "sf:2", "sf:3"]
    return known.past(ids, FIELDS) == pasts.past(conn, ids, FIELDS)


def test_each_field_is_told_oldest_first_and_a_record_without_a_past_tells_nothing(kept: Database) -> None:
    with kept.read() as conn:
        told = pasts.past(conn, ["sf:2", "sf:1", "sf:3"], FIELDS)
        assert told.records == {
            "sf:1": {"stage": [(5, "discovery"), (10, "proposal")], "amount": [(5, 700)]},
            "sf:2": {"stage": [(5, "discovery")]},
            "sf:3": {},
        }
        assert told.noticed == {("sf:2", "stage")}
        assert as_stored(conn, Pasts(conn))
        assert as_stored(conn, Pasts(conn, FIELDS))


def test_the_last_change_of_a_field(kept: Database) -> None:
    with kept.read() as conn:
        asked = [("sf:1", "stage"), ("sf:2", "stage"), ("sf:2", "amount"), ("sf:3", "stage")]
        assert Pasts(conn).latest(asked) == {("sf:1", "stage"): 10, ("sf:2", "stage"): 5}


def test_what_is_written_with_it_is_known_without_reading_again(kept: Database) -> None:
    with kept.write() as conn:
        known = Pasts(conn)
        known.of(["sf:1", "sf:2", "sf:3"])
        late = [
            change("sf:1", "amount", 9, 800),
            change("sf:1", "stage", 7, "demo"),
            change("sf:3", "stage", 1, "demo"),
        ]
        assert changes.add(conn, late, pasts=known) == ["sf:1", "sf:3"]
        assert as_stored(conn, known)
        assert changes.add(conn, late, pasts=known) == []
        changes.append(conn, [change("sf:2", "stage", 6, "demo", source="stalewatch")], known)
        assert as_stored(conn, known)
        told = [change("sf:1", "stage", 6, "demo"), change("sf:2", "stage", 4, "lead"), change("sf:2", "stage", 6, "x")]
        assert changes.replace_history(conn, ["sf:1", "sf:2"], ["stage"], told, pasts=known) == ["sf:1", "sf:2"]
        assert as_stored(conn, known)
        assert known.past(["sf:1"], FIELDS).records == {
            "sf:1": {"amount": [(5, 700), (9, 800)], "stage": [(5, "discovery"), (6, "demo")]}
        }


def test_what_somebody_else_wrote_is_read_again_once_it_is_forgotten(kept: Database) -> None:
    with kept.write() as conn:
        known = Pasts(conn)
        known.of(["sf:1", "sf:2"])
        changes.append(conn, [change("sf:1", "stage", 11, "won")])
        assert known.latest([("sf:1", "stage")]) == {("sf:1", "stage"): 10}
        known.take([("sf:2", "stage", 5, 0), ("sf:3", "stage", 5, 0)])  # of the third nobody knows anything yet
        assert known.past(["sf:2"], FIELDS).records == {"sf:2": {}}
        known.forget(["sf:1", "sf:2", "sf:9"])
        assert known.latest([("sf:1", "stage")]) == {("sf:1", "stage"): 11}
        assert as_stored(conn, known)
