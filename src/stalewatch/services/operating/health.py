"""How the machine is doing: what `/readyz`, `/metrics` and `doctor` say of the work, its age and its troubles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from stalewatch import shipped
from stalewatch.clock import Clock
from stalewatch.domain.instants import MINUTE, SECOND, to_us
from stalewatch.services.alerting import failing
from stalewatch.services.judging.sources import Sources
from stalewatch.services.telling import outages
from stalewatch.store import accounts, clocks, connections, inbox, migrate, moved, notices, outbox, trails
from stalewatch.store.engine import Connection, Database
from stalewatch.store.errors import StoreError
from stalewatch.store.lease_figures import waiting

LATE: Final = 90 * SECOND
"""Work that is due for longer than this is late: three of the engine's longest sleeps."""
SYNC_LATE: Final = 5 * MINUTE
"""A connection may wait this long for its turn: others may be read before it, a large one for minutes."""
COUNTED: Final = 10_000
"""Due records are counted up to here."""
MOVED: Final = "database: it was moved to another one; start this process with the new address, `doctor` says which"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionHealth:
    """One configured connection. Times are microseconds of age, None where there is nothing yet.

    Attributes:
        data_age: since the data was read; most_age: from which it is too old to be judged by, None: never.
        overdue: since it should have been read, 0 if it is not yet time, or is being read.
        failing: since the first of the failures that go on; needs_person: they do not pass by themselves.
        due: records with a deadline that has come and was not looked at (up to 10,000); due_age: the oldest.
        ticked_age: since time last passed for it.
    """

    id: str
    type: str
    data_age: int | None = None
    most_age: int | None = None
    overdue: int = 0
    failing: int | None = None
    needs_person: bool = False
    is_parked: bool = False
    due: int = 0
    due_age: int = 0
    ticked_age: int | None = None

    @property
    def is_too_old(self) -> bool:
        """Nothing is judged by data of this age."""
        return self.most_age is not None and self.data_age is not None and self.data_age > self.most_age


@dataclass(frozen=True, slots=True)
class Queue:
    """The rows of one kind of work.

    Attributes:
        due: of how many the time has come, and nobody holds them; age: microseconds since that of the first of them.
        leased: how many somebody holds. parked: how many were set aside.
    """

    due: int
    age: int
    leased: int
    parked: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Everything at one moment.

    Attributes:
        deliveries: how many are in each state; notices: likewise; held: of the held ones, by reason.
        parked: rows that were set aside because their work kept killing its worker.
        paused: destinations that stand still because their service is down or its token gone.
        dispatch_overdue: microseconds since the longest waiting destination should have been served.
        answers: what readers did with messages in the last 30 days, by what came of it; `waiting`: not done yet.
        work: per kind of work, what waits of it.
        down: services that take no messages.
        quota: per connection and quota of its account, calls used and allowed, by everybody, as its CRM told last.
    """

    connections: tuple[ConnectionHealth, ...]
    deliveries: Mapping[str, int]
    notices: Mapping[str, int]
    held: Mapping[str, int]
    parked: tuple[str, ...]
    paused: tuple[str, ...]
    dispatch_overdue: int
    answers: Mapping[str, int] = field(default_factory=dict)
    work: Mapping[str, Queue] = field(default_factory=dict)
    down: tuple[str, ...] = ()
    quota: Mapping[tuple[str, str], tuple[int, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether this installation does its work; if not, why, one line a reason, with nothing confidential in it."""

    reasons: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        return not self.reasons


