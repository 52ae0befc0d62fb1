"""The stalled list of a million deals over HTTP, 320,000 of them on it, beside the same list as it is written first.

One worker, 16 connections, pages of 100; the readers are a process of their own. Read are the worst of all, a manager's
own, one filter, and pages that follow each other; then the same while 10,000 deals change in a simulated Salesforce and
another process syncs them. Last how long the server takes for each page of the dashboard.

A store takes minutes to make and is kept in .venv-bench/stalled_list, with a PostgreSQL server of its own;
`STALEWATCH_BENCH_PG_URL` names another one, empty or as the last time left it. `STALEWATCH_BENCH_DEALS` makes both
smaller, `STALEWATCH_BENCH_ONLY=SQLite` leaves the other out.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Final

import httpx

from bench import _stalled_crm
from bench._databases import postgresql
from bench._stalled_readers import Read, begun, finished, reading
from bench._stalled_store import DEALS, STALLED, SYNCED, Store, later, prepare
from bench.environments import ROOT
from bench.measuring import say
from stalewatch.store.engine import Database
from stalewatch.web.pages.navigation import ENTRIES

SECONDS: Final = float(os.environ.get("STALEWATCH_BENCH_SECONDS", "10"))
PAGE: Final = "/v1/deals/stalled?limit=100"
FOLDER: Final = ROOT / ".venv-bench" / ("stalled_list" if DEALS == 1_000_000 else f"stalled_list_{DEALS}")
FOLLOWING: Final = 100
"""Pages that follow each other, read in turn: so that what is measured is not one answer that is kept."""
SLOW: Final = 300
"""Milliseconds that a page of the dashboard may take."""
PAGES: Final = (
    *(entry.path for entry in ENTRIES),
    *("/stalled?team=team7", "/review?period=monthly", "/rules/stage-time"),
)


def main() -> None:
    """On SQLite, and on PostgreSQL."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    say(f"           {DEALS:,} deals, {STALLED:,} of them stalled; one worker, 16 connections, pages of 100")
    only = os.environ.get("STALEWATCH_BENCH_ONLY")
    if only != "PostgreSQL":
        _measured("SQLite", f"sqlite:///{FOLDER / 'bench.db'}")
    if only != "SQLite":
        with postgresql(FOLDER / "server") as url:
            _measured("PostgreSQL", url)


def _measured(kind: str, url: str) -> None:
    now = later(url)
    with _stalled_crm.serving(SYNCED, now) as (server, change):
        store = prepare(FOLDER / kind.lower(), url, server, now)
        say(f"           {kind}, the database: {_size(url) / DEALS / 1e3:.1f} kB a deal, with past, deadlines, alerts")
        with _serving(store) as port:
            _lists(kind, url, store, port)
            change()
            _while_syncing(kind, store, port)
            _dashboard(kind, store, port)


def _size(url: str) -> int:
    """Bytes of a database."""
    db = Database(url)
    try:
        if db.is_sqlite:
            return Path(str(db.url.database)).stat().st_size
        return int(db.value("SELECT pg_database_size(current_database())"))
    finally:
        db.dispose()


def _lists(kind: str, url: str, store: Store, port: int) -> None:
    with _peer(url) as other:
        ours, theirs = _in_turn(port, other, [PAGE], store.tokens["admin"])
        say(f"{ours.rate / theirs.rate:8.1f}x  {kind}, the worst of all: {ours}; FastAPI, ORM and pydantic: {theirs}")
        paths = [f"{PAGE}&team=team7"]
        ours, theirs = _in_turn(port, other, paths, store.tokens["admin"])
        say(f"{ours.rate / theirs.rate:8.1f}x  {kind}, one team: {ours}; FastAPI, ORM and pydantic: {theirs}")
    manager = store.tokens["manager"]
    say(f"           {kind}, a manager's own: {reading(port, [PAGE], manager, SECONDS)}")
    staged = reading(port, [f"{PAGE}&stage=proposal"], manager, SECONDS)
    say(f"           {kind}, a manager's own in one stage: {staged}")
    began = perf_counter()
    pages = _following(port, store.tokens["admin"])
    first = (perf_counter() - began) / FOLLOWING
    rest = reading(port, pages, store.tokens["admin"], SECONDS)
    say(
        f"           {kind}, {FOLLOWING} pages that follow each other: the first time {first * 1e3:.0f} ms each; {rest}"
    )


