"""Two deals that the CRM makes one: what was told of either goes on with the one that stands for both."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from stalewatch.domain.instants import HOUR, to_us
from stalewatch.sdk.records import Activity, ActivityKind, Actor, StageVisit
from stalewatch.services.judging import holds
from stalewatch.services.reporting.reports import Reports
from stalewatch.store import activities, alerts, audit, changes, merges, notices, records, waits
from tests.databases import SQLITE_DAILY
from tests.services.answered import snoozes
from tests.services.board import Board, board
from tests.services.conftest import Founder
from tests.services.heard import QUIET
from tests.services.test_stories_dispatch import free
from tests.services.test_stories_edits import later
from tests.services.world import IMMEDIATE, World, at, deal

DAY = timedelta(days=1)
RULE = QUIET.replace("    warn: 4d\n", "")


def late(found: Founder, *names: str) -> tuple[World, Board]:
    """Deals of Sato's that are late, of which he was told at once."""
    world = found(RULE, speaking=IMMEDIATE)
    shown = board(world)
    world.has(*(deal(name, created_at=at("2026-03-02 10:00"), next_step="x") for name in names))
    world.reaches("2026-03-02 13:00")
    world.reaches("2026-03-16 18:00")
    later(world, timedelta(0))
    return world, shown


def merges_into(world: World, new: str, *olds: str, **attributes: Any) -> None:
    """The CRM makes one deal of these; it is told with the next pull."""
    first = world.crm.deals[olds[0]]
    for old in olds:
        world.crm.deals.pop(old)
    told: dict[str, Any] = {"created_at": first.created_at, "next_step": "x", "owner": first.owner}
    world.has(deal(new, **(told | attributes)))
    world.crm.merged |= dict.fromkeys(olds, new)


def of(world: World, name: str) -> list[Any]:
    with world.db.read() as conn:
        return alerts.history(conn, f"crm:{name}")


def said(world: World) -> int:
    return len(world.mail.messages)


def test_an_alert_goes_over_and_nobody_is_told_twice(found: Founder) -> None:
    world, _ = late(found, "acme")
    [before] = of(world, "acme")
    told = said(world)
    merges_into(world, "both", "acme")
    later(world)
    later(world, DAY)
    [after] = of(world, "both")
    assert of(world, "acme") == []
    assert (after.id, after.state, after.breach_told_at) == (before.id, "open", before.breach_told_at)
    assert after.moved_from == "crm:acme"
    assert said(world) == told
    with world.db.read() as conn:
        [old] = records.read_by_ids(conn, "deal", ["crm:acme"])
        told_of = notices.of_alerts(conn, [after.id], (notices.TOLD,))
    assert old.gone_at is not None
    assert old.merged_into == "crm:both"
    assert {row.record_id for row in told_of} == {"crm:both"}


def test_of_two_alerts_of_one_rule_one_stays_and_the_other_ends_as_merged(found: Founder) -> None:
    world, shown = late(found, "acme", "beta")
    told = said(world)
    merges_into(world, "both", "acme", "beta")
    later(world)
    later(world, DAY)
    [ended, stays] = sorted(of(world, "both"), key=lambda row: row.state != "resolved")
    assert (ended.state, ended.cause, stays.state) == ("resolved", "merged", "open")
    assert said(world) == told, "neither the merge nor what stands is told again"
    entries = [entry for message in shown.shown.values() for entry in message.entries]
    notes = {entry.note for entry in entries}
    assert "Merged with another record" in notes
    assert "✅ Both" in {entry.headline for entry in entries}


def test_a_button_on_either_old_message_acts_on_the_new_deal(found: Founder) -> None:
    world, _ = late(found, "acme", "beta")
    ids = [row.id for name in ("acme", "beta") for row in of(world, name)]
    merges_into(world, "both", "acme", "beta")
    later(world)
    for number, alert in enumerate(ids, start=1):
        until = to_us(world.clock.now()) + number * HOUR
        answer = snoozes(world, alert, until)
        assert answer.refusal is None
        assert answer.alert.record_id == "crm:both"
        assert answer.alert.snoozed_until == until
    [standing] = [row for row in of(world, "both") if row.state != "resolved"]
    assert (standing.state, standing.snoozes) == ("snoozed", 2)


