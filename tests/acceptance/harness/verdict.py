"""What came of it: read from the ledgers, with a word about each difference."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from time import sleep

import sqlalchemy as sa

from stalewatch.store.engine import Database
from stalewatch.store.tables import audit, deals, deliveries, destinations, notices
from stalewatch.store.trails import aside
from tests.acceptance.harness.company import Company
from tests.acceptance.harness.crew import Crew
from tests.acceptance.harness.work import LEASE

PATIENCE = 60.0
"""Seconds after which what is not settled counts as stuck."""
_OPEN = ("ready", "sending", "unknown")


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a run ended.

    Attributes:
        told: in how many messages each deal stood.
        settled: seconds from the last blow to the moment at which nothing was left to be done, without those in which
            a worker waited for a processor that others had; None: never.
        starved: those seconds.
        why: what is known of each deal that was lost or doubled, a line each.
    """

    meant: frozenset[str]
    told: Counter[str]
    settled: float | None
    kills: int
    freezes: int
    why: tuple[str, ...] = ()
    starved: float = 0.0

    @property
    def lost(self) -> set[str]:
        """What nobody was told."""
        return set(self.meant - set(self.told))

    @property
    def doubled(self) -> dict[str, int]:
        """What stands in more than one message."""
        return {name: times for name, times in self.told.items() if times > 1}

    @property
    def strange(self) -> set[str]:
        """What nobody has entered."""
        return set(self.told) - self.meant

    def __str__(self) -> str:
        after = "never settled" if self.settled is None else f"settled after {self.settled:.1f} s"
        after += f" and {self.starved:.1f} s without a processor" if self.starved >= 1 else ""
        told = f"{len(self.meant)} meant, {self.told.total()} told, {len(self.lost)} lost, {len(self.doubled)} doubled"
        return f"{self.kills} kills, {self.freezes} freezes: {told}, {after}"

    def assert_faultless(self, seed: int) -> None:
        """Nothing lost, nothing doubled, nothing stuck."""
        said = "\n".join((f"seed {seed}: {self}", *self.why))
        assert (self.lost, self.doubled, self.strange) == (set(), {}, set()), said
        assert self.settled is not None, said


def judged(company: Company, crew: Crew, database: str, *, patience: float = PATIENCE) -> Verdict:
    """Wait until all is over, and a lease longer, for a process that was frozen may still speak; then read the ledgers.

    Args:
        database: its URL, not through any proxy.
    """
    crew.wake_all()
    before = crew.starved
    with _opened(database) as db:
        try:
            settled = crew.awaits(lambda: company.has_heard_all() and not _left(db), patience)
        except TimeoutError:
            settled = None
        hungry = crew.starved - before
        sleep(LEASE if crew.frozen else 0)
        verdict = Verdict(frozenset(company.meant), company.told(), settled, crew.killed, crew.frozen)
        names = sorted(verdict.lost | set(verdict.doubled))[:10]
        why = tuple(line for name in names for line in _explained(db, name))
        why += tuple(f"left: {dict(row._mapping)}" for row in _left(db)[:10])
    return replace(verdict, why=why, starved=hungry)


def _left(db: Database) -> list[sa.Row[tuple[str, str, str]]]:
    """Messages that are neither sent nor given up."""
    with db.read() as conn:
        chosen = sa.select(deliveries.c.id, deliveries.c.state, deliveries.c.error)
        return list(conn.execute(chosen.where(deliveries.c.state.in_(_OPEN))))


def _explained(db: Database, name: str) -> Iterator[str]:
    """What the database knows of a deal: whether it was read, what was to be said, and each step of its message."""
    with db.read() as conn:
        record = conn.execute(sa.select(deals.c.id).where(deals.c.name == name)).scalar()
        yield f"{name}: {'never read' if record is None else record}{', set aside' if record in aside(conn) else ''}"
        for notice in conn.execute(sa.select(notices).where(notices.c.record_id == record)):
            yield f"  notice {notice.key}: {notice.state} {notice.reason or ''} by {notice.delivery_id}"
            where = conn.execute(sa.select(destinations).where(destinations.c.target == notice.target)).one_or_none()
            yield f"    its destination: {None if where is None else dict(where._mapping)}"
            steps = sa.select(audit).where(audit.c.object == notice.delivery_id).order_by(audit.c.id)
            for step in conn.execute(steps):
                yield f"    {step.at}: {step.action} {step.before} -> {step.after}"


@contextmanager
def _opened(url: str) -> Iterator[Database]:
    database = Database(url)
    try:
        yield database
    finally:
        database.dispose()
