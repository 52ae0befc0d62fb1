"""Whoever walks over records leaves a trail: a record that ends its process again and again is found and set aside.

A page of records is one transaction, so that a process which ends in it leaves nothing behind. Therefore each walk says
beforehand that it begins. Where it was begun and came to no end, the next one takes pieces of the page, and the one
after that one record at a time, which is named before it is looked at. A record is set aside when the walks that looked
at it alone came to no end `TIMES` times in a row, with the first two `leases.PATIENCE` ends: a process that is killed
for another reason ends with a record in its hands, too, but hardly with the same one again and again. Everything else
goes on. A walk that gets past the records among which the last one ended was unlucky, and goes on with whole pages.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from math import isqrt
from types import TracebackType
from typing import Any, Final, Self

from stalewatch.delivery.news import RecordSetAside
from stalewatch.domain.instants import SECOND
from stalewatch.sdk.errors import StalewatchError
from stalewatch.services.alerting.guarding import operator_notice
from stalewatch.store import clocks, notices, outbox, records, trails
from stalewatch.store.engine import Connection, Database
from stalewatch.store.errors import StoreError
from stalewatch.store.leases import PATIENCE

LEASE: Final = 10 * SECOND
"""Who looks for the record that ended others says so at least this often."""
ALONE: Final = 3
"""From this walk on that came to no end one record at a time is looked at."""
TIMES: Final = PATIENCE - ALONE + 1
"""So many walks in a row have to end with the same record alone before it is the record's fault."""
MOST_ASIDE: Final = 10
"""Where more records than these end processes it is no fault of theirs: no further one is set aside, and `/readyz` says
that deadlines are not looked at."""
ASIDE: Final = "record"
"""The notice's kind is `record:<id>`."""


@dataclass(slots=True)
class Trail:
    """One walk over records of a connection.

        with Trail(db, "tick:crm", PAGE, now) as trail:
            while trail.begin():
                with db.write() as conn:
                    ...  # no more than `size` records; if that is one, `name` it in front of the transaction
                    trail.passed(conn, size)

    A walk is over when its block is; an error that nobody foresaw counts like the end of the process.

    Attributes:
        work: what is done, and with which connection.
        most: records of a whole page. size: how many of them to take at once now.
    """

    db: Database
    work: str
    most: int
    now: int
    size: int = field(default=0, init=False)
    _left: int | None = field(default=None, init=False)
    _named: str | None = field(default=None, init=False)
    _is_begun: bool = field(default=False, init=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:  # fmt: skip
        if self._is_begun and (error is None or isinstance(error, StalewatchError)):
            with suppress(StoreError), self.db.mark() as conn:  # unsaid, it is one end more to be explained: a detour
                self.end(conn)

    @property
    def is_alone(self) -> bool:
        """Whether one record at a time is looked at, which has to be named."""
        return self.size == 1

    def begin(self) -> bool:
        """Say that records will be looked at; False: somebody else is about to find out which one they end with."""
        if self._is_begun:
            return True
        with self.db.mark() as conn:
            attempts = trails.begin(conn, self.work, lease_us=LEASE)
            if attempts == ALONE:
                trails.suspect(conn, self.work, None)
        if attempts > ALONE and self._set_aside():
            return self.begin()
        self.size, self._left = self._share(attempts), self._share(attempts - 1) if attempts > 1 else None
        self._is_begun = attempts > 0
        return self._is_begun

    def name(self, record: str) -> None:
        """Say which record is looked at next; a walk that comes back to the same one has not ended with it."""
        if record != self._named:
            with self.db.mark() as conn:
                trails.suspect(conn, self.work, record)
            self._named = record

    def passed(self, conn: Connection, many: int) -> None:
        """So many were looked at in this transaction."""
        if self._left is None:
            return
        if self.is_alone:
            trails.suspect(conn, self.work, None)
            self._named = None
        self._left -= many
        if self._left <= 0:
            self.end(conn)
        else:
            trails.keep(conn, self.work, lease_us=LEASE)

    def end(self, conn: Connection) -> None:
        """All that was begun has come to its end with this transaction."""
        trails.end(conn, self.work)
        self._is_begun = False

    def _share(self, attempts: int) -> int:
        return (self.most, isqrt(self.most), 1)[min(attempts, ALONE) - 1]

    def _set_aside(self) -> bool:
        """Set the named record aside and tell the operator; False: not enough processes ended with it, or too many
        records are set aside already."""
        with self.db.write() as conn:
            record, times = trails.suspected(conn, self.work)
            if record is None or times < TIMES or len(trails.aside(conn)) >= MOST_ASIDE:
                return False
            trails.set_aside(conn, record)
            trails.end(conn, self.work)
            notices.add(conn, [operator_notice(f"{ASIDE}:{record}", 1, self.now)])
            outbox.call(conn, {"operator": self.now})
            return True


def news(conn: Connection, notice: Any) -> RecordSetAside | None:
    """What the operator is told of a record that was set aside; None if it was let go before."""
    record = notice.kind.partition(":")[2]
    if record not in trails.aside(conn):
        return None
    return RecordSetAside(record, records.names(conn, [record]).get(record, record))


def let_go(conn: Connection, row: str) -> bool:
    """Let a record that was set aside (the name of its row) be judged and looked at again; True if it was."""
    record = row.removeprefix(trails.RECORD)
    if not trails.let_go(conn, record):
        return False
    clocks.outdate(conn, record)
    return True
