"""The whole way from the store: a million stored deals read, judged by the starter pack, and told as a preview.

The deals are made in this process and judged in one of its own, whose memory is measured from its start to its end.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from time import process_time
from typing import Final

from bench._stored import CRM, fill
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
from stalewatch.services.previewing.difference import difference
from stalewatch.services.previewing.preview import Asked, preview
from stalewatch.services.previewing.stock import Stock
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.store import migrate
from stalewatch.store.engine import Database

DEALS: Final = 1_000_000
NOW: Final = to_us(datetime(2026, 3, 2, 12, tzinfo=UTC))
WORK: Final = ("verdicts", "preview", "diff")


def main() -> None:
    """On SQLite."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.db"
        db = Database(f"sqlite:///{path}")
        migrate.upgrade(db, shipped.migrations())
        fill(db, DEALS, NOW, _book().rules.catalogue)
        db.dispose()
        for what in WORK:
            done = subprocess.run(  # noqa: S603 - this module
                [sys.executable, "-m", "bench.preview", what, str(path)], check=True, capture_output=True, text=True
            )
            say(done.stdout.rstrip())


def measure(what: str, url: str) -> None:
    """One of WORK, in this process, on a database that is there."""
    db, books = Database(url, looking=True), (_book(), _book("negotiation: 5bd", "negotiation: 4bd"))
    spent = process_time()
    match what:
        case "verdicts":
            judged = _verdicts(db, books[0])
            said = f"{DEALS:,} stored deals, {judged:,} open, from the store to the verdicts"
        case "preview":
            judged = preview(db, books[0], {CRM: None}, Asked(now=NOW, until=NOW + 7 * DAY, limit=20), _quiet).judged
            said = "the same as a preview: counted by owner and rule, news and backlog"
        case _:
            judged = difference(db, *books, {CRM: None}, NOW, 20, _quiet).judged
            said = "the same by two versions of the rules, and what differs"
    spent = process_time() - spent
    each = spent / judged * 1e6
    print(f"           {said}: {spent:.1f} s of one processor ({each:.1f} µs a deal), {_peak()} MB")


def _peak() -> int:
    """The most memory that this process ever had, in megabytes; `ru_maxrss` would begin with that of its parent."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) // 1024


def _verdicts(db: Database, book: Rulebook) -> int:
    with db.look() as conn:
        judged = 0
        for chunk in Stock(conn, [book], [CRM]).chunks(_quiet):
            book.judge.judge(chunk.frames[0])
            judged += chunk.frames[0].size
        return judged


def _book(old: str = "", new: str = "") -> Rulebook:
    """The starter pack, one of its texts replaced."""
    rules = rules_of((shipped.rules() / "default.yaml").read_text().replace(old, new))
    judging = Judging(mode=Mode.LIVE, warn=Duration(3, Unit.BUSINESS_DAY))
    return Rulebook(rules, Calendars.single(Calendar(TOKYO)), judging)


def _quiet(_connection: str, _done: int, _total: int) -> None:
    """Nobody watches."""


if __name__ == "__main__":
    measure(sys.argv[1], f"sqlite:///{sys.argv[2]}" if "://" not in sys.argv[2] else sys.argv[2])
