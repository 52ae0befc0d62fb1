"""From one database to the other with messages on their way, while others work: nothing is lost or said twice (B30)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread
from time import sleep
from typing import Any

import pytest
import sqlalchemy as sa

from stalewatch import shipped
from stalewatch.sdk.connector import Page
from stalewatch.sdk.errors import ConfigurationError, OutcomeUnknown
from stalewatch.services.keeping import filling, quieting
from stalewatch.services.keeping.moving import Move
from stalewatch.store import facts, leases, loading, migrate, moved, outbox, portable
from stalewatch.store.engine import Connection, Database
from stalewatch.store.errors import DatabaseMoved, StoreError
from stalewatch.store.tables import alerts, audit, deliveries, destinations, metadata, notices, stalled
from tests.databases import opened
from tests.patience import PATIENCE
from tests.services.heard import QUIET, rows
from tests.services.world import IMMEDIATE, World, at, deal, rulebook

RULES = QUIET.replace("    warn: 4d\n", "")


@pytest.fixture
def db(migrated_database_url: str) -> Iterator[Database]:
    database = opened(migrated_database_url)
    yield database
    with database.write() as conn:
        moved.reopen(conn)  # another test gets it
    database.dispose()


@pytest.fixture
def target(db: Database, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database of the other kind."""
    url = request.getfixturevalue("postgres_url") if db.is_sqlite else f"sqlite:///{tmp_path / 'target.db'}"
    database = opened(url)
    yield database
    database.dispose()


def move(source: Database, target: Database) -> Move:
    return Move(source, target, shipped.migrations(), "ops", lambda *_: None, lambda _: None)


def company(db: Database, *names: str) -> World:
    """Deals that are late, of which nobody has heard yet."""
    world = World(db, rulebook(RULES), speaking=IMMEDIATE)
    world.has(*(deal(name, created_at=at("2026-03-02 10:00"), next_step="x\ty\\z\n終") for name in names))
    world.reaches("2026-03-02 13:00")
    world.clock.move_to(at("2026-03-16 18:00"))
    world.syncs()
    world.ticks()
    return world


def in_the_new_house(world: World, db: Database) -> World:
    """The same company, whose stalewatch works on the other database."""
    other = World(db, world.book, clock=world.clock, speaking=world.speaking)
    other.crm, other.mail = world.crm, world.mail
    return other


def settles(world: World) -> None:
    """Rounds, until what has to be looked for was looked for: that waits for real seconds."""
    for _ in range(8):
        with world.db.write() as conn:
            conn.execute(sa.update(deliveries).where(deliveries.c.look_at.is_not(None)).values(look_at=0))
            conn.execute(sa.update(deliveries).where(deliveries.c.state == "sending").values(sending_at=1))
            conn.execute(sa.update(destinations).values(due_at=0, lease_until=0))
        world.rounds()


def with_messages_in_every_state(db: Database) -> World:
    """Of four: one has arrived, of one the reply was lost, of one the worker died as it sent, and one waits."""
    world = company(db, "acme", "bolt", "core", "dune")
    world.mail.faults = [OutcomeUnknown("reset")]
    world.mail.swallow = True
    world.dispatches()
    with db.write() as conn:
        conn.execute(sa.update(destinations).values(due_at=0, lease_until=0))
        conn.execute(sa.update(deliveries).values(look_at=0))
    world.dispatches()
    with db.write() as conn:
        first, second, *_ = outbox.in_state(conn, ["sent"])
        conn.execute(sa.update(deliveries).where(deliveries.c.id == first.id).values(state="sending", sent_at=None))
        conn.execute(sa.update(notices).where(notices.c.delivery_id == first.id).values(state="claimed", told_at=None))
        later = {"state": "unknown", "sent_at": None, "look_at": 0}
        conn.execute(sa.update(deliveries).where(deliveries.c.id == second.id).values(later))
        conn.execute(sa.update(notices).where(notices.c.delivery_id == second.id).values(state="claimed", told_at=None))
        conn.execute(sa.update(destinations).values(due_at=0, lease_until=0))
    return world


# ---------------------------------------------------------------------------------------------------- what is moved