def _in_turn(ours: int, theirs: int, paths: Sequence[str], token: str) -> tuple[Read, Read]:
    """Both, in turn, after a moment to warm up; of three turns the median."""
    turns = (1.0, *[SECONDS / 3] * 3)
    found = [(reading(ours, paths, token, one), reading(theirs, paths, token, one)) for one in turns]
    first, second = ([pair[side] for pair in found[1:]] for side in (0, 1))
    return sorted(first, key=lambda one: one.rate)[1], sorted(second, key=lambda one: one.rate)[1]


def _following(port: int, token: str) -> list[str]:
    """The paths of the first pages, one after the other."""
    paths = [PAGE]
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=120) as client:
        while len(paths) < FOLLOWING:
            paths.append(f"{PAGE}&next={client.get(paths[-1]).raise_for_status().json()['next']}")
    return paths


def _while_syncing(kind: str, store: Store, port: int) -> None:
    """Both kinds of readers, half of the connections each, for as long as the sync takes."""
    moment = (store.now + _stalled_crm.LATER).isoformat()
    command = [_program(), "--config", str(store.config), "--now", moment, "--json", "sync", "sf"]
    began = perf_counter()
    with subprocess.Popen(command, stdout=-1, text=True) as sync:  # noqa: S603  # our own program
        reads: list[tuple[Read, Read]] = []
        while sync.poll() is None:
            some = [begun(port, [PAGE], store.tokens[who], 2.0, 8) for who in ("admin", "manager")]
            reads.append((finished(some[0]), finished(some[1])))
        took = perf_counter() - began
        assert sync.returncode == 0, "the sync failed; its reason stands above"
    both = [Read(one.rate + two.rate, *_worse(one, two)) for one, two in reads]
    rate, p99 = median(one.rate for one in both), median(one.p99 for one in both)
    say(f"           {kind}, while {SYNCED:,} deals sync ({took:.0f} s): {rate:,.0f} a second, p99 {p99:.1f} ms")


def _worse(one: Read, two: Read) -> tuple[float, float, float]:
    return max(one.median, two.median), max(one.p99, two.p99), max(one.slowest, two.slowest)


def _dashboard(kind: str, store: Store, port: int) -> None:
    """The first time after everything changed, and the median of five times after that. A single one of those five that
    waited longer is told and does not make a page slow: this machine is shared, and now and then it is taken away."""
    headers = {"Authorization": f"Bearer {store.tokens['admin']}", "Accept": "text/html"}
    slow = waited = 0
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=120) as client:
        first = client.get(PAGE).raise_for_status().json()["items"][0]["id"]
        for path in (*PAGES, f"/deals/{first}"):
            took = []
            for _ in range(6):
                began = perf_counter()
                client.get(path).raise_for_status()
                took.append((perf_counter() - began) * 1e3)
            slow += max(took[0], median(took[1:])) > SLOW
            waited += sum(one > SLOW for one in took)
            then = f"then {median(took[1:]):.0f} ms, {max(took):.0f} at the most"
            say(f"           {kind}, {path}: {took[0]:.0f} ms the first time, {then}")
    pages = len(PAGES) + 1
    say(
        f"           {kind}, pages that take more than {SLOW} ms the first time or in the median: {slow} of {pages}; "
        f"of all {6 * pages} asks {waited}"
    )


# ------------------------------------------------------------------------------------------------------- processes


def _program() -> str:
    return str(Path(sys.executable).with_name("stalewatch"))


@contextmanager
def _serving(store: Store) -> Iterator[int]:
    """The server itself, with one worker and no engine; its port."""
    options = ["serve", "--no-worker", "--port", "0"]
    command = [_program(), "--config", str(store.config), "--now", _spoken(store.now), *options]
    with subprocess.Popen(command, stdout=-1, text=True) as process:  # noqa: S603  # our own program
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            yield int(line.partition("http://")[2].partition(" ")[0].rpartition(":")[2])
        finally:
            process.terminate()


@contextmanager
def _peer(url: str) -> Iterator[int]:
    command = [sys.executable, "-m", "bench.peers.orm_list.peer", url]
    with subprocess.Popen(command, cwd=ROOT, stdout=-1, text=True) as process:  # noqa: S603  # a module of ours
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()


def _spoken(moment: datetime) -> str:
    return moment.isoformat()
