"""What is too old goes: texts, the history of what ended, the log; and nothing that anybody still counts on (S31)."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from stalewatch.domain.instants import DAY
from stalewatch.domain.retention import YEAR, Retention
from stalewatch.sdk.records import Outcome
from stalewatch.services.keeping.retaining import Erased, Retaining
from stalewatch.store import audit, edits, facts, notices, outbox
from stalewatch.store.engine import Database
from stalewatch.store.tables import alerts, changes, clocks, deals, deliveries, quarantine, writebacks
from stalewatch.store.tables import edits as edit_rows
from stalewatch.store.tables import notices as notice_rows
from tests import databases
from tests.databases import SQLITE_DAILY
from tests.services.company import Company, dice
from tests.services.heard import rows
from tests.services.test_laws import a_world, entries, look_at_everything, told_of
from tests.services.world import World, at, deal, default_pack

Founder = Callable[..., World]
SHORT = Retention(changes=30 * DAY, outbox=90 * DAY, audit=YEAR)


def erase(world: World, kept: Retention = SHORT) -> Erased:
    return Retaining(world.db, world.clock, kept).run()


def later(world: World, days: int) -> None:
    world.clock.advance(timedelta(days=days))


@pytest.fixture
def told(found: Founder) -> World:
    """A deal that went quiet, of which Sato was told; and one that was lost in April."""
    world = found(default_pack())
    world.has(
        deal("acme", stage="discovery", next_step="call the CFO"),
        deal("globex", stage="discovery", next_step="send the offer"),
    )
    world.reaches("2026-03-05 10:00")
    world.changes("globex", stage="proposal", next_step="wait for Mrs Ito")
    world.lives_until("2026-04-10 12:00", step=timedelta(days=5))
    world.changes("globex", outcome=Outcome.LOST, closed_at=at("2026-04-10 12:00"))
    world.reaches("2026-04-10 13:00")
    world.lives_until("2026-04-25 12:00", step=timedelta(days=5))
    return world


def counted(world: World, table: sa.Table, *where: Any) -> int:
    with world.db.read() as conn:
        return conn.execute(sa.select(sa.func.count()).select_from(table).where(*where)).scalar_one()


@pytest.mark.security
def test_s31_after_400_days_texts_are_gone_and_every_key_is_there(told: World) -> None:
    world, open_ = told, alerts.c.state != "resolved"
    told_keys = {(row.key, row.state) for row in rows(world, notice_rows)}
    sent = counted(world, deliveries, deliveries.c.body.is_not(None))
    about_open = sa.exists().where(
        notice_rows.c.delivery_id == deliveries.c.id, alerts.c.id == notice_rows.c.alert_id, open_
    )
    assert counted(world, alerts, open_)
    assert counted(world, deliveries, about_open) < sent
    ended_past = counted(world, changes, changes.c.record_id == "crm:globex")
    open_past = counted(world, changes, changes.c.record_id == "crm:acme")
    alerts_before = rows(world, alerts)

    later(world, 400)
    done = erase(world)

    assert done.messages == sent - counted(world, deliveries, about_open) > 0
    assert counted(world, deliveries, deliveries.c.body.is_not(None), sa.not_(about_open)) == 0
    assert counted(world, deliveries, deliveries.c.receipt.is_not(None), sa.not_(about_open)) == 0
    assert {(row.key, row.state) for row in rows(world, notice_rows)} == told_keys
    assert rows(world, alerts) == alerts_before
    assert counted(world, changes, changes.c.record_id == "crm:acme") == open_past
    left = counted(world, changes, changes.c.record_id == "crm:globex")
    assert left == ended_past - done.changes < ended_past
    with world.db.read() as conn:
        last = conn.execute(
            sa.select(changes.c.value).where(changes.c.record_id == "crm:globex", changes.c.field == "next_step")
        ).scalars()
        assert list(last) == ["wait for Mrs Ito"], "the last word of each field stays: what held when it ended"


def test_what_was_told_is_not_told_again_although_its_text_is_gone(told: World) -> None:
    world = told
    world.changes("acme", outcome=Outcome.WON, closed_at=world.clock.now())
    world.rounds()
    later(world, 200)
    said = len(world.mail.messages)
    assert erase(world, Retention(changes=30 * DAY, outbox=14 * DAY)).messages
    with world.db.write() as conn:
        again = [
            {"key": row.key, "kind": row.kind, "target": row.target, "style": row.style, "state": "pending"}
            for row in rows(world, notice_rows)
        ]
        assert notices.add(conn, again) == 0
    world.rounds()
    assert len(world.mail.messages) == said


@SQLITE_DAILY
def test_a_message_whose_words_are_gone_is_not_edited_and_nothing_fails(told: World) -> None:
    world = told
    (sent, *_) = rows(world, deliveries)
    with world.db.write() as conn:
        conn.execute(sa.update(deliveries).values(body=sa.null()))
        edits.add(conn, sent.id, sent.target, "before", asked_at=world.us, due_at=world.us)
        outbox.call(conn, {sent.target: world.us})
    assert world.dispatches().errors == []
    assert [(row.due_at, row.error) for row in rows(world, edit_rows)] == [(None, "its words are not kept any more")]


@SQLITE_DAILY
def test_a_record_that_is_opened_again_has_what_held_when_it_ended(told: World) -> None:
    world = told
    later(world, 400)
    erase(world)
    world.changes("globex", outcome=Outcome.OPEN, closed_at=None)
    world.rounds()
    stored = {row.record_id: row.entries for row in rows(world, clocks)}
    assert stored["crm:globex"] != "[]"


@SQLITE_DAILY
def test_what_the_crm_deleted_loses_its_texts(told: World) -> None:
    world = told
    world.has(deal("initech", next_step="ask Mr Lumbergh"))
    world.rounds()
    later(world, 1)
    del world.crm.deals["initech"]
    world.rounds()
    later(world, 20)
    assert erase(world).records == 0
    later(world, 20)
    assert erase(world).records == 1
    (gone,) = [row for row in rows(world, deals) if row.id == "crm:initech"]
    assert (gone.name, gone.next_step, gone.stage) == ("initech", None, "discovery")


@SQLITE_DAILY
def test_writes_and_rows_left_out_lose_their_words(told: World) -> None:
    world, us = told, told.us
    written = {"connection": "crm", "record_id": "crm:acme", "object": "deal", "kind": "note", "actor": "sato"}
    with world.db.write() as conn:
        for id_, ended in (("old", us), ("waits", None)):
            due = None if ended else us
            values = {"id": id_, "state": "done" if ended else "asked", "ended_at": ended, "due_at": due}
            conn.execute(sa.insert(writebacks).values(**written, **values, wish={"text": "call"}))
        conn.execute(sa.insert(quarantine).values(connection="crm", ref="9", reason="no id", detail="Ito", at=us))
    later(world, 91)
    done = erase(world)
    assert (done.writes, done.left_out) == (1, 1)
    assert {row.id: row.wish for row in rows(world, writebacks)} == {"old": None, "waits": {"text": "call"}}
    assert [(row.reason, row.detail) for row in rows(world, quarantine)] == [("no id", "")]


def test_the_log_is_kept_for_as_long_as_it_is_asked_for(told: World) -> None:
    world = told
    with world.db.write() as conn:
        audit.add(conn, at=world.us, actor="sato", action="alert.claim", obj="a1")
    later(world, 366)
    assert erase(world).audit >= 1
    with world.db.read() as conn:
        assert audit.read(conn)[0].action == "audit.expired"
    later(world, 366)
    assert erase(world, Retention(audit=None)).audit == 0


def test_of_several_processes_one_erases_and_only_once_a_day(told: World) -> None:
    world = told
    later(world, 400)
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: erase(world), range(4)))
    assert sum(bool(one.changes) for one in done) == 1
    assert sum(one != Erased() for one in done) == 1
    assert erase(world) == Erased()
    later(world, 1)
    with world.db.read() as conn:
        assert facts.read(conn, "retention:day") == world.us // DAY - 1
    assert erase(world) == Erased()
    with world.db.read() as conn:
        assert facts.read(conn, "retention:day") == world.us // DAY


# ------------------------------------------------------------------------------------------------------ a law


@pytest.fixture
def fresh(tmp_path: Path, sqlite_template: Path) -> Iterator[Callable[[], Database]]:
    opened: list[Database] = []

    def one() -> Database:
        file = tmp_path / f"{len(opened)}.db"
        shutil.copyfile(sqlite_template, file)
        opened.append(databases.opened(f"sqlite:///{file}"))
        return opened[-1]

    yield one
    for database in opened:
        database.dispose()


def lived(seed: int, fresh: Callable[[], Database]) -> tuple[World, World, Company]:
    """Two who watched the same random time of a company, and one of whom then forgets what is too old."""
    company, chance = Company(dice(seed)), dice(seed + 1)
    worlds = a_world(fresh, company), a_world(fresh, company)
    for number in range(6):
        company.begins(f"d{number}")
    now = at("2026-03-02 09:00")
    for _ in range(8):
        for _ in range(chance.randrange(5)):
            company.edit(now)
        for world in worlds:
            world.clock.move_to(now)
            world.syncs()
            world.ticks()
        now += timedelta(days=chance.choice([1, 4, 9]), hours=chance.randrange(24))
    return *worlds, company


def deadlines_stay(seed: int, fresh: Callable[[], Database]) -> int:
    one, other, company = lived(seed, fresh)
    before = entries(one, with_past=True)
    erased = Retaining(one.db, one.clock, Retention(changes=dice(seed).randrange(10) * DAY)).erase(one.us)
    look_at_everything(one)
    look_at_everything(other)
    assert entries(one, with_past=True) == entries(other, with_past=True) == before, f"seed {seed}"
    now = one.clock.now() + timedelta(days=3)
    for _ in range(3):
        company.edit(now)
    for world in (one, other):
        world.clock.move_to(now)
        world.syncs()
        world.ticks()
    assert told_of(one) == told_of(other), f"seed {seed}"
    return erased.changes


def test_deadlines_before_and_after_are_equal(fresh: Callable[[], Database]) -> None:
    assert sum(deadlines_stay(seed, fresh) for seed in range(2)) > 0


@pytest.mark.slow
@pytest.mark.parametrize("start", range(0, 200, 20))
def test_deadlines_before_and_after_are_equal_in_many_companies(start: int, fresh: Callable[[], Database]) -> None:
    assert sum(deadlines_stay(seed, fresh) for seed in range(start, start + 20)) > 0
