"""Builders for stories with a simulated portal and the connector that reads it over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from stalewatch.domain.evidence import Evidence, act_of, fold
from stalewatch.domain.instants import to_us
from stalewatch.sdk.connector import Page
from stalewatch.sdk.records import Activity, Deal, Lead
from stalewatch.sdk.testing import CATALOGUE, connection_settings
from stalewatch_hubspot.connector import HubSpotConnector
from stalewatch_hubspot.transport import Pace
from stalewatch_sandbox.hubspot.company import Owner
from stalewatch_sandbox.hubspot.server import HubSpotServer
from stalewatch_sandbox.serving.clock import Clock

NOON = datetime(2026, 4, 1, 12, tzinfo=UTC)
FEW = {"deal": ["stage", "amount", "close_date", "last_customer_activity_at", "next_meeting_at"]}
"""What rules that need neither contacts nor leads read."""
SATO = "11"


@dataclass
class Patience:
    """Seconds that only pass when somebody waits for them."""

    seconds: float = 1_000.0
    slept: list[float] = field(default_factory=list)

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds

    def pace(self, **more: Any) -> Pace:
        usual: dict[str, Any] = {"monotonic": self.monotonic, "sleep": self.sleep, "jitter": lambda: 0.0}
        return Pace(**(usual | more))


class Story:
    """A portal, its clock, and connectors that read it."""

    def __init__(self, server: HubSpotServer, patience: Patience) -> None:
        self.server, self.portal, self.board, self.patience = server, server.portal, server.board, patience
        self.skew = timedelta()

    # ------------------------------------------------------------------------------------------------ the portal

    def now(self) -> datetime:
        return self.board.clock.now() + self.skew

    def passes(self, **span: float) -> None:
        self.board.clock.advance(timedelta(**span))

    def deal(self, name: str = "Acme", *, at: datetime | None = None, **properties: object) -> str:
        usual = {"dealname": name, "pipeline": "default", "dealstage": "appointmentscheduled",
                 "hubspot_owner_id": SATO}  # fmt: skip
        return self.portal.create("deals", usual | properties, at=at)

    def contact(self, deal: str, email: str = "mori@customer.example", role: str = "") -> str:
        id_ = self.portal.create("contacts", {"email": email, "hs_buying_role": role})
        self.portal.associate("deals", deal, "contacts", id_)
        return id_

    def mail(
        self, deal: str, direction: str | None = "INCOMING_EMAIL", *, at: datetime | None = None,
        subject: str = "Re: offer", sender: str = "mori@customer.example", **properties: object,
    ) -> str:  # fmt: skip
        headers = json.dumps({"from": {"email": sender}, "to": [{"email": "sato@acme.example"}]})
        moment = at or self.board.clock.now()
        said = {"hs_timestamp": moment, "hs_email_direction": direction or "", "hs_email_subject": subject,
                "hs_email_headers": headers, "hs_email_status": "SENT"}  # fmt: skip
        return self._linked("emails", said | properties, deal)

    def call(self, deal: str, direction: str = "INBOUND", **properties: object) -> str:
        said = {"hs_timestamp": self.board.clock.now(), "hs_call_direction": direction, "hs_call_status": "COMPLETED"}
        return self._linked("calls", said | properties, deal)

    def meeting(self, deal: str | None, starts: datetime, outcome: str = "SCHEDULED", **properties: object) -> str:
        said = {"hs_timestamp": starts, "hs_meeting_start_time": starts,
                "hs_meeting_end_time": starts + timedelta(hours=1), "hs_meeting_outcome": outcome}  # fmt: skip
        return self._linked("meetings", said | properties, deal)

    def task(self, deal: str, due: datetime, status: str = "NOT_STARTED") -> str:
        return self._linked("tasks", {"hs_timestamp": due, "hs_task_status": status}, deal)

    def _linked(self, kind: str, properties: Mapping[str, object], deal: str | None) -> str:
        id_ = self.portal.create(kind, properties)
        if deal is not None:
            self.portal.associate(kind, id_, "deals", deal)
        return id_

    def bodies(self, kind: str) -> list[Any]:
        """What the calls of one kind asked, since the ledger was last forgotten."""
        return [json.loads(call.body) for call in self.board.ledger.where(kind)]

    # --------------------------------------------------------------------------------------------- the connector

    def options(self, **more: Any) -> dict[str, Any]:
        usual = {"auth": {"flow": "token", "token": self.server.token}, "base_url": self.server.url,
                 "allow_custom_host": True}  # fmt: skip
        return usual | more

    def connector(
        self, *, reads: Mapping[str, Any] = FEW, pace: Mapping[str, Any] | None = None,
        catalogue: Mapping[str, Mapping[str, str]] = CATALOGUE, **more: Any,
    ) -> HubSpotConnector:  # fmt: skip
        told = {"now": self.now, "reads": reads, "catalogue": catalogue, "due_soon": more.pop("due_soon", None)}
        told |= more.pop("kept", {})  # what it shares with others, a vault or a pacer
        settings = connection_settings(self.options(**more), Path(), **told)
        return HubSpotConnector(settings, self.patience.pace(**(pace or {})))

    def reader(self, **more: Any) -> Reader:
        return Reader(self.connector(**more))


class Reader:
    """What whoever stores the pages would know after each pull."""

    def __init__(self, connector: HubSpotConnector) -> None:
        self.connector = connector
        self.cursor: Mapping[str, Any] | None = None
        self.deals: dict[str, Deal] = {}
        self.leads: dict[str, Lead] = {}
        self.acts: dict[str, Activity] = {}
        self.people: dict[str, Any] = {}
        self.gone: set[str] = set()
        self.merged: dict[str, str] = {}
        self.pages: list[Page] = []

    def pull(self, *, full: bool = False, pages: int | None = None) -> list[Page]:
        """Pull and store; with `pages`, the process dies after so many."""
        self.pages = []
        for page in self.connector.pull(self.cursor, full=full):
            self.store(page)
            self.pages.append(page)
            if pages is not None and len(self.pages) >= pages:
                break
        return self.pages

    def store(self, page: Page) -> None:
        self.cursor = json.loads(json.dumps(page.cursor))
        self.deals.update((deal.id, deal) for deal in page.deals)
        self.leads.update((lead.id, lead) for lead in page.leads)
        self.acts.update((act.id, act) for act in page.activities)
        self.people.update((person.id, person) for person in page.people)
        self.gone.update(page.gone)
        self.merged.update(page.merged)

    def of(self, deal: str) -> list[Activity]:
        return [act for act in self.acts.values() if deal in act.records]

    def evidence(self, deal: str, at: datetime = NOON) -> Evidence:
        """What the core makes of a deal's activities."""
        known = self.deals[deal]
        created = None if known.created_at is None else to_us(known.created_at)
        return fold(map(act_of, self.of(deal)), to_us(at), created, known.contacts or frozenset())

    def rejected(self) -> list[str]:
        return [one.reason for page in self.pages for one in page.rejected]


@contextmanager
def opened(*, is_unlimited: bool = True) -> Iterator[Story]:
    """A portal at noon of 1 April 2026; without rate limits unless they are the story."""
    patience = Patience()
    clock = Clock(NOON)
    with HubSpotServer(clock, ticks=patience.monotonic) as server:
        if is_unlimited:
            server.api.limits.allowance.burst = server.api.limits.allowance.searches = None
        server.portal.add_owner(Owner(number=11, user=99, email="sato@acme.example", first_name="Hana",
                                      last_name="Sato", teams=(("1", "Tokyo"),)))  # fmt: skip
        yield Story(server, patience)