@SQLITE_DAILY
def test_a_snooze_of_either_goes_on(found: Founder) -> None:
    world, _ = late(found, "acme", "beta")
    [alert] = of(world, "beta")
    until = to_us(world.clock.now()) + 30 * HOUR
    snoozes(world, alert.id, until, reason="away")
    told = said(world)
    merges_into(world, "both", "acme", "beta")
    later(world)
    [standing] = [row for row in of(world, "both") if row.state != "resolved"]
    assert (standing.state, standing.snoozed_until, standing.snooze_reason) == ("snoozed", until, "away")
    later(world, timedelta(hours=31))
    assert said(world) == told + 1, "when it is over, it is asked again, once"


def test_a_page_replayed_changes_nothing(found: Founder) -> None:
    world, _ = late(found, "acme", "beta")
    merges_into(world, "both", "acme", "beta")
    later(world)
    before = of(world, "both")
    with world.db.read() as conn:
        acts = len(audit.read(conn))
    for _ in range(3):
        world.syncs()
    assert of(world, "both") == before
    with world.db.read() as conn:
        assert len(audit.read(conn)) == acts
        assert {row.action for row in audit.read(conn, obj="crm:both")} == {"record.merged"}
        assert [row.after for row in audit.read(conn, obj="crm:acme")] == [{"into": "crm:both"}]


@SQLITE_DAILY
def test_what_is_still_to_be_said_is_said_once_of_the_new_deal(found: Founder) -> None:
    """Nothing was dispatched before the merge: both breaches wait."""
    world = found(RULE, speaking=IMMEDIATE)
    board(world)
    world.has(*(deal(name, created_at=at("2026-03-02 10:00"), next_step="x") for name in ("acme", "beta")))
    world.reaches("2026-03-02 13:00")
    world.clock.move_to(at("2026-03-16 18:00"))
    world.syncs()
    world.ticks()
    merges_into(world, "both", "acme", "beta")
    world.syncs()
    world.ticks()
    free(world)
    world.dispatches()
    assert [entry.split(":")[0] for entry in world.nudges_to("sato")] == ["Both"]
    with world.db.read() as conn:
        ids = [row.id for row in of(world, "both")]
        [dropped] = notices.of_alerts(conn, ids, (notices.DROPPED,))
    assert dropped.reason == "merged"


def test_the_stage_clock_and_the_waits_go_over(found: Founder) -> None:
    """The CRM's own history of the new deal begins with the merge; the deal is as long in its stage as before."""
    world, _ = late(found, "acme")
    world.crm.unfed = {"wait_count"}  # no CRM says how often we waited
    world.crm.visits = [StageVisit(deal="acme", stage="discovery", entered_at=at("2026-03-03 10:00"))]
    world.syncs()
    with world.db.write() as conn:
        one = {"id": "w1", "record_id": "crm:acme", "set_at": world.us - 2, "reason": "their auditor",
               "set_by": "crm:sato", "until_day": None, "who": None, "evidence": None,
               "ended_at": world.us - 1, "ended_because": "by_hand"}  # fmt: skip
        two = {"id": "w2", "set_at": world.us, "reason": "their board meets", "ended_at": None, "ended_because": None}
        waits.add(conn, [one, {**one, **two}])
        holds.refresh(conn, world.book, ["crm:acme"], world.us)
    [old] = _rows(world, "acme")
    world.clock.advance(DAY)
    merges_into(world, "both", "acme")
    world.crm.visits = [StageVisit(deal="both", stage="discovery", entered_at=world.clock.now())]
    world.syncs()
    [row] = _rows(world, "both")
    assert row.stage_entered_at == to_us(at("2026-03-03 10:00"))
    assert (row.first_seen_at, row.wait_count) == (old.first_seen_at, 2)
    assert (row.on_hold, row.hold_reason) == (True, "their board meets")
    with world.db.read() as conn:
        assert [one.reason for one in waits.read(conn, ["crm:both"])] == ["their auditor", "their board meets"]
        assert changes.read(conn, ["crm:both"], ["stage"])[0].at == to_us(at("2026-03-03 10:00"))


@SQLITE_DAILY
def test_evidence_goes_over(found: Founder) -> None:
    world, _ = late(found, "acme")
    when = at("2026-03-10 10:00")
    world.crm.activities = [
        Activity(id="mail-1", kind=ActivityKind.EMAIL, actor=Actor.CUSTOMER, at=when, records=("acme",))
    ]
    world.syncs()
    world.crm.activities = []
    merges_into(world, "both", "acme")
    world.syncs()
    [row] = _rows(world, "both")
    assert row.last_customer_activity_at == to_us(when)
    with world.db.read() as conn:
        assert [one.id for one in activities.read(conn, ["crm:both"])] == ["crm:mail-1"]


