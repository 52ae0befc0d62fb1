"""One piece of work, told to a stranger: what it is, how it stands, until when it is held, what happens next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from stalewatch.clock import Clock
from stalewatch.domain.deliveries import DeliveryState
from stalewatch.domain.instants import to_us
from stalewatch.services.operating.workers import Worker, working
from stalewatch.services.reporting.pieces import ENDED, NOT_WRITTEN, Kind, waiting_for_a_word
from stalewatch.store import leases, outbox
from stalewatch.store.engine import Connection, Database
from stalewatch.store.leases import CHORES, CONNECTIONS, DESTINATIONS, INBOX, KPIS, WRITEBACKS, Leased
from stalewatch.store.trails import RECORD

PATIENCE: Final = leases.PATIENCE
"""Claims that may end without a word before a row is set aside."""


class Next(StrEnum):
    """What happens next, if nobody does anything."""

    SET_ASIDE = "set_aside"
    SERVICE_DOWN = "service_down"
    HELD = "held"
    NOW = "now"
    LATER = "later"
    NOTHING = "nothing"
    WORD = "word"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """A claimed row. Times are microseconds since the epoch; `held_until` by the database's clock, None: it is free.

    Attributes:
        fence: how often it was claimed; whoever holds an older number cannot write any more.
        attempts: claims since one that ended in good order; at `PATIENCE` it is set aside.
        paused: the service that is down and is waited for, "" if none is.
    """

    row: str
    due_at: int | None
    held_until: int | None
    fence: int
    attempts: int
    parked_at: int | None
    paused: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """One piece of work.

    Attributes:
        kind: one of `pieces.Kind`.
        state: its own, in the words of its table; "" where only the lease says how it stands.
        lease: of itself, or of the destination that it goes to.
        workers: the processes that do this kind of work now.
        can: commands that change something, as they are typed.
    """

    id: str
    kind: str
    state: str
    error: str
    lease: Lease | None
    next: Next
    target: str = ""
    record: str = ""
    rule: str = ""
    workers: tuple[Worker, ...] = ()
    can: tuple[str, ...] = ()


_LEASED: Final[Sequence[tuple[str, Leased, str]]] = (
    (Kind.CONNECTION, CONNECTIONS, "sync"),
    (Kind.DESTINATION, DESTINATIONS, "dispatch"),
    (Kind.WRITE, WRITEBACKS, "write"),
    (Kind.ANSWER, INBOX, "answers"),
    (Kind.FIGURES, KPIS, "measure"),
    (Kind.CHORE, CHORES, ""),
)


@dataclass(frozen=True, slots=True)
class Explaining:
    """Explains the work of one project."""

    db: Database
    clock: Clock

    def of(self, identity: str) -> list[Explained]:
        """What an id means, or its beginning: one piece of work, none, or several of which one has to be chosen.

        Raises:
            StoreError: the database cannot be asked.
        """
        real, now = self.db.now(), to_us(self.clock.now())
        alive = working(self.db).alive
        with self.db.read() as conn:
            found = [*self._rows(conn, identity, alive, real, now), *self._messages(conn, identity, alive, real, now)]
            found = found or [*self._held(conn, identity)]
        exact = [one for one in found if one.id == identity]
        return exact or found

    def _rows(
        self, conn: Connection, identity: str, alive: Sequence[Worker], real: int, now: int
    ) -> Iterator[Explained]:  # fmt: skip
        for kind, leased, job in _LEASED:
            for row in leases.find(conn, leased, identity):
                key = str(row._mapping[leased.key])
                lease = _lease(row, key, real)
                told = row._mapping
                state, error = str(told.get("state") or ""), told.get("error") or told.get("last_error") or ""
                yield Explained(
                    id=key, kind=Kind.RECORD if key.startswith(RECORD) else kind, state=state, lease=lease, error=error,
                    next=_next(lease, now), target=told.get("connection") or "",
                    record=told.get("record_id") or (key.removeprefix(RECORD) if key.startswith(RECORD) else ""),
                    workers=_doing(alive, job or key), can=tuple(_can(kind, key, state, lease)),
                )  # fmt: skip

    def _messages(
        self, conn: Connection, identity: str, alive: Sequence[Worker], real: int, now: int
    ) -> Iterator[Explained]:  # fmt: skip
        for row in outbox.find(conn, identity):
            places = leases.find(conn, DESTINATIONS, row.target)
            lease = next((_lease(one, one.target, real) for one in places if one.target == row.target), None)
            yield Explained(
                id=row.id, kind=Kind.DELIVERY, state=row.state, error=row.error or row.reason or "", lease=lease,
                next=_next_of_message(row.state, lease, now), target=row.target, workers=_doing(alive, "dispatch"),
                can=tuple(_can_with_message(row.id[:10], row.state)),
            )  # fmt: skip

    def _held(self, conn: Connection, identity: str) -> Iterator[Explained]:
        for piece in waiting_for_a_word(conn):
            if piece.kind is Kind.NOTICE and (piece.key == identity or piece.id.startswith(identity)):
                yield Explained(
                    id=piece.id, kind=Kind.NOTICE, state=piece.state, error=piece.why, lease=None, next=Next.WORD,
                    target=piece.target, record=piece.record, rule=piece.rule,
                    can=(f"stalewatch work release {piece.id}", f"stalewatch work drop {piece.id}"),
                )  # fmt: skip


def _lease(row: Any, key: str, real: int) -> Lease:
    return Lease(
        row=key, due_at=row.due_at, held_until=row.lease_until if row.lease_until > real else None, fence=row.fence,
        attempts=row.attempts, parked_at=row.parked_at, paused=row._mapping.get("paused_reason") or "",
    )  # fmt: skip


def _next(lease: Lease, now: int) -> Next:
    if lease.parked_at is not None:
        return Next.SET_ASIDE
    if lease.paused:
        return Next.SERVICE_DOWN
    if lease.held_until is not None:
        return Next.HELD
    if lease.due_at is None:
        return Next.NOTHING
    return Next.NOW if lease.due_at <= now else Next.LATER


def _next_of_message(state: str, lease: Lease | None, now: int) -> Next:
    if state in ENDED:
        return Next.WORD
    if state not in outbox.UNFINISHED or lease is None:
        return Next.NOTHING
    return _next(lease, now)


def _doing(alive: Sequence[Worker], job: str) -> tuple[Worker, ...]:
    return tuple(one for one in alive if job in one.kinds)


def _can(kind: str, key: str, state: str, lease: Lease) -> Iterator[str]:
    if lease.parked_at is not None or lease.paused:
        yield f"stalewatch work release {key}"
    elif kind == Kind.CONNECTION:
        yield f"stalewatch sync {key}"
        yield f"stalewatch work park {key}"
    elif kind == Kind.DESTINATION:
        yield f"stalewatch work park {key}"
    elif kind == Kind.WRITE and state in NOT_WRITTEN:
        yield f"stalewatch work retry {key[:10]}"


def _can_with_message(identity: str, state: str) -> Iterator[str]:
    if state in ENDED:
        yield f'stalewatch work retry {identity} --because "..."'
    if state == DeliveryState.UNKNOWN:
        yield f"stalewatch work park {identity}"
    if state in (DeliveryState.HELD, DeliveryState.READY, *ENDED):
        yield f"stalewatch work drop {identity}"
