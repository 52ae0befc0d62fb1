"""What the CRM shows, shows late, shows wrong, or does not show at all: nobody is told what is not so."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from stalewatch.domain.policies import Speaking
from stalewatch.domain.routing import Route
from stalewatch.sdk.errors import NeedsReconnect, TryLater
from stalewatch.sdk.records import Activity, ActivityKind, Actor, FieldChange, MeetingState, Outcome
from stalewatch.store.tables import activities, activity_records, changes, clocks, connections, deals, quarantine
from tests import databases
from tests.altered import replace
from tests.services.conftest import Founder
from tests.services.heard import EMPTY_STEP, QUIET, alert, called_for, count_to, next_at, rows, state
from tests.services.world import World, at, deal, rulebook

DIGEST = Speaking(routes=(Route(name="all", to=("owner",)),))
CLOSE = """
stalewatch: 1
pack: small
title: {en: Small, ja: 小}
rules:
  - id: past
    title: {en: Past, ja: 過}
    watch: deal
    start: close_date
    within: 0bd
    severity: critical
"""
STAGE = """
stalewatch: 1
pack: small
title: {en: Small, ja: 小}
rules:
  - id: stage
    title: {en: Stage, ja: 段}
    watch: deal
    where: {stage: discovery}
    start: created_at
    within: 5d
    severity: critical
"""
MET = """
stalewatch: 1
pack: small
title: {en: Small, ja: 小}
rules:
  - id: met
    title: {en: Met, ja: 会}
    watch: deal
    start: {first_of: [last_meeting_at, created_at]}
    within: 30d
    severity: critical
  - id: notes
    title: {en: Notes, ja: 記}
    watch: deal
    start: {each: meeting}
    within: 24h
    until: {entered: [meeting_notes]}
    severity: info
