"""Which customers are silent in a negotiation, told from the truth alone: by no rule, no calendar and no connector."""

from __future__ import annotations

from datetime import datetime, timedelta

from stalewatch.sdk.records import Outcome
from stalewatch_sandbox.pipeline import World
from stalewatch_sandbox.project import DEMO_AT
from stalewatch_sandbox.truth import Truth, truth_of


def silent_in_negotiation(world: World, now: datetime, days: int) -> dict[str, str]:
    """Deals whose customer has been silent for so many weekdays in spite of two messages: by name, whose they are.

    Weekdays are business days in the first half of April 2026.
    """
    late = {}
    for deal in world.known_at(now):
        truth = truth_of(deal, now)
        if truth is not None and deal.pipeline != "partner" and _is_silent(truth, now, days):
            late[deal.name] = world.people[truth.owner].email
    return late


def _is_silent(truth: Truth, now: datetime, days: int) -> bool:
    since = truth.last_customer_action_at
    if truth.outcome is not Outcome.OPEN or truth.stage != "negotiation" or since is None:
        return False
    day = since.astimezone(DEMO_AT.tzinfo).replace(hour=18, minute=0, second=0, microsecond=0)
    for _ in range(days):
        day += timedelta(days=1)
        while day.weekday() > 4:
            day += timedelta(days=1)
    return truth.seller_touches_since_customer >= 2 and day <= now
