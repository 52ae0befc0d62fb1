"""Notices: what must be said to whom, written with the change that caused it, each key said at most once ever."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.store import bulk
from stalewatch.store.bulk import Found, Row
from stalewatch.store.expressions import among
from stalewatch.store.tables import alerts, notices

PENDING: Final = "pending"
HELD: Final = "held"
CLAIMED: Final = "claimed"
TOLD: Final = "told"
DROPPED: Final = "dropped"


def add(conn: Connection, rows: Sequence[Row]) -> int:
    """Store notices whose `key` was never used; return how many were new. Every row names the same columns."""
    return bulk.insert(conn, notices, rows)


def by_key(conn: Connection, keys: Collection[str]) -> dict[str, Found]:
    """Notices by their key; unknown keys are missing."""
    return {row.key: row for row in bulk.read(conn, list(notices.c), notices.c.key, keys)}


def pending(conn: Connection, target: str, upto: int, *, style: str | None = None) -> list[Found]:
    """What may be said to a target by now, the oldest first."""
    ripe = sa.or_(notices.c.not_before.is_(None), notices.c.not_before <= upto)
    wanted = [notices.c.target == target, notices.c.state == PENDING, ripe]
    if style is not None:
        wanted.append(notices.c.style == style)
    return list(conn.execute(sa.select(notices).where(*wanted).order_by(notices.c.created_at, notices.c.key)))


def targets(conn: Connection, upto: int) -> list[str]:
    """Targets to whom something may be said by now."""
    ripe = sa.or_(notices.c.not_before.is_(None), notices.c.not_before <= upto)
    statement = sa.select(notices.c.target).where(notices.c.state == PENDING, ripe).distinct()
    return list(conn.scalars(statement.order_by(notices.c.target)))


def of_alerts(conn: Connection, alert_ids: Collection[str], states: Collection[str]) -> list[Found]:
    """Notices of these alerts in one of the states, the oldest first."""
    found: list[Found] = []
    for chunk in bulk.chunks(sorted(alert_ids)):
        wanted = (among(conn, notices.c.alert_id, chunk), notices.c.state.in_(list(states)))
        found.extend(conn.execute(sa.select(notices).where(*wanted).order_by(notices.c.created_at, notices.c.key)))
    return found


def rename(conn: Connection, old: str, new: str) -> None:
    """Let what was and will be said of a rule's alerts count for another id, after `alerts.rename`."""
    moved = sa.select(alerts.c.id).where(alerts.c.rule_id == new)
    mine = (notices.c.rule_id == old, notices.c.alert_id.in_(moved))
    conn.execute(sa.update(notices).where(*mine).values(rule_id=new))


def of_deliveries(conn: Connection, delivery_ids: Collection[str]) -> list[Found]:
    """Notices that these deliveries carry, the oldest first."""
    found: list[Found] = []
    for chunk in bulk.chunks(sorted(delivery_ids)):
        there = sa.select(notices).where(among(conn, notices.c.delivery_id, chunk))
        found.extend(conn.execute(there.order_by(notices.c.created_at, notices.c.key)))
    return found


def claim(conn: Connection, keys: Collection[str], delivery_id: str) -> int:
    """Put pending notices into a delivery; return how many still were pending."""
    return _move(conn, keys, PENDING, state=CLAIMED, delivery_id=delivery_id)


def give_back(conn: Connection, keys: Collection[str]) -> int:
    """Take claimed notices out of their delivery: they may be said with another one."""
    return _move(conn, keys, CLAIMED, state=PENDING, delivery_id=None)


def tell(conn: Connection, delivery_id: str, at: int) -> int:
    """The delivery was sent: everything it carries has been told."""
    carried = sa.and_(notices.c.delivery_id == delivery_id, notices.c.state == CLAIMED)
    return conn.execute(sa.update(notices).where(carried).values(state=TOLD, told_at=at)).rowcount


def drop(conn: Connection, keys: Collection[str], reason: str) -> int:
    """Say these never, for a named reason, unless they are claimed or told already."""
    return _move(conn, keys, PENDING, HELD, state=DROPPED, reason=reason)


def postpone(conn: Connection, keys: Collection[str], not_before: int, reason: str) -> int:
    """Say these not before an instant, for a named reason; what is claimed or told stays."""
    return _move(conn, keys, PENDING, state=PENDING, not_before=not_before, reason=reason)


def restyle(conn: Connection, keys: Collection[str], style: str, not_before: int, reason: str) -> int:
    """Say these in another way and not before an instant; what is claimed or told stays."""
    return _move(conn, keys, PENDING, style=style, not_before=not_before, reason=reason)


def retarget(conn: Connection, delivery_id: str, target: str) -> int:
    """Give what a delivery carries to somebody else, to be said anew."""
    carried = sa.and_(notices.c.delivery_id == delivery_id, notices.c.state == CLAIMED)
    there = sa.update(notices).where(carried).values(state=PENDING, delivery_id=None, target=target)
    return conn.execute(there).rowcount


def hand_over(conn: Connection, delivery_id: str, successor: str) -> int:
    """Put what one delivery carries into another."""
    carried = sa.and_(notices.c.delivery_id == delivery_id, notices.c.state == CLAIMED)
    return conn.execute(sa.update(notices).where(carried).values(delivery_id=successor)).rowcount