"""


def born(name: str, moment: str = "2026-03-02 10:00", **attributes: Any) -> Any:
    return deal(name, created_at=at(moment), **attributes)


def meeting(name: str, start: str, planned: MeetingState = MeetingState.PLANNED, record: str = "acme") -> Activity:
    return Activity(
        id=name, kind=ActivityKind.MEETING, actor=Actor.SELLER, at=at(start), ends_at=at(start) + timedelta(hours=1),
        recorded_at=at("2026-03-02 11:00"), meeting=planned, records=(record,),
    )  # fmt: skip


def connection(world: World) -> Any:
    return rows(world, connections)[0]


def test_after_a_first_sync_the_database_plans_by_what_there_is(migrated_database_url: str) -> None:
    database = databases.opened(migrated_database_url)
    world = World(database, rulebook(QUIET))
    world.has(*(born(f"acme{number}") for number in range(30)))
    world.syncs()
    if not database.is_sqlite:  # which plans by its indexes alone
        believed = "SELECT reltuples FROM pg_class WHERE oid = CAST(:name AS regclass)"
        with database.read() as conn:
            for name in ("deals", "clocks"):
                assert conn.execute(sa.text(believed), {"name": name}).scalar_one() == 30
    database.dispose()


# ---------------------------------------------------------------------------------------- data that is missing


def test_data_that_is_too_old_is_not_judged_and_nothing_is_told_until_it_is_fresh(found: Founder) -> None:
    world = found(QUIET)
    world.has(born("acme"))
    world.reaches("2026-03-02 13:00")
    world.clock.move_to(at("2026-03-16 18:00"))
    assert world.ticks().not_judged == ["crm"]
    world.dispatches()
    assert called_for(world) == []
    world.reaches("2026-03-16 19:00")
    assert called_for(world) == ["1:breach"]


def test_a_failed_pull_keeps_its_cursor_and_resolves_nothing(found: Founder) -> None:
    world = found(QUIET)
    world.has(born("acme"))
    world.reaches("2026-03-02 13:00")
    world.reaches("2026-03-16 18:00")
    before = connection(world)
    world.crm.fault = TryLater("busy")
    world.crm.deals.clear()
    world.reaches("2026-03-16 19:00")
    after = connection(world)
    assert (after.cursor, after.data_at) == (before.cursor, before.data_at)
    assert "busy" in after.last_error
    assert state(world) == "open"
    world.crm.fault = NeedsReconnect("token revoked")
    world.reaches("2026-03-17 19:00")
    assert (state(world), count_to(world)) == ("open", 1)


def test_a_pull_that_loses_more_than_half_is_not_believed(found: Founder) -> None:
    world = found(QUIET)
    world.has(*(born(f"d{number}") for number in range(5)))
    world.reaches("2026-03-16 18:00")
    world.crm.deals = {"d0": world.crm.deals["d0"], "d1": world.crm.deals["d1"]}
    world.clock.advance(timedelta(hours=1))
    assert world.syncs().kept == 3
    world.ticks()
    assert {state(world, f"d{number}") for number in range(5)} == {"open"}


def test_a_deal_that_vanished_is_not_satisfied(found: Founder) -> None:
    world = found(QUIET)
    world.has(*(born(f"d{number}") for number in range(5)))
    world.reaches("2026-03-16 18:00")
    gone = world.crm.deals.pop("d0")
    world.reaches("2026-03-16 19:00")
    assert [state(world, name) for name in ("d0", "d1")] == ["resolved: data_lost", "open"]
    world.has(gone)
    world.reaches("2026-03-16 20:00")
    assert called_for(world, "d0") == ["1:breach", "1:resolve", "1:reopen"]


def test_a_row_that_cannot_be_read_any_more_has_not_vanished(found: Founder) -> None:
    world = found(QUIET)
    world.has(*(born(f"d{number}") for number in range(5)))
    world.reaches("2026-03-16 18:00")
    world.changes("d0", close_date=Decimal("NaN"))
    world.reaches("2026-03-16 19:00")
    assert [row.ref for row in rows(world, quarantine)] == ["d0"]
    assert state(world, "d0") == "open"


def test_a_row_the_connector_rejected_by_its_id_has_not_vanished(found: Founder) -> None:
    from stalewatch.sdk.records import Rejected

    world = found(QUIET)
    world.has(*(born(f"d{number}") for number in range(5)))
    world.reaches("2026-03-16 18:00")
    world.crm.deals.pop("d0")
    pull = world.crm.pull

    def rejecting(cursor: Any, *, full: bool = False) -> Any:
        for page in pull(cursor, full=full):
            yield replace(page, rejected=[Rejected(ref="d0", reason="amount is not a number")])

    world.crm.pull = rejecting  # type: ignore[method-assign]
    world.reaches("2026-03-16 19:00")
    assert state(world, "d0") == "open"


def test_an_unmapped_stage_cannot_be_judged_for_that_deal_only(found: Founder) -> None:
    world = found(STAGE)
    world.has(born("acme"), born("beta"))
    world.reaches("2026-03-07 18:00")
    world.changes("acme", stage="our_secret_stage")
    world.reaches("2026-03-07 21:00")
    world.reaches("2026-03-09 09:00")
    assert [state(world, name) for name in ("acme", "beta")] == ["open", "open"]
    assert called_for(world) == ["1:breach"]
    world.changes("acme", stage="proposal")
    world.reaches("2026-03-09 10:00")
    world.reaches("2026-03-09 12:00")
    assert state(world) == "resolved: no_longer_applies"


def test_a_timer_of_a_deal_that_cannot_be_judged_does_not_keep_the_tick_busy(found: Founder) -> None:
    from tests.services.test_stories_episodes import snoozed

    world = found(STAGE)
    world.has(born("acme"))
    world.reaches("2026-03-07 18:00")
    snoozed(world, "2026-03-10 09:00")
    world.changes("acme", stage="our_secret_stage")
    world.reaches("2026-03-09 09:00")
    world.reaches("2026-03-10 09:00")
    world.reaches("2026-03-10 10:00")
    assert called_for(world) == ["1:breach"]
    world.changes("acme", stage="discovery")
    world.reaches("2026-03-10 11:00")
    assert called_for(world) == ["1:breach", "1:repeat"]


def test_a_field_that_the_connection_does_not_feed_cannot_be_judged_by(found: Founder) -> None:
    world = found(CLOSE)
    world.crm.unfed = {"close_date"}
    world.has(born("acme", close_date=date(2026, 3, 3)))
    world.reaches("2026-03-02 13:00")
    world.reaches("2026-03-05 13:00")
    assert state(world) == "none"
    world.crm.unfed = set()
    world.reaches("2026-03-05 14:00")
    assert state(world) == "open"


# ---------------------------------------------------------------------------------------- strange data


def test_absurd_values_are_shown_and_counted_and_stop_nobody(found: Founder) -> None:
    world = found(CLOSE)
    world.has(
        born("far", close_date=date(9999, 12, 31)),
        born("old", close_date=date(1, 1, 1)),
        born("poor", close_date=date(2026, 3, 4), amount_in_project_currency=None),
        replace(born("odd", close_date=date(2026, 3, 4)), name="\u202egnp.exe 🚀" * 50),
        replace(born("ageless", close_date=date(2026, 3, 4)), created_at=None),
    )
    world.reaches("2026-03-02 13:00")
    world.reaches("2026-03-04 18:00")
    assert [state(world, name) for name in ("far", "poor", "odd", "ageless")] == ["none", "open", "open", "open"]
    assert {row.record_id for row in rows(world, clocks)} >= {"crm:far", "crm:old"}


def test_deals_of_one_page_may_bring_different_fields(found: Founder) -> None:
    world = found(EMPTY_STEP)
    world.has(
        born("acme", next_step="call", last_meeting_at=at("2026-03-02 11:00")), born("beta"), born("gamma", pain="x")
    )
    world.reaches("2026-03-02 13:00")
    stored = {row.external_id: row for row in rows(world, deals)}
    assert (stored["acme"].next_step, stored["beta"].next_step) == ("call", None)
    world.reaches("2026-03-04 18:00")
    assert [state(world, name) for name in ("acme", "beta", "gamma")] == ["none", "open", "open"]


def test_a_field_that_is_not_read_this_time_keeps_its_value_and_gets_no_history(found: Founder) -> None:
    world = found(EMPTY_STEP)
    world.has(born("acme", next_step="call"))
    world.reaches("2026-03-02 13:00")
    world.has(replace(world.crm.deals["acme"], fields={}, amount_in_project_currency=Decimal(5)))
    world.reaches("2026-03-03 13:00")
    assert [row.next_step for row in rows(world, deals)] == ["call"]
    world.has(replace(world.crm.deals["acme"], fields={"next_step": ""}))
    world.reaches("2026-03-04 10:00")
    world.reaches("2026-03-06 18:00")
    assert alert(world).anchor == int(at("2026-03-04 10:00").timestamp()) * 1_000_000


@pytest.mark.parametrize("is_said_to_be_hidden", [True, False])
def test_a_field_that_is_hidden_for_a_while_was_not_emptied(found: Founder, *, is_said_to_be_hidden: bool) -> None:
    world = found(EMPTY_STEP)
    shown = born("acme", next_step="call")
    world.has(shown)
    world.reaches("2026-03-02 13:00")
    world.changes("acme", next_step="visit", modified_at=at("2026-03-02 14:00"))
    world.reaches("2026-03-02 15:00")
    before, hidden = rows(world, changes), frozenset({"next_step"})
    world.crm.unfed = set() if is_said_to_be_hidden else set(hidden)
    blank = hidden if is_said_to_be_hidden else frozenset[str]()
    world.has(replace(world.crm.deals["acme"], fields={"next_step": None}, unreadable=blank))
    world.reaches("2026-03-03 13:00")
    world.crm.unfed = set()
    world.has(replace(shown, fields={"next_step": "visit"}))
    world.reaches("2026-03-04 13:00")
    assert [row.next_step for row in rows(world, deals)] == ["visit"]
    assert rows(world, changes) == before != []


def test_two_changes_of_one_field_dated_at_one_instant_both_count(found: Founder) -> None:
    world = found(EMPTY_STEP)
    world.has(born("acme", next_step="call", modified_at=at("2026-03-02 11:00")))
    world.reaches("2026-03-02 13:00")
    world.changes("acme", next_step="", modified_at=at("2026-03-03 11:00"))
    world.reaches("2026-03-03 13:00")
    world.changes("acme", next_step="visit")
    world.reaches("2026-03-03 14:00")
    world.changes("acme", next_step="", modified_at=at("2026-03-04 11:00"))
    world.reaches("2026-03-04 13:00")
    world.reaches("2026-03-06 18:00")
    assert alert(world).anchor == int(at("2026-03-04 11:00").timestamp()) * 1_000_000


def test_a_time_of_modification_that_goes_back_does_not_bury_the_present_value(found: Founder) -> None:
    world = found(EMPTY_STEP)
    world.has(born("acme", next_step="", modified_at=at("2026-03-02 11:00")))
    world.reaches("2026-03-02 13:00")
    world.changes("acme", next_step="call", modified_at=at("2026-03-03 11:00"))
    world.reaches("2026-03-03 13:00")
    world.changes("acme", next_step="", modified_at=at("2026-03-03 09:00"))
    world.reaches("2026-03-04 13:00")
    assert (alert(world), next_at(world)) == (None, int(at("2026-03-05 18:00").timestamp()) * 1_000_000)


def test_what_nobody_dates_changed_when_the_file_was_written_and_not_when_it_was_read(found: Founder) -> None:
    world = found(EMPTY_STEP)
    world.has(born("acme", next_step="call"))
    world.reaches("2026-03-02 13:00")
    world.crm.as_of = at("2026-03-03 09:30")
    world.changes("acme", next_step="")
    world.reaches("2026-03-04 13:00")
    world.reaches("2026-03-06 18:00")
    assert alert(world).anchor == int(at("2026-03-03 09:30").timestamp()) * 1_000_000


def test_late_history_moves_an_anchor_back_and_is_never_a_second_message(found: Founder) -> None:
    world = found(EMPTY_STEP)
    world.has(born("acme", next_step="call"))
    world.reaches("2026-03-02 13:00")
    world.changes("acme", next_step="")
    world.reaches("2026-03-04 13:00")
    world.reaches("2026-03-06 18:00")
    assert called_for(world) == ["1:breach"]
    world.crm.changes = [
        FieldChange(record="acme", field="next_step", at=at("2026-03-02 10:00"), value="call"),
        FieldChange(record="acme", field="next_step", at=at("2026-03-03 10:00"), value=""),
    ]
    pull = world.crm.pull

    def with_whole_histories(cursor: Any, *, full: bool = False) -> Any:
        for page in pull(cursor, full=full):
            yield replace(page, histories=frozenset({"acme"}), history_fields=frozenset({"next_step"}))

    world.crm.pull = with_whole_histories  # type: ignore[method-assign]
    world.reaches("2026-03-06 19:00")
    world.reaches("2026-03-07 19:00")
    assert called_for(world) == ["1:breach"]
    assert alert(world).anchor == int(at("2026-03-03 10:00").timestamp()) * 1_000_000


# ---------------------------------------------------------------------------------------- meetings


def test_the_end_of_a_meeting_is_noticed_though_no_clock_changed_when_it_was_booked(found: Founder) -> None:
    world = found(MET)
    world.has(born("acme", meeting_notes=""))
    world.reaches("2026-03-02 13:00")
    world.crm.activities.append(meeting("m1", "2026-03-05 10:00"))
    world.reaches("2026-03-05 09:30")
    world.clock.move_to(at("2026-03-05 11:00"))
    world.ticks()  # no sync: the meeting ends by itself
    assert [row.last_meeting_at for row in rows(world, deals)] == [int(at("2026-03-05 10:00").timestamp()) * 1_000_000]
    world.reaches("2026-03-06 11:00")
    assert called_for(world, rule="notes") == ["1:breach"]


def test_a_meeting_that_turns_out_not_to_have_happened_takes_its_clock_along(found: Founder) -> None:
    world = found(MET)
    world.has(born("acme", meeting_notes=""))
    world.crm.activities.append(meeting("m1", "2026-03-05 10:00"))
    world.reaches("2026-03-02 13:00")
    world.reaches("2026-03-05 12:00")
    world.crm.activities[0] = meeting("m1", "2026-03-05 10:00", MeetingState.CANCELLED)
    world.reaches("2026-03-05 13:00")
    world.reaches("2026-03-06 12:00")
    assert called_for(world) == []


def test_sf48_a_meeting_that_is_withdrawn_leaves_the_store_and_takes_its_clock_along(found: Founder) -> None:
    world = found(MET)
    world.has(born("acme", meeting_notes=""))
    world.crm.activities = [meeting("m1", "2026-03-05 10:00"), meeting("m2", "2026-03-03 10:00")]
    world.reaches("2026-03-02 13:00")
    world.reaches("2026-03-05 12:00")
    world.crm.activities.pop(0)
    world.crm.withdrawn = ["m1", "never-heard-of"]
    world.reaches("2026-03-05 13:00")
    assert [row.id for row in rows(world, activities)] == ["crm:m2"]
    assert [row.record_id for row in rows(world, activity_records)] == ["crm:acme"]
    assert [row.last_meeting_at for row in rows(world, deals)] == [int(at("2026-03-03 10:00").timestamp()) * 1_000_000]
    world.reaches("2026-03-06 12:00")
    assert not any("m1" in row.entries for row in rows(world, clocks))


def test_a_meeting_that_moves_to_another_deal_leaves_nothing_behind(found: Founder) -> None:
    world = found(MET)
    world.has(born("acme", meeting_notes=""), born("beta", meeting_notes=""))
    world.crm.activities.append(meeting("m1", "2026-03-05 10:00"))
    world.reaches("2026-03-02 13:00")
    world.reaches("2026-03-05 12:00")
    world.crm.activities[0] = meeting("m1", "2026-03-05 10:00", record="beta")
    world.reaches("2026-03-05 13:00")
    world.reaches("2026-03-06 12:00")
    assert (called_for(world), called_for(world, "beta")) == ([], ["1:breach"])
    assert {row.external_id: row.last_meeting_at is None for row in rows(world, deals)} == {"acme": True, "beta": False}


# ---------------------------------------------------------------------------------------- the end of things


def test_an_exception_ends_by_itself(found: Founder) -> None:
    world = found(
        QUIET
        + """
