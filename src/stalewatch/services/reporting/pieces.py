"""The pieces of work that wait for a person's word, as `stalewatch work ls` shows them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2s
from typing import Any, Final

from stalewatch.domain.deliveries import DeliveryState
from stalewatch.domain.writebacks import WriteState
from stalewatch.store import connections, leases, notices, outbox, records, writebacks
from stalewatch.store.engine import Connection
from stalewatch.store.leases import CONNECTIONS, DESTINATIONS
from stalewatch.store.trails import RECORD

MOST: Final = 100_000
"""More pieces of work than this are not looked at in one call; the next call sees the rest."""
ENDED: Final = (DeliveryState.PARKED.value, DeliveryState.DEAD.value)
"""States of a delivery that only a person's word can change."""
NOT_WRITTEN: Final = (WriteState.REFUSED.value, WriteState.GIVEN_UP.value)
"""The same of a write into a CRM. After a conflict somebody asks anew, knowing what stands there now."""


class Kind(StrEnum):
    """What a piece of work is."""

    NOTICE = "notice"
    DELIVERY = "delivery"
    DESTINATION = "destination"
    CONNECTION = "connection"
    WRITE = "write"
    ANSWER = "answer"
    FIGURES = "figures"
    CHORE = "chore"
    RECORD = "record"


INSIDE: Final[Mapping[Kind, leases.Leased]] = {
    Kind.ANSWER: leases.INBOX, Kind.FIGURES: leases.KPIS, Kind.CHORE: leases.CHORES,
}  # fmt: skip
"""Work that goes nowhere else: what somebody answered, the figures of days, what one process does for all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One piece of work. Times are microseconds since the epoch.

    Attributes:
        id: short and stable; what `release` and `drop` are told.
        key: the store's own name of it.
        why: the reason for which it is held, its error, or "".
        record: the name of the deal or lead it is about, if it is about one.
    """

    id: str
    kind: Kind
    key: str
    state: str
    why: str
    target: str = ""
    record: str = ""
    rule: str = ""
    since: int | None = None


def waiting_for_a_word(conn: Connection) -> list[Piece]:
    """Everything that waits for a person, held notices first, each group the oldest first."""
    return [*_held(conn), *_deliveries(conn), *_writes(conn), *set_aside(conn)]


def _held(conn: Connection) -> Iterator[Piece]:
    rows = notices.held(conn, limit=MOST)
    names = records.names(conn, {row.record_id for row in rows if row.record_id})
    for row in rows:
        yield of_notice(row, names.get(row.record_id, row.record_id or ""))


def of_notice(row: Any, record: str) -> Piece:
    """A held notice (its stored row) about a record of this name."""
    return Piece(
        id=blake2s(row.key.encode("utf-8", "surrogatepass"), digest_size=5).hexdigest(),
        kind=Kind.NOTICE,
        key=row.key,
        state=row.state,
        why=row.reason or "",
        target=row.target,
        record=record,
        rule=row.rule_id or "",
        since=row.created_at,
    )


def _deliveries(conn: Connection) -> Iterator[Piece]:
    """What is not finished, and what was given up while it still carries something nobody was told."""
    rows = outbox.in_state(conn, (*outbox.UNFINISHED, *ENDED), limit=MOST)
    ended = [row.id for row in rows if row.state in ENDED]
    loaded = {row.delivery_id for row in notices.of_deliveries(conn, ended) if row.state == notices.CLAIMED}
    for row in rows:
        if row.state in ENDED and row.id not in loaded:
            continue
        yield of_delivery(row)


def of_delivery(row: Any) -> Piece:
    """A delivery (its stored row) that is not finished, or was given up."""
    return Piece(
        id=row.id[:10], kind=Kind.DELIVERY, key=row.id, state=row.state, why=row.error or row.reason or "",
        target=row.target, since=row.created_at,
    )  # fmt: skip


