"""Calls per pull, counted by the org, against the least there can be: every page once, five pages a call.

The least is summed over the objects that active rules read. A cycle reads again what the overlap shows once more; what
it would cost without is counted beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil
from typing import Any

import pytest

from stalewatch.sdk.connector import Cursor
from stalewatch_salesforce import bulk_reading
from stalewatch_salesforce.bulk import ROWS_A_PAGE
from stalewatch_salesforce.connector import SalesforceConnector
from stalewatch_salesforce.pulling import OVERLAP
from tests.connectors.salesforce.desk import FIVE_MINUTES, NOW, Desk

PAGE, QUERIES, SLACK = 2_000, 5, 1.10
CYCLE = ("Opportunity", "OpportunityHistory", "Event", "Task", "EmailMessage")
LARGE_ONES = (*CYCLE, "Lead")
ALL = (*LARGE_ONES, "User")
COUNTING = ceil(len(LARGE_ONES) / QUERIES)
"""Calls of a first load that count what there is, so that the right way can be chosen."""
SIZES = [
    pytest.param(200, 10, 30, id="200"),
    pytest.param(5_000, 150, 600, marks=pytest.mark.slow, id="5000"),
    pytest.param(50_000, 1_500, 6_000, marks=pytest.mark.slow, id="50000"),
]
CHILDREN = {
    "Opportunity": "OpportunityContactRole", "Event": "EventRelation", "EmailMessage": "EmailMessageRelation",
}  # fmt: skip
RELATIONS = tuple(CHILDREN.values())
PER_DEAL = {"EmailMessage": 20, "Task": 10, "Event": 3, "OpportunityHistory": 8}


@dataclass
class Counter:
    """Pulls, and keeps nothing of what they bring but the numbers that tests ask for."""

    desk: Desk
    connector: SalesforceConnector
    cursor: Cursor | None = None
    deals: int = 0
    activities: int = 0
    compared: list[int] = field(default_factory=list)
    since: datetime = NOW

    def calls(self, *, full: bool = False) -> int:
        """API calls of one pull; what the org has is known already."""
        self.connector.describe()
        self.desk.sandbox.ledger.reset()
        self.deals = self.activities = 0
        self.compared = []
        self.since = self.desk.sandbox.clock.now()
        for page in self.connector.pull(self.cursor, full=full):
            self.cursor = page.cursor
            self.deals += len(page.deals)
            self.activities += len(page.activities)
            self.compared += [] if page.open_ids is None else [len(page.open_ids)]
        return self.desk.sandbox.ledger.weight()


def stock(desk: Desk, deals: int) -> list[str]:
    """So many open deals, each with the evidence that the design assumes, put straight into the tables."""
    first, tables = desk.deal(), desk.org.tables
    made = [first, *_copies(desk, "Opportunity", first, deals - 1, lambda number: {"Name": f"Deal {number}"})]
    samples = {
        "EmailMessage": desk.mail(first, at=desk.ago(days=2)),
        "Task": desk.call(first, at=desk.ago(days=2)),
        "Event": desk.meeting(first, NOW + timedelta(days=2)),
        "OpportunityHistory": next(iter(tables["OpportunityHistory"]))["Id"],
    }
    fields = {"EmailMessage": "RelatedToId", "Task": "WhatId", "Event": "WhatId", "OpportunityHistory": "OpportunityId"}
    for name, sample in samples.items():
        _copies(desk, name, sample, deals * PER_DEAL[name] - 1, _of_each(made, fields[name], PER_DEAL[name]))
    return made


def _copies(desk: Desk, name: str, id_: str, many: int, change: Callable[[int], dict[str, Any]]) -> list[str]:
    table, sample = desk.org.tables[name], desk.org.record(id_)
    rows = [sample | change(number) | {"Id": desk.org._next_id(name)} for number in range(many)]
    for row in rows:
        table.put(row)
    return [row["Id"] for row in rows]


def _of_each(deals: list[str], field_name: str, each: int) -> Callable[[int], dict[str, Any]]:
    return lambda number: {field_name: deals[number // each]}


def edit(desk: Desk, deals: list[str], activities: int) -> None:
    for deal in deals:
        desk.org.update(deal, {"NextStep": f"step at {desk.ago():%H:%M}"})
    for number in range(activities):
        desk.mail(deals[number % len(deals)], at=desk.ago())


def pages(counts: Iterable[int]) -> int:
    return sum(max(1, ceil(count / PAGE)) for count in counts)


def composites(counts: Iterable[int]) -> int:
    return ceil(pages(counts) / QUERIES)


def changed(desk: Desk, since: datetime) -> list[int]:
    """Rows of each object of a cycle that were stamped since then."""
    return [len(desk.org.tables[name].between("SystemModstamp", since, None)) for name in CYCLE]


def everything(desk: Desk) -> dict[str, int]:
    return {name: len(desk.org.tables[name]) for name in ALL}


def test_a_quiet_cycle_is_one_call(desk: Desk) -> None:
    stock(desk, 20)
    counter = Counter(desk, desk.connector())
    counter.calls()
    for _ in range(5):
        desk.sandbox.clock.advance(FIVE_MINUTES)
        assert counter.calls() == 1
        [call] = desk.calls()
        assert call.kind == "composite"
        assert call.body.count(b"queryAll") == 5


def test_a_quiet_cycle_with_lead_rules_is_two_calls(desk: Desk) -> None:
    counter = Counter(desk, desk.connector(reads={"deal": ["stage"], "lead": ["status"]}))
    counter.calls()
    desk.sandbox.clock.advance(FIVE_MINUTES)
    assert counter.calls() == composites([0] * 6) == 2


@pytest.mark.parametrize(("deals", "moved", "activities"), SIZES)
def test_no_pull_by_pages_needs_many_more_calls_than_the_least(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, deals: int, moved: int, activities: int
) -> None:
    monkeypatch.setattr(bulk_reading, "LARGE", 100_000_000)
    made = stock(desk, deals)
    counter = Counter(desk, desk.connector())
    full = counter.calls()
    assert (counter.deals, counter.activities) == (deals, deals * 33)
    assert full <= COUNTING + SLACK * composites(everything(desk).values())
    desk.sandbox.clock.advance(FIVE_MINUTES)
    assert counter.calls() == 1, "a quiet cycle"
    desk.sandbox.clock.advance(FIVE_MINUTES)
    edit(desk, made[:moved], activities)
    without_overlap = composites(changed(desk, counter.since))
    assert counter.calls() <= SLACK * without_overlap, "what changed, with nothing before it to read again"
    desk.sandbox.clock.advance(FIVE_MINUTES)
    with_overlap = composites(changed(desk, counter.since - OVERLAP))
    without_overlap = composites(changed(desk, counter.since + timedelta(seconds=1)))  # the edits bear the very second
    assert (counter.calls(), without_overlap) == (with_overlap, 1), "nothing changed, and the overlap shows it again"
    desk.sandbox.clock.advance(timedelta(hours=1))
    relations = [(len(desk.org.tables[name])) for name in RELATIONS]
    window = composites(changed(desk, counter.since - OVERLAP))
    assert counter.calls() <= SLACK * (window + composites([*relations, 3, 0]) + composites([activities]))
    desk.sandbox.clock.advance(timedelta(days=1))
    assert counter.calls() <= SLACK * (1 + 1 + ceil(deals / PAGE)), "the cycle, the hour, and the comparison of ids"
    assert counter.compared == [deals]


@pytest.mark.parametrize("changes", [200, pytest.param(2_500, marks=pytest.mark.slow)])
def test_an_hourly_look_reads_what_the_changed_relations_belong_to_and_no_more(desk: Desk, changes: int) -> None:
    made = stock(desk, changes)
    counter = Counter(desk, desk.connector())
    counter.calls()
    desk.sandbox.clock.advance(timedelta(minutes=59))
    for deal in made:
        desk.role(deal, desk.contact, at=desk.ago())
    desk.sandbox.clock.advance(timedelta(minutes=2))
    assert counter.calls() <= SLACK * (1 + composites([changes, 0, 0, 0, 0]) + composites([changes]))
    assert counter.deals == changes


@pytest.mark.parametrize("deals", [200, pytest.param(50_000, marks=pytest.mark.slow)])
def test_no_first_load_by_bulk_needs_many_more_calls_than_the_least(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, deals: int
) -> None:
    if deals == 200:
        monkeypatch.setattr(bulk_reading, "LARGE", 150)
    stock(desk, deals)
    counter = Counter(desk, desk.connector())
    calls = counter.calls()
    assert (counter.deals, counter.activities) == (deals, deals * 33)
    there = everything(desk)
    jobs = [name for name in CYCLE if there[name] > bulk_reading.LARGE]
    jobs += [child for name, child in CHILDREN.items() if name in jobs]
    polls = desk.sandbox.application.bulk.polls
    fetched = sum(max(1, ceil(len(desk.org.tables[name]) / ROWS_A_PAGE)) for name in jobs)
    small = composites(count for name, count in there.items() if name not in jobs)
    assert len(jobs) >= 5
    assert calls <= COUNTING + SLACK * (small + len(jobs) * (2 + polls) + fetched)


def test_a_login_and_a_look_at_the_org_are_one_call_each(desk: Desk) -> None:
    desk.connector().describe()
    assert desk.sandbox.ledger.kinds()["token"] == 1
    assert desk.sandbox.ledger.weight() == desk.sandbox.ledger.kinds()["composite"]


def test_our_own_counter_agrees_with_the_header(desk: Desk) -> None:
    connector = desk.connector()
    counter = Counter(desk, connector)
    for _ in range(4):
        counter.calls()
        desk.sandbox.clock.advance(FIVE_MINUTES)
    own = sum(count for kind, count in connector.transport.calls.items() if kind != "token")
    assert own == connector.transport.quota.usages["org"].used