exceptions:
  - {watch: deal, where: {pipeline: new_business}, rules: [quiet], until: 2026-03-18, because: trade fair, owner: me}
"""
    )
    world.has(born("acme"))
    world.reaches("2026-03-02 13:00")
    world.reaches("2026-03-16 18:00")
    assert state(world) == "none"
    world.reaches("2026-03-18 23:59")
    assert state(world) == "none"
    world.reaches("2026-03-19 00:00")
    assert called_for(world) == ["1:breach"]


def test_a_closed_deal_that_is_reopened_runs_again(found: Founder) -> None:
    world = found(QUIET)
    world.has(born("acme"))
    world.reaches("2026-03-02 13:00")
    world.reaches("2026-03-16 18:00")
    world.changes("acme", outcome=Outcome.LOST)
    world.reaches("2026-03-17 10:00")
    world.changes("acme", outcome=Outcome.OPEN)
    world.reaches("2026-03-18 10:00")
    assert called_for(world) == ["1:breach", "1:resolve", "1:reopen"]


def test_a_digest_is_not_sent_on_data_that_has_grown_too_old_to_judge_by(found: Founder) -> None:
    world = found(QUIET, speaking=DIGEST)
    world.has(born("acme"))
    world.reaches("2026-03-02 13:00")
    world.reaches("2026-03-12 09:00")
    world.reaches("2026-03-16 18:00")
    world.crm.fault = TryLater("down")
    world.reaches("2026-03-17 09:00")
    assert count_to(world) == 1, "the warning; whether it is still late nobody knows"
    world.crm.fault = None
    world.reaches("2026-03-17 12:00")
    assert count_to(world) == 2


def test_a_page_replayed_changes_nothing(found: Founder) -> None:
    world = found(MET)
    world.has(born("acme", meeting_notes=""), born("beta"))
    world.crm.activities.append(meeting("m1", "2026-03-05 10:00"))
    world.reaches("2026-03-05 12:00")
    before = [rows(world, table) for table in (clocks, deals)]
    assert world.syncs().judged == 0
    assert [rows(world, table) for table in (clocks, deals)] == before


@pytest.mark.parametrize(
    "absurd", [datetime(9999, 12, 31, tzinfo=UTC), datetime(1, 1, 1, tzinfo=UTC)], ids=["9999", "1"]
)
def test_absurd_times_of_meetings_stop_nobody(found: Founder, absurd: datetime) -> None:
    world = found(MET)
    world.has(born("acme"), born("beta"))
    world.crm.activities.append(
        Activity(id="m", kind=ActivityKind.MEETING, actor=Actor.SELLER, at=absurd, meeting=MeetingState.PLANNED,
                 records=("acme",))
    )  # fmt: skip
    world.reaches("2026-03-02 13:00")
    world.reaches("2026-04-01 18:00")
    assert state(world, "beta", "met") == "open"
