"""By when the next step is due: a field of the org's where one is mapped, else the earliest task that is still open."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from stalewatch.domain.instants import from_day, to_day, to_us
from stalewatch.sdk.connector import FieldInfo
from stalewatch.sdk.errors import TryLater
from stalewatch.services.syncing.sync import Sync
from stalewatch.store import changes, connections, records
from stalewatch.store.tables import activities
from stalewatch_salesforce import place
from stalewatch_salesforce.connector import SalesforceConnector
from stalewatch_sandbox.salesforce import removal
from stalewatch_sandbox.salesforce.schema import Field
from tests import databases
from tests.connectors.salesforce.desk import FIVE_MINUTES, NOW, Desk
from tests.connectors.salesforce.test_store import Office
from tests.services.world import IMMEDIATE, rulebook

LAST_WEEK, FRIDAY, NEXT_WEEK = date(2026, 2, 23), date(2026, 3, 6), date(2026, 3, 11)
MAPPED = {"deal": {"fields": {"next_step_due": "Step_Due__c"}}}
DONE: dict[str, Any] = {"Status": "Completed"}


@pytest.fixture
def office(desk: Desk, migrated_database_url: str) -> Iterator[Office]:
    database = databases.opened(migrated_database_url)
    yield Office(desk, database)
    database.dispose()


def due(office: Office, deal: str) -> date | None:
    [day] = office.shows("next_step_due")[deal]
    return None if day is None else from_day(day)


def cycle(office: Office, connector: SalesforceConnector) -> int:
    """Five minutes later: a sync, and the calls that it took."""
    office.desk.sandbox.clock.advance(FIVE_MINUTES)
    office.desk.sandbox.ledger.reset()
    assert office.syncs(connector).error is None
    return office.desk.sandbox.ledger.weight()


def described(connector: SalesforceConnector) -> FieldInfo | None:
    return next((info for info in connector.describe().fields["deal"] if info.ours == "next_step_due"), None)


def with_a_field(desk: Desk) -> None:
    desk.org.schema.add_field("Opportunity", Field(name="Step_Due__c", type="date", label="Due"), desk.ago())


def test_the_earliest_open_task_is_the_next_step_and_then_the_one_behind_it(office: Office) -> None:
    desk = office.desk
    deal, connector = desk.deal(), desk.connector()
    later, sooner = desk.task(deal, NEXT_WEEK), desk.task(deal, FRIDAY)
    office.syncs(connector)
    assert due(office, deal) == FRIDAY
    desk.org.update(sooner, DONE)
    assert (cycle(office, connector), due(office, deal)) == (1, NEXT_WEEK)
    desk.org.update(later, DONE)
    assert (cycle(office, connector), due(office, deal)) == (1, None)
    desk.org.update(sooner, {"Status": "In Progress"})
    assert (cycle(office, connector), due(office, deal)) == (1, FRIDAY)


def test_a_task_that_was_not_done_in_time_is_overdue_and_not_forgotten(office: Office) -> None:
    deal = office.desk.deal()
    office.desk.task(deal, FRIDAY)
    office.desk.task(deal, LAST_WEEK, at=office.desk.ago(days=20))
    office.syncs(office.desk.connector())
    assert due(office, deal) == LAST_WEEK


def test_a_date_that_is_moved_moves_the_next_step_and_a_deleted_task_is_none(office: Office) -> None:
    desk = office.desk
    deal, connector = desk.deal(), desk.connector()
    task = desk.task(deal, FRIDAY)
    office.syncs(connector)
    desk.org.update(task, {"ActivityDate": NEXT_WEEK})
    cycle(office, connector)
    assert due(office, deal) == NEXT_WEEK
    removal.delete(desk.org, task)
    cycle(office, connector)
    assert due(office, deal) is None


def test_a_task_that_goes_to_another_deal_is_that_ones_next_step(office: Office) -> None:
    desk = office.desk
    first, second, connector = desk.deal("One"), desk.deal("Two"), desk.connector()
    task = desk.task(first, FRIDAY)
    office.syncs(connector)
    desk.org.update(task, {"WhatId": second})
    cycle(office, connector)
    assert (due(office, first), due(office, second)) == (None, FRIDAY)


def test_what_has_no_date_or_is_no_plan_of_ours_is_no_next_step(office: Office) -> None:
    desk = office.desk
    deal, connector = desk.deal(), desk.connector()
    desk.task(deal, None)
    desk.task(deal, FRIDAY, **DONE)
    desk.mail(deal)  # with its shadow among the tasks
    desk.meeting(deal, NOW + timedelta(days=2))
    office.syncs(connector)
    assert due(office, deal) is None
    desk.call(deal, at=desk.ago(), CallType="Outbound", Status="Not Started", ActivityDate=FRIDAY)
    cycle(office, connector)
    assert due(office, deal) == FRIDAY, "a call that is planned is a step like any other"


def test_a_task_that_we_wrote_is_the_next_step_of_whoever_asked_for_it(office: Office) -> None:
    desk = office.desk
    deal, connector = desk.deal(), desk.connector()
    made = {"WhatId": deal, "Subject": "Call Sato", "ActivityDate": FRIDAY, "Description": "[stalewatch:a1]"}
    task = desk.org.insert("Task", made | {"Status": "Not Started"}, by=desk.org.user)
    office.syncs(connector)
    assert due(office, deal) == FRIDAY
    [shown] = office.shows("last_seller_activity_at")[deal]
    assert shown is None, "to write it was nobody's work"
    desk.org.update(task, DONE)
    cycle(office, connector)
    assert due(office, deal) is None


def test_a_mapped_field_wins_over_any_task_and_tasks_tell_once_it_is_not_mapped_any_more(office: Office) -> None:
    desk = office.desk
    with_a_field(desk)
    deal, empty = desk.deal(Step_Due__c=NEXT_WEEK), desk.deal("Two")
    for one in (deal, empty):
        desk.task(one, FRIDAY)
    connector = desk.connector(map=MAPPED)
    office.syncs(connector)
    cycle(office, connector)
    assert (due(office, deal), due(office, empty)) == (NEXT_WEEK, None)
    told = described(connector)
    assert told is not None
    assert (told.theirs, told.folded) == ("Step_Due__c", False)
    cycle(office, desk.connector())
    assert (due(office, deal), due(office, empty)) == (FRIDAY, FRIDAY)
    cycle(office, connector)
    assert (due(office, deal), due(office, empty)) == (NEXT_WEEK, None)


@pytest.mark.parametrize("field", ["ActivityDate", "IsClosed", "WhatId"])
def test_tasks_that_do_not_tell_all_that_is_needed_leave_it_untold(desk: Desk, field: str) -> None:
    connector = desk.connector()
    assert described(connector) is not None
    desk.org.schema.drop_field("Task", field, desk.ago())
    assert described(desk.connector()) is None


def test_tasks_that_may_not_be_read_leave_it_untold_unless_a_field_is_mapped(desk: Desk) -> None:
    with_a_field(desk)
    for words in ({}, MAPPED):
        connector = desk.connector(map=words)
        desk.sandbox.faults.arm("SF11")
        with pytest.raises(TryLater, match="Task cannot be read"):
            list(connector.pull(None))
        assert (described(connector) is not None) is bool(words)


def test_an_org_that_was_read_before_dates_of_tasks_were_kept_is_read_again(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = office.desk
    deal = desk.deal()
    desk.task(deal, FRIDAY)
    with monkeypatch.context() as earlier:
        earlier.setattr(place, "_REVISION", 1)
        office.syncs(desk.connector())
    with office.db.write() as conn:
        conn.execute(sa.update(activities).values(due=None))
    connector = desk.connector()
    cycle(office, connector)
    assert due(office, deal) == FRIDAY
    assert cycle(office, connector) == 1
    with office.db.read() as conn:
        [row] = connections.read(conn)
    assert "next_step_due" in row.coverage["deal"]


PLANLESS = """
stalewatch: 1
pack: plans
title: {en: Plans, ja: 計画}
rules:
  - id: planless
    title: {en: No plan, ja: 計画なし}
    watch: deal
    start: {since: {next_step_due: empty}}
    within: 3bd
    severity: warning
