"""From the org into the store: what is stored is what is true, however often the worker was killed on the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from stalewatch.domain.explain import AnchorSource, StartedBy
from stalewatch.domain.instants import to_us
from stalewatch.sdk.records import Outcome
from stalewatch.services.reporting.reports import Reports
from stalewatch.services.syncing import noticing, sync
from stalewatch.services.syncing.sync import Sync, Synced, register
from stalewatch.store import changes, records
from stalewatch.store.engine import Database
from stalewatch_salesforce.connector import SalesforceConnector
from stalewatch_sandbox.project import DEMO_AT
from stalewatch_sandbox.salesforce import removal
from stalewatch_sandbox.salesforce.naming import mapping
from stalewatch_sandbox.salesforce.schema import Field
from stalewatch_sandbox.truth import truth_of
from tests import databases
from tests.connectors.salesforce.desk import NOW, Desk
from tests.connectors.salesforce.test_truth import READS, company
from tests.sandbox.worlds import small_world
from tests.services.world import IMMEDIATE, default_pack, rulebook

COLUMNS = (
    "stage", "stage_entered_at", "last_customer_activity_at", "last_seller_activity_at", "last_meeting_at",
    "seller_touches_since_customer", "close_date_pushes", "owner", "outcome",
)  # fmt: skip


class Killed(BaseException):
    """The process is gone in this instant: nobody catches it and nothing is put in order."""


@dataclass
class Office:
    """A stalewatch with one connection to a desk's org."""

    desk: Desk
    db: Database

    def __post_init__(self) -> None:
        self.sync = Sync(self.db, self.desk.sandbox.clock, rulebook(default_pack()), IMMEDIATE)
        register(self.db, {"sf": "salesforce"}, to_us(self.desk.sandbox.clock.now()))

    def syncs(self, connector: SalesforceConnector, *, dies_after: int | None = None) -> Synced:
        """One sync; the process may die when it has stored so many pages."""
        pages = iter(range(1, 1_000_000))

        def progress(_done: int, _total: int | None) -> None:
            if next(pages) == dies_after:
                raise Killed

        return self.sync.run("sf", connector, every=300_000_000, progress=progress)

    def shows(self, *names: str) -> dict[str, tuple[Any, ...]]:
        """Columns of the deals, by their ids in the org."""
        with self.db.read() as conn:
            found: dict[str, tuple[Any, ...]] = {}
            for obj in ("deal", "partner_deal"):
                for piece in records.column_chunks(conn, obj, ["id", *names], connection="sf", size=10_000):
                    rows = zip(*(piece[name] for name in ("id", *names)), strict=True)
                    found |= {row[0].removeprefix("sf:"): tuple(row[1:]) for row in rows}
        return found


@pytest.fixture
def office(desk: Desk, migrated_database_url: str) -> Iterator[Office]:
    database = databases.opened(migrated_database_url)
    yield Office(desk, database)
    database.dispose()


