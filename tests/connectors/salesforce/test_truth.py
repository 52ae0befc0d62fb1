"""A company with its whole pipeline in a simulated org: what the connector finds is what is true there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from stalewatch.domain.instants import to_us
from stalewatch.domain.movements import close_date_pushes
from stalewatch.sdk.records import Outcome
from stalewatch_salesforce import ids
from stalewatch_sandbox.pipeline import World
from stalewatch_sandbox.project import DEMO_AT
from stalewatch_sandbox.salesforce.feed import Feed, load_world
from stalewatch_sandbox.salesforce.naming import mapping
from stalewatch_sandbox.salesforce.sandbox import SalesforceSandbox
from stalewatch_sandbox.serving.exchange import Request, Response
from stalewatch_sandbox.serving.faults import Fault
from stalewatch_sandbox.truth import truth_of
from tests.connectors.salesforce.desk import Desk, Snapshot
from tests.sandbox.worlds import demo_world, small_world

HOUR = timedelta(hours=1)
READS = {"deal": ("stage",), "lead": ("status",)}


@pytest.mark.parametrize("odd", ["0035g0000000009AAA", "253402300800000", "9", ""], ids=["contact", "15", "9", "none"])
def test_a_row_whose_id_is_none_or_of_another_object_is_set_aside(desk: Desk, odd: str) -> None:
    deals = [desk.deal(), desk.deal()]
    leads = [desk.org.insert("Lead", {"LastName": "Kimura", "Company": "New"}) for _ in deals]

    def rewrites(_: Request, response: Response) -> Response:
        body = response.body.replace(f'"Id":"{deals[0]}"'.encode(), f'"Id":"{odd}"'.encode())
        return replace(response, body=body.replace(f'"Id":"{leads[0]}"'.encode(), f'"Id":"{odd}"'.encode()))

    fault = Fault(on=lambda request: request.inside is None, afterwards=rewrites)
    desk.sandbox.faults.arm_fault("rewritten", fault, times=None)
    seen = Snapshot().take(desk.connector(reads=READS).pull(None))
    assert (set(seen.deals), set(seen.leads)) == ({deals[1]}, {leads[1]})
    assert set(seen.rejected) == {ids.whole(odd) or "?"}


@dataclass
class Company:
    """A world inside of an org, and what a connector has seen of it."""

    desk: Desk
    feed: Feed
    world: World
    seen: Snapshot

    def sync(self, *, is_new_process: bool = False) -> None:
        if is_new_process:
            self.connector = self.desk.connector(reads=READS, map=mapping())
        self.seen.take(self.connector.pull(self.seen.cursor))

    def __post_init__(self) -> None:
        self.connector = self.desk.connector(reads=READS, map=mapping())

    def settle(self) -> None:
        """Let an hour pass in which nothing happens, so that what is read once an hour has been read."""
        self.desk.org.before_reading.clear()
        self.desk.sandbox.clock.advance(timedelta(minutes=61))
        self.sync()

    def differences(self, moment: datetime) -> list[tuple[str, str, Any, Any]]:
        """Deal, field, what is true and what was seen, wherever the two are not the same."""
        found = []
        for deal in self.world.deals:
            truth = truth_of(deal, moment)
            if truth is None:
                assert deal.id not in self.feed.scribe.deals
                continue
            id_ = self.feed.scribe.deals[deal.id]
            record, evidence = self.seen.deals[id_], self.seen.evidence(id_, moment)
            pairs: dict[str, tuple[Any, Any]] = {
                "owner": (self.feed.scribe.users[truth.owner], record.owner),
                "outcome": (truth.outcome, record.outcome),
                "last_customer": (_us(truth.last_customer_action_at), evidence.last_customer_activity_at),
                "last_seller": (_us(truth.last_seller_action_at), evidence.last_seller_activity_at),
                "last_meeting": (_us(truth.last_meeting_at), evidence.last_meeting_at),
                "touches": (truth.seller_touches_since_customer, evidence.seller_touches_since_customer),
                "pushes": (truth.close_date_pushes, len(close_date_pushes(self.seen.close_dates(id_)))),
                "stakeholders": (truth.stakeholders, evidence.stakeholders),
            }
            if truth.outcome is Outcome.OPEN:
                pairs |= {
                    "next_meeting": (_us(truth.next_meeting_at), evidence.next_meeting_at),
                    "stage": (truth.stage, record.stage),
                    "stage_entered": (_us(truth.stage_entered_at), self.seen.stage_entered_at(id_)),
                }
            found += [(deal.id, name, true, seen) for name, (true, seen) in pairs.items() if true != seen]
        return found


def _us(at: datetime | None) -> int | None:
    return None if at is None else to_us(at.replace(microsecond=0))


@contextmanager
def company(base: Path, as_of: datetime, world: World) -> Iterator[Company]:
    with SalesforceSandbox(as_of) as sandbox:
        desk = Desk(sandbox, base)
        yield Company(desk, load_world(sandbox, world, as_of), world, Snapshot())


@pytest.mark.slow  # tests/acceptance/test_two_crms_truth.py asks the same through the store every day
def test_after_a_first_reading_everything_is_as_it_is(tmp_path: Path) -> None:
    with company(tmp_path, DEMO_AT, demo_world()) as acme:
        acme.sync()
        assert len(acme.seen.deals) == len(acme.feed.scribe.deals) > 100
        assert acme.differences(DEMO_AT) == []
        assert acme.seen.rejected == []


@pytest.mark.parametrize(
    ("days", "every"), [(10, timedelta(hours=3)), pytest.param(30, timedelta(minutes=5), marks=pytest.mark.slow)]
)
def test_after_days_of_edits_and_a_restart_in_the_middle_too(tmp_path: Path, days: int, every: timedelta) -> None:
    begin = DEMO_AT - timedelta(days=days)
    with company(tmp_path, begin, small_world() if every > HOUR else demo_world()) as acme:
        acme.sync()
        cycles = int(timedelta(days=days) / every)
        for number in range(cycles):
            acme.desk.sandbox.clock.advance(every)
            acme.sync(is_new_process=number == cycles // 2)
        acme.settle()
        assert acme.differences(DEMO_AT) == []
        assert acme.seen.rejected == []