"""


def test_a_rule_may_ask_since_when_there_is_no_next_step(office: Office) -> None:
    """What was so when the deal was first seen is no change; what tasks do from then on is."""
    desk = office.desk
    office.sync = Sync(office.db, desk.sandbox.clock, rulebook(PLANLESS), IMMEDIATE)
    deal, connector = desk.deal(), desk.connector()
    task = desk.task(deal, FRIDAY)
    office.syncs(connector)
    with office.db.read() as conn:
        assert changes.read(conn, [f"sf:{deal}"], ["next_step_due"]) == []
    desk.org.update(task, DONE)
    cycle(office, connector)
    done_at = to_us(desk.sandbox.clock.now())
    with office.db.read() as conn:
        past = [(row[2], row[4]) for row in changes.read(conn, [f"sf:{deal}"], ["next_step_due"])]
    assert [value for _, value in past] == [to_day(FRIDAY), None]
    assert past[1][0] == done_at


def first_touch(office: Office, lead: str) -> int | None:
    with office.db.read() as conn:
        [row] = records.read_by_ids(conn, "lead", [f"sf:{lead}"])
    found: int | None = row.first_touch_at
    return found


def test_a_lead_that_is_handed_over_again_waits_for_its_first_contact_again(office: Office) -> None:
    desk = office.desk
    queue = desk.org.insert("Group", {"Name": "Inbound", "Type": "Queue"})
    lead = desk.org.insert("Lead", {"LastName": "Kimura", "Company": "New", "OwnerId": queue}, at=desk.ago(days=9))
    desk.mail(desk.deal())  # somebody outside writes, so that mails count as seen
    desk.org.update(lead, {"OwnerId": desk.seller}, at=desk.ago(days=7))
    called = desk.ago(days=6)
    call: dict[str, Any] = {"WhatId": None, "WhoId": lead, "CallType": "Outbound"}
    desk.call("", at=called, **call)
    connector = desk.connector(reads={})
    office.syncs(connector)

    assert first_touch(office, lead) == to_us(called)
    desk.org.update(lead, {"OwnerId": queue})
    desk.org.update(lead, {"OwnerId": desk.manager}, at=desk.ago(seconds=-1))
    cycle(office, connector)
    assert first_touch(office, lead) is None
    again = desk.ago()
    desk.call("", at=again, **call)
    cycle(office, connector)
    assert first_touch(office, lead) == to_us(again)


def test_a_contact_that_came_while_meetings_could_not_be_read_is_the_first_one_afterwards(office: Office) -> None:
    """Nobody could tell then whether a meeting was the first; the mail was stored, and the lead is not shown again."""
    desk = office.desk
    queue = desk.org.insert("Group", {"Name": "Inbound", "Type": "Queue"})
    lead = desk.org.insert("Lead", {"LastName": "Kimura", "Company": "New", "OwnerId": queue}, at=desk.ago(days=9))
    desk.mail(desk.deal())
    desk.org.update(lead, {"OwnerId": desk.seller}, at=desk.ago(days=7))
    connector = desk.connector(reads={})
    office.syncs(connector)
    desk.sandbox.faults.arm("SF11", sobject="Event", times=None)
    office.desk.sandbox.clock.advance(FIVE_MINUTES)
    office.syncs(connector)
    called = desk.ago()
    desk.call("", at=called, WhatId=None, WhoId=lead, CallType="Outbound")
    office.desk.sandbox.clock.advance(FIVE_MINUTES)
    office.syncs(connector)
    assert first_touch(office, lead) is None
    desk.sandbox.faults.disarm("SF11")
    for _ in range(30):
        office.desk.sandbox.clock.advance(FIVE_MINUTES)
        office.syncs(connector)
    assert first_touch(office, lead) == to_us(called)
