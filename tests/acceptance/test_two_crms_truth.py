"""From each CRM over HTTP into the database: what is stored is what is true, field by field, of every deal.

Two sizes of the same story: a hundred deals for every day, and 2,000 as `make gameday` tells it, which also takes
each CRM to the database where it is not every day.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Protocol

import pytest

from stalewatch.clock import Clock
from stalewatch.domain.instants import MINUTE, to_us
from stalewatch.domain.values import Stored, store
from stalewatch.sdk.connector import Connector
from stalewatch.sdk.records import Outcome
from stalewatch.services.alerting.tick import tick
from stalewatch.services.syncing.sync import Sync, Synced, register
from stalewatch.store import records
from stalewatch.store.engine import Database
from stalewatch_sandbox.hubspot import feed as hubspot_feed
from stalewatch_sandbox.hubspot import naming as hubspot_naming
from stalewatch_sandbox.opportunity import Opportunity, State
from stalewatch_sandbox.pipeline import Size, World, generate
from stalewatch_sandbox.salesforce import feed as salesforce_feed
from stalewatch_sandbox.salesforce import naming as salesforce_naming
from stalewatch_sandbox.salesforce.sandbox import SalesforceSandbox
from tests.connectors.hubspot.portals import opened
from tests.connectors.salesforce.desk import Desk
from tests.services.world import IMMEDIATE, default_pack, rulebook

END: Final = datetime(2026, 4, 15, 0, 2, tzinfo=UTC)
"""A Wednesday morning in Tokyo, two minutes past: nothing happens in the minute before it."""
FIVE_MINUTES: Final = timedelta(minutes=5)
INDEXED: Final = timedelta(minutes=1)
"""How long a search may take to find what was just written."""
DAILY: Final = Size(open=100, closed=10, later=100, leads=60)
WHOLE: Final = Size(open=2_000, closed=20, later=1_000, leads=500)
LEADS: Final = Size(open=5, closed=2, later=2, leads=200)
TOLD_BY_PAST: Final = ("mql_at", "handed_off_at")
"""Fields of leads that follow from their past where no field of the CRM is mapped."""


class Crm(Protocol):
    """One company in one CRM.

    Attributes:
        deals, owners, leads: id in the world to id in the CRM.
    """

    world: World
    clock: Clock
    deals: dict[str, str]
    owners: dict[str, str]
    leads: dict[str, str]

    def connector(self) -> Connector:
        """A connector as a new process makes it."""
        ...

    def passes(self, span: timedelta) -> None:
        """Time goes on, and with it what people do; the last minute is still and everything can be found."""
        ...

    def told_until(self) -> datetime:
        """Everything that happened up to this moment can be found in the CRM."""
        ...


@dataclass
class InSalesforce:
    """A company whose deals are in Salesforce."""

    world: World
    desk: Desk
    feed: salesforce_feed.Feed
    unmapped: tuple[str, ...]

    def __post_init__(self) -> None:
        self.clock: Any = self.desk.sandbox.clock
        self.deals, self.owners = self.feed.scribe.deals, self.feed.scribe.users
        self.leads = self.feed.leads

    def connector(self) -> Connector:
        return self.desk.connector(reads={}, map=without(salesforce_naming.mapping(), self.unmapped))

    def passes(self, span: timedelta) -> None:
        self.clock.advance(span)

    def told_until(self) -> datetime:
        now: datetime = self.clock.now()
        return now


@dataclass
class InHubSpot:
    """A company whose deals are in HubSpot."""

    world: World
    story: Any
    feed: hubspot_feed.Feed
    unmapped: tuple[str, ...]

    def __post_init__(self) -> None:
        self.clock = self.story.board.clock
        self.deals, self.owners = self.feed.scribe.deals, self.feed.scribe.owners
        self.leads = self.feed.leads

    def connector(self) -> Connector:
        connector: Connector = self.story.connector(
            reads={}, map=without(hubspot_naming.mapping(), self.unmapped)
        )  # fmt: skip
        return connector

    def passes(self, span: timedelta) -> None:
        self.clock.advance(span - INDEXED)
        self.feed.advance(self.clock.now())
        self.clock.advance(INDEXED)

    def told_until(self) -> datetime:
        now: datetime = self.clock.now()
        return now - INDEXED


def without(words: Mapping[str, Any], unmapped: Collection[str]) -> dict[str, Any]:
    """A `map:` that does not say where these fields of leads are."""
    fields = {ours: theirs for ours, theirs in words["lead"]["fields"].items() if ours not in unmapped}
    return {**words, "lead": {**words["lead"], "fields": fields}}


@contextmanager
def company(
    crm: str, size: Size, begin: datetime, folder: Path, unmapped: tuple[str, ...]
) -> Iterator[Crm]:  # fmt: skip
    """A made-up company whose deals are open at a moment, poured into a CRM as of then; its life goes on."""
    world = generate(5, size, begin)
    if crm == "salesforce":
        with SalesforceSandbox(begin) as sandbox:
            desk = Desk(sandbox, folder)
            yield InSalesforce(world, desk, salesforce_feed.load_world(sandbox, world, begin), unmapped)
        return
    with opened() as story:
        story.board.clock.set(begin - INDEXED)
        feed = hubspot_feed.load_world(story.server, world, begin - INDEXED)
        story.board.clock.set(begin)
        yield InHubSpot(world, story, feed, unmapped)


@dataclass
class Office:
    """A stalewatch that watches one company."""

    crm: Crm
    url: str
    begin: datetime
    rows: int = 0

    def __post_init__(self) -> None:
        self._starts()
        register(self.db, {"crm": "either"}, to_us(self.crm.clock.now()))

    def _starts(self) -> None:
        """A process begins: it knows what is in the database, and nothing else."""
        self.book, self.db = rulebook(default_pack()), Database(self.url)
        self.sync = Sync(self.db, self.crm.clock, self.book, IMMEDIATE)
        self.connector = self.crm.connector()

    def syncs(self) -> Synced:
        done = self.sync.run("crm", self.connector, every=5 * MINUTE)
        assert done.error is None
        assert not done.rejected
        self.rows += done.records
        return done

    def watches(self, span: timedelta, *, every: timedelta) -> None:
        """Sync by sync through a span, true every evening; in the middle the process ends and another one goes on."""
        cycles, daily = span // every, timedelta(days=1) // every
        for number in range(1, cycles + 1):
            self.crm.passes(every)
            if number == cycles // 2:
                self.db.dispose()
                self._starts()
            self.syncs()
            if number % daily == 0:
                assert self.differences() == [], f"after {number // daily} days"
        tick(self.db, self.crm.clock, self.book, IMMEDIATE, {"crm": None})

    def differences(self) -> list[tuple[str, str, Stored, Stored]]:
        """Deal, field, what is true and what is stored, wherever the two are not the same."""
        now, stored, found = self.crm.told_until(), self._stored(), []
        for deal in self.crm.world.known_at(now):
            state = deal.state_at(now)
            assert state is not None
            row = stored.pop(self.crm.deals[deal.id], None)
            if row is None:
                # What had ended before anybody looked is nothing that can stall: a CRM may be spared the question.
                assert state.closed_at is not None, deal.id
                assert state.closed_at <= self.begin, deal.id
                continue
            true = self._true(deal, state)
            found += [(deal.id, name, value, row[name]) for name, value in true.items() if row[name] != value]
        assert stored == {}, "deals that were never made"
        return found + self._differing_leads(now)

    def _differing_leads(self, now: datetime) -> list[tuple[str, str, Stored, Stored]]:
        with self.db.read() as conn:
            ids = [f"crm:{id_}" for id_ in self.crm.leads.values()]
            rows = {row.external_id: row for row in records.read_by_ids(conn, "lead", ids)}
        found: list[tuple[str, str, Stored, Stored]] = []
        for lead in self.crm.world.leads:
            state = lead.state_at(now)
            if state is None or state.is_converted:
                continue
            row = rows[self.crm.leads[lead.id]]
            true: dict[str, Stored] = {
                "status": state.status, "owner": state.owner and f"crm:{self.crm.owners[state.owner]}", "gone_at": None,
                "is_open": True, "created_at": to_us(lead.created_at), "mql_at": _us(state.mql_at),
                "handed_off_at": _us(state.handed_off_at), "first_touch_at": _us(state.first_touch_at),
            }  # fmt: skip
            found += [(lead.id, name, value, getattr(row, name)) for name, value in true.items()
                      if getattr(row, name) != value]  # fmt: skip
        return found

    def _true(self, deal: Opportunity, state: State) -> dict[str, Stored]:
        """What the store has to say of a deal: what was typed in, and what follows from what happened."""
        kinds = self.book.rules.catalogue.objects["deal"]
        typed = {name: store(kinds[name].type, value) for name, value in state.fields.items() if name in kinds}
        true: dict[str, Stored] = {
            **typed,
            "name": deal.name, "pipeline": deal.pipeline, "owner": f"crm:{self.crm.owners[state.owner]}",
            "created_at": to_us(deal.created_at), "outcome": state.outcome.value,
            "is_open": state.outcome is Outcome.OPEN, "gone_at": None,
            "last_customer_activity_at": _us(state.last_customer_action_at),
            "last_seller_activity_at": _us(state.last_seller_action_at),
            "seller_touches_since_customer": state.seller_touches_since_customer,
            "last_meeting_at": _us(state.last_meeting_at), "close_date_pushes": state.close_date_pushes,
            "stakeholders": len(state.people),
            **{f"roles.{role}": state.in_role(role) for role in ("champion", "decision_maker", "economic_buyer")},
        }  # fmt: skip
        if state.outcome is Outcome.OPEN:
            assert state.stage_entered_at is not None
            entered = deal.state_at(state.stage_entered_at)
            assert entered is not None
            true |= {
                "stage": state.stage, "stage_entered_at": _us(state.stage_entered_at),
                "next_meeting_at": _us(state.next_meeting_at),
                "previous_amount": store(kinds["amount"].type, entered.fields.get("amount")),
            }  # fmt: skip
        else:
            true.pop("forecast_category", None)  # Salesforce itself says Closed or Omitted then
        return true

    def _stored(self) -> dict[str, dict[str, Any]]:
        """Every deal in the database, by its id in the CRM; a field that it has not is None."""
        with self.db.read() as conn:
            ids = [
                id_ for piece in records.column_chunks(conn, "deal", ["id"], connection="crm") for id_ in piece["id"]
            ]
            rows = records.read_by_ids(conn, "deal", ids)
        return {row.external_id: _Row({**(row.fields or {}), **row._mapping}) for row in rows}


class _Row(dict[str, Any]):
    """A field that a record does not have is empty."""

    def __missing__(self, name: str) -> None:
        return None


def _us(at: datetime | None) -> int | None:
    return None if at is None else to_us(at)


@contextmanager
def office(
    crm: str, size: Size, span: timedelta, folder: Path, url: str, unmapped: tuple[str, ...] = ()
) -> Iterator[Office]:  # fmt: skip
    with company(crm, size, END - span, folder, unmapped) as acme:
        watching = Office(acme, url, END - span)
        yield watching
        watching.db.dispose()


CRMS = pytest.mark.parametrize("crm", ["salesforce", "hubspot"])
EACH_ON_ONE = pytest.mark.parametrize(
    ("crm", "migrated_database_url"),
    [
        ("salesforce", "postgresql"), ("hubspot", "sqlite"),
        pytest.param("salesforce", "sqlite", marks=pytest.mark.slow),
        pytest.param("hubspot", "postgresql", marks=pytest.mark.slow),
    ],
    indirect=["migrated_database_url"],
)  # fmt: skip
"""Every day each CRM and each database once: what a connector reads does not depend on where it is stored."""


def tells_the_truth(crm: str, size: Size, span: timedelta, every: timedelta, folder: Path, url: str) -> None:
    """Read first, then again and again, by two processes one after the other."""
    with office(crm, size, span, folder, url) as watching:
        first = watching.syncs()
        assert first.records >= size.open
        assert watching.differences() == []
        watching.watches(span, every=every)
        assert watching.differences() == []
        assert watching.rows > first.records, "people were at work"


@EACH_ON_ONE
def test_what_is_stored_of_a_hundred_deals_is_true_at_first_and_after_two_days(
    crm: str, tmp_path: Path, migrated_database_url: str
) -> None:
    tells_the_truth(crm, DAILY, timedelta(days=2), 3 * FIVE_MINUTES, tmp_path, migrated_database_url)


@EACH_ON_ONE
def test_what_the_past_of_leads_tells_is_what_was_typed_in_at_first_and_after_three_days(
    crm: str, tmp_path: Path, migrated_database_url: str
) -> None:
    with office(crm, LEADS, timedelta(days=3), tmp_path, migrated_database_url, TOLD_BY_PAST) as watching:
        watching.syncs()
        assert watching.differences() == []
        watching.watches(timedelta(days=3), every=timedelta(hours=2))
        now, begin = watching.crm.told_until(), watching.begin
        given = [lead.handed_off_at for lead in watching.crm.world.leads if lead.handed_off_at is not None]
        assert [at for at in given if at <= begin], "some were handed over before anybody looked"
        assert [at for at in given if begin < at <= now], "and some while somebody did"


@pytest.mark.slow
@CRMS
def test_what_is_stored_of_2000_deals_is_true_at_first_and_after_30_days_of_five_minutes(
    crm: str, tmp_path: Path, sqlite_url: str, sqlite_template: Path
) -> None:
    shutil.copyfile(sqlite_template, tmp_path / "stalewatch.db")
    tells_the_truth(crm, WHOLE, timedelta(days=30), FIVE_MINUTES, tmp_path, sqlite_url)