@dataclass(frozen=True)
class Health:
    """Looks at one project."""

    db: Database
    clock: Clock
    ages: Sources

    @cached_property
    def _schema(self) -> str:
        return migrate.head(shipped.migrations())

    def readiness(self, *more: str | None) -> Readiness:
        """Whether work is done in time; `more` are reasons that others know of (None: nothing to say)."""
        known = [reason for reason in more if reason]
        try:
            if migrate.current(self.db) != self._schema:
                return Readiness((*known, "database: its schema is not the one this version needs"))
            with self.db.read() as conn:
                if moved.said(conn) is not None:  # to where is nothing for everybody to read; the log says it
                    return Readiness((*known, MOVED))
                found = [*self._connections(conn)]
                reasons = [reason for one in found for reason in _troubles(one)]
                reasons += _waiting(self._destinations(conn))
                aside = trails.aside(conn)
                reasons += [f"records that ended the processes that judged them: {len(aside)}"] if aside else []
                reasons += [f"{one} takes no messages; its token or the service is gone" for one in outages.down(conn)]
        except StoreError as error:
            return Readiness((*known, f"database: {error.what}"))
        return Readiness((*known, *reasons))

    def look(self) -> Snapshot:
        """Everything that can be measured; counts go over whole tables, so ask every 15 seconds and not every one.

        Raises:
            StoreError: the database cannot be asked.
        """
        with self.db.read() as conn:
            found, outgoing = tuple(self._connections(conn)), self._destinations(conn)
            counted = notices.counts(conn)
            return Snapshot(
                connections=found,
                deliveries=outbox.counts(conn),
                notices=_summed((row.state, row.many) for row in counted),
                held=_summed((row.reason or "", row.many) for row in counted if row.state == notices.HELD),
                parked=(*(one.id for one in found if one.is_parked), *outgoing.parked, *sorted(trails.aside(conn))),
                paused=outgoing.paused,
                dispatch_overdue=outgoing.overdue,
                answers=inbox.counts(conn),
                work=self._work(conn),
                down=tuple(outages.down(conn)),
                quota={
                    (row.id, name): (used, allowed)
                    for row in accounts.quotas(conn)
                    for name, (used, allowed) in row.usages.items()
                },
            )

    # ------------------------------------------------------------------------------------- pieces

    def _connections(self, conn: Connection) -> Iterator[ConnectionHealth]:
        rows = {row.id: row for row in connections.read(conn)}
        now, real = to_us(self.clock.now()), self.db.now()
        for identity, most in sorted(self.ages.items()):
            row = rows.get(identity)
            if row is not None:
                yield self._connection(conn, row, most, now, real)

    def _connection(self, conn: Connection, row: Any, most: int | None, now: int, real: int) -> ConnectionHealth:
        ticked = clocks.watermark(conn, row.id)
        due = clocks.due(conn, row.id, now, since=ticked, limit=COUNTED)
        edge = clocks.next_edge(conn, row.id) if due else None
        is_free = row.due_at is not None and row.lease_until <= real and row.parked_at is None
        trouble = failing.failing(conn, row.id)
        return ConnectionHealth(
            id=row.id,
            type=row.type,
            data_age=_age(row.data_at, now),
            most_age=most,
            overdue=max(0, now - row.due_at) if is_free else 0,
            failing=None if trouble is None else _age(trouble.since, now),
            needs_person=trouble is not None and trouble.needs_person,
            is_parked=row.parked_at is not None,
            due=len(due),
            due_age=_age(edge, now) or 0,
            ticked_age=None if ticked == clocks.BEGINNING else max(0, now - ticked),
        )

    def _work(self, conn: Connection) -> dict[str, Queue]:
        now = to_us(self.clock.now())
        found = waiting(conn, now).items()
        return {kind: Queue(one.due, _age(one.oldest, now) or 0, one.leased, one.parked) for kind, one in found}

    def _destinations(self, conn: Connection) -> _Outgoing:
        now, real = to_us(self.clock.now()), self.db.now()
        rows = outbox.waiting_destinations(conn)
        free = [row for row in rows if row.parked_at is None and row.paused_reason is None and row.lease_until <= real]
        return _Outgoing(
            overdue=max([0, *(now - row.due_at for row in free if row.due_at is not None)]),
            parked=tuple(row.target for row in rows if row.parked_at is not None),
            paused=tuple(row.target for row in rows if row.paused_reason is not None),
        )


@dataclass(frozen=True, slots=True)
class _Outgoing:
    overdue: int
    parked: tuple[str, ...]
    paused: tuple[str, ...]


def _troubles(one: ConnectionHealth) -> Iterator[str]:
    """A connection that was never read is not late with its judgement, only perhaps with its reading."""
    if one.is_parked:
        yield f"{one.id}: set aside, because reading it ended its worker again and again"
    elif one.overdue > SYNC_LATE:
        yield f"{one.id}: should have been read {_minutes(one.overdue)} min ago"
    if one.is_too_old and one.data_age is not None:
        yield f"{one.id}: its data is {_minutes(one.data_age)} min old, too old to judge by"
    elif one.needs_person:
        yield f"{one.id}: cannot be read until somebody mends it; `stalewatch doctor` says what"
    elif one.failing is not None and one.failing >= failing.LASTING:
        yield f"{one.id}: could not be read for {_minutes(one.failing)} min"
    if one.data_age is not None and not one.is_too_old and one.due_age > LATE:
        yield f"{one.id}: deadlines that came {_minutes(one.due_age)} min ago were not looked at"


def _waiting(outgoing: _Outgoing) -> Iterator[str]:
    """Counts and no names: a destination is a person."""
    if outgoing.overdue > LATE:
        yield f"messages have waited for {_minutes(outgoing.overdue)} min"
    if outgoing.paused:
        yield f"destinations that stand still because their service is down: {len(outgoing.paused)}"
    if outgoing.parked:
        yield f"destinations that were set aside: {len(outgoing.parked)}"


def _age(moment: int | None, now: int) -> int | None:
    return None if moment is None else max(0, now - moment)


def _minutes(age: int) -> int:
    return age // MINUTE


def _summed(pairs: Iterator[tuple[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for name, many in pairs:
        total[name] = total.get(name, 0) + many
    return total
