"""A million stored deals with five million changes, on which the starter pack is tried; and limits out of files.

The deals are made in this process; each measurement has a process of its own, whose memory is measured from its
start to its end.
"""

from __future__ import annotations

import csv
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from time import perf_counter, process_time
from typing import Any, Final

import numpy as np

from bench._stored import CRM, fill, insert
from bench.calendar import TOKYO
from bench.judge import rules_of
from bench.measuring import say
from stalewatch import shipped
from stalewatch.domain.calendar import Calendar
from stalewatch.domain.calendars import Calendars
from stalewatch.domain.durations import Duration, Unit
from stalewatch.domain.instants import DAY, to_us
from stalewatch.domain.language.model import Mode
from stalewatch.domain.policies import Judging
from stalewatch.services.judging.sources import coverage
from stalewatch.services.learning.lessons import Asked
from stalewatch.services.learning.looking_back import look_back
from stalewatch.services.learning.rules_tried import tried
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.store import migrate
from stalewatch.store.engine import Database

DEALS: Final = 1_000_000
ROWS: Final = 30_000
TURNS: Final = 3
"""Of a whole program; the quickest is told, as other work on the machine only ever makes it slower."""
NOW: Final = to_us(datetime(2026, 3, 2, 12, tzinfo=UTC))
_RULE: Final = "stage-time"
_STAGES: Final = ("qualification", "discovery", "proposal", "negotiation")


def main(deals: int = DEALS) -> None:
    """On SQLite, and on files."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.db"
        url = f"sqlite:///{path}"
        db = Database(url)
        migrate.upgrade(db, shipped.migrations())
        fill(db, deals, NOW, _book().rules.catalogue)
        _live(db, deals)
        db.dispose()
        say(_of([sys.executable, "-m", "bench.backtest", url]))
    with tempfile.TemporaryDirectory() as folder:
        _export(Path(folder))
        for words in (("suggest",), ("backtest", "--limit", "60d")):
            whole, spent = min(_report(words, folder) for _ in range(TURNS))
            what = f"rules {' '.join(words)} on {ROWS:,} deals with {ROWS * len(_STAGES):,} entries of stages in files"
            say(f"           {what}: {whole:.1f} s from start to report, {spent:.1f} s of them of one processor")


def _report(words: tuple[str, ...], folder: str) -> tuple[float, float]:
    """Seconds of the whole program on files, by the clock and by the processor."""
    began, before = perf_counter(), getrusage(RUSAGE_CHILDREN)
    command = [str(Path(sys.executable).with_name("stalewatch")), "rules", *words, "--history", folder]
    subprocess.run(command, check=True, capture_output=True, cwd=folder)  # noqa: S603 - our own program
    after = getrusage(RUSAGE_CHILDREN)
    return perf_counter() - began, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure(url: str) -> None:
    """The starter pack on a database that is there, in this process."""
    db, book, spent = Database(url, looking=True), _book(), process_time()
    with db.look() as conn:
        done = tried(conn, book, [CRM], coverage(conn), Asked(as_of=NOW))
    alerts = sum(one.score.flagged.all for one in done.found.values())
    records = sum(len(one.ids) for one in done.history.values())
    on = f"{len(done.found)} rules of the starter pack tried on {records:,} deals with {_changes(db):,} changes"
    cost = f"{process_time() - spent:.1f} s of one processor, {_peak()} MB"
    print(f"           {on}: {cost}, {alerts:,} alerts; {len(done.blind)} rules cannot be tried")
    spent = process_time()
    back = look_back(db, book, book.by_id[_RULE], [CRM], Asked(as_of=NOW), None)
    on = f"the page of {_RULE} over the same: {len(back.tries)} limits tried, {len(back.learned)} groups learned from"
    print(f"           {on}: {process_time() - spent:.1f} s of one processor beside its readers, {_peak()} MB")


def _of(command: list[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.rstrip()  # noqa: S603 - this module


def _live(db: Database, deals: int) -> None:
    """Two stages more for each deal, and an end for four of five."""
    dice = np.random.default_rng(7)

    def entries() -> Iterator[tuple[Any, ...]]:
        for number in range(deals):
            for place, back in enumerate(dice.integers(1, 60, 2).tolist()):
                stage = f'"{_STAGES[(number + place) % len(_STAGES)]}"'
                yield f"{CRM}:{number:08}", "stage", NOW - back * DAY, 100 + place, stage, "crm", NOW

    with db.write() as conn:
        insert(conn, "changes", ("record_id", "field", "at", "ordinal", "value", "source", "seen_at"), entries())
        for place, (outcome, days) in enumerate((("won", 40), ("won", 70), ("lost", 60), ("lost", 100))):
            conn.exec_driver_sql(
                "UPDATE deals SET is_open = 0, outcome = ?, closed_at = min(?, created_at + ?) WHERE rowid % 5 = ?",
                (outcome, NOW, days * DAY, place),
            )
        conn.exec_driver_sql("UPDATE deals SET is_open = 1, outcome = 'open' WHERE rowid % 5 = 4")


def _changes(db: Database) -> int:
    with db.look() as conn:
        return int(conn.exec_driver_sql("SELECT count(*) FROM changes").scalar_one())


def _export(folder: Path) -> None:
    """Deals and their stages as files."""
    dice, day = np.random.default_rng(3), datetime(2024, 1, 1, tzinfo=UTC).date()
    with (folder / "deals.csv").open("w", newline="") as deals, (folder / "stages.csv").open("w", newline="") as stages:
        rows, visits = csv.writer(deals), csv.writer(stages)
        rows.writerow(["deal_id", "created_on", "closed_on", "outcome", "pipeline", "owner", "amount"])
        visits.writerow(["deal_id", "stage", "entered_at"])
        for number, (start, kind) in enumerate(dice.integers(0, 600, (ROWS, 2)).tolist()):
            outcome = ("won", "won", "lost", "open")[kind % 4]
            lasted = int(dice.lognormal(3.6 if outcome == "won" else 4.2, 0.5))
            begun = day + timedelta(start)
            closed = "" if outcome == "open" else begun + timedelta(lasted)
            pipeline = ("new_business", "expansion")[number % 2]
            rows.writerow([number, begun, closed, outcome, pipeline, f"Owner {number % 40}", number])
            for place, stage in enumerate(_STAGES):
                visits.writerow([number, stage, begun + timedelta(lasted * place // len(_STAGES))])


def _peak() -> int:
    """The most memory that this process ever had, in megabytes; `ru_maxrss` would begin with that of its parent."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) // 1024


def _book() -> Rulebook:
    """The starter pack."""
    rules = rules_of((shipped.rules() / "default.yaml").read_text())
    return Rulebook(
        rules, Calendars.single(Calendar(TOKYO)), Judging(mode=Mode.LIVE, warn=Duration(3, Unit.BUSINESS_DAY))
    )


if __name__ == "__main__":
    measure(sys.argv[1])
