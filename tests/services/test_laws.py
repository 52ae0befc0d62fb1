"""Laws of the whole: whoever watches a CRM change by change knows what one knows who reads it once at the end."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from stalewatch.domain.entries import Entry
from stalewatch.domain.instants import to_us
from stalewatch.services.judging import arming
from stalewatch.services.judging.golive import note_rules
from stalewatch.services.judging.standing import Standing
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.services.syncing.recomputing import recompute
from stalewatch.store import clocks
from stalewatch.store.engine import Database
from stalewatch.store.errors import ChangedMeanwhile
from stalewatch.store.tables import alerts, connections, deals, notices
from stalewatch.store.tables import clocks as clock_rows
from tests import databases
from tests.services.company import Company, dice
from tests.services.heard import QUIET, rows
from tests.services.world import IMMEDIATE, World, at, default_pack, rulebook

Opening = Callable[[], Database]


@pytest.fixture
def fresh(tmp_path: Path, sqlite_template: Path) -> Iterator[Opening]:
    """Opens fresh databases."""
    opened: list[Database] = []

    def one() -> Database:
        file = tmp_path / f"{len(opened)}.db"
        shutil.copyfile(sqlite_template, file)
        database = databases.opened(f"sqlite:///{file}")
        opened.append(database)
        return database

    yield one
    for database in opened:
        database.dispose()


BOOK = rulebook(default_pack(), QUIET)
SILENCED = """
stalewatch: 1
pack: silenced
exceptions:
  - {rules: [no-next-meeting, stage-time], where: {stage: [discovery, proposal]}, until: 2026-03-09, because: fair}
"""
BOOKS = (
    BOOK,
    rulebook(
        default_pack().replace("within: 14d", "within: 9d").replace("within: 2bd", "within: 3bd"),
        QUIET.replace("{until: hold_until, from: hold_set_at, max: 60d}", "{while: {stage: negotiation}, max: 9d}"),
    ),
    rulebook(default_pack(), SILENCED),
    rulebook(
        default_pack().replace("warn: 3bd", "warn: 1bd"),
        QUIET.replace("within: 14d", "within: 6bd"),
    ),
)
"""The rules as RevOps edit them: other limits and warnings, a pause by a condition, an exception, one rule less.

All of them read the same fields, so that whoever reads the CRM today knows of them what a witness knows.
"""


def a_world(fresh: Opening, company: Company, book: Rulebook = BOOK) -> World:
    world = World(fresh(), book, speaking=IMMEDIATE)
    company.joins(world)
    return world


class Story:
    """A company's random fortnight, watched by one who looks at what is due and one who looks at everything."""

    def __init__(self, seed: int, fresh: Opening) -> None:
        self.seed, self.fresh, self.dice = seed, fresh, dice(seed)
        self.company = Company(dice(seed + 1))
        self.worlds = [a_world(fresh, self.company), a_world(fresh, self.company)]
        self.seen: dict[str, datetime] = {}
        self.said: list[str] = [f"seed {seed}"]

    def run(self, steps: int, deals: int = 5) -> None:
        now = at("2026-03-02 09:00")
        for number in range(deals):
            self.company.begins(f"d{number}")
        for _ in range(steps):
            for _ in range(self.dice.randrange(4 * deals // 5)):
                self.said.append(self.company.edit(now))
            if self.dice.random() < 0.3:
                self._edits_rules(now)
            syncs, ticks = self.dice.random() < 0.8, self.dice.random() < 0.8
            self._round(now, syncs=syncs or not self.seen, ticks=ticks)
            now += self.dice.choice([timedelta(minutes=7), timedelta(hours=3), timedelta(hours=26), timedelta(days=4)])
        self._round(now, syncs=True, ticks=True)

    def _edits_rules(self, now: datetime) -> None:
        """RevOps save other rules, and what is stored is judged by them at once."""
        number = self.dice.randrange(len(BOOKS))
        self.said.append(f"{now:%m-%d %H:%M} rules {number}")
        for world in self.worlds:
            world.clock.move_to(now)
            world.book = BOOKS[number]
            note_rules(world.db, world.book, world.us)
            recompute(world.db, world.clock, world.book, "crm", lambda _done, _total: None)

    def _round(self, now: datetime, *, syncs: bool, ticks: bool) -> None:
        self.said.append(f"{now:%m-%d %H:%M} {'sync ' * syncs}{'tick' * ticks}")
        for number, world in enumerate(self.worlds):
            world.clock.move_to(now)
            if syncs:
                world.syncs()
                for name, life in self.company.lives.items():
                    if not life.deleted:
                        self.seen.setdefault(name, now)
            if ticks:
                if number:
                    look_at_everything(world)
                world.ticks()

    def from_scratch(self) -> World:
        """Somebody who saw each deal begin when we did, and reads all the rest today."""
        now = self.worlds[0].clock.now()
        beginners = Company(dice(0))
        world = a_world(self.fresh, beginners, self.worlds[0].book)
        for name, first in sorted(self.seen.items(), key=lambda pair: pair[1]):
            beginners.begins(name)
            world.clock.move_to(first)
            world.syncs()
        self.company.joins(world)
        world.clock.move_to(now)
        world.syncs()
        return world


def look_at_everything(world: World) -> None:
    """Judge every record again, and step every one of them."""
    with world.db.write() as conn:
        clocks.forget_ruleset(conn, "crm")
    recompute(world.db, world.clock, world.book, "crm", lambda _done, _total: None)
    due = {row.record_id: world.us for row in rows(world, clock_rows)}
    with world.db.write() as conn:
        clocks.wake(conn, "crm", due)


def entries(world: World, *, with_past: bool = False) -> dict[str, list[Entry]]:
    """The stored clocks of every record that is still there; without `ran_since`, which only a witness can know."""
    there = {row.id for row in rows(world, deals) if row.gone_at is None}
    with world.db.read() as conn:
        stored = clocks.entries(conn, there, list[Entry])
    if with_past:
        return stored
    return {record: [_plain(entry) for entry in mine] for record, mine in stored.items()}


def _plain(entry: Entry) -> Entry:
    return msgspec.structs.replace(entry, ran_since=None)


def told_of(world: World) -> list[tuple[Any, ...]]:
    """Every alert in every respect but its row's own bookkeeping, and everything that was called for."""
    names = [column.name for column in alerts.columns if column.name not in ("updated_at", "version")]
    found = [tuple(str(getattr(row, name)) for name in names) for row in rows(world, alerts)]
    return sorted(found) + sorted((row.key, row.state) for row in rows(world, notices))


def holds(seed: int, fresh: Opening, steps: int = 6, deals: int = 5) -> None:
    story = Story(seed, fresh)
    story.run(steps, deals)
    watched, everything = story.worlds
    history = "\n".join(story.said)
    assert told_of(watched) == told_of(everything), history
    scratch = story.from_scratch()
    assert entries(watched) == entries(scratch), history
    before = entries(watched, with_past=True)
    look_at_everything(watched)
    assert entries(watched, with_past=True) == before, history
    _nothing_due_is_left_behind(watched, history)


def _nothing_due_is_left_behind(world: World, history: str) -> None:
    world.ticks()
    world.clock.advance(timedelta(minutes=2))  # what ended has begun anew by then
    world.ticks()
    with world.db.read() as conn:
        floor = clocks.watermark(conn, "crm")
    now = world.us
    assert floor == now, history
    there = {row.id: row.meeting_ends_at for row in rows(world, deals) if row.gone_at is None}
    stored = entries(world, with_past=True)
    for row in rows(world, clock_rows):
        if row.record_id in there:
            edge = arming.next_edges([stored[row.record_id]], now)[0]
            end = there[row.record_id]
            assert row.next_at == arming.earliest(edge, end if end is not None and end > now else None), history
    for row in rows(world, alerts):
        assert row.due_at is None or row.due_at > now, history


@pytest.mark.parametrize("seed", range(4))
def test_watching_change_by_change_equals_reading_once_at_the_end(
    seed: int, fresh: Opening, brought: list[Standing]
) -> None:
    for one in range(seed * 2, seed * 2 + 2):
        holds(one, fresh)
    assert any(one.table is not None and any(one.past.records.values()) for one in brought)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1_000, 1_100))
