"""Two workers against one on fifty connections whose CRM takes its time: real processes, real HTTP, a shared database.

Each connection is read by a few requests, each of which is answered after a moment, and then has no more than some
deals to store: what a sync does most of the time is wait.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from time import sleep
from typing import Final

import httpx

from bench import _due_store
from bench._databases import databases, migrated
from bench.measuring import say
from bench.processes import together, wait_for_all
from stalewatch.clock import SystemClock
from stalewatch.domain.instants import DAY, to_us
from stalewatch.domain.policies import Speaking
from stalewatch.sdk.connector import Connector, Cursor, Description, Finding, Page
from stalewatch.sdk.records import Deal
from stalewatch.services.judging.golive import note_rules
from stalewatch.services.syncing.sync import Sync, register
from stalewatch.store.engine import Database

CONNECTIONS: Final = 50
REQUESTS: Final = 6
"""Of one sync."""
ANSWER: Final = 0.05
"""Seconds until the CRM answers."""
DEALS: Final = 4
_NAMES: Final = tuple(f"crm{number:02}" for number in range(CONNECTIONS))


def main() -> None:
    """On SQLite and on PostgreSQL: one worker, then two, each on a database as new."""
    with databases() as some, _slow_crm() as address:
        for kind, url in some:
            took = [_synced(url, address, workers) for workers in (1, 2)]
            ratio, (one, two) = took[0] / took[1], took
            say(f"{ratio:8.2f}x  {kind}: {CONNECTIONS} connections synced by two workers in {two:.1f} s, by one in "
                f"{one:.1f} s; {REQUESTS} requests each, answered after {ANSWER * 1e3:.0f} ms")  # fmt: skip


def _synced(url: str, address: str, workers: int) -> float:
    with migrated(url) as db:
        now = to_us(SystemClock().now())
        note_rules(db, _due_store.rulebook(), now)
        register(db, dict.fromkeys(_NAMES, "bench"), now)
        took, told = together("bench.workers", url, address, many=workers)
        done = [int(one) for one in told]
        assert sum(done) == CONNECTIONS, done
        return took


class _Distant(Connector):
    """A connector of few deals behind slow requests."""

    type = "bench"

    def __init__(self, name: str, client: httpx.Client) -> None:
        self.name, self.client = name, client

    def describe(self) -> Description:
        return Description(fields={})

    def check(self) -> list[Finding]:
        return []

    def pull(self, cursor: Cursor | None, *, full: bool = False) -> Iterator[Page]:
        for _ in range(REQUESTS):
            self.client.get("/").raise_for_status()
        deals = [Deal(id=f"{self.name}-{number}", name=f"Deal {number}") for number in range(DEALS)]
        yield Page(cursor={"pulls": 1}, deals=deals, complete=True)


def work(url: str, address: str) -> None:
    """Sync what is due and free until nothing is, from the moment that a line comes in; says how many it did."""
    db, book, done = Database(url), _due_store.rulebook(), 0
    sync = Sync(db, SystemClock(), book, Speaking())
    with httpx.Client(base_url=address) as client:
        wait_for_all()
        first = os.getpid() % CONNECTIONS
        for name in (*_NAMES[first:], *_NAMES[:first]):
            ran = sync.run(name, _Distant(name, client), every=DAY, due_only=True)
            assert ran.error is None, ran.error
            done += not ran.is_busy
    db.dispose()
    sys.stdout.write(str(done))


@contextmanager
def _slow_crm() -> Iterator[str]:
    class Answering(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            sleep(ANSWER)
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the library's
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


if __name__ == "__main__":
    work(*sys.argv[1:])
