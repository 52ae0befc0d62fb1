"""A company whose people press real buttons: a simulated Slack, and our application on a port of this machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from threading import Event, Thread
from typing import Any

import httpx

from stalewatch.delivery.slack.signature import signed
from stalewatch.domain.instants import SECOND
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.store import alerts, audit, inbox
from stalewatch.web.app import create_app
from stalewatch.web.serving import Server, listen, url_of
from stalewatch.wiring.live import Live
from stalewatch.wiring.slack import Reception, reception_of
from stalewatch_sandbox.serving.clock import Clock
from stalewatch_sandbox.slack.server import SlackServer
from stalewatch_sandbox.slack.views import View
from stalewatch_sandbox.slack.workspace import Message
from tests import databases
from tests.network import NO_TLS
from tests.patience import soon
from tests.services.world import World, at, deal, rulebook
from tests.web.office import project_of
from tests.web.pack import RULES

PEOPLE = ("Sato", "Tanaka", "Suzuki", "Kim", "Ops")
ADMIN = "ops@acme.example"


@dataclass
class Counter:
    """Where people press and read.

    Attributes:
        url: of the application; reception: what takes the answers.
    """

    world: World
    slack: SlackServer
    reception: Reception
    url: str

    # ------------------------------------------------------------------------------------------- doing

    def press(self, name: str, kind: str, alert: str, where: Message | None = None) -> None:
        """Somebody presses a button; returns when what follows has happened."""
        button = {"type": "button", "action_id": f"stalewatch.{kind}", "block_id": "b", "value": alert}
        before = len(self.slack.workspace.ledger)
        answer = self.slack.interactions.press(self.id(name), where or self.message(name), button)
        assert (answer.status, answer.body) == (200, b"")
        assert soon(lambda: len(self.slack.workspace.ledger) > before and not self.waiting())

    def submit(self, name: str, **fields: str) -> dict[str, Any]:
        """Somebody sends the form that they have open; returns what it was answered."""
        view = self.form(name)
        assert view is not None, f"{name} has no form open"
        values = {field: {field: _state(field, value)} for field, value in fields.items()}
        answer = self.slack.interactions.submit(self.id(name), view, values)
        assert answer.status == 200
        return answer.json()

    def post(self, body: bytes, path: str = "/slack/actions", **headers: str) -> httpx.Response:
        """A request as Slack would send it, but for the headers that are given."""
        stamp = str(self.world.us // SECOND)
        own = {
            "Content-Type": "application/x-www-form-urlencoded", "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": signed(self.slack.signing_secret, stamp, body),
        }  # fmt: skip
        sent = own | {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx.post(f"{self.url}{path}", content=body, headers=sent, verify=NO_TLS)

    def goes_home(self, name: str) -> str:
        """Somebody opens App Home; returns the words that they then read there."""
        assert self.slack.interactions.open_home(self.id(name)).status == 200
        assert soon(lambda: not self.waiting())
        return self.reads_at_home(name)

    def chooses(self, name: str, shows: str) -> str:
        """Somebody chooses on App Home whose deals to see; returns what they then read there."""
        home = self.slack.api.views.home_of(self.id(name))
        assert home is not None
        choice = {"type": "static_select", "action_id": "stalewatch.home", "selected_option": {"value": shows}}
        assert self.slack.interactions.press(self.id(name), home, choice).status == 200
        assert soon(lambda: not self.waiting())
        return self.reads_at_home(name)

    def types(self, name: str, text: str) -> str:
        """Somebody types `/stalewatch` and words behind it; returns the words of the answer that only they see."""
        channel = self.slack.workspace.direct(self.id(name)).id
        answer = self.slack.interactions.command(self.id(name), channel, "/stalewatch", text)
        assert (answer.status, answer.body) == (200, b"")
        assert soon(lambda: not self.waiting())
        said = [one for one in self.slack.workspace.ledger if one.kind == "ephemeral" and one.user == self.id(name)]
        return "\n".join(_texts(said[-1].blocks)) if said else ""

    def reaches(self, moment: str) -> None:
        """Time passes, for Slack as well."""
        self.world.reaches(moment)
        self.slack.board.clock.set(self.world.clock.now())

    def later(self, moment: str) -> None:
        """Time passes, and nobody does anything."""
        self.world.clock.move_to(at(moment))
        self.slack.board.clock.set(self.world.clock.now())

    # ------------------------------------------------------------------------------------------- seeing

    def id(self, name: str) -> str:
        return next(user.id for user in self.slack.workspace.users.values() if user.name == name)

    def message(self, name: str) -> Message:
        """A message of ours to somebody."""
        channel = self.slack.workspace.direct(self.id(name))
        stamp = self.slack.workspace.stamp()
        return self.slack.workspace.post(Message(ts=stamp, channel=channel.id, text="3 deals"))

    def form(self, name: str) -> View | None:
        return self.slack.api.views.modal_of(self.id(name))

    def reads_in_form(self, name: str) -> str:
        """All words of the form that somebody has open."""
        view = self.form(name)
        return "" if view is None else "\n".join(_texts({**view.said, "private_metadata": ""}))

    def reads_at_home(self, name: str) -> str:
        """All words of somebody's App Home."""
        view = self.slack.api.views.home_of(self.id(name))
        return "" if view is None else "\n".join(_texts(view.said))

    def whispers(self, name: str) -> list[str]:
        """What only this person saw, message by message."""
        ledger = self.slack.workspace.ledger
        return [one.text for one in ledger if one.kind == "ephemeral" and one.user == self.id(name)]

    def alert(self, deal: str, rule: str = "no-next-meeting") -> Any:
        """The newest episode of a deal."""
        with self.world.db.read() as conn:
            return next(row for row in alerts.history(conn, f"crm:{deal}") if row.rule_id == rule)

    def audited(self, alert: str, action: str) -> list[Any]:
        with self.world.db.read() as conn:
            return [row for row in audit.read(conn, obj=alert) if row.action == action]

    def waiting(self) -> list[Any]:
        with self.world.db.read() as conn:
            return inbox.waiting(conn)


