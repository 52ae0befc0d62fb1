"""A merge in HubSpot, from the portal over HTTP to what a person reads: the alert goes on with the new deal."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from stalewatch.clock import FixedClock
from stalewatch.domain.instants import to_us
from stalewatch.store import alerts
from tests import databases
from tests.connectors.hubspot.portals import NOON, Story, opened
from tests.services.answered import snoozes
from tests.services.heard import QUIET
from tests.services.world import IMMEDIATE, World, rulebook

LATE = QUIET.replace("    warn: 4d\n", "")
DAY = timedelta(days=1)


def rounds(world: World, story: Story, span: timedelta) -> None:
    story.board.clock.advance(span)
    world.clock.move_to(story.board.clock.now())
    world.rounds()


def of(world: World, deal: str) -> list[Any]:
    with world.db.read() as conn:
        return alerts.history(conn, f"crm:{deal}")


def test_two_late_deals_become_one_and_nobody_is_told_twice(migrated_database_url: str) -> None:
    database = databases.opened(migrated_database_url)
    with opened() as story:
        world = World(database, rulebook(LATE), clock=FixedClock(NOON), speaking=IMMEDIATE)
        world.crm = story.connector(reads={"deal": ["created_at", "last_meeting_at", "next_meeting_at"]})  # type: ignore[assignment]  # in this story the CRM is HubSpot
        first, second = (story.deal(name, at=NOON - 12 * DAY) for name in ("Acme", "Acme (copy)"))
        rounds(world, story, timedelta(minutes=15))
        rounds(world, story, 3 * DAY)
        before = {of(world, deal)[0].id: deal for deal in (first, second)}
        told = len(world.mail.messages)
        assert (len(before), told) == (2, 2)

        new = story.portal.merge("deals", first, second)
        rounds(world, story, timedelta(minutes=5))
        rounds(world, story, timedelta(hours=3))
        assert of(world, first) == of(world, second) == []
        assert {row.id for row in of(world, new)} == before.keys()
        assert sorted((row.state, row.cause) for row in of(world, new)) == [("open", None), ("resolved", "merged")]
        assert len(world.mail.messages) == told

        until = to_us(world.clock.now() + DAY)
        for alert in before:
            answer = snoozes(world, alert, until, reason="they merge, too", actor="crm:11")
            assert (answer.refusal, answer.alert.record_id) == (None, f"crm:{new}")
    database.dispose()
