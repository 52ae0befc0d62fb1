"""The small CRM that the worked example reads: real HTTP on a free port, and answers that can be armed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

from stalewatch.sdk.testing import NOON

TOKEN = "acme-secret-token"  # noqa: S105  # of a server that lives as long as a test
Answer = tuple[int, Any, Mapping[str, str]]


def row(number: int, **more: Any) -> dict[str, Any]:
    """A deal of Acme's, as it tells it."""
    at = (NOON - timedelta(days=30 - number % 7)).isoformat()
    usual = {
        "id": f"d{number:04}", "name": f"Deal {number}", "status": "open", "stage": "proposal", "amount": "1200.50",
        "currency": "JPY", "close_date": "2026-04-30", "next_step": "call", "created_at": at, "updated_at": at,
        "owner": {"id": "u1", "name": "Sato", "email": "sato@acme.example"}, "deleted": False,
    }  # fmt: skip
    return usual | more


class AcmeServer:
    """Acme, with everything it holds in plain sight; use it as a context manager.

    Attributes:
        armed: answers that come next instead of the true ones: status, body (a text is sent as it is), headers.
        late: armed answers are given after the request was carried out.
    """

    def __init__(self) -> None:
        self.deals: dict[str, dict[str, Any]] = {}
        self.activities: list[dict[str, Any]] = []
        self.notes: dict[str, list[dict[str, Any]]] = {}
        self.scopes = ["deals.read", "activities.read", "deals.write"]
        self.now = NOON
        self.armed: list[Answer] = []
        self.late = False
        self.asked: list[str] = []
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))

    def __enter__(self) -> AcmeServer:
        Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.shutdown()
        self._http.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}"

    @property
    def options(self) -> dict[str, Any]:
        """What stands in stalewatch.yaml."""
        return {"base_url": self.url, "allow_custom_host": True, "token": TOKEN, "writeback": "fields"}

    def has(self, *rows: dict[str, Any]) -> None:
        self.deals |= {one["id"]: one for one in rows}

    def answer(self, method: str, target: str, body: dict[str, Any], token: str) -> Answer:
        """What Acme says to a request."""
        self.asked.append(f"{method} {target}")
        if token != f"Bearer {TOKEN}":
            return 401, {"error": "no such token"}, {}
        if self.armed and not self.late:
            return self.armed.pop(0)
        true = self._true(method, target, body)
        return self.armed.pop(0) if self.armed else true

    def _true(self, method: str, target: str, body: dict[str, Any]) -> Answer:
        path, asked = urlsplit(target).path.strip("/").split("/"), parse_qs(urlsplit(target).query)
        if path == ["me"]:
            return 200, {"scopes": self.scopes, "now": self.now.isoformat()}, {}
        if path == ["deals"]:
            return 200, self._changed({name: values[0] for name, values in asked.items()}), {}
        if path == ["activities"]:
            wanted = asked["deals"][0].split(",")
            return 200, {"activities": [act for act in self.activities if act["deal"] in wanted]}, {}
        deal = self.deals.get(path[1])
        if deal is None:
            return 404, {"error": f"there is no deal {path[1]}"}, {}
        if path[2:] == ["notes"]:
            return self._notes(method, deal["id"], body)
        return self._write(deal, body) if method == "PATCH" else (200, {"deal": deal}, {})

    def _changed(self, asked: Mapping[str, str]) -> dict[str, Any]:
        since = datetime.fromisoformat(asked["since"]) if "since" in asked else None
        until = datetime.fromisoformat(asked["until"])
        rows = [
            one
            for id_, one in sorted(self.deals.items())
            if id_ > asked.get("after", "")
            and datetime.fromisoformat(one["updated_at"]) < until
            and (since is None or datetime.fromisoformat(one["updated_at"]) >= since)
        ]
        limit = int(asked["limit"])
        return {"deals": rows[:limit], "more": len(rows) > limit}

    def _notes(self, method: str, deal: str, body: dict[str, Any]) -> Answer:
        notes = self.notes.setdefault(deal, [])
        if method == "GET":
            return 200, {"notes": notes}, {}
        notes.append({"id": f"n{len(notes)}", "text": body["text"]})
        return 201, {"id": notes[-1]["id"]}, {}

    def _write(self, deal: dict[str, Any], body: dict[str, Any]) -> Answer:
        seen = body["unless_changed_since"]
        if seen and datetime.fromisoformat(deal["updated_at"]) > datetime.fromisoformat(seen):
            return 409, {"error": "somebody changed it", "deal": deal}, {}
        deal |= body["fields"] | {"updated_at": self.now.isoformat()}
        return 200, {"deal": deal}, {}


def _handler(server: AcmeServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else {}
            token = self.headers.get("Authorization", "")
            status, told, headers = server.answer(self.command, self.path, body, token)
            content = (told if isinstance(told, str) else json.dumps(told)).encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_PATCH = do_POST = _serve  # noqa: N815  # the names that http.server calls

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # as http.server spells it
            """Nothing: what was asked stands in `asked`."""

    return Handler
