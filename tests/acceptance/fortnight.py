"""A seller, a customer and a stalewatch for two weeks: one CRM, Slack, and the server that Slack's buttons call.

Everything is real but time and the other side's servers: the configuration is a file, messages are posted over HTTP,
buttons are pressed in the simulated Slack and come back signed.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any, Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from stalewatch import wiring
from stalewatch.clock import FixedClock
from stalewatch.sdk.connector import Connector
from stalewatch.services.operating.cycle import CycleReport
from stalewatch.store.tables import inbox
from stalewatch.web.app import create_app
from stalewatch.web.serving import Server, listen, url_of
from stalewatch.wiring.cycles import cycle_of
from stalewatch.wiring.live import Live
from stalewatch.wiring.slack import reception_of
from stalewatch_sandbox.hubspot.server import HubSpotServer
from stalewatch_sandbox.salesforce.sandbox import SalesforceSandbox
from stalewatch_sandbox.serving.clock import Clock
from stalewatch_sandbox.slack.server import SlackServer
from stalewatch_sandbox.slack.workspace import Entry, Message
from tests.connectors.hubspot.portals import SATO, Patience, Story
from tests.connectors.salesforce.desk import Desk
from tests.patience import PATIENCE, soon

TOKYO: Final = ZoneInfo("Asia/Tokyo")
RULES: Final = """\
stalewatch: 1
pack: fortnight
rules:
  - id: no-next-meeting
    title: {en: No next meeting, ja: 次回商談なし}
    watch: deal
    start: {latest_of: [created_at, last_meeting_at, next_meeting_at]}
    within: 7d
    warn: 2d
    severity: critical
    message: {en: "*{name}*: no next meeting since {since}.", ja: "*{name}*:{since} から次回商談がありません。"}
  - id: ghosted
    title: {en: Customer went silent, ja: お客様からの返信なし}
    watch: deal
    where: {seller_touches_since_customer: {at_least: 2}}
    start: {first_of: [last_customer_activity_at, created_at]}
    within: 5bd
    warn: 2bd
    severity: warning
    message:
      en: "*{name}*: {seller_touches_since_customer} messages sent, no answer since {since}."
      ja: "*{name}*:{seller_touches_since_customer} 回連絡しましたが {since} から反応がありません。"
