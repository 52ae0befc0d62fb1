"""A project of a million deals of which 320,000 are stalled: its files, its database, and whom it has.

The deals of one connection are made with dice, judged by the starter pack, and those that are late have their alerts;
as many are closed as are late beyond 320,000. The 10,000 deals of the other are in a simulated Salesforce, so that they
can change there while somebody reads the list. A store is kept and taken up again as long as its mark is ours.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from bench import _stored
from stalewatch import shipped
from stalewatch.domain.alerts import fingerprint
from stalewatch.domain.entries import Entry
from stalewatch.domain.instants import DAY, to_us
from stalewatch.domain.policies import Speaking
from stalewatch.services.access import tokens
from stalewatch.services.judging import in_force
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.services.syncing.recomputing import recompute
from stalewatch.services.syncing.sync import Sync, register
from stalewatch.store import bulk, clocks, connections, facts, migrate
from stalewatch.store.engine import Connection, Database
from stalewatch.store.tables import alerts, people
from stalewatch.store.tables import clocks as clocks_table
from stalewatch.store.tables import deals as deals_table
from stalewatch.wiring import Stalewatch, open_project

NOW: Final = datetime(2026, 4, 1, 12, tzinfo=UTC)
DEALS: Final = int(os.environ.get("STALEWATCH_BENCH_DEALS", "1000000"))
STALLED: Final = DEALS * 32 // 100
SYNCED: Final = min(10_000, DEALS // 10)
EDITION: Final = 1
"""Another one when deals are made otherwise, here or in `_stored.py`: then stores of before are made anew."""
REASONS: Final = 2
"""Alerts of a stalled deal, at most: made up with dice it would have five."""
TEAM: Final = 10
"""Owners that have one manager, who is the first of them."""
MANAGER: Final = "u0@acme.example"
SCOPES: Final = ("deals:read", "alerts:read", "reports:read", "rules:read")
_KEY: Final = "bench:stalled"
_TIMES: Final = "bench:times"
_CONFIG: Final = """\
stalewatch: 1
database: {database}
rules: [rules/]
connections:
  - {{id: crm, type: csv, path: crm/}}
  - {{id: sf, type: salesforce, every: 5m, allow_custom_host: true,
     auth: {{flow: client_credentials, login_url: "{server}", client_id: sandbox-client,
            client_secret: sandbox-secret}}}}
