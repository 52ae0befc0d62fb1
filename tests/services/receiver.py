"""Somebody else's server that takes events: what came, byte by byte, and what it answers."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

from tests.patience import PATIENCE


@dataclass
class Receiver:
    """Keeps every request; answers 200 unless the next of `answers` says otherwise."""

    requests: list[tuple[Mapping[str, str], bytes]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    hangs: Event | None = None
    url: str = ""

    @property
    def events(self) -> list[dict[str, Any]]:
        """What was told, each event once, as a receiver does that remembers ids."""
        seen = {headers["webhook-id"]: json.loads(body) for headers, body in self.requests}
        return list(seen.values())

    @property
    def types(self) -> list[str]:
        return [one["type"] for one in self.events]


def verified(secret: str, headers: Mapping[str, str], body: bytes, now: float) -> bool:
    """What the specification says a receiver does, written from its text and from nothing of ours."""
    stamp = int(headers["webhook-timestamp"])
    if abs(now - stamp) > 300:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    content = b".".join([headers["webhook-id"].encode(), str(stamp).encode(), body])
    expected = base64.b64encode(hmac.new(key, content, sha256).digest()).decode()
    given = [one.partition(",") for one in headers["webhook-signature"].split(" ")]
    return any(version == "v1" and hmac.compare_digest(signature, expected) for version, _, signature in given)


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver on a free port of this machine."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            receiver.requests.append(({name.lower(): value for name, value in self.headers.items()}, body))
            if receiver.hangs is not None:
                receiver.hangs.wait(PATIENCE)
            self.send_response(receiver.answers.pop(0) if receiver.answers else 200)
            for name, value in {**receiver.headers, "Content-Length": "0"}.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_port}/hook"
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
