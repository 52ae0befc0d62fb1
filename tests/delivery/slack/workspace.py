"""A simulated workspace with one rep, seconds that pass when we say so, and our own notifier over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from stalewatch.delivery.slack import connect
from stalewatch.delivery.slack.client import SlackClient
from stalewatch.sdk.notifier import Entry, Message, Notifier, NotifierSettings, Style
from stalewatch_sandbox.serving.clock import Clock
from stalewatch_sandbox.slack.server import SlackServer
from stalewatch_sandbox.slack.workspace import Entry as Told

NINE = datetime(2026, 4, 1, 0, tzinfo=UTC)
"""Nine in the morning in Tokyo."""
SATO = "sato@acme.example"


class Ticks:
    """Seconds in which the simulated limits count: each look at them lets two pass."""

    now = 0.0

    def __call__(self) -> float:
        self.now += 2
        return self.now


@dataclass
class Stage:
    """The workspace, its clock, and who is in it."""

    server: SlackServer
    clock: Clock
    sato: str
    dm: str

    def client(self, **more: Any) -> SlackClient:
        return SlackClient(**{"token": self.server.token, "base_url": self.server.api_url, "timeout": 2.0, **more})

    def notifier(self, **options: Any) -> Notifier:
        usual = {
            "bot_token": self.server.token, "signing_secret": "s" * 32, "base_url": self.server.api_url,
            "allow_custom_host": True,
        }  # fmt: skip
        return connect(NotifierSettings(options={**usual, **options}, base=Path(), now=self.clock.now))

    def arm(self, case: str, **options: Any) -> None:
        self.server.board.faults.arm(case, **options)

    def calls(self, method: str) -> int:
        """Calls that the server answered as its method does."""
        return self.server.board.ledger.kinds().get(method, 0)

    def requests(self, method: str) -> int:
        """Requests that reached the server, whatever it made of them."""
        return sum(call.path == f"/api/{method}" for call in self.server.board.ledger)

    def posts(self, channel: str | None = None) -> list[Told]:
        return [
            one for one in self.server.workspace.ledger if one.kind == "post" and one.channel == (channel or self.dm)
        ]

    def delivered(self, delivery: str) -> list[Told]:
        posted = [one for one in self.server.workspace.ledger if one.kind == "post"]
        return [
            one for one in posted if ((one.metadata or {}).get("event_payload") or {}).get("delivery_id") == delivery
        ]


@contextmanager
def opened() -> Iterator[Stage]:
    clock = Clock(NINE)
    with SlackServer(clock, ticks=Ticks()) as server:
        rep = server.workspace.join("佐藤 花", SATO)
        yield Stage(server, clock, rep.id, server.workspace.direct(rep.id).id)


def message(delivery: str = "d1", **more: Any) -> Message:
    """A digest to Sato with one deal, unless the test says otherwise."""
    entry = Entry(
        record="c:1", headline="Acme · ¥3M", body="*Acme*: no next meeting.", chips=("3 bd over",), alerts=("a1",)
    )
    usual: dict[str, Any] = {
        "target": f"person:{SATO}", "address": SATO, "style": Style.DIGEST, "language": "en",
        "title": "1 deal needs a next step from you", "entries": (entry,),
    }  # fmt: skip
    return Message(delivery=delivery, **(usual | more))
