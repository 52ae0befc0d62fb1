"""Backups made while a company is at work, put back, and judged by what stands in everybody's mailbox (B33)."""

from __future__ import annotations

import json
import stat
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
import sqlalchemy as sa

from stalewatch import shipped
from stalewatch.domain.deliveries import DeliveryState
from stalewatch.domain.instants import to_us
from stalewatch.domain.policies import Speaking
from stalewatch.domain.routing import Route
from stalewatch.sdk.errors import ConfigurationError
from stalewatch.services.keeping.backing_up import backup
from stalewatch.services.keeping.restoring import Restoring
from stalewatch.store import facts, leases, migrate, restored
from stalewatch.store.engine import Database
from stalewatch.store.errors import SchemaAhead
from stalewatch.store.tables import deliveries, destinations, notices, sessions, stalled
from tests.databases import opened
from tests.services.heard import QUIET, rows
from tests.services.world import IMMEDIATE, World, at, deal, rulebook

pytestmark = pytest.mark.bar

DIGEST = Speaking(routes=(Route(name="all", to=("owner",)),))
RULES = QUIET.replace("    warn: 4d\n", "")


@pytest.fixture
def db(migrated_database_url: str) -> Iterator[Database]:
    database = opened(migrated_database_url)
    yield database
    database.dispose()


