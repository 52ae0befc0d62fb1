"""Calls per cycle, counted by the org, against the floor of the design: every page once, five pages a call."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from math import ceil

import pytest

from stalewatch_salesforce.connector import SalesforceConnector
from tests.connectors.salesforce.desk import FIVE_MINUTES, NOW, Desk, Snapshot

PAGE, QUERIES, SLACK = 2_000, 5, 1.25
READ = ("Opportunity", "OpportunityHistory", "Event", "Task", "EmailMessage", "Lead", "User")


def floor(rows: Iterable[int]) -> int:
    return ceil(sum(max(1, ceil(count / PAGE)) for count in rows) / QUERIES)


def fill(desk: Desk, deals: int, *, mails: int = 20, tasks: int = 10, events: int = 3) -> list[str]:
    """So many open deals, each with this much evidence."""
    made = [desk.deal(f"Deal {number}") for number in range(deals)]
    for deal in made:
        for number in range(mails):
            desk.mail(deal, at=desk.ago(days=2 + number))
        for number in range(tasks):
            desk.call(deal, at=desk.ago(days=2 + number))
        for number in range(events):
            desk.meeting(deal, NOW + timedelta(days=number))
    return made


def counted(desk: Desk, connector: SalesforceConnector, seen: Snapshot, *, full: bool = False) -> int:
    """API calls of one pull; what the org has is known already."""
    connector.describe()
    desk.sandbox.ledger.reset()
    seen.take(connector.pull(seen.cursor, full=full))
    return desk.sandbox.ledger.weight()


def edit(desk: Desk, deals: list[str], activities: int) -> None:
    for deal in deals:
        desk.org.update(deal, {"NextStep": f"step at {desk.ago():%H:%M}"})
    for number in range(activities):
        desk.mail(deals[number % len(deals)], at=desk.ago())


def test_a_quiet_cycle_is_one_call(desk: Desk) -> None:
    fill(desk, 20)
    connector, seen = desk.connector(), Snapshot()
    counted(desk, connector, seen)
    for _ in range(5):
        desk.sandbox.clock.advance(FIVE_MINUTES)
        assert counted(desk, connector, seen) == 1
        [call] = desk.calls()
        assert call.kind == "composite"
        assert call.body.count(b"queryAll") == 5


def test_a_quiet_cycle_with_lead_rules_is_two_calls(desk: Desk) -> None:
    connector, seen = desk.connector(reads={"deal": ["stage"], "lead": ["status"]}), Snapshot()
    counted(desk, connector, seen)
    desk.sandbox.clock.advance(FIVE_MINUTES)
    assert counted(desk, connector, seen) == 2


@pytest.mark.parametrize(
    ("deals", "changed", "activities"), [(200, 10, 30), pytest.param(5_000, 150, 600, marks=pytest.mark.slow)]
)
def test_no_pull_needs_many_more_calls_than_the_least(desk: Desk, deals: int, changed: int, activities: int) -> None:
    made = fill(desk, deals)
    connector, seen = desk.connector(), Snapshot()
    full = counted(desk, connector, seen)
    assert len(seen.deals) == deals
    assert len(seen.activities) == deals * 33
    assert full <= SLACK * floor(len(list(desk.org.tables[name])) for name in READ)
    desk.sandbox.clock.advance(FIVE_MINUTES)
    edit(desk, made[:changed], activities)
    assert counted(desk, connector, seen) == 1
    desk.sandbox.clock.advance(timedelta(minutes=57))
    assert counted(desk, connector, seen) <= 4, "once an hour: users and relations, and what changed in them"
    desk.sandbox.clock.advance(timedelta(days=1))
    pages = len(seen.pages)
    before = counted(desk, connector, seen)
    [compared] = [page.open_ids for page in seen.pages[pages:] if page.open_ids is not None]
    assert len(compared) == deals
    assert before <= 1 + 1 + SLACK * ceil(deals / PAGE), "the cycle, the hour, and the comparison of ids"


def test_a_login_and_a_look_at_the_org_are_one_call_each(desk: Desk) -> None:
    desk.connector().describe()
    assert desk.sandbox.ledger.kinds() == {"token": 1, "composite": 1}
    assert desk.sandbox.ledger.weight() == 1


def test_our_own_counter_agrees_with_the_header(desk: Desk) -> None:
    connector = desk.connector()
    seen = Snapshot().take(connector.pull(None))
    for _ in range(3):
        desk.sandbox.clock.advance(FIVE_MINUTES)
        seen.take(connector.pull(seen.cursor))
    own = sum(count for kind, count in connector.transport.calls.items() if kind != "token")
    assert own == connector.transport.quota.usages["org"].used == desk.sandbox.ledger.weight()