def test_every_row_arrives_and_messages_on_their_way_are_said_once(db: Database, target: Database) -> None:
    world = with_messages_in_every_state(db)
    done = move(db, target).run()
    for table in metadata.sorted_tables:
        if table.name != "facts":
            assert content(target, table) == content(db, table), table.name
    assert done.rows == sum(len(content(db, table)) for table in metadata.sorted_tables)
    there = in_the_new_house(world, target)
    assert {row.state for row in rows(there, deliveries)} >= {"sending", "unknown"}
    settles(there)
    assert sorted(Counter(message.delivery for message in world.mail.messages).values()) == [1, 1, 1, 1]
    assert {row.state for row in rows(there, notices)} == {"told"}
    assert {row.state for row in rows(there, deliveries)} == {"sent"}


def test_the_new_database_lives_on_as_the_old_one_would_have(db: Database, target: Database) -> None:
    """Numbers are given out anew, the audit log refuses changes, and the stalled list follows what is written."""
    world = company(db, "acme", "bolt")
    move(db, target).run()
    there = in_the_new_house(world, target)
    last = max(row.id for row in rows(there, audit))
    there.rounds()
    assert min(row.id for row in rows(there, audit) if row.action.startswith("delivery.")) > last
    with pytest.raises(sa.exc.DBAPIError, match="can only be added to"), target.write() as conn:
        conn.execute(sa.delete(audit))
    there.changes("acme", next_meeting_at=at("2026-03-30 10:00"))
    there.clock.move_to(at("2026-03-17 10:00"))
    there.rounds()
    speaks = ("open", "snoozed", "claimed", "backlog")
    late = {row.record_id for row in rows(there, alerts) if row.state in speaks and row.breached_at is not None}
    assert {row.record_id for row in rows(there, stalled)} == late == {"crm:bolt"}


# ------------------------------------------------------------------------------------------------ who worked before


def test_the_old_database_refuses_everything_and_says_where_its_data_went(db: Database, target: Database) -> None:
    world = company(db, "acme")
    move(db, target).run()
    for attempt in (world.rounds, world.dispatches):
        with pytest.raises(DatabaseMoved, match=f"this database was moved to .*{target.url.database}"):
            attempt()
    with db.read() as conn, pytest.raises(DatabaseMoved):
        moved.require_here(conn, db.where)
    with target.read() as conn:
        moved.require_here(conn, target.where)
    assert world.mail.messages == []


def test_while_it_waits_nothing_is_claimed_and_who_holds_something_may_finish(db: Database) -> None:
    company(db, "acme")
    with db.write() as conn:
        [held] = leases.claim(conn, leases.CONNECTIONS, due=10**18, lease_us=60_000_000)
    with db.write() as conn:
        moved.drain(conn, "this database is being moved to elsewhere")
    with pytest.raises(DatabaseMoved, match="being moved to elsewhere"), db.write() as conn:
        leases.claim(conn, leases.DESTINATIONS, due=10**18, lease_us=60_000_000)
    with pytest.raises(DatabaseMoved), db.write() as conn:
        leases.keep(conn, leases.CONNECTIONS, held.id, held.fence, lease_us=10**9)
    with db.write() as conn:
        assert [one.key for one in moved.held(conn)] == ["crm"]
        leases.finish(conn, leases.CONNECTIONS, held.id, held.fence, due_at=0)
    quieting.quieten(db, "this database is being moved to elsewhere", lambda _: None, 0)