def next_ripe(conn: Connection, target: str) -> int | None:
    """The earliest instant at which something that is pending may be said to a target; None: nothing is pending."""
    wanted = (notices.c.target == target, notices.c.state == PENDING)
    return conn.execute(sa.select(sa.func.min(notices.c.not_before)).where(*wanted)).scalar_one_or_none()


def told_since(conn: Connection, target: str, since: int) -> list[Found]:
    """(rule_id, kind, alert_id) of what was told to a target since an instant, or is on its way."""
    recent = sa.or_(notices.c.state == CLAIMED, sa.and_(notices.c.state == TOLD, notices.c.told_at >= since))
    wanted = (notices.c.target == target, recent)
    return list(conn.execute(sa.select(notices.c.rule_id, notices.c.kind, notices.c.alert_id).where(*wanted)))


def open_records(conn: Connection, target: str) -> set[str]:
    """Records of which a target was told, and that still have an open alert."""
    told = (notices.c.target == target, notices.c.state == TOLD, alerts.c.state != "resolved")
    both = notices.join(alerts, alerts.c.id == notices.c.alert_id)
    return set(conn.scalars(sa.select(notices.c.record_id).select_from(both).where(*told).distinct()))


def hold(conn: Connection, keys: Collection[str], reason: str) -> int:
    """Say these not until `release`, for a named reason; what is claimed or told stays."""
    return _move(conn, keys, PENDING, state=HELD, reason=reason)


def held(conn: Connection, reason: str | None = None, limit: int = bulk.CHUNK) -> list[Found]:
    """Notices that wait for a person's word, the oldest first; with `reason` only those held for it."""
    wanted = [notices.c.state == HELD]
    if reason is not None:
        wanted.append(notices.c.reason == reason)
    there = sa.select(notices).where(*wanted).order_by(notices.c.created_at, notices.c.key)
    return list(conn.execute(there.limit(limit)))


_IS_HELD: Final = sa.text("notices.state = 'held'")
"""Written out, not as a parameter: only so may SQLite use the index over what is held."""


def records_held_for(conn: Connection, reason: str) -> int:
    """Of how many records a notice is held for a reason."""
    many = sa.func.count(sa.distinct(notices.c.record_id))
    return conn.execute(sa.select(many).where(_IS_HELD, notices.c.reason == reason)).scalar_one()


def any_held_for(conn: Connection, reason: str) -> bool:
    """Whether a notice is held for a reason."""
    there = sa.select(sa.literal(1)).select_from(notices).where(_IS_HELD, notices.c.reason == reason).limit(1)
    return conn.execute(there).first() is not None


def calls_held_for(conn: Connection, reason: str) -> dict[str, int]:
    """Target -> the earliest instant at which something may be said to it of what is held for a reason."""
    columns = (notices.c.target, sa.func.min(notices.c.not_before))
    there = sa.select(*columns).where(_IS_HELD, notices.c.reason == reason).group_by(notices.c.target)
    return {target: at for target, at in conn.execute(there) if at is not None}


def relabel_all(conn: Connection, reason: str, other: str) -> int:
    """Hold for another reason all that is held for this one; return how many that were."""
    there = sa.update(notices).where(_IS_HELD, notices.c.reason == reason).values(reason=other)
    return conn.execute(there).rowcount


def release_all(conn: Connection, reason: str) -> int:
    """Let all be said after all that is held for a reason; return how many were."""
    there = sa.update(notices).where(_IS_HELD, notices.c.reason == reason).values(state=PENDING, reason=None)
    return conn.execute(there).rowcount


def relabel(conn: Connection, keys: Collection[str], reason: str) -> int:
    """Name another reason for which these are held."""
    return _move(conn, keys, HELD, reason=reason)


def release(conn: Connection, keys: Collection[str]) -> int:
    """Let held notices be said after all; return how many were held."""
    return _move(conn, keys, HELD, state=PENDING, reason=None)


def readdress(conn: Connection, keys: Collection[str], target: str) -> int:
    """Let held notices be said to somebody else; return how many were held."""
    return _move(conn, keys, HELD, state=PENDING, reason=None, target=target)


def waiting(conn: Connection, after: int) -> list[Found]:
    """(style, not_before, reason, messages, notices) of what may not be said before some moment after this one.

    `messages` counts destinations: what one person hears at one moment is one digest.
    """
    columns = (notices.c.style, notices.c.not_before, notices.c.reason)
    messages, many = sa.func.count(sa.distinct(notices.c.target)).label("messages"), sa.func.count().label("many")
    wanted = (notices.c.state == PENDING, notices.c.not_before > after)
    statement = sa.select(*columns, messages, many).where(*wanted).group_by(*columns)
    return list(conn.execute(statement.order_by(notices.c.not_before, notices.c.style, notices.c.reason)))


def counts(conn: Connection) -> list[Found]:
    """(state, reason, how many)."""
    columns = (notices.c.state, notices.c.reason, sa.func.count().label("many"))
    statement = sa.select(*columns).group_by(notices.c.state, notices.c.reason)
    return list(conn.execute(statement.order_by(notices.c.state, notices.c.reason)))


def _move(conn: Connection, keys: Collection[str], *states: str, **values: object) -> int:
    moved = 0
    for chunk in bulk.chunks(sorted(keys)):
        there = sa.and_(among(conn, notices.c.key, chunk), notices.c.state.in_(states))
        moved += conn.execute(sa.update(notices).where(there).values(values)).rowcount
    return moved
