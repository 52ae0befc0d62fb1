"""A first sync of 50,000 and of a million deals, over the real connector into the real store, and cycles in which some
changed: 5,000 from all over the table, so that of a million hardly two of them share a page of the database.

The org is simulated in a process of its own and makes its records while they are read; the sync is a process of its
own, too, whose memory is measured from its start to its end. `STALEWATCH_BENCH_DEALS` says how many deals instead,
`STALEWATCH_BENCH_PG_URL` names an empty PostgreSQL database to do the same with the most of them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from time import perf_counter, process_time
from typing import IO, Any, Final

from bench.calendar import TOKYO
from bench.crm_servers import NOW
from bench.judge import rules_of
from bench.measuring import say
from stalewatch import shipped
from stalewatch.clock import FixedClock
from stalewatch.domain.calendar import Calendar
from stalewatch.domain.calendars import Calendars
from stalewatch.domain.instants import to_us
from stalewatch.domain.policies import Judging, Speaking
from stalewatch.sdk.connector import Cursor, Page
from stalewatch.sdk.testing import connection_settings
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.services.syncing.recomputing import recompute
from stalewatch.services.syncing.sync import Sync, register
from stalewatch.store import migrate
from stalewatch.store.engine import Database
from stalewatch_salesforce.connector import SalesforceConnector
from stalewatch_sandbox.salesforce.sandbox import SalesforceSandbox
from stalewatch_sandbox.salesforce.stock import STAGES

SIZES: Final = tuple(int(size) for size in os.environ.get("STALEWATCH_BENCH_DEALS", "50000,1000000").split(","))
DEALS: Final = SIZES[-1]
CHANGED: Final = 5_000
"""So few that the connector remembers what it read when the next window overlaps with the last one."""
_OCCASIONS: Final = ("for the first time, so that what they were before is written, too", "once more")
_ROWS_A_POLL: Final = 250_000
_EVERY: Final = 300_000_000
_LATER: Final = timedelta(minutes=20)
"""Between two cycles: longer than the overlap, so that a window overlaps with the last one only."""
_OPEN: Final = [stage for stage in STAGES if not stage.is_closed]


def main() -> None:
    """On SQLite, and on PostgreSQL where one is named."""
    for deals in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            _measured(f"sqlite:///{Path(folder) / 'bench.db'}", deals)
    if url := os.environ.get("STALEWATCH_BENCH_PG_URL"):
        _measured(url, DEALS)


def _measured(url: str, deals: int) -> None:
    with serving(deals) as (process, told):
        command = [sys.executable, "-m", "bench.first_sync", "sync", url, told["url"], str(deals)]
        with subprocess.Popen(command, stdin=-1, stdout=-1, text=True) as sync:  # noqa: S603 - this module
            assert sync.stdin is not None
            assert sync.stdout is not None
            say(sync.stdout.readline().rstrip())
            for _ in _OCCASIONS:
                _asked(process, "change")
                sync.stdin.write("go on\n")
                sync.stdin.flush()
                say(sync.stdout.readline().rstrip())
            sync.stdin.close()


# ------------------------------------------------------------------------------------------------------- the org


@contextmanager
def serving(deals: int) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """A simulated org with so many open deals, in a process of its own, and what it says of itself."""
    command = [sys.executable, "-m", "bench.first_sync", "serve", str(deals)]
    with subprocess.Popen(command, stdin=-1, stdout=-1, text=True) as process:  # noqa: S603 - this module
        yield process, json.loads(_pipe(process.stdout).readline())
        _pipe(process.stdin).close()


def _asked(process: subprocess.Popen[str], word: str) -> None:
    _pipe(process.stdin).write(f"{word}\n")
    _pipe(process.stdin).flush()
    _pipe(process.stdout).readline()


def _pipe(one: IO[str] | None) -> IO[str]:
    assert one is not None
    return one


def serve(deals: int) -> None:
    """Serve until the input ends; each line of it changes some deals."""
    sandbox = SalesforceSandbox(NOW)
    stock(sandbox, deals)
    sandbox.application.bulk.rows_a_poll = _ROWS_A_POLL
    with sandbox:
        print(json.dumps({"url": sandbox.url}), flush=True)
        for occasion, _ in enumerate(sys.stdin, start=1):
            sandbox.clock.advance(_LATER)
            for number, id_ in zip(range(CHANGED), _spread(sandbox, deals), strict=False):
                sandbox.org.update(id_, {"NextStep": f"step {occasion}", "Amount": float(number + occasion)})
            print("done", flush=True)


def _spread(sandbox: SalesforceSandbox, deals: int) -> Iterator[str]:
    """Ids from all over the table."""
    step = max(1, deals // CHANGED)
    yield from (row["Id"] for number, row in enumerate(sandbox.org.tables["Opportunity"]) if number % step == 0)


def stock(sandbox: SalesforceSandbox, deals: int) -> None:
    """So many open deals, each with a row of history, made while they are read."""
    org, at = sandbox.org, NOW - timedelta(days=40)
    owner = org.insert("User", {"LastName": "Sato", "Username": "s@acme.example", "Email": "s@acme.example"}, at=at)
    stamps = {"CreatedDate": at, "LastModifiedDate": at, "SystemModstamp": at, "IsDeleted": False}

    def deal(number: int, id_: str) -> dict[str, Any]:
        stage = _OPEN[number % len(_OPEN)]
        return stamps | {
            "Id": id_, "Name": f"Renewal of customer {number}", "OwnerId": owner, "StageName": stage.name,
            "Amount": float(number % 10_000_000), "CloseDate": date(2026, 6, 1 + number % 30), "IsClosed": False,
            "IsWon": False, "NextStep": "send the draft", "Type": "New Customer", "ForecastCategoryName": "Pipeline",
            "ForecastCategory": "Pipeline", "LastStageChangeDate": at, "Probability": float(stage.probability),
        }  # fmt: skip

    org.make_up("Opportunity", deals, deal)
    ids = [row["Id"] for row in org.tables["Opportunity"]]

    def visit(number: int, id_: str) -> dict[str, Any]:
        row = org.tables["Opportunity"].rows[ids[number]]
        told = {name: row[name] for name in ("StageName", "Amount", "CloseDate", "ForecastCategory", "Probability")}
        return stamps | told | {"Id": id_, "OpportunityId": row["Id"]}

    org.make_up("OpportunityHistory", deals, visit, parent="OpportunityId")


# ------------------------------------------------------------------------------------------------------ the sync


def sync(url: str, server: str, deals: int) -> None:
    """A first sync, then one of what changed; a line of figures each."""
    db, clock = Database(url), FixedClock(NOW)
    migrate.upgrade(db, shipped.migrations())
    register(db, {"sf": "salesforce"}, to_us(NOW))
    book = Rulebook(
        rules_of((shipped.rules() / "default.yaml").read_text()), Calendars.single(Calendar(TOKYO)), Judging()
    )
    auth = {"flow": "client_credentials", "login_url": server, "client_id": "sandbox-client",
            "client_secret": "sandbox-secret"}  # fmt: skip
    options = {"id": "sf", "type": "salesforce", "auth": auth, "allow_custom_host": True}
    connector = _Watched(connection_settings(options, id="sf", now=clock.now))
    runs, memory = Sync(db, clock, book, Speaking()), _Memory()
    began, spent = perf_counter(), process_time()
    done = runs.run("sf", connector, every=_EVERY, progress=memory.note)
    recompute(db, clock, book, "sf", lambda _done, _total: None)
    took, spent = perf_counter() - began, process_time() - spent
    if done.error is not None:
        raise done.error
    kind = "SQLite" if db.is_sqlite else "PostgreSQL"
    print(
        f"           {kind}, {done.records:,} deals with their history for the first time: {took:.0f} s, "
        f"{done.records / took:,.0f} deals/s, {spent / done.records * 1e6:.0f} µs of one processor a deal; "
        f"{memory.at(1 / 3)} MB at a third, {memory.at(2 / 3)} at two thirds, {peak()} at the most; of that "
        f"{connector.spent / 2 / deals * 1e6:.1f} µs a row from bulk results to records",
        flush=True,
    )
    for occasion in _OCCASIONS:
        sys.stdin.readline()
        clock.advance(_LATER)
        first, spent = connector.spent, process_time()
        done = runs.run("sf", connector, every=_EVERY)
        spent = process_time() - spent - (connector.spent - first)
        print(
            f"           {kind}, {done.judged:,} of {deals:,} deals that changed {occasion}: "
            f"{spent / done.records * 1e6:.0f} µs of one processor a deal, stored and judged",
            flush=True,
        )
    db.dispose()


class _Watched(SalesforceConnector):
    """The connector, and the seconds of the processor that it took until its pages were there."""

    spent = 0.0

    def pull(self, cursor: Cursor | None, *, full: bool = False) -> Iterator[Page]:
        pages = super().pull(cursor, full=full)
        while True:
            began = process_time()
            page = next(pages, None)
            self.spent += process_time() - began
            if page is None:
                return
            yield page


class _Memory:
    """What the process held after each page."""

    def __init__(self) -> None:
        self._held: list[int] = []
        self._said = 0

    def note(self, done: int, _total: int | None) -> None:
        self._held.append(_status("VmRSS"))
        if done - self._said >= 50_000:
            self._said = done
            print(f"{done:,} deals, {self._held[-1]} MB", file=sys.stderr, flush=True)

    def at(self, share: float) -> int:
        return self._held[int(share * (len(self._held) - 1))]


def peak() -> int:
    """The most memory that this process ever had, in megabytes."""
    return _status("VmHWM")


def _status(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:")) // 1024


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(int(sys.argv[2]))
    else:
        sync(sys.argv[2], sys.argv[3], int(sys.argv[4]))