def test_a_chain_of_merges_ends_at_its_last(found: Founder) -> None:
    world, _ = late(found, "acme", "beta")
    [alert] = of(world, "acme")
    merges_into(world, "both", "acme", "beta")
    later(world)
    merges_into(world, "all", "both")
    later(world)
    with world.db.read() as conn:
        assert merges.known(conn, ["crm:acme", "crm:both"]) == {"crm:acme": "crm:all", "crm:both": "crm:all"}
        standing = alerts.standing(conn, alert.id)
    assert standing is not None
    assert (standing.record_id, standing.state) == ("crm:all", "open")
    assert standing.moved_from in {"crm:acme", "crm:beta"}
    world.crm.merged = {"acme": "both"}  # an old page comes once more
    later(world)
    with world.db.read() as conn:
        assert merges.known(conn, ["crm:acme"]) == {"crm:acme": "crm:all"}
        into = [row.after["into"] for row in audit.read(conn, obj="crm:acme")]
    assert into == ["crm:all", "crm:both"], "one line for each merge, the newest first"


@SQLITE_DAILY
def test_the_page_of_an_old_deal_shows_the_new_one(found: Founder) -> None:
    world, _ = late(found, "acme")
    merges_into(world, "both", "acme")
    later(world)
    told = Reports(world.db, world.book, {"crm": 2 * HOUR}).record("crm:acme", world.us, visible=None)
    assert told is not None
    assert told["id"] == "crm:both"


@SQLITE_DAILY
def test_a_merge_into_a_deal_that_had_alerts_of_its_own(found: Founder) -> None:
    """As Salesforce merges: the winner keeps its id. What comes later opens a new episode, and no id is used twice."""
    world, _ = late(found, "acme", "beta")
    merges_into(world, "beta", "acme")
    later(world)
    assert sorted(row.state for row in of(world, "beta")) == ["open", "resolved"]
    world.changes("beta", next_step="they called")
    world.crm.activities = [Activity(id="m", kind=ActivityKind.EMAIL, actor=Actor.CUSTOMER, at=world.clock.now(),
                                     records=("beta",))]  # fmt: skip
    later(world, timedelta(hours=3))
    world.lives_until("2026-04-20 18:00", step=DAY)
    ids = [row.id for row in of(world, "beta")]
    assert len(ids) == len(set(ids))


@SQLITE_DAILY
def test_an_old_deal_that_comes_back_has_problems_of_its_own(found: Founder) -> None:
    """Somebody undoes the merge: its fingerprints are with the other record, and so it gets new ones."""
    world, _ = late(found, "acme")
    [moved] = of(world, "acme")
    merges_into(world, "both", "acme")
    later(world)
    world.crm.merged = {}
    world.has(deal("acme", created_at=at("2026-03-02 10:00"), next_step="x"))
    later(world)
    [own] = of(world, "acme")
    assert own.state == "open"
    assert own.fingerprint != moved.fingerprint
    assert [row.id for row in of(world, "both")] == [moved.id]


@SQLITE_DAILY
def test_an_old_deal_whose_heir_nobody_knows_is_gone(found: Founder) -> None:
    world, _ = late(found, "acme")
    world.crm.deals.pop("acme")
    world.has(deal("other"))
    world.crm.merged = {"acme": "nobody"}
    later(world)
    [alert] = of(world, "acme")
    assert (alert.state, alert.cause) == ("resolved", "data_lost")


@SQLITE_DAILY
@pytest.mark.parametrize("merged", [{"acme": "acme"}, {"acme": "beta", "beta": "acme"}])
def test_a_circle_of_merges_moves_nothing_for_ever(found: Founder, merged: dict[str, str]) -> None:
    world, _ = late(found, "acme", "beta")
    world.crm.merged = merged
    world.syncs()
    world.syncs()
    with world.db.read() as conn:
        rows = records.read_by_ids(conn, "deal", ["crm:acme", "crm:beta"])
    assert any(row.gone_at is None for row in rows)


def _rows(world: World, name: str) -> list[Any]:
    with world.db.read() as conn:
        return records.read_by_ids(conn, "deal", [f"crm:{name}"])
