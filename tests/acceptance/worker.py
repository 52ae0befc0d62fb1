"""One worker process of a small company: it goes from moment to moment, and goes on where the last one was killed.

The CRM is a function of the moment, the mailbox is a ledger on disk, and what a moment asks for is finished before
the next one begins. So a run that is killed twenty times must end with the same messages as one that is not.
"""

from __future__ import annotations

import os
import signal
import time
from datetime import timedelta
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from stalewatch.delivery.slack import options
from stalewatch.delivery.slack.notifier import SlackNotifier
from stalewatch.delivery.slack.places import Places
from stalewatch.domain.policies import Speaking
from stalewatch.domain.routing import Route
from stalewatch.sdk.notifier import Message, NotifierSettings, Receipt, Style
from stalewatch.sdk.records import Activity, ActivityKind, Actor, MeetingState, Outcome, Person
from stalewatch.services.alerting import trails
from stalewatch.services.syncing import sync
from stalewatch.services.telling import preparing, sending
from stalewatch.services.telling.sending import Sending
from stalewatch.store import leases
from stalewatch.store.engine import Database
from stalewatch.store.expressions import database_now
from stalewatch.store.tables import chores, deliveries, destinations
from stalewatch_sandbox.slack.api import TOKEN
from tests.acceptance.harness.designs import Design, take
from tests.delivery.ledger import LedgerNotifier
from tests.services.world import World, at, deal, rulebook

RULES: Final = """
stalewatch: 1
pack: small
title: {en: Small, ja: 小}
rules:
  - id: quiet
    title: {en: Quiet, ja: 静か}
    watch: deal
    start: {latest_of: [created_at, last_meeting_at]}
    within: 14d
    warn: 4d
    severity: critical
  - id: no-step
    title: {en: No next step, ja: 次なし}
    watch: deal
    start: {since: {next_step: empty}}
    within: 2bd
    severity: warning
"""
DAYS: Final = """
02 13:00, 03 09:00, 04 18:00, 05 09:00, 06 18:00, 09 09:00, 12 09:00, 13 09:00, 16 18:00, 16 20:00,
17 09:00, 17 12:00, 18 09:00, 18 18:00, 19 09:00, 23 09:00, 24 18:00, 25 09:00, 30 09:00, 31 18:00
"""
BOOK: Final = rulebook(RULES)
"""Read once, in the process that all workers come from: a kill is to hit the work and not its beginning."""
MOMENTS: Final = tuple(f"2026-03-{one.strip()}" for one in DAYS.split(","))
OWNERS: Final = ("sato", "suzuki", "takahashi", "tanaka")
DEALS: Final = 16
STRUCK: Final = "struck"
"""Beside the ledger: `before` or `after` its next message arrives there, whoever sends it ends."""


class SlowLedger(LedgerNotifier):
    """A service at the other end of a line: a moment to get there, a moment for the answer to come back."""

    timeout_seconds = 0.04
    settle_after_seconds = 0.02

    def send(self, message: Message) -> Receipt:
        time.sleep(0.01)
        self._is_struck("before")
        receipt = super().send(message)
        self._is_struck("after")
        time.sleep(0.01)
        return receipt

    def _is_struck(self, moment: str) -> None:
        """The process ends here, as by `kill -9`, if it was chosen to: no killer looks often enough to hit that."""
        order = self._path.with_name(STRUCK)
        if order.exists() and order.read_text() == moment:
            os.kill(os.getpid(), signal.SIGKILL)


class HastySlack(SlackNotifier):
    """The notifier of a workspace that answers at once, or not at all."""

    timeout_seconds = 0.2
    settle_after_seconds = 0.1
    seconds_apart = 0.02

    def __init__(self, settings: NotifierSettings) -> None:
        super().__init__(settings)
        self.client = options.client(settings, timeout=0.1)
        self._places = Places(self.client, settings.now)


