"""Which message another one answers to: an escalation, a reopening, a new owner stand in the alert's first thread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from stalewatch.domain.alerts import Kind
from stalewatch.domain.deliveries import DeliveryState
from stalewatch.services.alerting.announcing import HANDED_OVER
from stalewatch.store import notices, outbox
from stalewatch.store.engine import Connection

_REPLIES: Final = (Kind.ESCALATE.value, Kind.REOPEN.value, HANDED_OVER)


def parent(conn: Connection, target: str, said: Sequence[Any]) -> Mapping[str, Any] | None:
    """The receipt of the message to which these notices answer; None: they make a message of their own.

    What is news in any way never hides in a thread. A message in a thread hands on the thread that it is in.
    """
    if any(row.kind not in _REPLIES for row in said):
        return None
    told = notices.of_alerts(conn, {row.alert_id for row in said}, (notices.TOLD,))
    mine = [row for row in told if row.target == target and row.delivery_id is not None]
    deliveries = outbox.by_id(conn, {row.delivery_id for row in mine})
    for row in sorted(mine, key=lambda row: (row.told_at, row.key)):
        delivery = deliveries.get(row.delivery_id)
        if delivery is not None and delivery.state == DeliveryState.SENT and delivery.receipt:
            thread: Mapping[str, Any] = (delivery.body or {}).get("thread") or delivery.receipt
            return thread
    return None
