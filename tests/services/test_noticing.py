"""What a pull noticed outlives it: doctor shows it in another process, until a pull says otherwise."""

from __future__ import annotations

from datetime import date

from stalewatch.sdk.connector import Finding, Level
from stalewatch.services.syncing import noticing
from tests.databases import SQLITE_DAILY
from tests.services.conftest import Founder
from tests.services.heard import QUIET
from tests.services.world import World, at, deal

pytestmark = SQLITE_DAILY

DOUBT = Finding(subject="comparison of ids", level=Level.WARNING, message="1 where 4 were known", cure="Look.")


def noticed(world: World) -> list[Finding]:
    with world.db.read() as conn:
        return noticing.noticed(conn, "crm")


def test_what_was_noticed_stays_until_a_pull_says_otherwise(found: Founder) -> None:
    world = found(QUIET)
    assert noticed(world) == []
    world.crm.noticed = [DOUBT]
    world.syncs()
    assert noticed(world) == [DOUBT]
    world.crm.noticed = None
    world.syncs()
    assert noticed(world) == [DOUBT], "a pull that looked at nothing takes nothing back"
    world.crm.noticed = []
    world.syncs()
    assert noticed(world) == []


def test_records_with_a_deadline_within_the_next_day_are_worth_a_closer_look(found: Founder) -> None:
    world = found(QUIET)
    begins = {"soon": "2026-02-21 10:00", "later": "2026-03-01 10:00", "past": "2026-01-10 10:00"}
    world.has(*(deal(name, created_at=at(when), close_date=date(2026, 5, 1)) for name, when in begins.items()))
    world.rounds()
    world.reaches("2026-03-06 18:00")
    assert noticing.due_soon(world.db, world.clock, "crm") == ["soon"]
