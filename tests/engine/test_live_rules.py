"""An engine at work while somebody edits the rules: judged anew at once, told once, and taken up again after a kill."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from stalewatch import wiring
from stalewatch.clock import Clock, FixedClock
from stalewatch.engine.embedded import Embedded
from stalewatch.sdk.notifier import Style
from stalewatch.services.alerting.tick import tick
from stalewatch.services.judging.golive import note_rules
from stalewatch.services.judging.in_force import RulesMoved
from stalewatch.services.syncing import recomputing
from stalewatch.services.syncing.recomputing import recompute
from stalewatch.services.syncing.sync import Sync
from stalewatch.store import clocks as stored
from stalewatch.store import connections
from stalewatch.store.engine import Database
from stalewatch.store.tables import alerts, clocks
from stalewatch.wiring.live import Live
from tests import databases
from tests.patience import PATIENCE, soon
from tests.services.heard import QUIET, rows
from tests.services.world import IMMEDIATE, Mailboxes, World, at, deal, rulebook

NOW = at("2026-04-15 09:00")
CONFIG = """
stalewatch: 1
connections: [{id: export, type: csv, path: ., files: {deals: deals.csv}}]
defaults: {mode: live, rollout: off}
storm_guard: off
quiet: off
routes: [{name: all, to: [owner], style: immediate}]
"""
RULE = """
stalewatch: 1
rules:
  - {id: old, title: Old, watch: deal, start: created_at, within: 300d, message: {en: "{name} is old."}}
"""
UNWARNED = QUIET.replace("    warn: 4d\n", "")
TIGHTER = UNWARNED.replace("within: 14d", "within: 9d")
DEALS = "deal_id,name,owner,created_on,stage,outcome\n1,Acme,Sato,2026-01-05,discovery,open\n"


@pytest.fixture
def at_work(tmp_path: Path) -> Iterator[tuple[Path, Mailboxes, Live]]:
    """A project in a folder, its mail, and an engine that looks at its rules all the time."""
    (tmp_path / "rules").mkdir()
    (tmp_path / "stalewatch.yaml").write_text(CONFIG)
    (tmp_path / "deals.csv").write_text(DEALS)
    rule = tmp_path / "rules" / "old.yaml"
    rule.write_text(RULE)
    project = wiring.open_project(tmp_path / "stalewatch.yaml", now=NOW, env={}, running=True)
    mail = Mailboxes(FixedClock(NOW))
    vars(project)["notifier"] = mail
    live = Live(project, judges=True)
    engine = Embedded(live, every=0.1, settles=0.05)
    engine.start()
    yield rule, mail, live
    engine.stop()
    project.close()


def bodies(mail: Mailboxes, style: Style) -> list[str]:
    return [entry.body for message in mail.messages if message.style is style for entry in message.entries]


def test_a_saved_rule_is_told_by_a_refused_one_is_told_once_and_a_repair_is_taken(
    at_work: tuple[Path, Mailboxes, Live],
) -> None:
    rule, mail, live = at_work
    db = live.project.db
    assert soon(lambda: _settled(live))
    rule.write_text(RULE.replace("300d", "3OOd"))
    assert soon(lambda: live.state.refused is not None)
    assert soon(lambda: bodies(mail, Style.OPERATOR)), "the operator is told"
    [body] = bodies(mail, Style.OPERATOR)
    assert body.startswith("rules/old.yaml:4:67 SW110: ")
    assert body.endswith("`stalewatch rules check` shows every error with its cure.")
    assert not bodies(mail, Style.IMMEDIATE)
    rule.write_text(RULE.replace("300d", "10d"))
    assert soon(lambda: bodies(mail, Style.IMMEDIATE)), "the deal is late by the rule that was saved"
    assert bodies(mail, Style.IMMEDIATE) == ["Acme is old."]
    assert live.state.refused is None
    assert len(bodies(mail, Style.OPERATOR)) == 1
    assert live.project.db is db


def _settled(live: Live) -> bool:
    with live.project.db.read() as conn:
        return stored.settled(conn, "export") == live.project.rulebook.version


# ---------------------------------------------------------------------------------------- two workers at once


def test_a_worker_that_is_late_with_its_files_leaves_no_clock_of_the_old_rules(migrated_database_url: str) -> None:
    """It reads, judges and lets time pass without a pause while another worker puts other rules in force."""
    db = databases.opened(migrated_database_url)
    world = World(db, rulebook(UNWARNED), speaking=IMMEDIATE)
    world.has(*(deal(f"d{number}", created_at=at("2026-02-20 10:00")) for number in range(5)))
    world.rounds()
    begun, turned_away = Event(), Event()

    def work() -> None:
        for amount in count():
            for number in range(5):
                world.changes(f"d{number}", amount_in_project_currency=amount)
            try:
                Sync(db, world.clock, world.book, world.speaking).run("crm", world.crm, every=1)
                tick(db, world.clock, world.book, world.speaking, {"crm": None})
            except RulesMoved:
                turned_away.set()
                return
            begun.set()

    late = Thread(target=work)
    late.start()
    try:
        assert begun.wait(PATIENCE)
        other = rulebook(TIGHTER)
        note_rules(db, other, world.us)
        recompute(db, world.clock, other, "crm", lambda _done, _total: None)
        assert turned_away.wait(PATIENCE)
    finally:
        late.join(PATIENCE)
    assert {row.ruleset for row in rows(world, clocks)} == {other.version}
    with db.read() as conn:
        [row] = connections.read(conn)
    assert row.lease_until <= db.now(), "and the connection is free for whoever has the new ones"
    db.dispose()


# ------------------------------------------------------------------------------------------- killed half-way

MANY, PIECE = 12, 4


class Deadly(Clock):
    """Kills its process in front of a piece: a recompute asks when it begins, and before it judges each piece."""

    def __init__(self, now: datetime, lives: int) -> None:
        self._now, self._lives = now, 1 + lives

    def now(self) -> datetime:
        self._lives -= 1
        if self._lives < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return self._now


@pytest.fixture
def edited(migrated_database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A world whose rules were just tightened: none of its deadlines is computed by them yet."""
    monkeypatch.setattr(recomputing, "PIECE", PIECE)
    db = databases.opened(migrated_database_url)
    world = World(db, rulebook(UNWARNED), speaking=IMMEDIATE)
    for number in range(MANY):
        world.has(deal(f"d{number:02}", created_at=world.clock.now() - timedelta(days=number)))
    world.rounds()
    world.book = rulebook(TIGHTER)
    note_rules(db, world.book, world.us)
    db.dispose()  # no connection is shared with the process that dies
    yield world
    db.dispose()


