"""Worlds to test with: one of the demo's size, made once, and moments in its life."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache

from stalewatch.sdk.records import Outcome
from stalewatch_sandbox.opportunity import Opportunity
from stalewatch_sandbox.pipeline import DEMO, Size, World, generate
from stalewatch_sandbox.project import DEMO_AT
from stalewatch_sandbox.troubles import Trouble

SMALL = Size.of(20)
DAY = timedelta(days=1)


@cache
def demo_world(seed: int = 1) -> World:
    """The world of the demo, at nine on a Wednesday morning in Tokyo."""
    return generate(seed, DEMO, DEMO_AT)


@cache
def small_world(seed: int = 1) -> World:
    """Two reps, twenty open deals."""
    return generate(seed, SMALL, DEMO_AT)


def open_at(world: World, moment: datetime) -> list[Opportunity]:
    """The deals that are open at a moment."""
    truth = world.truth_at(moment)
    return [deal for deal in world.known_at(moment) if truth[deal.id].outcome is Outcome.OPEN]


def in_trouble(world: World, trouble: Trouble) -> list[Opportunity]:
    """The open deals with that trouble, at the world's own moment."""
    return [deal for deal in open_at(world, world.moment) if deal.trouble_at(world.moment) is trouble]