"""
PROJECT: Final[Mapping[str, Any]] = {
    "stalewatch": 1, "database": "sqlite:///stalewatch.db", "rules": ["rules/"],
    "calendars": {
        "tokyo": {"tz": "Asia/Tokyo", "hours": "09:00-18:00", "days": "mon-fri", "holidays": "JP"},
        "choose": [{"use": "tokyo"}],
    },
    "modes": {"fortnight": "live"}, "rollout": "off", "storm_guard": "off",
    "defaults": {"language": "en", "currency": "JPY", "keep_for": "2h", "max_data_age": "2h", "rollout": "off"},
    "routes": [
        {"name": "critical", "where": {"severity": "critical"}, "to": ["owner"], "style": "immediate"},
        {"name": "the rest", "to": ["owner"], "style": "digest", "digest": {"at": "09:00"}},
    ],
}  # fmt: skip


def tokyo(text: str) -> datetime:
    """A moment in March 2026: "05 09:30"."""
    return datetime.fromisoformat(f"2026-03-{text}").replace(tzinfo=TOKYO)


class Crm(ABC):
    """What the seller and the customer do, in one CRM; it happens at the CRM's present unless told otherwise.

    Attributes:
        seller: their address.
        secret: what opens the CRM.
    """

    seller: str
    secret: str

    @abstractmethod
    def deal(self, name: str, made: datetime) -> str:
        """A deal that was made at that moment; its id."""

    @abstractmethod
    def mail(self, deal: str, *, is_from_customer: bool, at: datetime | None = None) -> None:
        """A mail is sent, and known at once."""

    @abstractmethod
    def books(self, deal: str, start: datetime) -> None:
        """A meeting is planned."""

    @abstractmethod
    def wins(self, deal: str) -> None:
        """The customer signs."""

    @abstractmethod
    def goes_down(self) -> None:
        """Nothing answers, until `mends`."""

    @abstractmethod
    def mends(self) -> None:
        """Everything answers again."""

    @abstractmethod
    def connector(self) -> Connector:
        """The connector of this connection; what it would wait for a CRM that is down takes no time."""

    @abstractmethod
    def connection(self) -> dict[str, Any]:
        """An entry of `connections:`; its secret is the variable CRM_SECRET, which has the value `secret`."""


class InSalesforce(Crm):
    def __init__(self, stack: ExitStack, clock: Clock) -> None:
        sandbox = stack.enter_context(SalesforceSandbox(clock))
        self.desk, self.seller, self.secret = Desk(sandbox), "sato@acme.com", sandbox.app.client_secret

    def deal(self, name: str, made: datetime) -> str:
        return self.desk.deal(name, at=made)

    def mail(self, deal: str, *, is_from_customer: bool, at: datetime | None = None) -> None:
        self.desk.mail(deal, incoming=is_from_customer, at=at or self.desk.ago())

    def books(self, deal: str, start: datetime) -> None:
        self.desk.meeting(deal, start, at=self.desk.ago())

    def wins(self, deal: str) -> None:
        self.desk.org.update(deal, {"StageName": "Closed Won"})

    def goes_down(self) -> None:
        self.desk.sandbox.faults.arm("SF24", status=200, times=None)

    def mends(self) -> None:
        self.desk.sandbox.faults.disarm()

    def connector(self) -> Connector:
        return self.desk.connector()

    def connection(self) -> dict[str, Any]:
        app = self.desk.sandbox.app
        auth = {"flow": "client_credentials", "login_url": self.desk.sandbox.url, "client_id": app.client_id,
                "client_secret": "${CRM_SECRET}"}  # fmt: skip
        return {"id": "crm", "type": "salesforce", "auth": auth, "allow_custom_host": True}


class InHubSpot(Crm):
    def __init__(self, stack: ExitStack, clock: Clock) -> None:
        from stalewatch_sandbox.hubspot.company import Owner

        patience = Patience()
        server = stack.enter_context(HubSpotServer(clock, ticks=patience.monotonic))
        server.api.limits.allowance.burst = server.api.limits.allowance.searches = None
        self.seller, self.secret = "sato@acme.example", server.token
        server.portal.add_owner(
            Owner(number=int(SATO), user=99, email=self.seller, first_name="Hana", last_name="Sato")
        )
        self.story = Story(server, patience)

    def deal(self, name: str, made: datetime) -> str:
        return self.story.deal(name, at=made, amount="1000000")

    def mail(self, deal: str, *, is_from_customer: bool, at: datetime | None = None) -> None:
        self.story.mail(deal, "INCOMING_EMAIL" if is_from_customer else "EMAIL", at=at)

    def books(self, deal: str, start: datetime) -> None:
        self.story.meeting(deal, start)

    def wins(self, deal: str) -> None:
        self.story.portal.update("deals", deal, {"dealstage": "closedwon"})

    def goes_down(self) -> None:
        self.story.board.faults.arm("html", times=None)

    def mends(self) -> None:
        self.story.board.faults.disarm()

    def connector(self) -> Connector:
        return self.story.connector()

    def connection(self) -> dict[str, Any]:
        server = self.story.server
        auth = {"flow": "token", "token": "${CRM_SECRET}"}
        return {"id": "crm", "type": "hubspot", "auth": auth, "base_url": server.url, "allow_custom_host": True}


CRMS: Final = {"salesforce": InSalesforce, "hubspot": InHubSpot}


@dataclass
class Said:
    """One line of Slack's ledger: when, what happened, to which message (the first one is 1), and how it reads.

    Attributes:
        text: its blocks one after the other, each button in brackets.
    """

    at: str
    kind: str
    message: int
    text: str

    def __str__(self) -> str:
        return f"{self.at} {self.kind} {self.message}: {self.text}"


@dataclass
class Fortnight:
    """Two weeks of one seller."""

    crm: Crm
    slack: SlackServer
    clock: Clock
    project: wiring.Stalewatch
    sato: str

    def __post_init__(self) -> None:
        self._cycle = cycle_of(self.project)

    def until(self, text: str) -> list[CycleReport]:
        """Time passes; stalewatch looks at five past every hour of the day, and at the end. Nights are long."""
        end, reports = tokyo(text), []
        while (now := self.clock.now()) < end:
            local = now.astimezone(TOKYO)
            following = local.replace(minute=5, second=0, microsecond=0) + timedelta(
                hours=1 if local.minute >= 5 else 0
            )
            if not 9 <= following.hour <= 21:
                following = (following + timedelta(hours=12)).replace(hour=9)
            self.clock.set(min(following, end))
            reports.append(self.looks())
        return reports

    def looks(self) -> CycleReport:
        """One round."""
        clock = self.project.clock
        assert isinstance(clock, FixedClock)
        clock.move_to(self.clock.now())
        return self._cycle.run(force=True)

    # ------------------------------------------------------------------------------------------- in Slack

    def said(self) -> list[Said]:
        """What happened in the seller's direct messages, and what they alone could see, in order."""
        mine = [one for one in self.slack.workspace.ledger if one.user == self.sato and one.kind != "view"]
        numbers: dict[str, int] = {}
        return [_said(one, numbers) for one in mine]

    def elsewhere(self) -> list[Entry]:
        """What was said to anybody else."""
        return [one for one in self.slack.workspace.ledger if one.user != self.sato]

    def message(self, number: int) -> Message:
        """A message to the seller as it stands now; the first one is 1."""
        workspace = self.slack.workspace
        return workspace.messages(workspace.direct(self.sato).id)[number - 1]

    def presses(self, number: int, kind: str) -> None:
        """The seller presses a button of a message, and what it asks for is done."""
        message = self.message(number)
        button = _button(message.blocks, kind)
        assert self.slack.interactions.press(self.sato, message, button).status == 200
        assert soon(self._is_answered), "what was pressed has no effect"

    def snoozes(self, until: str, reason: str) -> None:
        """The seller fills in the form that is open; it ends with a word of confirmation in it."""
        view = self.slack.api.views.modal_of(self.sato)
        assert view is not None
        chosen = tokyo(f"{until} 00:00").date().isoformat()
        [first] = [one["element"]["initial_option"] for one in view.said["blocks"] if one.get("block_id") == "until"]
        values = {
            "until": {"until": {"type": "radio_buttons", "selected_option": first}},
            "date": {"date": {"type": "datepicker", "selected_date": chosen}},
            "reason": {"reason": {"type": "plain_text_input", "value": reason}},
        }
        assert self.slack.interactions.submit(self.sato, view, values).status == 200
        assert not view.errors

    def _is_answered(self) -> bool:
        """Whatever was pressed has had its effect."""
        with self.project.db.read() as conn:
            return conn.execute(sa.select(inbox.c.id).where(inbox.c.due_at.is_not(None))).first() is None


