"""A message that was refused and is tried again: is it still worth saying, and may it be said now?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from stalewatch.domain.alerts import AlertState, Kind
from stalewatch.store import alerts, notices
from stalewatch.store.engine import Connection


@dataclass(frozen=True, slots=True)
class Carried:
    """What a message that certainly did not arrive still carries.

    Attributes:
        left: the notices that are still so.
        shrank: others have settled since it was worded, so that its words are wrong now.
    """

    left: Sequence[Any]
    shrank: bool

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left that anybody has to hear of."""
        return all(row.kind == Kind.RESOLVE for row in self.left)


def unload(conn: Connection, delivery_id: str) -> Carried:
    """Take out of a message that is tried again what resolved meanwhile; it is told never, nor that it settled."""
    rows = notices.of_deliveries(conn, [delivery_id])
    known = alerts.by_id(conn, {row.alert_id for row in rows if row.alert_id})
    over = {key for key, alert in known.items() if alert.state == AlertState.RESOLVED}
    settled = [row for row in rows if row.alert_id in over and row.kind != Kind.RESOLVE]
    if settled:
        _drop(conn, rows, settled)
    gone = {row.key for row in settled}
    return Carried([row for row in rows if row.key not in gone], bool(settled))


def _drop(conn: Connection, rows: Sequence[Any], settled: Sequence[Any]) -> None:
    keys = [row.key for row in settled]
    notices.give_back(conn, keys)
    about = {row.alert_id for row in settled}
    everything = notices.of_alerts(conn, about, (notices.PENDING, notices.TOLD))
    heard = {(row.alert_id, row.target) for row in everything if row.state == notices.TOLD}
    news = [row for row in everything if row.kind == Kind.RESOLVE and (row.alert_id, row.target) not in heard]
    mine = {row.target for row in rows}
    notices.drop(conn, [*keys, *(row.key for row in news if row.target in mine)], "resolved")
