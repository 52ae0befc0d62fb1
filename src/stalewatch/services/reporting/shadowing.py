"""What rules in shadow would have said: whom they would have spoken to, week by week, and what is late now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from stalewatch.domain.alerts import AlertState, Cause
from stalewatch.domain.calendar import Calendar
from stalewatch.domain.instants import DAY
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.store import alerts, connections, people, records, rule_states
from stalewatch.store.engine import Connection, Database

_MONDAY: Final = 3
"""1970-01-01 was a Thursday."""


@dataclass(frozen=True, slots=True)
class OwnerInShadow:
    """One owner (`name` "" is nobody): nudges per week, by the day number of its Monday, and deals late now."""

    name: str
    weeks: Mapping[int, int]
    late: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Shadowed:
    """What some rules counted while nobody was told.

    Attributes:
        days: of shadow that are looked at; None if the rules never ran here.
        alerts: that opened in these days; acted: those of them that ended because somebody did something.
        nudges: what would have been said: a warning and a breach are two.
        late: alerts that are late now: they become backlog.
        owners: the most nudges first.
    """

    days: int | None
    alerts: int
    nudges: int
    acted: int
    late: int
    owners: tuple[OwnerInShadow, ...]

    @property
    def weeks(self) -> tuple[int, ...]:
        """The Mondays of the weeks in which something would have been said."""
        return tuple(sorted({week for owner in self.owners for week in owner.weeks}))


def shadowed(db: Database, book: Rulebook, rule_ids: Collection[str], now: int, days: int) -> Shadowed:
    """What these rules would have said in the last days, as far as they were in shadow then."""
    with db.read() as conn:
        began = _began(conn, rule_ids)
        episodes = [row for row in alerts.in_shadow(conn, rule_ids) if (row.rule_id, row.connection) in began]
        owners = _owners(conn, episodes)
    since = max(now - days * DAY, min(began.values(), default=now))
    fresh = [row for row in episodes if row.opened_at >= since and not _was_old(row, began)]
    late = [row for row in episodes if row.state != AlertState.RESOLVED and row.breached_at is not None]
    nudges = [(owners[row.record_id], at) for row in episodes for at in _nudges(row, began) if at >= since]
    names = sorted({*(name for name, _ in nudges), *(owners[row.record_id] for row in late)})
    backlog = Counter(owners[row.record_id] for row in late)
    told = [OwnerInShadow(name, _by_week(nudges, name, book.calendars.default), backlog[name]) for name in names]
    return Shadowed(
        days=-((since - now) // DAY) if began else None,
        alerts=len(fresh),
        nudges=len(nudges),
        acted=sum(row.cause is not None and Cause(row.cause).is_work for row in fresh),
        late=len(late),
        owners=tuple(sorted(told, key=lambda one: (-sum(one.weeks.values()), one.name))),
    )


def open_alerts(db: Database, rule_ids: Collection[str]) -> int:
    """How many alerts of these rules are open, those in shadow not counted."""
    with db.read() as conn:
        rows = [row for rule in sorted(rule_ids) for row in alerts.open_of_rule(conn, rule)]
    return sum(not row.shadow for row in rows)


def _began(conn: Connection, rule_ids: Collection[str]) -> dict[tuple[str, str], int]:
    """Per rule and connection since when the rule is computed there: its first sight, or the first sync."""
    known = rule_states.read(conn)
    synced = {row.id: row.first_sync_at for row in connections.read(conn) if row.first_sync_at is not None}
    return {
        (rule, connection): max(known[rule].first_seen_at, first)
        for rule in rule_ids if rule in known
        for connection, first in synced.items()
    }  # fmt: skip


def _was_old(row: Any, began: Mapping[tuple[str, str], int]) -> bool:
    """Whether it was late before the rule looked for the first time: that would have been backlog, too."""
    return row.breached_at is not None and row.breach_at <= began[row.rule_id, row.connection]


def _nudges(row: Any, began: Mapping[tuple[str, str], int]) -> Iterator[int]:
    """When something would have been said of an episode: as it came near, and as it broke."""
    if row.muted_by is not None or _was_old(row, began):
        return
    if row.breached_at is None or row.opened_at < row.breached_at:
        yield row.opened_at
    if row.breached_at is not None:
        yield row.breached_at


def _owners(conn: Connection, episodes: Sequence[Any]) -> dict[str, str]:
    """record -> its present owner's name; "" if nobody owns it."""
    ids: dict[str, str] = {}
    for obj in sorted({row.object for row in episodes}):
        mine = {row.record_id for row in episodes if row.object == obj}
        found = records.columns(conn, obj, mine, ["owner"])
        ids |= {record: owner or "" for record, owner in zip(found["id"], found["owner"], strict=True)}
    known = people.by_id(conn, {owner for owner in ids.values() if owner})
    names = {owner: (known[owner].name if owner in known else owner) or owner for owner in ids.values()}
    return {row.record_id: names.get(ids.get(row.record_id, ""), "") for row in episodes}


def _by_week(nudges: Sequence[tuple[str, int]], name: str, calendar: Calendar) -> dict[int, int]:
    mine = np.array([at for owner, at in nudges if owner == name], np.int64)
    local = calendar.local_day(mine)
    return dict(Counter((local - (local + _MONDAY) % 7).tolist()))
