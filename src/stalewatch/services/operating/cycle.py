"""One round of the machine: read what is due to be read, let time pass, say and write what is to be.

`run --once`, the engine and the tests do the same; each part can also be done alone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Event
from typing import Any, Final

from stalewatch.clock import Clock
from stalewatch.domain.hooks import Hook
from stalewatch.domain.instants import DAY, to_us
from stalewatch.domain.policies import Speaking
from stalewatch.domain.retention import Retention
from stalewatch.domain.writebacks import Writeback
from stalewatch.sdk.connector import Connector
from stalewatch.sdk.errors import StalewatchError
from stalewatch.sdk.notifier import Notifier
from stalewatch.services.alerting import blind, failing
from stalewatch.services.alerting.tick import Ticked, tick
from stalewatch.services.judging import in_force
from stalewatch.services.judging.golive import note_rules
from stalewatch.services.judging.sources import Sources
from stalewatch.services.keeping.retaining import Erased, Retaining
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.services.syncing.contained import Contained
from stalewatch.services.syncing.recomputing import recompute
from stalewatch.services.syncing.stopping import Stopped
from stalewatch.services.syncing.sync import Sync, Synced, register
from stalewatch.services.telling.composing import Composer
from stalewatch.services.telling.dispatch import Dispatch
from stalewatch.services.telling.hooking import Hooking
from stalewatch.services.telling.moving import Dispatched
from stalewatch.services.telling.sweeping import Sweeping, Swept
from stalewatch.services.writing.moving import Target, Wrote
from stalewatch.services.writing.writes import Writes
from stalewatch.store import clocks, connections
from stalewatch.store.engine import Database
from stalewatch.store.errors import ChangedMeanwhile, LeaseLost

TRIES: Final = 3
"""How often a piece of work begins again that somebody else's change undid."""

Progress = Callable[[str, int, int | None], None]
"""Called with the connection, the records read so far and, where known, how many there will be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A connection as the cycle needs it: its type, how to make its connector, how many microseconds apart its syncs
    are, what may be written into it, and through which connector of its own, while this one reads."""

    type: str
    connect: Callable[[], Connector]
    every: int
    writeback: Writeback = Writeback.NONE
    writer: Callable[[], Connector] | None = None


@dataclass(frozen=True, slots=True)
class CycleReport:
    """What a cycle did.

    Attributes:
        synced: per connection that was read; those that were not due are missing.
        recomputed: records judged again because the rules, or what a connection can tell, changed.
    """

    synced: tuple[Synced, ...]
    recomputed: int
    ticked: Ticked
    dispatched: Dispatched
    wrote: Wrote
    swept: Swept
    erased: Erased = field(default_factory=Erased)

    @property
    def failures(self) -> tuple[str, ...]:
        """What went wrong, in words, connection by connection and message by message; empty if nothing did."""
        return (*failures(self.synced), *self.dispatched.errors, *self.wrote.errors, *self.swept.errors)


