"""Builders for stories in a simulated workspace."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from slack_sdk import WebClient

from stalewatch_sandbox.serving.clock import Clock
from stalewatch_sandbox.slack.server import SlackServer

NINE = datetime(2026, 4, 1, 0, tzinfo=UTC)
"""Nine in the morning in Tokyo."""
DELIVERY = {"event_type": "stalewatch_delivery", "event_payload": {"delivery_id": "d-1"}}


class Ticks:
    """Seconds that pass when a test says so."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Stage:
    """A workspace with one rep, and the official client of the app."""

    server: SlackServer
    client: WebClient
    ticks: Ticks
    rep: str
    dm: str

    def post(self, text: str = "hello", **more: Any) -> str:
        """Post to the rep a second later than before; returns the message's ts."""
        self.ticks.now += 1
        return str(self.client.chat_postMessage(channel=self.dm, text=text, **more)["ts"])


@contextmanager
def opened() -> Iterator[Stage]:
    ticks = Ticks()
    with SlackServer(Clock(NINE), ticks=ticks) as server:
        client = WebClient(server.token, base_url=server.api_url, retry_handlers=[])
        rep = server.workspace.join("佐藤 花", "sato@example.com")
        yield Stage(server, client, ticks, rep.id, server.workspace.direct(rep.id).id)


@dataclass
class App:
    """What the app behind a request URL heard, and what it answers."""

    url: str
    heard: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answer: bytes = b""
    status: int = 200


@contextmanager
def listening() -> Iterator[App]:
    app = App("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            app.heard.append((dict(self.headers.items()), body))
            self.send_response(app.status)
            self.send_header("Content-Length", str(len(app.answer)))
            self.end_headers()
            self.wfile.write(app.answer)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the name is http.server's
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    app.url = f"http://127.0.0.1:{server.server_port}/slack/actions"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield app
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def button(action: str = "snooze", text: str = "あとで", **more: object) -> dict[str, Any]:
    return {"type": "button", "action_id": action, "text": {"type": "plain_text", "text": text}, **more}


def actions(*elements: dict[str, Any], **more: object) -> dict[str, Any]:
    return {"type": "actions", "elements": list(elements), **more}


def section(text: str, **more: object) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, **more}


def modal(*blocks: dict[str, Any], title: str = "Snooze", **more: object) -> dict[str, Any]:
    words = {name: {"type": "plain_text", "text": text} for name, text in (("title", title), ("submit", "Save"))}
    return {"type": "modal", **words, "blocks": list(blocks), **more}


def asking(block: str, element: dict[str, Any], label: str = "Until") -> dict[str, Any]:
    named = {"action_id": "value", **element}
    return {"type": "input", "block_id": block, "label": {"type": "plain_text", "text": label}, "element": named}