def test_who_reads_a_crm_while_it_is_shut_lets_go_at_once(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its next page is refused; a move must not wait the five minutes that its lease would last."""
    world = company(db, "acme")
    pages = world.crm.pull

    def pull(*given: Any, **more: Any) -> Iterator[Page]:
        with db.write() as conn:
            moved.drain(conn, "this database is being moved to elsewhere")
        yield from pages(*given, **more)

    monkeypatch.setattr(world.crm, "pull", pull)
    with pytest.raises(DatabaseMoved):
        world.syncs()
    with db.read() as conn:
        assert moved.held(conn) == []


def test_who_does_not_let_go_is_named_and_everything_goes_on(db: Database, target: Database) -> None:
    world = company(db, "acme")
    with db.write() as conn:
        [held] = leases.claim(conn, leases.CONNECTIONS, due=10**18, lease_us=60_000_000)
    with pytest.raises(ConfigurationError, match=r"workers still hold connections crm \("):
        move(db, target).run(wait=0)
    with db.write() as conn:
        leases.finish(conn, leases.CONNECTIONS, held.id, held.fence, due_at=0)
    world.rounds()
    assert len(world.mail.messages) == 1


def test_a_company_that_works_all_the_while_is_told_everything_once(db: Database, target: Database) -> None:
    world = company(db, "acme")
    refused, begun = Event(), Event()

    def work() -> None:
        number = 0
        while not refused.is_set():
            number += 1
            world.has(deal(f"d{number:04}", created_at=at("2026-03-02 10:00"), next_step="x"))
            try:
                world.rounds()
            except DatabaseMoved:
                refused.set()
            begun.set()

    worker = Thread(target=work)
    worker.start()
    begun.wait(PATIENCE)
    try:
        move(db, target).run()
    finally:
        worker.join(PATIENCE)
    there = in_the_new_house(world, target)
    settles(there)
    assert set(Counter(message.delivery for message in world.mail.messages).values()) == {1}
    spoken = Counter(alert for message in world.mail.messages for entry in message.entries for alert in entry.alerts)
    assert set(spoken.values()) == {1}
    assert len(spoken) == len(world.crm.deals)


@pytest.mark.parametrize("shuts", [moved.drain, moved.close], ids=["drain", "close"])
def test_who_writes_while_it_is_shut_finishes_first(db: Database, shuts: Callable[[Connection, str], None]) -> None:
    """A writer holds one table and wants another that is being shut: of the two it is never the writer that fails."""
    company(db, "acme")
    shutting, failed = Event(), list[Exception]()

    def writes() -> None:
        try:
            with db.write() as conn:
                conn.execute(sa.update(notices).values(state="open"))
                shutting.set()
                sleep(1.3)  # PostgreSQL looks for circles one second after somebody began to wait
                facts.write(conn, "written", True)
        except StoreError as error:
            failed.append(error)

    writer = Thread(target=writes)
    writer.start()
    shutting.wait(PATIENCE)
    with db.write() as conn:
        shuts(conn, "this database was moved to nowhere")
    writer.join(PATIENCE)
    assert not failed
    with db.read() as conn:
        assert facts.read(conn, "written") is True


# ------------------------------------------------------------------------------------------------------ what fails


def test_what_fails_leaves_the_old_database_open_and_the_new_one_empty(
    db: Database, target: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = company(db, "acme")

    def breaks(*_: Any) -> None:
        raise OSError("the line broke")

    with monkeypatch.context() as patched:
        patched.setattr(loading, "go_on_counting", breaks)
        with pytest.raises(OSError, match="line broke"):
            move(db, target).run()
    filling.require_empty(target, "")
    world.rounds()
    assert len(world.mail.messages) == 1
    move(db, target).run()


def test_a_row_that_does_not_arrive_as_it_was_is_found(
    db: Database, target: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    company(db, "acme")
    write = portable.write

    def falsely(conn: Any, table: str, columns: Any, given: Iterator[bytes]) -> None:
        write(conn, table, columns, (row.replace(b"Acme", b"Akme") for row in given))

    monkeypatch.setattr(portable, "write", falsely)
    with pytest.raises(filling.NotTheSame, match="deals"):
        move(db, target).run()
    filling.require_empty(target, "")


def test_a_move_that_was_killed_is_begun_again_or_taken_back(db: Database, target: Database) -> None:
    world = company(db, "acme")
    with db.write() as conn:
        moved.close(conn, "this database was moved to nowhere")
    assert move(db, target).undo()
    with db.write() as conn:
        moved.close(conn, "this database was moved to nowhere")
    with pytest.raises(DatabaseMoved):
        world.rounds()
    move(db, target).run()
    with pytest.raises(ConfigurationError, match="not empty"):
        move(db, target).undo()
    in_the_new_house(world, target).rounds()
    assert len(world.mail.messages) == 1


def test_a_database_in_use_is_not_overwritten(db: Database, target: Database) -> None:
    migrate.upgrade(target, shipped.migrations())
    with target.write() as conn:
        facts.write(conn, "mine", True)
    with pytest.raises(ConfigurationError, match="not empty: it holds facts"):
        move(db, target).run()
    with pytest.raises(ConfigurationError, match="the database that is in use"):
        move(db, db).run()
    with db.write() as conn:
        facts.write(conn, "works", True)


def content(db: Database, table: sa.Table) -> list[tuple[Any, ...]]:
    with db.read() as conn:
        return sorted((tuple(row) for row in conn.execute(sa.select(table))), key=repr)