def work(url: str, folder: Path, design: Design, slack: str = "") -> None:
    """Do what is left to be done; returns when all of it is.

    Args:
        slack: where a workspace is that messages go to, as slack_sdk's base_url; "" is a ledger in the folder.
    """
    _hurry(350_000 if slack else 60_000)
    take(design)
    progress = folder / "progress"
    database = Database(url)
    world = World(database, BOOK, speaking=_speaking())
    world.crm.page_size = 5
    world.crm.people = [Person(id=one, name=one.title(), email=f"{one}@acme.example") for one in OWNERS]
    for number in range(int(progress.read_text()) if progress.exists() else 0, len(MOMENTS)):
        _reach(world, number, folder / "ledger", slack)
        fresh = folder / "progress.new"
        fresh.write_text(str(number + 1))
        os.replace(fresh, progress)  # noqa: PTH105
    database.dispose()


def _reach(world: World, number: int, ledger: Path, slack: str) -> None:
    """A round at one moment, until nothing of it is left."""
    world.clock.move_to(at(MOMENTS[number]))
    world.mail = _slack(world, slack) if slack else SlowLedger(ledger, world.clock.now)  # type: ignore[assignment]
    _crm_at(world, number)
    while world.syncs().is_busy:
        time.sleep(0.02)
    while _is_looked_at(world):
        time.sleep(0.02)
    world.ticks()
    while not _is_settled(world):
        world.dispatches()
        time.sleep(0.01)


def _slack(world: World, base_url: str) -> HastySlack:
    told = {"bot_token": TOKEN, "base_url": base_url, "allow_custom_host": True}
    return HastySlack(NotifierSettings(options=told, base=Path(), now=world.clock.now))


def _is_looked_at(world: World) -> bool:
    """Whether a tick would leave it to another one, maybe to one who ended, to find out what the last ended with."""
    is_left = sa.and_(chores.c.attempts > 1, chores.c.lease_until > database_now())
    with world.db.read() as conn:
        return conn.execute(sa.select(sa.func.count()).where(is_left)).scalar_one() > 0


def _is_settled(world: World) -> bool:
    with world.db.read() as conn:
        open_ones = sa.select(sa.func.count()).where(deliveries.c.state.in_(("ready", "sending", "unknown")))
        due = sa.select(sa.func.count()).where(destinations.c.due_at <= world.us, destinations.c.parked_at.is_(None))
        return conn.execute(open_ones).scalar_one() + conn.execute(due).scalar_one() == 0


def _crm_at(world: World, number: int) -> None:
    """What the CRM shows at this moment, whoever asks: deals are edited, met, and won as time goes on."""
    world.has(
        *(
            deal(
                f"d{one}",
                owner=OWNERS[one % len(OWNERS)],
                created_at=at("2026-03-02 10:00") + timedelta(hours=one),
                next_step="" if (number + one) % 7 < 4 else "call",
                outcome=Outcome.WON if number > 11 and one % 5 == 0 else Outcome.OPEN,
            )
            for one in range(DEALS)
        )
    )
    world.crm.activities = [
        Activity(
            id=f"m{one}", kind=ActivityKind.MEETING, actor=Actor.SELLER, at=at("2026-03-17 10:00"),
            ends_at=at("2026-03-17 10:30"), meeting=MeetingState.HELD, records=(f"d{one}",),
        )
        for one in range(0, DEALS, 3)
        if number > 10
    ]  # fmt: skip


def _speaking() -> Speaking:
    return Speaking(
        routes=(
            Route(
                name="at once",
                to=("owner",),
                matches=lambda facts: facts.get("severity") == "critical",
                style=Style.IMMEDIATE,
            ),
            Route(name="daily", to=("owner",)),
        ),
        immediate_per_day=99,
    )


def _hurry(lease: int) -> None:
    """Leases as short as this company is small: twenty kills take seconds.

    That what fails five times is set aside, and what is refused rests for a while, has its own stories.
    """
    sync.LEASE = trails.LEASE = 60_000  # type: ignore[misc]
    Sending.lease = property(lambda _self: lease)  # type: ignore[assignment,method-assign]
    leases.PATIENCE = trails.TIMES = sending.ATTEMPTS = preparing.ATTEMPTS = 1_000  # type: ignore[misc,attr-defined]
    sending.BACKOFF = (20_000,)  # type: ignore[misc,assignment]
