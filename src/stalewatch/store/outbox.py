"""Deliveries, and the destinations that are claimed to send them (leases.DESTINATIONS).

A delivery is one message with its notices. Which state may follow which is decided elsewhere (delivery.md); here a
delivery moves only from the state it was seen in, so two workers never both move it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cache
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.store import bulk
from stalewatch.store.bulk import Found, Row
from stalewatch.store.errors import ChangedMeanwhile
from stalewatch.store.expressions import among, among_given, given, is_sqlite
from stalewatch.store.notices import CLAIMED
from stalewatch.store.tables import deliveries, destinations, notices

UNFINISHED: Final = ("held", "ready", "sending", "unknown")
FINISHED: Final = ("sent", "cancelled", "superseded", "rerouted", "dead", "parked")


def add(conn: Connection, rows: Sequence[Row]) -> int:
    """Store deliveries whose id and `key` are new; return how many were. Every row names the same columns."""
    return bulk.insert(conn, deliveries, rows)


def move(conn: Connection, delivery_id: str, before: str, after: str, *, at: int, **values: Any) -> None:
    """Move a delivery from one state to another, with further columns.

    Call it in a transaction that also holds the destination (`leases.keep`): that is the fence.

    Raises:
        ChangedMeanwhile: it is not in state `before` any more.
    """
    there = sa.and_(deliveries.c.id == delivery_id, deliveries.c.state == before)
    moved = conn.execute(sa.update(deliveries).where(there).values(state=after, updated_at=at, **values)).rowcount
    if moved == 0:
        raise ChangedMeanwhile(f"the delivery is no longer {before}", where=delivery_id)


def note_look(conn: Connection, delivery_id: str, *, look_at: int) -> None:
    """A look did not show it: look again at `look_at`."""
    there = sa.update(deliveries).where(deliveries.c.id == delivery_id)
    conn.execute(there.values(look_at=look_at, looks=deliveries.c.looks + 1))


def by_id(conn: Connection, ids: Collection[str]) -> dict[str, Found]:
    """Deliveries by their id; unknown ids are missing."""
    return {row.id: row for row in bulk.read(conn, list(deliveries.c), deliveries.c.id, ids)}


def find(conn: Connection, begin: str, limit: int = 5) -> list[Found]:
    """Deliveries whose ids begin so, a few of them."""
    there = sa.select(deliveries).where(deliveries.c.id.startswith(begin, autoescape=True))
    return list(conn.execute(there.order_by(deliveries.c.id).limit(limit)))


def by_key(conn: Connection, keys: Collection[str]) -> dict[str, Found]:
    """Deliveries by their key; unknown keys are missing."""
    return {row.key: row for row in bulk.read(conn, list(deliveries.c), deliveries.c.key, keys)}


def unfinished(conn: Connection, target: str) -> list[Found]:
    """What is still to be sent, or settled, for a target, the oldest first."""
    wanted = (deliveries.c.target == target, deliveries.c.state.in_(UNFINISHED))
    return list(conn.execute(sa.select(deliveries).where(*wanted).order_by(deliveries.c.created_at, deliveries.c.id)))


def in_state(conn: Connection, states: Collection[str], *, limit: int = 200, before: int | None = None) -> list[Found]:
    """Deliveries in one of the states, the oldest first; with `before` only those created before it."""
    wanted: list[sa.ColumnElement[bool]] = [deliveries.c.state.in_(list(states))]
    if before is not None:
        wanted.append(deliveries.c.created_at < before)
    there = sa.select(deliveries).where(*wanted).order_by(deliveries.c.created_at, deliveries.c.id)
    return list(conn.execute(there.limit(limit)))


def to_look_at(conn: Connection, upto: int, limit: int = 200) -> list[Found]:
    """Deliveries of unknown fate whose next look is due, the longest due first."""
    there = sa.select(deliveries).where(deliveries.c.look_at <= upto)
    return list(conn.execute(there.order_by(deliveries.c.look_at, deliveries.c.id).limit(limit)))


def made_since(conn: Connection, target: str, style: str, since: int) -> int:
    """How many messages of a style were made for a target since an instant, those that were called off not counted."""
    off = ("cancelled", "superseded", "rerouted")
    wanted = (deliveries.c.target == target, deliveries.c.style == style, deliveries.c.created_at >= since)
    statement = sa.select(sa.func.count()).select_from(deliveries).where(*wanted, deliveries.c.state.not_in(off))
    return conn.execute(statement).scalar_one()


def last_sent(conn: Connection, target: str, style: str) -> int | None:
    """When the last message of a style reached a target; None if none ever did."""
    wanted = (deliveries.c.target == target, deliveries.c.style == style, deliveries.c.state == "sent")
    return conn.execute(sa.select(sa.func.max(deliveries.c.sent_at)).where(*wanted)).scalar_one_or_none()


def counts(conn: Connection) -> dict[str, int]:
    """How many deliveries are in each state."""
    statement = sa.select(deliveries.c.state, sa.func.count()).group_by(deliveries.c.state)
    return {row[0]: row[1] for row in conn.execute(statement)}


def stuck(conn: Connection) -> dict[str, int]:
    """How many deliveries are dead or parked, by state, that still carry something nobody was told."""
    carried = sa.exists().where(notices.c.delivery_id == deliveries.c.id, notices.c.state == CLAIMED)
    wanted = (deliveries.c.state.in_(("dead", "parked")), carried)
    statement = sa.select(deliveries.c.state, sa.func.count()).where(*wanted).group_by(deliveries.c.state)
    return {row[0]: row[1] for row in conn.execute(statement)}


def oldest_unfinished(conn: Connection) -> int | None:
    """When the oldest delivery that is not finished was created; None if all are."""
    statement = sa.select(sa.func.min(deliveries.c.created_at)).where(deliveries.c.state.in_(UNFINISHED))
    return conn.execute(statement).scalar_one_or_none()


def call(conn: Connection, due: dict[str, int]) -> None:
    """There is something for these targets at these instants: their destination is due then, or earlier as it was.

    They are held until the transaction ends, also where nothing changes: on PostgreSQL somebody else may be looking
    through what waits for one of them, who cannot see yet what we have written, and would put it to sleep.
    """
    known = _held(conn, due)
    new = sorted(due.keys() - known.keys())
    late = {target for target, at in known.items() if at is None or at > due[target]}
    put = bulk.insert(conn, destinations, [{"target": target, "due_at": due[target]} for target in new])
    if put < len(new):  # somebody else has put one there just now
        late.update(new)
    for at in sorted({due[target] for target in late}):
        asked = sorted(target for target in late if due[target] == at)
        later = sa.or_(destinations.c.due_at.is_(None), destinations.c.due_at > at)
        there = sa.and_(among(conn, destinations.c.target, asked), later)
        conn.execute(sa.update(destinations).where(there).values(due_at=at))


def _held(conn: Connection, targets: Collection[str]) -> dict[str, int | None]:
    """When those of these destinations that are there are due; on PostgreSQL held in the order of their names."""
    held: dict[str, int | None] = {}
    for piece in bulk.chunks(sorted(targets)):
        held.update((target, at) for target, at in conn.execute(_holding(lite=is_sqlite(conn)), given(conn, piece)))
    return held


@cache
def _holding(*, lite: bool) -> sa.Select[Any]:
    """Built once, as what else every tick asks."""
    mine = sa.select(destinations.c.target, destinations.c.due_at).where(among_given(destinations.c.target, lite=lite))
    return mine.order_by(destinations.c.target).with_for_update()


def awake(conn: Connection, targets: Collection[str]) -> set[str]:
    """Those of these destinations that are due some time, or set aside."""
    busy = sa.or_(destinations.c.due_at.is_not(None), destinations.c.parked_at.is_not(None))
    there = among(conn, destinations.c.target, sorted(targets))
    return set(conn.scalars(sa.select(destinations.c.target).where(there, busy)))


def destinations_known(conn: Connection) -> list[str]:
    """Every target that ever had something to be sent."""
    return list(conn.scalars(sa.select(destinations.c.target).order_by(destinations.c.target)))


def pause(conn: Connection, targets: Collection[str], reason: str) -> None:
    """Let these destinations stand still for a named reason; what they have to send waits."""
    there = among(conn, destinations.c.target, sorted(targets))
    conn.execute(sa.update(destinations).where(there).values(paused_reason=reason))


def resume(conn: Connection, reason: str) -> int:
    """Let every destination that is paused for this reason go on; return how many were."""
    paused = destinations.c.paused_reason == reason
    return conn.execute(sa.update(destinations).where(paused).values(paused_reason=None)).rowcount


def to_sweep(conn: Connection, *, upto: int, since: int) -> list[str]:
    """Targets to whom something was sent since, and whose messages were not looked over after `upto`; the longest
    first. Real time, both."""
    sent = sa.exists().where(deliveries.c.target == destinations.c.target, *_sent_since(since))
    due = sa.or_(destinations.c.swept_at.is_(None), destinations.c.swept_at <= upto)
    order = (sa.func.coalesce(destinations.c.swept_at, 0), destinations.c.target)
    return list(conn.scalars(sa.select(destinations.c.target).where(due, sent).order_by(*order)))


def take_sweep(conn: Connection, target: str, *, upto: int, at: int) -> bool:
    """Note that a target's messages are looked over now; False if somebody else does that already."""
    due = sa.or_(destinations.c.swept_at.is_(None), destinations.c.swept_at <= upto)
    taken = sa.update(destinations).where(destinations.c.target == target, due).values(swept_at=at)
    return conn.execute(taken).rowcount == 1


def sent_since(conn: Connection, target: str, since: int) -> list[Found]:
    """What was sent to a target since, by real time."""
    there = sa.select(deliveries).where(deliveries.c.target == target, *_sent_since(since))
    return list(conn.execute(there.order_by(deliveries.c.sending_at, deliveries.c.id)))


def _sent_since(since: int) -> tuple[sa.ColumnElement[bool], ...]:
    return deliveries.c.state == "sent", deliveries.c.sending_at >= since


def stands_at(conn: Connection, delivery_id: str, receipt: dict[str, Any]) -> None:
    """A delivery that was sent stands in another place than its receipt says."""
    conn.execute(sa.update(deliveries).where(deliveries.c.id == delivery_id).values(receipt=receipt))


def waiting_destinations(conn: Connection) -> list[Found]:
    """Destinations that are due, leased, paused or parked, the longest due first."""
    busy = sa.or_(destinations.c.due_at.is_not(None), destinations.c.parked_at.is_not(None))
    return list(conn.execute(sa.select(destinations).where(busy).order_by(destinations.c.due_at)))