def _writes(conn: Connection) -> Iterator[Piece]:
    """What is to be written into a CRM and is not yet, or was not taken there."""
    rows = writebacks.for_people(conn, limit=MOST)
    names = records.names(conn, {row.record_id for row in rows})
    for row in rows:
        state = "parked" if row.parked_at is not None else row.state
        yield Piece(
            id=row.id[:10], kind=Kind.WRITE, key=row.id, state=state, why=row.error or row.reason or "",
            target=row.connection, record=names.get(row.record_id, row.record_id), rule=row.kind, since=row.asked_at,
        )  # fmt: skip


def set_aside(conn: Connection) -> Iterator[Piece]:
    """What ended its worker again and again (connections, destinations, records), and services that are down."""
    for row in leases.parked(conn, CONNECTIONS):
        why = row.last_error or ""
        yield Piece(id=row.id, kind=Kind.CONNECTION, key=row.id, state="parked", why=why, since=row.parked_at)
    for row in leases.parked(conn, DESTINATIONS):
        yield _destination(row.target, "parked", "", row.parked_at)
    for kind, leased in INSIDE.items():
        for row in leases.parked(conn, leased):
            if row.id.startswith(RECORD):
                yield _record(conn, row)
                continue
            yield Piece(id=row.id[:10], kind=kind, key=row.id, state="parked", why="", since=row.parked_at)
    for row in outbox.waiting_destinations(conn):
        if row.paused_reason is not None:
            yield _destination(row.target, "paused", row.paused_reason, row.due_at)


def _record(conn: Connection, row: Any) -> Piece:
    """A record that ended the processes that judged it."""
    record = row.id.removeprefix(RECORD)
    name = records.names(conn, [record]).get(record, record)
    return Piece(
        id=row.id, kind=Kind.RECORD, key=row.id, state="parked", why="", record=name, since=row.parked_at
    )  # fmt: skip


def to_park(conn: Connection, names: Collection[str]) -> Iterator[Piece]:
    """What these names mean: connections, destinations, or messages that are not finished, by their ids."""
    known = {row.id for row in connections.read(conn)}
    places = set(outbox.destinations_known(conn))
    waiting = [*_deliveries(conn)]
    for name in names:
        if name in known:
            yield Piece(id=name, kind=Kind.CONNECTION, key=name, state="working", why="")
        elif name in places:
            yield _destination(name, "working", "", None)
        else:
            found, _ = chosen(waiting, [name])
            yield from found or (Piece(id=name, kind=Kind.NOTICE, key=name, state="", why=""),)


def _destination(target: str, state: str, why: str, since: int | None) -> Piece:
    return Piece(
        id=target, kind=Kind.DESTINATION, key=target, state=state, why=why, target=target, since=since
    )  # fmt: skip


def chosen(pieces: Collection[Piece], ids: Collection[str]) -> tuple[list[Piece], list[str]]:
    """The pieces that ids name, by their beginning if that is clear, and the ids that name none or several."""
    found: dict[str, Piece] = {}
    unclear = []
    for identity in ids:
        exact = [piece for piece in pieces if identity in (piece.id, piece.key)]
        fitting = exact or [piece for piece in pieces if piece.id.startswith(identity)]
        if len(fitting) == 1:
            found[fitting[0].key] = fitting[0]
        else:
            unclear.append(identity)
    return list(found.values()), unclear


def by_reason(pieces: Collection[Piece]) -> Mapping[str, int]:
    """How many pieces there are of each reason, or of each state where none is named."""
    counted: dict[str, int] = {}
    for piece in pieces:
        reason = reason_of(piece)
        counted[reason] = counted.get(reason, 0) + 1
    return counted


def reason_of(piece: Piece) -> str:
    """The word by which `--reason` finds a piece: why a notice is held, else the state."""
    return piece.why if piece.kind is Kind.NOTICE else piece.state


def everything(pieces: Collection[Piece], reason: str | None) -> list[Piece]:
    """All of them, or all of one reason."""
    return [piece for piece in pieces if reason in (None, reason_of(piece))]