def _button(blocks: Any, kind: str) -> dict[str, Any]:
    """A button, or "⋯" with what is chosen there."""
    elements = [element for block in blocks if block["type"] == "actions" for element in block["elements"]]
    for one in elements:
        for option in one.get("options", ()):
            if option["value"].startswith(f"{kind}:"):
                return {**one, "selected_option": option}
    return next(one for one in elements if one["action_id"] == f"stalewatch.{kind}")


def _said(one: Entry, numbers: dict[str, int]) -> Said:
    at = one.at.astimezone(TOKYO).strftime("%d %H:%M")
    return Said(at, one.kind, numbers.setdefault(one.ts, len(numbers) + 1), _reads(one.blocks) or one.text)


def _reads(blocks: Any) -> str:
    lines = []
    for block in blocks:
        match block["type"]:
            case "header" | "section":
                lines.append(block["text"]["text"].replace("\n", " / "))
            case "actions":
                lines.append(
                    " ".join(f"[{one['text']['text'] if 'text' in one else '⋯'}]" for one in block["elements"])
                )
            case "context":
                lines += [one["text"] for one in block["elements"]]
    return " | ".join(lines)


@contextmanager
def fortnight(crm: str, folder: Path) -> Iterator[Fortnight]:
    """Monday, 2 March 2026, eight in the morning in Tokyo."""
    clock = Clock(tokyo("02 08:00"))
    ticks = iter(range(0, 10**9, 2))  # Slack's seconds: two pass whenever it looks
    with ExitStack() as stack:
        slack = stack.enter_context(SlackServer(clock, ticks=lambda: float(next(ticks))))
        made = CRMS[crm](stack, clock)
        sato = slack.workspace.join("佐藤 花", made.seller, locale="en-US")
        slack.workspace.add_channel("#revops")
        (folder / "rules").mkdir()
        (folder / "rules" / "fortnight.yaml").write_text(RULES, "utf-8")
        notify = {
            "slack": {"bot_token": "${SLACK_TOKEN}", "signing_secret": "${SLACK_SECRET}", "base_url": slack.api_url,
                      "allow_custom_host": True},
            "operator": {"channel": "#revops"},
        }  # fmt: skip
        people = {made.seller: {"language": "en"}}
        told = {**PROJECT, "connections": [made.connection()], "notify": notify, "people": people}
        (folder / "stalewatch.yaml").write_text(json.dumps(told), "utf-8")
        secrets = {"CRM_SECRET": made.secret, "SLACK_TOKEN": slack.token, "SLACK_SECRET": slack.signing_secret}
        project = wiring.open_project(folder / "stalewatch.yaml", now=clock.now(), env=secrets)
        project = replace(project, _connectors={"crm": made.connector()})
        stack.callback(project.close)
        slack.interactions.request_url = stack.enter_context(served(project)) + "/slack/actions"
        yield Fortnight(made, slack, clock, project, sato.id)


@contextmanager
def served(project: wiring.Stalewatch) -> Iterator[str]:
    """The project's own server on a free port."""
    live, ready = Live(project), Event()
    reception = reception_of(live)
    assert reception is not None
    listener = listen("127.0.0.1", 0)
    server = Server(create_app(live, is_local=True, slack=reception), ready.set)
    thread = Thread(target=server.run, kwargs={"sockets": [listener]})
    reception.start()
    thread.start()
    try:
        assert ready.wait(PATIENCE)
        yield url_of(listener)
    finally:
        server.end()
        thread.join()
        reception.stop()
        listener.close()