web: {{rate_limit: 0}}
defaults: {{currency: JPY, mode: live}}
"""


@dataclass(frozen=True, slots=True)
class Store:
    """A project that is ready to be served.

    Attributes:
        tokens: "admin" sees everything, "manager" what ten people own.
        now: the moment at which it is read.
    """

    config: Path
    tokens: Mapping[str, str]
    now: datetime


def prepare(folder: Path, database: str, server: str, now: datetime) -> Store:
    """The project of this folder and database; its deals are made if they are not those of this module yet.

    Args:
        server: where a simulated Salesforce with `SYNCED` open deals is.
        now: what its clock says: `later(database)`.
    """
    (folder / "crm").mkdir(parents=True, exist_ok=True)
    (folder / "rules").mkdir(exist_ok=True)
    shutil.copy(shipped.rules() / "default.yaml", folder / "rules")
    config = folder / "stalewatch.yaml"
    config.touch(0o600)
    config.write_text(_CONFIG.format(database=database, server=server))
    project = open_project(config, now=now)
    try:
        if _mark_of(project.db) != _mark(project.rulebook):
            migrate.downgrade(project.db, shipped.migrations(), "base")
            migrate.upgrade(project.db, shipped.migrations())
            _fill(project)
        _sync(project)
        return Store(config, _tokens(project.db), now)
    finally:
        project.close()


def later(database: str) -> datetime:
    """The moment at which this store is measured next: an hour after the last time."""
    db = Database(database)
    try:
        migrate.upgrade(db, shipped.migrations())
        with db.write() as conn:
            times = int(str(facts.read(conn, _TIMES) or 0)) + 1
            facts.write(conn, _TIMES, times)
        return NOW + timedelta(hours=times)
    finally:
        db.dispose()


def _mark(book: Rulebook) -> str:
    return f"{EDITION} {book.version} {DEALS}"


def _mark_of(db: Database) -> object:
    with db.read() as conn:
        return facts.read(conn, _KEY)


def _fill(project: Stalewatch) -> None:
    db, book, now = project.db, project.rulebook, to_us(NOW)
    _stored.fill(db, DEALS - SYNCED, now, book.rules.catalogue)
    with db.write() as conn:
        in_force.accept(conn, book.version, now)
        _organise(conn)
    recompute(db, project.clock, book, _stored.CRM, lambda _done, _total: None)
    _alert(project, _stored.CRM, STALLED - SYNCED)
    with db.write() as conn:
        facts.write(conn, _KEY, _mark(book))


def _sync(project: Stalewatch) -> None:
    """The deals of the simulated Salesforce as they are now; those that are late have alerts from the first time on."""
    db, now = project.db, to_us(project.clock.now())
    register(db, {"sf": "salesforce"}, now)
    with db.read() as conn:
        known = connections.one(conn, "sf")
    run = Sync(db, project.clock, project.rulebook, Speaking()).run("sf", project.connector("sf"), every=1)
    if run.error is not None:
        raise run.error
    if known is None or known.first_sync_at is None:
        _alert(project, "sf", SYNCED)
    if not db.is_sqlite:
        _settle(db)


def _settle(db: Database) -> None:
    """What a server does by itself within minutes of so much writing, so that it does not do it in the middle."""
    with db.mark() as conn:  # each statement by itself, as these have to be
        for statement in ("VACUUM (ANALYZE)", "CHECKPOINT"):
            conn.exec_driver_sql(statement)


def _organise(conn: Connection) -> None:
    """Teams of ten, each with a manager; deals belong to the team of their owner."""
    rows = []
    for number in range(_stored.OWNERS):
        first = number - number % TEAM
        manager = None if number == first else f"{_stored.CRM}:u{first}"
        rows.append({"id": f"{_stored.CRM}:u{number}", "manager": manager, "team": f"team{first // TEAM}"})
    bulk.update(conn, people, rows, by=("id",))
    conn.exec_driver_sql("UPDATE deals SET team = (SELECT team FROM people WHERE people.id = deals.owner)")


def _alert(project: Stalewatch, connection: str, most: int) -> None:
    """Alerts for the first deals of a connection that are late, at most so many; the others of them are closed."""
    decode, now = msgspec.json.Decoder(list[Entry]).decode, to_us(project.clock.now())
    with project.db.read() as look:
        for piece in _judged(look, connection):
            breached = {
                record: [one for one in decode(text) if one.runs and one.breach_at is not None and one.breach_at <= now]
                for record, text in piece
            }
            late = [record for record, some in breached.items() if some]
            listed, closed = late[:most], late[most:]
            most -= len(listed)
            each = ((record, one) for record in listed for one in breached[record][:REASONS])
            rows = [_row(project.rulebook, connection, record, one) for record, one in each]
            with project.db.write() as conn:
                bulk.insert(conn, alerts, rows)
                clocks.delete(conn, closed)
                bulk.update(conn, deals_table, [{"id": record, "is_open": False} for record in closed], by=("id",))


def _judged(conn: Connection, connection: str) -> Iterator[Sequence[tuple[str, str]]]:
    """(record, its entries as text), in pieces."""
    columns = (clocks_table.c.record_id, clocks_table.c.entries)
    wanted = sa.select(*columns).where(clocks_table.c.connection == connection).order_by(columns[0]).limit(50_000)
    after = ""
    while piece := bulk.tuples(conn, wanted.where(columns[0] > after)):
        yield [(row[0], row[1]) for row in piece]
        after = piece[-1][0]


def _row(book: Rulebook, connection: str, record: str, one: Entry) -> dict[str, Any]:
    problem = fingerprint("", one.rule, "deal", record, one.subject)
    names = {"rule_id": one.rule, "object": "deal", "record_id": record, "connection": connection}
    times = {"anchor": one.anchor, "warn_at": one.warn_at, "breach_at": one.breach_at, "breached_at": one.breach_at}
    return {
        "id": f"{problem}.1", "fingerprint": problem, "episode": 1, **names, "subject": one.subject,
        "severity": book.by_id[one.rule].severity.value, "state": "open", **times, "opened_at": one.breach_at,
        "updated_at": one.breach_at,
    }  # fmt: skip


def _tokens(db: Database) -> Mapping[str, str]:
    now = to_us(NOW) - DAY
    return {
        "admin": tokens.create(db, "bench", (*SCOPES, "admin"), now),
        "manager": tokens.create(db, "bench", SCOPES, now, person=MANAGER),
    }