@cache
def rules() -> Rulebook:
    return rulebook(RULES)


def late_company(template: Path, folder: Path) -> Path:
    """A SQLite file in which the deals of a small company are late."""
    file = folder / "company.db"
    file.write_bytes(template.read_bytes())
    for world in late_world(file, None):
        world.reaches("2026-04-01 12:00")
    return file


def late_world(company: Path, folder: Path | None) -> Iterator[World]:
    """The world of such a file, of a copy of it in `folder` if one is given."""
    file = company
    if folder is not None:
        file = folder / "stalewatch.db"
        file.write_bytes(company.read_bytes())
    database = databases.opened(f"sqlite:///{file}")
    world = World(database, rules())
    world.has(deal("acme", created_at=at("2026-03-02 10:00")), deal("young", created_at=at("2026-03-30 10:00")))
    world.clock.move_to(at("2026-04-01 12:00"))
    yield world
    database.dispose()


@contextmanager
def opened(world: World, told_besides: Mapping[str, Any] | None = None, **options: Any) -> Iterator[Counter]:
    """The company's Slack, and the application behind it; `options` add to `notify.slack`.

    `told_besides`: what else the settings say.
    """
    clock = Clock(world.clock.now())
    with SlackServer(clock, ticks=_Never()) as slack:
        for name in PEOPLE:
            slack.workspace.join(name, f"{name.lower()}@acme.example", locale="en-US")
        told: Mapping[str, Any] = {
            "bot_token": slack.token, "signing_secret": slack.signing_secret, "base_url": slack.api_url,
            "allow_custom_host": "true", **options,
        }  # fmt: skip
        rest = {"speaking": replace(world.speaking, admins=frozenset({ADMIN})), **(told_besides or {})}
        live = Live(project_of(world, notify={"slack": told}, **rest))
        reception = reception_of(live)
        assert reception is not None
        with _served(create_app(live, slack=reception)) as url:
            if told["signing_secret"]:
                slack.interactions.reach(url)
            reception.start()
            try:
                yield Counter(world, slack, reception, url)
            finally:
                reception.stop()


@contextmanager
def _served(app: Any) -> Iterator[str]:
    ready = Event()
    listener = listen("127.0.0.1", 0)
    server = Server(app, ready.set)
    thread = Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield url_of(listener)
    finally:
        server.end()
        thread.join(10)
        listener.close()


class _Never:
    """Seconds for Slack's limits: a minute passes at each look, so that no limit is met."""

    now = 0.0

    def __call__(self) -> float:
        self.now += 60
        return self.now


def _state(field: str, value: str) -> dict[str, Any]:
    match field:
        case "until" | "ends" | "why" | "language":
            return {"type": "radio_buttons", "selected_option": {"value": value}}
        case "length" | "tag":
            return {"type": "static_select", "selected_option": {"value": value}}
        case "date":
            return {"type": "datepicker", "selected_date": value or None}
        case "time":
            return {"type": "timepicker", "selected_time": value or None}
        case _:
            return {"type": "plain_text_input", "value": value or None}


def _texts(said: Any) -> Iterator[str]:
    if isinstance(said, Mapping):
        for name, value in said.items():
            if name == "text" and isinstance(value, str):
                yield value
            else:
                yield from _texts(value)
    elif isinstance(said, list):
        for one in said:
            yield from _texts(one)
