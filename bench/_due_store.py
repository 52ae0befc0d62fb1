"""A store for ticks: a million deals with their clocks, of which a named number fall due at named moments.

Each deal has seven clocks of the starter pack. Those of one connection are looked at by the tick, those of the other by
statements written by hand, which have to write the same rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from bench import _stored
from bench._stored import OWNERS, insert
from bench.calendar import TOKYO
from bench.judge import rules_of
from stalewatch import shipped
from stalewatch.domain.calendar import Calendar
from stalewatch.domain.calendars import Calendars
from stalewatch.domain.deadlines import State
from stalewatch.domain.entries import Entry
from stalewatch.domain.instants import DAY, HOUR
from stalewatch.domain.language.model import Mode
from stalewatch.domain.policies import Judging
from stalewatch.services.judging.golive import note_rules
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.store import clocks, connections
from stalewatch.store.engine import Connection, Database

OURS: Final = _stored.CRM
PLAIN: Final = "plain"
BREACHED: Final = "next-step-overdue"
"""The rule whose clocks run out; it mutes nothing."""
_AHEAD: Final = ("stage-time", "no-next-meeting", "ghosted", "close-date-past", "waiting-too-often")


def rulebook() -> Rulebook:
    """The starter pack, live; everything else as a project has it that says nothing."""
    rules = rules_of((shipped.rules() / "default.yaml").read_text("utf-8"))
    return Rulebook(rules, Calendars.single(Calendar(TOKYO)), Judging(mode=Mode.LIVE))


def begin(db: Database, book: Rulebook, now: int) -> None:
    """Rules that have been live for long, two connections whose first sync is over, and people."""
    note_rules(db, book, now - 90 * DAY)
    fed = {obj: sorted(book.rules.catalogue.objects[obj]) for obj in ("deal", "lead")}
    with db.write() as conn:
        for connection in (OURS, PLAIN):
            connections.ensure(conn, {connection: "bench"}, now)
            connections.set_values(conn, connection, first_sync_at=now - 90 * DAY, data_at=now, coverage=fed)
            clocks.lock(conn, connection)
            clocks.advance(conn, connection, now)
        names = ("id", "connection", "external_id", "name", "email", "active")
        people = ((f"{OURS}:u{n}", OURS, f"u{n}", f"Owner {n}", f"u{n}@acme.example", True) for n in range(OWNERS))
        insert(conn, "people", names, people)


def judged(db: Database, book: Rulebook, connection: str, first: int, size: int, at: int) -> None:
    """Store `size` deals from this number on, of which one clock runs out at `at`, with their clocks."""
    deals = ("id", "connection", "external_id", "object", "name", "owner", "is_open", "created_at", "stage", "amount")
    with db.write() as conn:
        insert(conn, "deals", deals, _deals(connection, first, size, at))
        insert_clocks(conn, connection, first, size, at, book.version)


def paused(db: Database, book: Rulebook, first: int, size: int, at: int) -> None:
    """The same of deals of which a wait begins at `at`: their clocks fire, and nothing is said."""
    deals = ("id", "connection", "external_id", "object", "name", "owner", "is_open", "created_at", "stage", "amount")
    wait = Entry(BREACHED, None, State.WATCHING.value, at - DAY, at + 30 * DAY, at + 30 * DAY, 0, ran_since=at - DAY,
                 waits=(at, at + 2 * DAY))  # fmt: skip
    with db.write() as conn:
        insert(conn, "deals", deals, _deals(OURS, first, size, at))
        insert_clocks(conn, OURS, first, size, at, book.version, [wait])


def insert_clocks(
    conn: Connection, connection: str, first: int, size: int, at: int, version: str, some: list[Entry] | None = None
) -> None:
    """The clocks alone; what they are made of costs nothing, so that a million are there in half a minute."""
    text = msgspec.json.encode(_entries(at) if some is None else some).decode()
    names = ("record_id", "connection", "object", "entries", "next_at", "breach_at", "ruleset", "judged_at")
    rows = (
        (_id(connection, n), connection, "deal", text, at, at, version, at - DAY) for n in range(first, first + size)
    )
    insert(conn, "clocks", names, rows)


def settle(db: Database) -> None:
    """What a server does by itself some time after many rows came."""
    with db.write() as conn:
        conn.exec_driver_sql("ANALYZE")


def _id(connection: str, number: int) -> str:
    return f"{connection}:{number:08}"


def _deals(connection: str, first: int, size: int, at: int) -> Iterator[tuple[Any, ...]]:
    for number in range(first, first + size):
        name, owner = f"Company {number:08} renewal", f"{OURS}:u{number % OWNERS}"
        key = _id(connection, number)
        yield key, connection, key[-8:], "deal", name, owner, True, at - 60 * DAY, "proposal", 5_000_000 + number


def _entries(at: int) -> list[Entry]:
    """One clock that runs out now, five that will some day, and one that does not run."""
    begun, runs = at - 20 * DAY, State.WATCHING.value
    later = [Entry(rule, None, runs, begun, at + 5 * DAY + n * HOUR, at + 9 * DAY + n * HOUR, 0, ran_since=begun)
             for n, rule in enumerate(_AHEAD)]  # fmt: skip
    due = Entry(BREACHED, None, runs, begun, at, at, 0, ran_since=begun)
    return [*later, due, Entry("amount-dropped", None, State.NO_CLOCK.value, None, None, None, 0)]