@pytest.fixture
def elsewhere(db: Database, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database of the other kind."""
    url = request.getfixturevalue("postgres_url") if db.is_sqlite else f"sqlite:///{tmp_path / 'elsewhere.db'}"
    database = opened(url)
    yield database
    database.dispose()


def keep(db: Database, path: Path) -> Path:
    return backup(db, path, lambda *_: None).path


def put_back(path: Path, db: Database, **how: Any) -> None:
    Restoring(db, shipped.migrations(), "ops", lambda *_: None, lambda _: None).run(path, **how)


def company(db: Database, *names: str, speaking: Any = IMMEDIATE) -> World:
    """Deals that are late, of which nobody has heard yet."""
    world = World(db, rulebook(RULES), speaking=speaking)
    world.has(*(deal(name, created_at=at("2026-03-02 10:00"), next_step="x") for name in names or ("acme",)))
    world.reaches("2026-03-02 13:00")
    world.clock.move_to(at("2026-03-16 18:00"))
    world.syncs()
    world.ticks()
    return world


def forgotten(world: World, path: Path, db: Database) -> World:
    """The same company with the database as it was in the backup; what was said stands where it was said."""
    put_back(path, db)
    again = World(db, world.book, clock=world.clock, speaking=world.speaking)
    again.crm, again.mail = world.crm, world.mail
    return again


def story_time(world: World, taken_at: str) -> None:
    """The restore happened at this moment of the story, and the backup was made then."""
    with world.db.write() as conn:
        facts.write(conn, "restored", {"taken_at": to_us(at(taken_at)), "at": world.us})


def settles(world: World, rounds: int = 6) -> None:
    """Rounds, until what has to be looked for was looked for: that waits for real seconds."""
    for _ in range(rounds):
        with world.db.write() as conn:
            conn.execute(sa.update(deliveries).where(deliveries.c.look_at.is_not(None)).values(look_at=0))
            conn.execute(sa.update(destinations).values(due_at=0, lease_until=0))
        world.rounds()


def said(world: World) -> Counter[str]:
    return Counter(message.delivery for message in world.mail.messages)


# -------------------------------------------------------------------------------------------- what is in a file


def test_what_was_committed_before_is_in_it_and_comes_back_row_for_row(
    db: Database, elsewhere: Database, tmp_path: Path
) -> None:
    world = company(db, "acme", "bolt")
    world.dispatches()
    path = keep(db, tmp_path / "one.backup")
    put_back(path, elsewhere)
    same = set(db_tables(db)) - {"sessions", "facts", "audit", "destinations", "connections", "versions"}
    for table in sorted(same - {"stalled_versions", "deliveries", "kpi_work"}):
        assert content(elsewhere, table) == content(db, table), table
    assert [row.state for row in rows_of(elsewhere, deliveries)] == [row.state for row in rows_of(db, deliveries)]


def test_only_its_user_may_read_it_and_nothing_is_overwritten(db: Database, tmp_path: Path) -> None:
    path = keep(db, tmp_path / "one.backup")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_bytes()
    with pytest.raises(ConfigurationError, match="such a file already"):
        keep(db, path)
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith(".stalewatch-backup")] == []


def test_a_damaged_backup_is_refused_and_changes_nothing(db: Database, elsewhere: Database, tmp_path: Path) -> None:
    company(db)
    path = keep(db, tmp_path / "one.backup")
    with zipfile.ZipFile(path) as archive:
        [name] = [one for one in archive.namelist() if one in ("database.sqlite", "rows/deals")]
        parts = {one: archive.read(one) for one in archive.namelist()}
    parts[name] = parts[name].replace(b"Acme", b"Zcme")
    other = tmp_path / "other.backup"
    with zipfile.ZipFile(other, "w") as archive:
        for one, bytes_ in parts.items():
            archive.writestr(one, bytes_)
    with pytest.raises(ConfigurationError, match="no backup of stalewatch, or a damaged one"):
        put_back(other, elsewhere)
    assert not [table for table in db_tables(elsewhere) if content(elsewhere, table) and table != "stalled_versions"]
    (tmp_path / "none").write_text("nothing")
    with pytest.raises(ConfigurationError, match="no backup"):
        put_back(tmp_path / "none", elsewhere)


def test_a_backup_of_a_newer_version_is_left_alone(db: Database, elsewhere: Database, tmp_path: Path) -> None:
    path = keep(db, tmp_path / "one.backup")
    with zipfile.ZipFile(path) as archive:
        parts = {one: archive.read(one) for one in archive.namelist()}
    parts["manifest.json"] = json.dumps(json.loads(parts["manifest.json"]) | {"schema": "9999"}).encode()
    with zipfile.ZipFile(tmp_path / "newer", "w") as archive:
        for one, bytes_ in parts.items():
            archive.writestr(one, bytes_)
    with pytest.raises(SchemaAhead, match="newer stalewatch"):
        put_back(tmp_path / "newer", elsewhere)


def test_a_database_in_use_is_replaced_only_if_that_is_asked_for(db: Database, tmp_path: Path) -> None:
    world = company(db)
    path = keep(db, tmp_path / "one.backup")
    world.dispatches()
    with pytest.raises(ConfigurationError, match="not empty"):
        put_back(path, db)
    assert [row.state for row in rows_of(db, deliveries)] == ["sent"]
    put_back(path, db, replace=True)
    assert rows_of(db, deliveries) == []
    with db.write() as conn:  # and it is open again
        facts.write(conn, "works", True)


def test_a_database_on_which_somebody_works_is_not_replaced(db: Database, tmp_path: Path) -> None:
    company(db)
    path = keep(db, tmp_path / "one.backup")
    with db.write() as conn:
        [held] = leases.claim(conn, leases.CONNECTIONS, due=10**18, lease_us=60_000_000)
    with pytest.raises(ConfigurationError, match="workers still hold connections crm"):
        put_back(path, db, replace=True, wait=0)
    with db.write() as conn:
        leases.finish(conn, leases.CONNECTIONS, held.id, held.fence, due_at=0)


def test_an_older_backup_is_brought_up_to_date(database_url: str, tmp_path: Path) -> None:
    old, scripts = opened(database_url), shipped.migrations()
    migrate.upgrade(old, scripts, "0020")
    with old.write() as conn:
        conn.execute(sa.text("INSERT INTO facts (key, value) VALUES ('kept', 'true')"))
    path = keep(old, tmp_path / "old.backup")
    new = opened(f"sqlite:///{tmp_path / 'new.db'}")
    put_back(path, new)
    with new.read() as conn:
        assert facts.read(conn, "kept") is True
    assert migrate.current(new) == migrate.head(scripts)
    old.dispose()
    new.dispose()


# ------------------------------------------------------------------------------------- while others write


def test_backups_while_a_company_works_are_each_of_one_moment(db: Database, tmp_path: Path) -> None:
    backups_of_a_busy_company(db, tmp_path, 3)


@pytest.mark.slow
def test_twenty_backups_while_a_company_works(db: Database, tmp_path: Path) -> None:
    backups_of_a_busy_company(db, tmp_path, 20)


def backups_of_a_busy_company(db: Database, tmp_path: Path, many: int) -> None:
    """Each is restored: whole, with all that was committed before it, and nothing is told twice or never."""
    world = company(db)
    with working(world):
        for number in range(many):
            with db.write() as conn:
                facts.write(conn, "before", number)
            keep(db, tmp_path / f"{number}.backup")
    for number in range(many):
        other = opened(f"sqlite:///{tmp_path / f'{number}.db'}")
        again = forgotten(world, tmp_path / f"{number}.backup", other)
        with other.read() as conn:
            assert facts.read(conn, "before") == number
        told = {row.id for row in rows(again, deliveries) if row.state == DeliveryState.SENT}
        assert told <= set(said(world)), "told, and in no mailbox"
        carried = {row.delivery_id for row in rows(again, notices) if row.delivery_id is not None}
        assert carried <= {row.id for row in rows(again, deliveries)}
        _settles_wholly(again)
        assert max(said(again).values()) == 1, "somebody was told twice"
        assert {row.state for row in rows(again, notices)} <= {"told", "dropped"}
        late = {f"crm:{name}" for name in world.crm.deals}
        assert {row.record_id for row in rows(again, stalled)} == late
        other.dispose()


def _settles_wholly(world: World) -> None:
    """Of one person one message is looked for at a time: it takes as long as there was much to be said."""
    for _ in range(len(world.crm.deals)):
        settles(world, 2)
        if {row.state for row in rows(world, notices)} <= {"told", "dropped"}:
            return


@contextmanager
def working(world: World) -> Iterator[None]:
    """Deals come, are judged and told of, as fast as can be, until the block ends."""
    ended = Event()

    def work() -> None:
        number = 0
        while not ended.is_set():
            number += 1
            world.has(deal(f"d{number:04}", created_at=at("2026-03-02 10:00"), next_step="x"))
            world.rounds()

    worker = Thread(target=work)
    worker.start()
    try:
        yield
    finally:
        ended.set()
        worker.join()
        world.rounds()


# ---------------------------------------------------------------------------- what was said since is not forgotten


def test_what_was_told_at_once_after_the_backup_is_not_told_again(db: Database, tmp_path: Path) -> None:
    world = company(db, "acme", "bolt")
    path = keep(db, tmp_path / "one.backup")
    world.dispatches()
    assert len(world.mail.messages) == 2
    other = opened(f"sqlite:///{tmp_path / 'other.db'}")
    again = forgotten(world, path, other)
    settles(again)
    assert len(world.mail.messages) == 2
    assert {row.state for row in rows(again, notices)} == {"told"}
    other.dispose()


def test_what_nobody_was_told_before_the_restore_is_told_after_it(db: Database, tmp_path: Path) -> None:
    world = company(db, "acme", "bolt")
    other = opened(f"sqlite:///{tmp_path / 'other.db'}")
    again = forgotten(world, keep(db, tmp_path / "one.backup"), other)
    settles(again)
    assert sorted(said(again).values()) == [1, 1]
    other.dispose()


def test_a_digest_of_a_day_that_the_backup_does_not_know_is_not_said_again(db: Database, tmp_path: Path) -> None:
    world = company(db, "acme", "bolt", speaking=DIGEST)
    path = keep(db, tmp_path / "one.backup")
    world.reaches("2026-03-17 09:30")
    assert len(world.mail.messages) == 1
    world.clock.move_to(at("2026-03-18 10:00"))
    other = opened(f"sqlite:///{tmp_path / 'other.db'}")
    again = forgotten(world, path, other)
    story_time(again, "2026-03-16 18:30")
    settles(again)
    assert len(world.mail.messages) == 1
    assert {row.state for row in rows(again, notices)} == {"told"}
    other.dispose()


def test_a_digest_that_never_left_comes_today_once(db: Database, tmp_path: Path) -> None:
    world = company(db, "acme", "bolt", speaking=DIGEST)
    path = keep(db, tmp_path / "one.backup")
    world.clock.move_to(at("2026-03-18 10:00"))
    other = opened(f"sqlite:///{tmp_path / 'other.db'}")
    again = forgotten(world, path, other)
    story_time(again, "2026-03-16 18:30")
    settles(again)
    assert [len(message.entries) for message in world.mail.messages] == [2]
    other.dispose()


def test_where_nobody_can_look_somebody_has_to(db: Database, tmp_path: Path) -> None:
    world = company(db)
    path = keep(db, tmp_path / "one.backup")
    world.dispatches()
    world.mail.can_look = False
    other = opened(f"sqlite:///{tmp_path / 'other.db'}")
    again = forgotten(world, path, other)
    settles(again)
    assert [row.state for row in rows(again, deliveries) if row.style != "operator"] == ["parked"]
    assert [message.style.value for message in world.mail.messages] == ["immediate", "operator"]  # who has to
    other.dispose()


def test_who_held_something_before_can_write_nothing_after(db: Database, tmp_path: Path) -> None:
    company(db)
    path = keep(db, tmp_path / "one.backup")
    with db.read() as conn:
        before = conn.execute(sa.select(destinations.c.fence)).scalar_one()
    put_back(path, db, replace=True)
    with db.read() as conn:
        assert conn.execute(sa.select(destinations.c.fence)).scalar_one() > before + 1_000_000
        was = restored.read(conn)
    assert was is not None
    assert was.taken_at < was.at


def test_sessions_that_were_ended_since_do_not_begin_again(db: Database, elsewhere: Database, tmp_path: Path) -> None:
    with db.write() as conn:
        conn.execute(sa.insert(sessions).values(hash="h", began_at=1, seen_at=1))
    put_back(keep(db, tmp_path / "one.backup"), elsewhere)
    assert rows_of(elsewhere, sessions) == []


def db_tables(db: Database) -> list[str]:
    with db.read() as conn:
        names = sa.inspect(conn).get_table_names()
    return [name for name in names if name != "alembic_version"]


def content(db: Database, table: str) -> list[tuple[Any, ...]]:
    with db.read() as conn:
        return sorted((tuple(row) for row in conn.execute(sa.text(f"SELECT * FROM {table}"))), key=repr)  # noqa: S608


def rows_of(db: Database, table: sa.Table) -> list[Any]:
    with db.read() as conn:
        return list(conn.execute(sa.select(table)))