@pytest.mark.parametrize("lives", [1, *(pytest.param(lives, marks=pytest.mark.slow) for lives in (0, 2, 3, 4))])
def test_a_change_of_rules_that_is_killed_half_way_is_taken_up_where_it_was(
    edited: World, migrated_database_url: str, lives: int
) -> None:
    world = edited
    _in_a_process(lambda: _recompute(migrated_database_url, world, Deadly(world.clock.now(), lives)))
    by = {row.record_id: row.ruleset for row in rows(world, clocks)}
    judged = [record for record, ruleset in sorted(by.items()) if ruleset == world.book.version]
    assert judged == sorted(by)[: PIECE * lives], "whole pieces, the first of them first"
    with world.db.read() as conn:
        assert (stored.settled(conn, "crm") == world.book.version) is (lives > MANY // PIECE)
    world.rounds()
    assert {row.ruleset for row in rows(world, clocks)} == {world.book.version}
    assert sorted(row.record_id for row in rows(world, alerts)) == ["crm:d10", "crm:d11"]
    told = [entry.record for message in world.mail.messages for entry in message.entries]
    assert sorted(told) == ["crm:d10", "crm:d11"], "each once"


def _recompute(url: str, world: World, clock: Clock) -> None:
    db: Database = databases.opened(url)
    recompute(db, clock, world.book, "crm", lambda _done, _total: None)


def _in_a_process(work: Callable[[], Any]) -> None:
    """Do it in a process of its own, and wait until that has ended, however it does."""
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(0)
    os.waitpid(child, 0)
