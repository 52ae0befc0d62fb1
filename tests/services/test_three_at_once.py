"""B43: other rules, a tick and an answer at once: whatever came of it, one after the other would have come to the same.

An oracle on a database of its own does the three in each of the six orders; one of them must have the same outcome, and
with that one the story goes on.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import timedelta
from itertools import permutations
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest

from stalewatch.clock import FixedClock
from stalewatch.domain.instants import HOUR, from_us
from stalewatch.services.answering.acts import Acknowledge, Act, Claim, FalseAlarm, Hold, Mistake, Snooze
from stalewatch.services.answering.respond import Office, respond
from stalewatch.services.judging.golive import note_rules
from stalewatch.services.judging.in_force import RulesMoved
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.services.syncing.recomputing import recompute
from stalewatch.store.errors import ChangedMeanwhile
from stalewatch.store.tables import alerts, answers, notices
from tests import databases
from tests.services.company import dice
from tests.services.heard import EMPTY_STEP, QUIET, rows
from tests.services.test_cycle import cycle
from tests.services.world import IMMEDIATE, World, at, deal, rulebook

pytestmark = pytest.mark.bar

OLD = rulebook(QUIET, EMPTY_STEP.replace("pack: small", "pack: steps"))
NEW = rulebook(QUIET.replace("within: 14d", "within: 9d"), EMPTY_STEP.replace("pack: small", "pack: steps"))
NAMES = ("acme", "beta", "kumo")
START = at("2026-03-02 10:00")
KEPT = (
    "fingerprint", "episode", "state", "breach_at", "warn_at", "cause", "snoozed_until", "hushed_until", "hushed_by",
    "due_at", "breach_told_at", "acted_as", "repeats", "muted_by",
)  # fmt: skip

Move = Callable[[World], None]


def begins(url: str) -> World:
    """Three deals, one of them without a next step, on the day before the old limit passes."""
    world = World(databases.opened(url), OLD, FixedClock(START), speaking=IMMEDIATE)
    for number, name in enumerate(NAMES):
        world.has(deal(name, created_at=START + timedelta(hours=number), next_step="" if number == 1 else "call"))
    world.rounds()
    return world


def edits_rules(book: Rulebook) -> Move:
    def move(world: World) -> None:
        note_rules(world.db, book, world.us)
        for _ in range(5):
            try:
                recompute(world.db, world.clock, book, "crm", lambda _done, _total: None)
            except ChangedMeanwhile:
                continue
            return

    return move


def ticks(book: Rulebook) -> Move:
    def move(world: World) -> None:
        mine = World(world.db, book, world.clock, speaking=IMMEDIATE)
        try:
            cycle(mine).tick()
        except RulesMoved:  # an engine reads its files again, and ticks by those
            return

    return move


def answers_one(book: Rulebook, alert: str, act: Act) -> Move:
    def move(world: World) -> None:
        try:
            respond(world.db, world.clock, Office(book=book), alert, act, actor="sato@acme.example", visible=None)
        except RulesMoved:
            return

    return move


def outcome(world: World) -> tuple[Any, ...]:
    """How every alert stands, what was answered, and what is called for."""
    return (
        sorted(tuple(str(getattr(row, name)) for name in KEPT) for row in rows(world, alerts)),
        sorted((row.alert_id, row.act) for row in rows(world, answers)),
        sorted((row.key, row.state, row.reason or "") for row in rows(world, notices)),
    )


def at_once(world: World, moves: tuple[Move, ...]) -> None:
    """All of them, each in a session of its own."""
    gate, errors = Barrier(len(moves)), []

    def run(move: Move) -> None:
        gate.wait()
        try:
            move(world)
        except Exception as error:  # whatever it is, the test fails with it
            errors.append(error)

    threads = [Thread(target=run, args=(move,)) for move in moves]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


def told(url: str, oracle: Path, seed: int, rounds: int) -> None:
    """A story of so many rounds."""
    throw, world, book = dice(seed), begins(url), OLD
    shadow = begins(f"sqlite:///{oracle}")
    for number in range(rounds):
        now = world.clock.now() + timedelta(hours=throw.choice([5, 26, 100]))
        for each in (world, shadow):
            each.clock.move_to(now)
            each.book = book
            each.syncs()
        open_ones = [row.id for row in rows(world, alerts) if row.state != "resolved"]
        other = NEW if book is OLD else OLD
        answered = answers_one(book, throw.choice(open_ones), act(throw, world.us)) if open_ones else ticks(book)
        moves = (edits_rules(other), ticks(book), answered)
        shadow.db.dispose()
        at_once(world, tuple(throw.sample(moves, 3)))
        shadow = serial(world, oracle, moves, number, seed)
        book = other
        for each in (world, shadow):
            each.book = book
            cycle(each).tick()
        assert outcome(world) == outcome(shadow), f"seed {seed}, round {number}: the next tick"
    for each in (world, shadow):
        each.db.dispose()


def act(throw: Any, now: int) -> Act:
    """Something that a person may answer."""
    acts: tuple[Act, ...] = (
        Acknowledge(), Claim(), Snooze(until=now + 48 * HOUR, reason="later"), FalseAlarm(why=Mistake.HANDLED),
        Hold(until=(from_us(now) + timedelta(days=9)).date(), who="Mori", reason="x", evidence="mail"),
    )  # fmt: skip
    return throw.choice(acts)  # type: ignore[no-any-return]


def serial(world: World, oracle: Path, moves: tuple[Move, ...], number: int, seed: int) -> World:
    """The oracle after that order of the moves that came to the same."""
    wanted, seen = outcome(world), []
    for place, order in enumerate(permutations(moves)):
        file = oracle.with_name(f"{oracle.stem}-{number}-{place}.db")
        shutil.copyfile(oracle, file)
        one = World(
            databases.opened(f"sqlite:///{file}"), world.book, FixedClock(world.clock.now()), speaking=IMMEDIATE
        )
        for move in order:
            move(one)
        seen.append(outcome(one))
        if seen[-1] == wanted:
            one.db.dispose()
            shutil.copyfile(file, oracle)
            found = World(databases.opened(f"sqlite:///{oracle}"), world.book, one.clock, speaking=IMMEDIATE)
            found.crm = world.crm
            return found
        one.db.dispose()
    raise AssertionError(f"seed {seed}, round {number}: {wanted}\nis none of\n" + "\n".join(map(str, seen)))


@pytest.mark.parametrize("migrated_database_url", databases.KINDS, indirect=True)
def test_b43_three_at_once_come_to_what_one_after_the_other_does(migrated_database_url: str, tmp_path: Path) -> None:
    told_on(migrated_database_url, tmp_path, seed=1, rounds=2)


@pytest.mark.slow
@pytest.mark.parametrize(
    "seed", [*range(10, 13), *(pytest.param(one, marks=pytest.mark.thorough) for one in (13, 14, 15))]
)
def test_b43_three_at_once_long(migrated_database_url: str, tmp_path: Path, seed: int) -> None:
    told_on(migrated_database_url, tmp_path, seed=seed, rounds=12)


def told_on(url: str, folder: Path, *, seed: int, rounds: int) -> None:
    oracle = folder / "oracle.db"
    databases._migrate(f"sqlite:///{oracle}")
    told(url, oracle, seed, rounds)
