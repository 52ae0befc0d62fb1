"""One of several workers that empty the same queue into the same Slack."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from stalewatch.delivery.slack.notifier import SlackNotifier
from stalewatch.domain.policies import Speaking
from stalewatch.domain.routing import Route
from stalewatch.sdk.notifier import NotifierSettings, Style
from stalewatch.sdk.records import Person
from stalewatch.store.engine import Database
from stalewatch.store.tables import notices
from stalewatch_sandbox.slack.api import TOKEN
from tests.services.world import World, at, deal, rulebook

RULES: Final = """
stalewatch: 1
pack: queue
rules:
  - id: quiet
    title: {en: Quiet, ja: 静か}
    watch: deal
    start: created_at
    within: 14d
    severity: critical
"""
BOOK: Final = rulebook(RULES)
"""Read once, in the process that all workers come from."""


def world_of(url: str, people: int, notifier: SlackNotifier | None = None) -> World:
    """The company, on one morning; everything is said at once, to whoever owns the deal."""
    routes = (Route(name="at once", to=("owner",), style=Style.IMMEDIATE),)
    world = World(Database(url), BOOK, speaking=Speaking(routes=routes, immediate_per_day=1_000))
    world.clock.move_to(at("2026-04-15 11:00"))
    world.crm.people = [Person(id=f"p{n}", name=f"P{n}", email=f"p{n}@acme.example") for n in range(people)]
    if notifier is not None:
        world.mail = notifier  # type: ignore[assignment]
    return world


def fill(url: str, people: int, each: int) -> None:
    """Everybody has so many deals of which they are to be told."""
    world = world_of(url, people)
    world.has(*(deal(f"d{n}", owner=f"p{n % people}") for n in range(people * each)))
    world.syncs()
    world.ticks()
    world.db.dispose()


def empty(url: str, people: int, base_url: str, pace: float) -> None:
    """Say what is to be said until nothing is left; `pace` is the time between two messages to one person."""
    told = {"bot_token": TOKEN, "base_url": base_url, "allow_custom_host": True}

    class Paced(SlackNotifier):
        seconds_apart = pace

    world = world_of(url, people)
    world.mail = Paced(NotifierSettings(options=told, base=Path(), now=world.clock.now))  # type: ignore[assignment]
    while not _is_empty(world):
        world.dispatches()
        time.sleep(0.01)
    world.db.dispose()


def _is_empty(world: World) -> bool:
    with world.db.read() as conn:
        left = sa.select(notices.c.key).where(notices.c.state.in_(("pending", "claimed"))).limit(1)
        return conn.execute(left).first() is None
