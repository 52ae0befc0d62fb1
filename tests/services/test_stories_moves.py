"""What the past of a deal says: pushes, the amount before, and when each of them came to be."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest

from stalewatch.domain.entries import Entry
from stalewatch.domain.instants import from_us
from stalewatch.sdk.records import FieldChange, StageVisit
from stalewatch.store import changes, clocks, records
from tests.services.conftest import Founder
from tests.services.world import World, at, deal, default_pack


@pytest.fixture
def world(found: Founder) -> World:
    return found(default_pack())


def began(world: World, name: str, rule: str) -> datetime:
    """When the deal's clock for a rule started."""
    with world.db.read() as conn:
        mine = clocks.entries(conn, [f"crm:{name}"], list[Entry])[f"crm:{name}"]
    return from_us(next(entry.anchor for entry in mine if entry.rule == rule and entry.anchor is not None))


def test_a_third_push_that_the_history_dates_is_counted_from_that_day(world: World) -> None:
    pushes = [
        ("2026-02-20 10:00", 3, 1),
        ("2026-02-23 10:00", 3, 15),
        ("2026-02-25 10:00", 4, 1),
        ("2026-02-27 10:00", 5, 1),
    ]
    world.crm.changes = [
        FieldChange(record="acme", field="close_date", at=at(when), value=date(2026, month, day))
        for when, month, day in pushes
    ]
    world.has(deal("acme", close_date=date(2026, 5, 1), next_step="call", last_meeting_at=at("2026-03-02 10:00")))
    world.reaches("2026-03-02 18:00")
    assert any("pushed 3 times" in one for one in world.nudges_to("sato")), world.nudges_to("sato")
    assert began(world, "acme", "close-date-pushed") == at("2026-02-27 10:00")


def test_an_amount_that_falls_within_a_stage_is_compared_with_what_it_was_on_entry(world: World) -> None:
    world.has(deal("acme", amount_in_project_currency=Decimal(10_000_000), next_step="call"))
    world.rounds()
    world.clock.move_to(at("2026-03-03 10:00"))
    world.changes("acme", stage="proposal")
    world.rounds()
    world.clock.move_to(at("2026-03-04 10:00"))
    world.changes("acme", amount_in_project_currency=Decimal(6_000_000))
    world.rounds()
    assert began(world, "acme", "amount-dropped") == at("2026-03-04 10:00")


def test_a_field_whose_own_history_came_along_did_not_change_just_now(world: World) -> None:
    world.has(deal("acme", next_step="old"))
    world.rounds()
    world.clock.move_to(at("2026-03-06 12:00"))
    world.crm.changes = [FieldChange(record="acme", field="next_step", at=at("2026-03-03 09:00"), value=None)]
    world.changes("acme", next_step=None)
    world.rounds()
    assert began(world, "acme", "no-next-step") == at("2026-03-03 09:00")


def test_another_pipeline_begins_the_stage_anew_and_is_no_step_back(world: World) -> None:
    """The stage has the same name of ours in both; what was before stays under the pipeline that it was in."""
    world.has(deal("acme", stage="proposal", pipeline="expansion"))
    world.crm.visits = [
        StageVisit(deal="acme", stage=stage, entered_at=at(f"2026-02-{day:02} 10:00"), pipeline=pipeline)
        for stage, day, pipeline in (
            ("negotiation", 20, "new_business"), ("proposal", 23, "new_business"), ("proposal", 27, "expansion"),
        )
    ]  # fmt: skip
    world.reaches("2026-03-02 12:00")
    with world.db.read() as conn:
        [row] = records.read_by_ids(conn, "deal", ["crm:acme"])
        told = {row[2]: row[4] for row in changes.read(conn, ["crm:acme"], ["pipeline"])}
    assert from_us(row.stage_entered_at) == at("2026-02-27 10:00")
    assert list(told.values()) == ["new_business", "expansion"]
