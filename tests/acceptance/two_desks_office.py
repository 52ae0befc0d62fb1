"""A stalewatch that goes round after round over both CRMs, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any, Final

import sqlalchemy as sa

from stalewatch.domain.instants import HOUR, MINUTE
from stalewatch.domain.policies import Speaking
from stalewatch.domain.routing import Route
from stalewatch.sdk.connector import Connector
from stalewatch.sdk.notifier import Style
from stalewatch.services.operating.cycle import Cycle, CycleReport, Source
from stalewatch.store.engine import Database
from stalewatch.store.tables import alerts, connections, deals, quarantine
from stalewatch_sandbox.hubspot.company import Account
from stalewatch_sandbox.hubspot.server import HubSpotServer
from stalewatch_sandbox.salesforce.sandbox import SalesforceSandbox
from tests import databases
from tests.acceptance.two_desks import NOW, PATIENT, Crm, InHubSpot, InSalesforce, Waiting
from tests.services.world import Mailboxes, rulebook

RULES: Final = """
stalewatch: 1
pack: small
rules:
  - id: silent
    title: {en: Customer is silent, ja: 返信なし}
    watch: deal
    start: {first_of: [last_customer_activity_at, created_at]}
    within: 336h
    severity: warning
  - id: in-stage
    title: {en: Too long in proposal, ja: 提案で滞留}
    watch: deal
    where: {stage: proposal}
    start: stage_entered_at
    within: 720h
    severity: warning
"""
SPEAKING: Final = Speaking(
    routes=(Route(name="all", to=("owner",), style=Style.IMMEDIATE),),
    immediate_per_day=99,
    operator_channel="#operations",
)
DAY: Final = timedelta(days=1)
TYPES: Final = {"sf": "salesforce", "hs": "hubspot"}
BUDGET: Final = 240.0
"""Seconds that connectors may wait for CRMs that do not answer, in one round."""

GIVEN_UP: Final = 0.2
"""Real seconds after which a CRM that says nothing is given up."""


@dataclass
class Office:
    """A stalewatch that reads both CRMs; each has a deal that is late, one that soon will be, and one in order.

    Attributes:
        ids: CRM and name to the deal's id there.
    """

    db: Database
    waiting: Waiting
    crms: Mapping[str, Crm]
    ids: dict[tuple[str, str], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.clock = self.waiting.clock
        self.mail = Mailboxes(self.clock)  # type: ignore[arg-type]  # a clock
        self.book = rulebook(RULES)
        for crm in self.crms.values():
            for name, silent in (("late", 20 * DAY), ("soon", 14 * DAY - timedelta(minutes=150)), ("fine", DAY)):
                self.ids[crm.id, name] = crm.deal(name)
                crm.hears(self.ids[crm.id, name], NOW - silent)
        self.restarts()

    def restarts(self) -> None:
        """A new process goes on with the same database."""
        self._cycle = self.another_worker()

    def breaks(self, crm: str, outage: str) -> None:
        """All of a CRM has an outage. One that says nothing is waited for by a process that gives up soon."""
        self.crms[crm].outages[outage]()
        if outage == "silent":
            self._waits(GIVEN_UP)

    def mends(self, crm: str) -> None:
        """Whatever is wrong with it ends."""
        self.crms[crm].mends()
        self._waits(PATIENT)

    def _waits(self, seconds: float) -> None:
        if seconds != self.waiting.real:
            self.waiting.real = seconds
            self.restarts()

    def another_worker(self) -> Cycle:
        """What a process has that works on the same database, with connectors of its own."""
        made: dict[str, Connector] = {}
        sources = {
            id_: Source(type=TYPES[id_], connect=partial(_once, made, crm), every=5 * MINUTE)
            for id_, crm in self.crms.items()
        }
        ages: dict[str, int | None] = dict.fromkeys(self.crms, 2 * HOUR)
        return Cycle(self.db, self.clock, self.book, SPEAKING, ages, sources, lambda: self.mail)

    def rounds(self, span: timedelta = timedelta(), every: timedelta = timedelta(minutes=10)) -> list[CycleReport]:
        """Round after round through a span; one at once if it is empty. No round may wait longer than its budget."""
        reports = []
        for _ in range(max(1, span // every)):
            self.clock.advance(every if span else timedelta())
            before = self.waiting.waited
            reports.append(self._cycle.run())
            assert self.waiting.waited - before <= BUDGET
        return reports

    # ----------------------------------------------------------------------------------------- what came of it

    def told(self, crm: str) -> list[tuple[str, str]]:
        """Who was told of which deal of a CRM, in order; whatever was said of it."""
        names = {f"{crm}:{id_}": name for (its, name), id_ in self.ids.items() if its == crm}
        return [
            (message.target.removeprefix("person:"), names[entry.record])
            for message in self.mail.messages
            for entry in message.entries
            if entry.record in names
        ]

    def operator_heard(self) -> list[str]:
        """The headlines of what the operator was told."""
        return [message.entries[0].headline for message in self.mail.messages if message.target == "operator"]

    def alert(self, crm: str, name: str, rule: str = "silent") -> str:
        """How the newest alert of a deal stands; "none" if there is none."""
        wanted = (alerts.c.record_id == f"{crm}:{self.ids[crm, name]}", alerts.c.rule_id == rule)
        with self.db.read() as conn:
            rows = conn.execute(sa.select(alerts.c.state).where(*wanted).order_by(alerts.c.episode)).all()
        return str(rows[-1].state) if rows else "none"

    def connection(self, crm: str) -> Any:
        """The row of a connection."""
        with self.db.read() as conn:
            return conn.execute(sa.select(connections).where(connections.c.id == crm)).one()

    def deal(self, crm: str, name: str) -> Any:
        """The row of a deal, None if it is not stored."""
        with self.db.read() as conn:
            there = deals.c.id == f"{crm}:{self.ids[crm, name]}"
            return conn.execute(sa.select(deals).where(there)).one_or_none()

    def set_aside(self, crm: str) -> list[str]:
        """Why rows of a CRM could not be used."""
        with self.db.read() as conn:
            return list(conn.scalars(sa.select(quarantine.c.reason).where(quarantine.c.connection == crm)))


def _once(made: dict[str, Connector], crm: Crm) -> Connector:
    if crm.id not in made:
        made[crm.id] = crm.connector()
    return made[crm.id]


@contextmanager
def opened(url: str) -> Iterator[Office]:
    """Both CRMs on their ports, and an office with a database."""
    waiting, database = Waiting(), databases.opened(url)
    account = Account(zone="America/New_York")
    with (
        SalesforceSandbox(waiting.clock) as salesforce,
        HubSpotServer(waiting.clock, account=account, ticks=waiting.monotonic) as hubspot,
    ):
        yield Office(database, waiting, {"sf": InSalesforce(salesforce, waiting), "hs": InHubSpot(hubspot, waiting)})
    database.dispose()
