"""A made-up company in a CRM whose life goes on, and the comparison of what is stored with what is true of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Protocol

from stalewatch.clock import Clock
from stalewatch.domain.instants import to_us
from stalewatch.domain.values import Stored, store
from stalewatch.sdk.connector import Connector
from stalewatch.sdk.records import Outcome
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.store import records
from stalewatch.store.engine import Database
from stalewatch_sandbox.hubspot import feed as hubspot_feed
from stalewatch_sandbox.hubspot import naming as hubspot_naming
from stalewatch_sandbox.hubspot.credentials import READ_ALL
from stalewatch_sandbox.opportunity import Opportunity, State
from stalewatch_sandbox.pipeline import Size, World, generate
from stalewatch_sandbox.salesforce import feed as salesforce_feed
from stalewatch_sandbox.salesforce import naming as salesforce_naming
from stalewatch_sandbox.salesforce.sandbox import SalesforceSandbox
from stalewatch_sandbox.serving.faults import Faults
from stalewatch_sandbox.serving.ledger import Ledger
from tests.connectors.hubspot.portals import opened
from tests.connectors.salesforce.desk import Desk

INDEXED: Final = timedelta(minutes=1)
"""How long a search may take to find what was just written."""
Difference = tuple[str, str, Stored, Stored]
"""Deal, field, what is true and what is stored."""


class Crm(Protocol):
    """One company in one CRM.

    Attributes:
        deals, owners, leads: id in the world to id in the CRM.
        faults: breaks it, by case.
        ledger: every call that came in.
    """

    world: World
    clock: Clock
    faults: Faults
    ledger: Ledger
    deals: dict[str, str]
    owners: dict[str, str]
    leads: dict[str, str]

    def connector(self, **pace: Any) -> Connector:
        """A connector as a new process makes it."""
        ...

    def passes(self, span: timedelta) -> None:
        """Time goes on, and with it what people do; the last minute is still and everything can be found."""
        ...

    def mends(self, case: str | None = None) -> None:
        """A fault ends, or all of them, and whoever has to act has acted."""
        ...

    def catches_up(self) -> None:
        """Whatever has happened by now is in the CRM, though nobody asked for it."""
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
        self.faults, self.ledger = self.desk.sandbox.faults, self.desk.sandbox.ledger
        self.deals, self.owners = self.feed.scribe.deals, self.feed.scribe.users
        self.leads = self.feed.leads

    def connector(self, **pace: Any) -> Connector:
        return self.desk.connector(
            self.desk.time.pace(**pace), reads={}, map=without(salesforce_naming.mapping(), self.unmapped)
        )

    def passes(self, span: timedelta) -> None:
        self.clock.advance(span)

    def mends(self, case: str | None = None) -> None:
        self.faults.disarm(case)

    def catches_up(self) -> None:
        self.feed.advance(self.clock.now())

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
        board = self.story.board
        self.clock, self.faults, self.ledger = board.clock, board.faults, board.ledger
        self.deals, self.owners = self.feed.scribe.deals, self.feed.scribe.owners
        self.leads = self.feed.leads

    def connector(self, **pace: Any) -> Connector:
        connector: Connector = self.story.connector(
            reads={}, pace=pace, map=without(hubspot_naming.mapping(), self.unmapped)
        )  # fmt: skip
        return connector

    def passes(self, span: timedelta) -> None:
        self.clock.advance(span - INDEXED)
        self.feed.advance(self.clock.now())
        self.clock.advance(INDEXED)

    def mends(self, case: str | None = None) -> None:
        self.faults.disarm(case)
        server = self.story.server
        server.api.credentials.add_token(server.token, READ_ALL)  # somebody made it valid again

    def catches_up(self) -> None:
        pass  # `passes` has told it everything

    def told_until(self) -> datetime:
        now: datetime = self.clock.now()
        return now - INDEXED


def without(words: Mapping[str, Any], unmapped: Collection[str]) -> dict[str, Any]:
    """A `map:` that does not say where these fields of leads are."""
    fields = {ours: theirs for ours, theirs in words["lead"]["fields"].items() if ours not in unmapped}
    return {**words, "lead": {**words["lead"], "fields": fields}}


_generated: Final = lru_cache(maxsize=2)(generate)
"""Twins are two companies with one life."""


@contextmanager
def company(
    crm: str, size: Size, begin: datetime, folder: Path, unmapped: tuple[str, ...] = (), seed: int = 5
) -> Iterator[Crm]:  # fmt: skip
    """A made-up company whose deals are open at a moment, poured into a CRM as of then; its life goes on."""
    world = _generated(seed, size, begin)
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


@dataclass(frozen=True)
class Comparison:
    """What the store should know of one company, and what it does not.

    Attributes:
        begin: when somebody looked for the first time.
    """

    crm: Crm
    book: Rulebook
    begin: datetime
    connection: str = "crm"

    def differences(self, db: Database) -> list[Difference]:
        """Deal, field, what is true and what is stored, wherever the two are not the same."""
        now, stored, found = self.crm.told_until(), self._stored(db), []
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
        return found + self._differing_leads(db, now)

    def _differing_leads(self, db: Database, now: datetime) -> list[Difference]:
        with db.read() as conn:
            ids = [f"{self.connection}:{id_}" for id_ in self.crm.leads.values()]
            rows = {row.external_id: row for row in records.read_by_ids(conn, "lead", ids)}
        found: list[Difference] = []
        for lead in self.crm.world.leads:
            state = lead.state_at(now)
            if state is None or state.is_converted:
                continue
            row = rows[self.crm.leads[lead.id]]
            owner = state.owner and f"{self.connection}:{self.crm.owners[state.owner]}"
            true: dict[str, Stored] = {
                "status": state.status, "owner": owner, "gone_at": None,
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
            "name": deal.name, "pipeline": deal.pipeline, "owner": f"{self.connection}:{self.crm.owners[state.owner]}",
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

    def _stored(self, db: Database) -> dict[str, dict[str, Any]]:
        """Every deal in the database, by its id in the CRM; a field that it has not is None."""
        with db.read() as conn:
            ids = [
                id_
                for piece in records.column_chunks(conn, "deal", ["id"], connection=self.connection)
                for id_ in piece["id"]
            ]
            rows = records.read_by_ids(conn, "deal", ids)
        return {row.external_id: _Row({**(row.fields or {}), **row._mapping}) for row in rows}


class _Row(dict[str, Any]):
    """A field that a record does not have is empty."""

    def __missing__(self, name: str) -> None:
        return None


def _us(at: datetime | None) -> int | None:
    return None if at is None else to_us(at)