def test_watching_change_by_change_equals_reading_once_at_the_end_long(seed: int, fresh: Opening) -> None:
    holds(seed, fresh, steps=20)


def test_a_tick_at_exactly_each_edge_finds_it(fresh: Opening) -> None:
    """From edge to edge, nothing is found between two of them and something at each."""
    world = World(fresh(), BOOK, speaking=IMMEDIATE)
    company = Company(dice(7))
    company.joins(world)
    for number in range(4):
        company.begins(f"d{number}")
    world.clock.move_to(at("2026-03-02 09:00"))
    for _ in range(12):
        company.edit(world.clock.now())
    world.syncs()
    world.ticks()
    looked = 0
    for _ in range(40):
        with world.db.read() as conn:
            edge = clocks.next_edge(conn, "crm")
        timers = [row.due_at for row in rows(world, alerts) if row.due_at is not None]
        moment = min([one for one in (edge, *timers) if one is not None], default=None)
        if moment is None:
            break
        for place, found in ((moment - 1, False), (moment, True)):
            world.clock.move_to(datetime.fromtimestamp(0, tz=world.clock.now().tzinfo) + timedelta(microseconds=place))
            assert to_us(world.clock.now()) == place
            fresh_enough(world)
            assert (world.ticks().looked > 0) is found
            looked += found
    assert looked > 10


def fresh_enough(world: World) -> None:
    """The data is as young as the clock, without a look at the CRM."""
    with world.db.write() as conn:
        conn.execute(connections.update().values(data_at=world.us))


def test_workers_side_by_side_leave_nothing_behind(migrated_database_url: str, fresh: Opening) -> None:
    """A sync, two ticks and a dispatch at once, round after round, on both databases."""
    database = databases.opened(migrated_database_url)
    story = Story(11, fresh)
    story.worlds = [World(database, BOOK, speaking=IMMEDIATE)]
    world = story.worlds[0]
    story.company.joins(world)
    now = at("2026-03-02 09:00")
    for number in range(5):
        story.company.begins(f"d{number}")
    story._round(now, syncs=True, ticks=False)
    with ThreadPoolExecutor(4) as workers:
        for _ in range(10):
            now += story.dice.choice([timedelta(minutes=7), timedelta(hours=5), timedelta(days=2)])
            world.clock.move_to(now)
            story.said += [story.company.edit(now) for _ in range(3)]
            jobs = [workers.submit(job) for job in (world.syncs, world.ticks, world.dispatches, world.ticks)]
            for job in jobs:
                with suppress(ChangedMeanwhile):  # the cycle begins such a piece of work again
                    job.result()
    story._round(now + timedelta(hours=3), syncs=True, ticks=True)
    history = "\n".join(story.said)
    assert entries(world) == entries(story.from_scratch()), history
    _nothing_due_is_left_behind(world, history)
    told = Counter(entry for message in world.mail.messages for entry in [message.delivery])
    assert set(told.values()) <= {1}, history
    database.dispose()