@pytest.mark.parametrize("dies_after", [1, 2, 4])
def test_x02_killed_between_any_two_pages_it_ends_as_if_it_had_not_been(
    office: Office, dies_after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = office.desk
    deals = [desk.deal(f"Deal {number}") for number in range(12)]
    for deal in deals:
        answered = desk.ago(days=3)
        desk.mail(deal, at=answered)
        desk.meeting(deal, NOW + timedelta(days=2))
    desk.sandbox.faults.arm("SF06", sizes=[3])
    monkeypatch.setattr(sync, "LEASE", 1)  # the dead worker's lease has run out when the next one comes
    with pytest.raises(Killed):
        office.syncs(desk.connector(), dies_after=dies_after)
    desk.sandbox.clock.advance(timedelta(minutes=6))
    assert office.syncs(desk.connector()).error is None
    shown = office.shows("last_customer_activity_at", "next_meeting_at", "stage")
    wanted = (to_us(answered.replace(microsecond=0)), to_us(NOW + timedelta(days=2)), "qualification")
    assert shown == dict.fromkeys(deals, wanted)


def test_x03_a_second_worker_leaves_the_org_alone(office: Office) -> None:
    desk = office.desk
    desk.deal()
    met: list[Synced] = []

    def progress(_done: int, _total: int | None) -> None:
        before = desk.sandbox.ledger.weight()
        met.append(office.syncs(desk.connector()))
        assert desk.sandbox.ledger.weight() == before

    office.sync.run("sf", desk.connector(), every=300_000_000, progress=progress)
    assert met
    assert all(one.is_busy for one in met)


def test_sf24_a_page_about_maintenance_loses_no_deal_and_keeps_the_data_s_age(office: Office) -> None:
    desk = office.desk
    deal = desk.deal()
    connector = desk.connector()
    office.syncs(connector)
    desk.sandbox.faults.arm("SF24", times=None, status=200)
    desk.sandbox.clock.advance(timedelta(minutes=5))
    assert office.syncs(connector).error is not None
    assert office.shows("gone_at") == {deal: (None,)}


def test_sf32_a_comparison_that_shows_less_than_half_is_refused_and_reported(office: Office) -> None:
    desk = office.desk
    deals = {desk.deal(f"Deal {number}") for number in range(10)}
    connector = desk.connector()
    office.syncs(connector)
    desk.sandbox.faults.arm("SF32", share=0.6)
    desk.sandbox.clock.advance(timedelta(days=1, minutes=1))
    done = office.syncs(connector)
    assert (done.kept, done.vanished, done.error) == (6, 0, None)
    assert office.shows("gone_at") == dict.fromkeys(deals, (None,))
    desk.sandbox.faults.disarm()
    desk.sandbox.faults.arm("SF32", share=0.4)
    desk.sandbox.clock.advance(timedelta(days=1, minutes=1))
    done = office.syncs(connector)
    assert (done.kept, done.vanished) == (0, 4)


def test_what_is_stored_after_a_month_is_true(tmp_path: Path, migrated_database_url: str) -> None:
    begin = DEMO_AT - timedelta(days=20)
    with company(tmp_path, begin, small_world()) as acme:
        office = Office(acme.desk, databases.opened(migrated_database_url))
        connector = acme.desk.connector(reads=READS, map=mapping())
        assert office.syncs(connector).error is None
        for _ in range(20):
            acme.desk.sandbox.clock.advance(timedelta(days=1))
            assert office.syncs(connector).error is None
        shown = office.shows(*COLUMNS)
        office.db.dispose()
        true = {
            acme.feed.scribe.deals[deal.id]: _told(truth_of(deal, DEMO_AT), acme.feed.scribe.users)
            for deal in acme.world.deals
            if deal.id in acme.feed.scribe.deals
        }
    closed = {id_ for id_, told in true.items() if told["outcome"] != Outcome.OPEN.value}
    differing = [
        (id_, name, told[name], seen)
        for id_, told in true.items()
        for name, seen in zip(COLUMNS, shown[id_], strict=True)
        if told[name] != seen and not (id_ in closed and name in ("stage", "stage_entered_at"))
    ]
    assert differing == []


def _told(truth: Any, users: dict[str, str]) -> dict[str, Any]:
    def us(at: datetime | None) -> int | None:
        return None if at is None else to_us(at.replace(microsecond=0))

    return {
        "stage": truth.stage,
        "stage_entered_at": us(truth.stage_entered_at),
        "last_customer_activity_at": us(truth.last_customer_action_at),
        "last_seller_activity_at": us(truth.last_seller_action_at),
        "last_meeting_at": us(truth.last_meeting_at),
        "seller_touches_since_customer": truth.seller_touches_since_customer,
        "close_date_pushes": truth.close_date_pushes,
        "owner": f"sf:{users[truth.owner]}",
        "outcome": truth.outcome.value,
    }


def still_there(office: Office) -> set[str]:
    """The deals that are held for open."""
    with office.db.read() as conn:
        pieces = records.column_chunks(conn, "deal", ["id"], connection="sf", open_only=True)
        return {one.removeprefix("sf:") for piece in pieces for one in piece["id"]}


def a_night(office: Office, connector: SalesforceConnector) -> Synced:
    office.desk.sandbox.clock.advance(timedelta(days=1, minutes=1))
    return office.syncs(connector)


@pytest.mark.parametrize("number", [1, 2])
def test_sf32_the_only_deals_may_vanish(office: Office, number: int) -> None:
    desk = office.desk
    deals = [desk.deal(f"Deal {one}") for one in range(number)]
    connector = desk.connector()
    office.syncs(connector)
    for deal in deals:
        removal.hard_delete(desk.org, deal)
    done = a_night(office, connector)
    assert (done.vanished, done.kept, still_there(office)) == (number, 0, set())


def test_sf32_more_than_half_at_once_is_not_believed_and_doctor_says_so_until_it_is_over(office: Office) -> None:
    desk = office.desk
    deals = {desk.deal(f"Deal {one}") for one in range(9)}
    connector = desk.connector()
    office.syncs(connector)
    desk.sandbox.faults.arm("SF32", ids=sorted(deals)[:5])
    done = a_night(office, connector)
    assert (done.kept, still_there(office)) == (5, deals)
    with office.db.read() as conn:
        [found] = noticing.noticed(conn, "sf")
    assert found.message.startswith("5 of 9 records")
    assert "see all records" in (found.cure or "")
    desk.sandbox.faults.disarm("SF32")
    a_night(office, connector)
    with office.db.read() as conn:
        assert noticing.noticed(conn, "sf") == []


def test_deals_that_were_hidden_and_are_shown_again_come_back_with_their_past(office: Office) -> None:
    """Nothing stamps them: only the comparison of ids shows that they are there, also to another process."""
    desk = office.desk
    deals = [desk.deal(f"Deal {one}") for one in range(5)]
    connector = desk.connector()
    office.syncs(connector)
    desk.sandbox.faults.arm("SF32", ids=deals[:2])
    a_night(office, connector)
    assert still_there(office) == set(deals[2:])
    answered = desk.ago(minutes=20)
    desk.mail(deals[0], at=answered)
    desk.sandbox.clock.advance(timedelta(hours=3))
    desk.sandbox.faults.disarm("SF32")
    assert office.syncs(desk.connector()).error is None
    assert a_night(office, desk.connector()).error is None
    assert still_there(office) == set(deals)
    assert office.shows("last_customer_activity_at")[deals[0]] == (to_us(answered.replace(microsecond=0)),)


def test_sf30_a_formula_is_dated_by_when_it_was_seen(office: Office) -> None:
    desk = office.desk
    desk.org.schema.add_field("Opportunity", Field(name="Score__c", type="string", is_calculated=True), desk.ago())
    deal = desk.deal(at=desk.ago(days=90), Score__c="A")
    words = {"deal": {"fields": {"next_step": "Score__c"}}}
    connector = desk.connector(map=words, reads={})
    office.syncs(connector)
    desk.sandbox.faults.arm("SF30", opportunity=deal, field="Score__c", value="B")
    desk.sandbox.clock.advance(timedelta(hours=6, minutes=1))
    office.syncs(connector)
    with office.db.read() as conn:
        past = [(row[2], row[4]) for row in changes.read(conn, [f"sf:{deal}"], ["next_step"])]
    assert past[-1] == (to_us(desk.sandbox.clock.now()), "B"), "not when somebody last touched the record"


def test_sf37_without_history_the_explanation_says_that_the_start_is_an_estimate(office: Office) -> None:
    desk = office.desk
    deal = desk.deal(at=desk.ago(days=60), StageName="Needs Analysis")
    moved = desk.deal("Moved", at=desk.ago(days=60))
    desk.org.update(moved, {"StageName": "Needs Analysis"}, at=desk.ago(days=40))
    desk.sandbox.faults.arm("SF37")
    office.syncs(desk.connector(reads={}))
    said = {}
    for one in (deal, moved):
        told = (
            Reports(office.db, office.sync.book, {}).explain(f"sf:{one}", to_us(desk.sandbox.clock.now()), visible=None)
            or []
        )
        said[one] = {clock.source for clock in told if clock.start is StartedBy.STAGE}
    assert said == {deal: {AnchorSource.ESTIMATED}, moved: {AnchorSource.CRM}}
