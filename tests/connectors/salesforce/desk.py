"""A small simulated org, the connector that reads it, and a snapshot of what came out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from stalewatch.domain.evidence import Evidence, act_of, fold
from stalewatch.domain.instants import to_us
from stalewatch.domain.movements import Visit, stage_entered_at
from stalewatch.sdk.connector import Cursor, Page
from stalewatch.sdk.records import Activity, Deal, Lead, Person, Value
from stalewatch.sdk.testing import connection_settings
from stalewatch_salesforce.connector import SalesforceConnector
from stalewatch_salesforce.transport import Pace
from stalewatch_sandbox.salesforce.sandbox import SalesforceSandbox

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
READS = {"deal": ("stage", "next_meeting_at", "last_customer_activity_at")}
FIVE_MINUTES = timedelta(minutes=5)


@dataclass
class Instant:
    """A clock that only waiting moves."""

    moment: float = 0.0
    waits: list[float] = field(default_factory=list)

    def monotonic(self) -> float:
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.moment += seconds

    def pace(self, **more: Any) -> Pace:
        usual: dict[str, Any] = {"monotonic": self.monotonic, "sleep": self.sleep, "jitter": lambda: 0.0}
        return Pace(**(usual | more))


@dataclass
class Snapshot:
    """What a store would hold after these pages."""

    deals: dict[str, Deal] = field(default_factory=dict)
    leads: dict[str, Lead] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    activities: dict[str, Activity] = field(default_factory=dict)
    visits: dict[str, set[tuple[datetime, str]]] = field(default_factory=dict)
    changes: set[tuple[str, str, datetime, Value]] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    cursor: Cursor | None = None
    pages: list[Page] = field(default_factory=list)

    def take(self, pages: Iterable[Page]) -> Snapshot:
        for page in pages:
            self.deals |= {deal.id: deal for deal in page.deals}
            self.leads |= {lead.id: lead for lead in page.leads}
            self.people |= {person.id: person for person in page.people}
            self.activities |= {activity.id: activity for activity in page.activities}
            for id_ in page.withdrawn:
                self.activities.pop(id_, None)
            for visit in page.visits:
                self.visits.setdefault(visit.deal, set()).add((visit.entered_at, visit.stage))
            self.changes |= {(one.record, one.field, one.at, one.value) for one in page.changes}
            self.gone = (self.gone - {deal.id for deal in page.deals}) | set(page.gone)
            self.cursor = page.cursor
            self.pages.append(page)
        return self

    def of(self, deal: str) -> list[Activity]:
        """The activities of a deal."""
        return [one for one in self.activities.values() if deal in one.records]

    def evidence(self, deal: str, at: datetime = NOW) -> Evidence:
        """What the core makes of them."""
        known = self.deals[deal]
        created = None if known.created_at is None else to_us(known.created_at)
        return fold(map(act_of, self.of(deal)), to_us(at), created, known.contacts or frozenset())

    def stage_entered_at(self, deal: str) -> int | None:
        """Since when the deal is in its stage, as the core folds it."""
        visits = [Visit(stage, to_us(at)) for at, stage in sorted(self.visits.get(deal, ()))]
        return stage_entered_at(visits, self.deals[deal].stage)

    def close_dates(self, deal: str) -> list[tuple[int, int | None]]:
        """The past of the close date as (instant, day number) rows."""
        rows = [(at, value) for record, name, at, value in self.changes if (record, name) == (deal, "close_date")]
        return [(to_us(at), value.toordinal() if isinstance(value, date) else None) for at, value in rows]

    @property
    def rejected(self) -> list[str]:
        return [one.ref for page in self.pages for one in page.rejected]


class Desk:
    """One simulated org with one seller and one customer; `deal` and its like fill it.

    Attributes:
        skew: by how much our own clock is ahead of the org's.
    """

    def __init__(self, sandbox: SalesforceSandbox, base: Path = Path()) -> None:
        self.sandbox, self.org, self.base = sandbox, sandbox.org, base
        self.time, self.skew = Instant(), timedelta()
        self.manager = self._user("Tanaka", "tanaka@acme.com")
        self.seller = self._user("Sato", "sato@acme.com", ManagerId=self.manager, LanguageLocaleKey="ja")
        self.account = self.org.insert("Account", {"Name": "Customer"}, at=self.ago(days=90))
        self.contact = self.person("Yamada", "yamada@customer.example")
        self.sandbox.clock.advance(timedelta())

    def ago(self, **span: float) -> datetime:
        """A moment before now, by the org's clock."""
        return self.sandbox.clock.now() - timedelta(**span)

    def person(self, name: str, email: str) -> str:
        values = {"LastName": name, "Email": email, "AccountId": self.account}
        return self.org.insert("Contact", values, at=self.ago(days=90))

    def deal(self, name: str = "Acme", *, at: datetime | None = None, **more: Any) -> str:
        usual: dict[str, Any] = {
            "Name": name, "StageName": "Qualification", "CloseDate": date(2026, 6, 30), "Amount": 1_000_000.0,
            "OwnerId": self.seller, "AccountId": self.account, "Type": "New Customer",
        }  # fmt: skip
        return self.org.insert("Opportunity", usual | more, at=at or self.ago(days=30))

    def mail(self, deal: str | None, *, incoming: bool = True, at: datetime | None = None, **more: Any) -> str:
        usual: dict[str, Any] = {
            "RelatedToId": deal, "Incoming": incoming, "Subject": "Re: offer", "Status": "1" if incoming else "3",
            "FromAddress": "yamada@customer.example" if incoming else "sato@acme.com",
            "ToAddress": "sato@acme.com" if incoming else "yamada@customer.example",
        }  # fmt: skip
        return self.org.insert("EmailMessage", usual | more, at=at or self.ago(days=1))

    def call(self, deal: str, *, at: datetime | None = None, **more: Any) -> str:
        usual: dict[str, Any] = {
            "WhatId": deal, "WhoId": self.contact, "TaskSubtype": "Call", "CallType": "Inbound", "Status": "Completed",
            "Subject": "Call", "OwnerId": self.seller,
        }  # fmt: skip
        return self.org.insert("Task", usual | more, at=at or self.ago(days=1))

    def task(self, deal: str, due: date | None, *, at: datetime | None = None, **more: Any) -> str:
        usual: dict[str, Any] = {
            "WhatId": deal, "Subject": "Send the quote", "Status": "Not Started", "ActivityDate": due,
            "OwnerId": self.seller,
        }  # fmt: skip
        return self.org.insert("Task", usual | more, at=at or self.ago(days=1))

    def meeting(self, deal: str | None, start: datetime, *, at: datetime | None = None, **more: Any) -> str:
        usual: dict[str, Any] = {
            "WhatId": deal, "WhoId": self.contact, "Subject": "Meeting", "StartDateTime": start,
            "EndDateTime": start + timedelta(hours=1), "OwnerId": self.seller,
        }  # fmt: skip
        return self.org.insert("Event", usual | more, at=at or self.ago(days=20))

    def answer(self, event: str, contact: str, status: str, *, at: datetime | None = None) -> str:
        values = {"EventId": event, "RelationId": contact, "Status": status}
        return self.org.insert("EventRelation", values, at=at or self.ago(days=20))

    def role(self, deal: str, contact: str, role: str = "Decision Maker", *, at: datetime | None = None) -> str:
        values = {"OpportunityId": deal, "ContactId": contact, "Role": role}
        return self.org.insert("OpportunityContactRole", values, at=at or self.ago(days=20))

    def options(self, **more: Any) -> dict[str, Any]:
        """What stands in stalewatch.yaml for this org."""
        auth = {
            "flow": "client_credentials", "login_url": self.sandbox.url, "client_id": self.sandbox.app.client_id,
            "client_secret": self.sandbox.app.client_secret,
        }  # fmt: skip
        return {"id": "sf", "type": "salesforce", "auth": auth, "allow_custom_host": True, **more}

    def connector(
        self, pace: Pace | None = None, reads: Mapping[str, Any] | None = None, *,
        kept: Mapping[str, Any] | None = None, **options: Any,
    ) -> SalesforceConnector:  # fmt: skip
        """A fresh connector to this org; `kept` is what it shares with others, a vault or a pacer."""
        settings = connection_settings(
            self.options(**options), self.base, id="sf", now=lambda: self.sandbox.clock.now() + self.skew,
            reads=READS if reads is None else reads, **(kept or {}),
        )  # fmt: skip
        return SalesforceConnector(settings, pace or self.time.pace())

    def asked(self) -> list[str]:
        """Every query that came in since the ledger was last forgotten, those inside of a composite as well."""
        calls = [json.loads(call.body) for call in self.sandbox.ledger.where("composite")]
        parts = [urlsplit(part["url"]) for call in calls for part in call["compositeRequest"]]
        return [parse_qs(part.query)["q"][0] for part in parts if "q=" in part.query]

    def calls(self) -> list[Any]:
        """API calls that the org has counted since the ledger was last forgotten."""
        return [call for call in self.sandbox.ledger if call.weight]

    def _user(self, name: str, email: str, **more: Any) -> str:
        values = {"LastName": name, "Username": email, "Email": email, **more}
        return self.org.insert("User", values, at=self.ago(days=400))


@contextmanager
def open_desk(base: Path = Path()) -> Iterator[Desk]:
    """A desk that is served until the end of the block."""
    with SalesforceSandbox(NOW) as sandbox:
        yield Desk(sandbox, base)