@dataclass(frozen=True, slots=True)
class Cycle:
    """Does rounds for one project.

    Attributes:
        ages: every connection with the age from which its data is too old (`Sources`).
        notifier: makes or returns the notifier; not called before something may have to be sent.
        language: overrides every reader's language; None leaves it to them.
        is_stopping: asked between pages and between messages; True ends the work and leaves the rest for later.
        acquaint: gets to know those who are about to be told something; called before messages are made.
        accepted: set once the rules of this cycle were put in force. From then on others may put theirs in their
            place, and this cycle's work ends with `RulesMoved`.
        retention: how long what is remembered is kept.
        hooks: who is told of events.
        besides: what else is done in a round before anything is said.
    """

    db: Database
    clock: Clock
    book: Rulebook
    speaking: Speaking
    ages: Sources
    connections: Mapping[str, Source]
    notifier: Callable[[], Notifier]
    language: str | None = None
    is_stopping: Callable[[], bool] = lambda: False
    acquaint: Callable[[], object] = lambda: None
    accepted: Event = field(default_factory=Event)
    retention: Retention = field(default_factory=Retention)
    hooks: Sequence[Hook] = ()
    besides: Callable[[], object] = lambda: None
    _judged: dict[str, tuple[int, Any]] = field(default_factory=dict)

    def run(
        self, *, force: bool = False, full: bool = False, only: Collection[str] | None = None,
        progress: Progress = lambda _connection, _done, _total: None,
    ) -> CycleReport:  # fmt: skip
        """One whole round. A connection that fails stops neither the others nor what is already known.

        Args:
            force: read every connection, due or not.
            full: read everything again, whatever was read before.
            only: the connections to read; None: all.
        """
        self.prepare()
        recomputed = self.recompute()  # by what was known: what a rule changed is not mistaken for what somebody did
        synced = self.sync(force=force, full=full, only=only, progress=progress)
        recomputed += self.recompute()
        ticked = self.tick()
        self.besides()
        return CycleReport(
            tuple(synced), recomputed, ticked, self.dispatch(), self.write(), self.sweep(), self.retain()
        )

    def sync(
        self, *, force: bool = False, full: bool = False, only: Collection[str] | None = None,
        progress: Progress = lambda _connection, _done, _total: None,
    ) -> list[Synced]:  # fmt: skip
        """Read every connection that is due; one that fails is noted, and told to the operator if that lasts."""
        self.prepare()
        wanted = [one for one in self.connections if only is None or one in only]
        done = []
        for connection, due_only in ((one, False) for one in wanted) if force else self._due(wanted):
            if self.is_stopping():
                break
            done.append(self._sync(connection, due_only=due_only, full=full, progress=progress))
        return done

    def prepare(self) -> None:
        """Make sure that the database knows the connections and the rules as they are configured now.

        Raises:
            RulesMoved: other rules were put in force since these were.
        """
        now = self._now
        register(self.db, {identity: one.type for identity, one in self.connections.items()}, now)
        if self.accepted.is_set():
            with self.db.read() as conn:
                in_force.check(conn, self.book.version)
            return
        note_rules(self.db, self.book, now)
        self.accepted.set()

    def recompute(self, progress: Progress = lambda _connection, _done, _total: None) -> int:
        """Judge again what was judged by other rules, or when a connection could tell other things.

        The operator is told once of every rule that cannot judge on a connection.
        """
        with self.db.read() as conn:
            stored = {row.id: row.coverage for row in connections.read(conn)}
            settled = {one for one in self.connections if clocks.settled(conn, one) == self.book.version}
        done = 0
        for connection in self.connections:
            judged, told = self._judged.get(connection), stored.get(connection)
            is_looked_at = judged is not None and judged[0] <= self._now and judged[1] == told
            if is_looked_at and connection in settled:
                continue  # nothing has changed since this process looked, nor did another begin and not end it
            try:
                done += self._recompute(connection, _named(progress, connection))
            except Stopped:
                break
            blind.note_unfed(self.db, self.book, connection, told, self._now)
            self._judged[connection] = (self._now, told)
        return done

    def tick(self) -> Ticked:
        """Let time pass: alerts open, change and end, and what has to be said is written down.

        Connections some of whose deadlines are still those of other rules wait: what a change of rules brings is seen
        at once, so that it is told by what it is now, and the storm guard sees all of it.
        """
        with self.db.read() as conn:
            ages = {one: most for one, most in self.ages.items() if clocks.settled(conn, one) == self.book.version}
        for _ in range(TRIES - 1):
            try:
                return tick(self.db, self.clock, self.book, self.speaking, ages)
            except ChangedMeanwhile:  # somebody answered an alert in that moment: look again
                continue
        return tick(self.db, self.clock, self.book, self.speaking, ages)

    def dispatch(self) -> Dispatched:
        """Say what may be said now."""
        self.acquaint()
        Hooking(self.db, self.clock, self.hooks).run()
        dispatch = Dispatch(
            self.db, self.clock, self.book, self.speaking, self.ages, self.notifier(),
            Composer(self.book, self.speaking, self.language), self.is_stopping,
        )  # fmt: skip
        for _ in range(TRIES - 1):
            try:
                return dispatch.run()
            except (LeaseLost, ChangedMeanwhile):  # another worker has that destination now; the others are waiting
                continue
        return dispatch.run()

    def write(self, only: str | None = None) -> Wrote:
        """Write into the CRMs what people asked for; `only`: the one write with this id."""
        targets = {
            identity: Target(connect=one.writer or one.connect, allowed=one.writeback)
            for identity, one in self.connections.items()
        }
        return Writes(self.db, self.clock, targets, self.is_stopping).run(only)

    def sweep(self) -> Swept:
        """Take back what was said twice, of the destinations whose hour has come."""
        return Sweeping(self.db, self.clock, self.speaking, self.notifier(), self.is_stopping).run()

    def retain(self) -> Erased:
        """Erase what is older than it may get, once a day."""
        return Retaining(self.db, self.clock, self.retention, self.is_stopping).run()

    # ------------------------------------------------------------------------------------------- one connection

    def _recompute(self, connection: str, progress: Callable[[int, int | None], None]) -> int:
        def show(done: int, total: int | None) -> None:
            progress(done, total)
            if self.is_stopping():
                raise Stopped

        for _ in range(TRIES - 1):
            try:
                return recompute(self.db, self.clock, self.book, connection, show)
            except ChangedMeanwhile:  # somebody answered an alert in that moment: what is done is done, go on
                continue
        return recompute(self.db, self.clock, self.book, connection, show)

    @property
    def _now(self) -> int:
        return to_us(self.clock.now())

    def _due(self, wanted: Collection[str]) -> Iterator[tuple[str, bool]]:
        """Those of these connections whose time has come, the longest due first, and whether their row says so.

        Nobody plans further ahead than a day or one interval: a time beyond that was written under another clock
        (`--now`) and does not count.
        """
        now = self._now
        with self.db.read() as conn:
            rows = [row for row in connections.read(conn) if row.id in wanted and row.parked_at is None]
        for row in sorted(rows, key=lambda row: (row.due_at or 0, row.id)):
            if row.due_at is None or row.due_at <= now:
                yield row.id, row.due_at is not None
            elif row.due_at > now + max(DAY, self.connections[row.id].every):
                yield row.id, False

    def _sync(self, connection: str, *, due_only: bool, full: bool, progress: Progress) -> Synced:
        source = self.connections[connection]
        sync = Sync(self.db, self.clock, self.book, self.speaking)
        try:
            done = sync.run(
                connection, Contained(source.connect, self.is_stopping), every=source.every, full=full,
                due_only=due_only, progress=_named(progress, connection),
            )  # fmt: skip
        except LeaseLost:  # another worker has taken over
            return Synced(connection, is_busy=True)
        if not done.is_busy and not done.is_stopped:
            failing.note(self.db, connection, done.error, self._now)
            if done.records:
                blind.note_unreadable(self.db, self.book, connection, self._now)
        return done


def _named(progress: Progress, connection: str) -> Callable[[int, int | None], None]:
    return lambda done, total: progress(connection, done, total)


def failures(synced: Collection[Synced]) -> tuple[str, ...]:
    """What could not be read, and why, each with its connection."""
    return tuple(_failed(one.connection, one.error) for one in synced if one.error is not None)


def _failed(connection: str, error: StalewatchError) -> str:
    text = str(error)
    return text if error.where == connection else f"{connection}: {text}"
