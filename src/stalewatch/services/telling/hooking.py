"""Events of alerts for webhooks: written down once, told through the same outbox as everything else.

Whoever changes an alert marks it in the same transaction (store/hooks.py). Here marks become events, and an event a
notice for each webhook that wants it: once, whatever is looked at twice. An event names nobody: ids, states, moments.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from stalewatch.clock import Clock
from stalewatch.domain.hooks import PREFIX, Happened, Hook, happened
from stalewatch.domain.instants import from_us, to_us
from stalewatch.sdk.notifier import Entry, Message, Style
from stalewatch.store import alerts, hooks, notices, outbox
from stalewatch.store.engine import Connection, Database

PIECE: Final = 1_000


@dataclass(frozen=True, slots=True)
class Hooking:
    """Turns changes of alerts into events for webhooks."""

    db: Database
    clock: Clock
    hooks: Sequence[Hook]

    def run(self) -> int:
        """Write down what happened since; return how many notices that makes."""
        if not self._prepare():
            return 0
        made = 0
        while True:
            with self.db.write() as conn:
                marks = hooks.marked(conn, PIECE)
                if marks and hooks.take(conn, [row.id for row in marks]):
                    made += self._tell(conn, sorted({row.alert_id for row in marks}))
            if len(marks) < PIECE:
                return made

    def _prepare(self) -> bool:
        """Let changes be marked if there is anybody to tell; what waits for those that are gone is dropped."""
        with self.db.read() as conn:
            was_on = hooks.is_on(conn)
            others = hooks.known(conn, PREFIX)
        targets = {one.target for one in self.hooks}
        if was_on != bool(self.hooks) or not targets.issuperset(others):
            with self.db.write() as conn:
                hooks.turn(conn, bool(self.hooks))
                hooks.drop_others(conn, targets, PREFIX)
        return bool(self.hooks)

    def _tell(self, conn: Connection, alert_ids: Sequence[str]) -> int:
        now = to_us(self.clock.now())
        rows = alerts.by_id(conn, alert_ids)
        some = [(rows[one], event) for one in alert_ids if one in rows for event in happened(rows[one], now)]
        events = {event.id_of(row.id): (row, event) for row, event in some}
        new = hooks.add(conn, [_stored(id_, row, event) for id_, (row, event) in events.items()])
        said = [_notice(id_, events[id_][1], one, now) for id_ in new for one in self._readers(events[id_][1])]
        made = notices.add(conn, said)
        outbox.call(conn, {row["target"]: now for row in said})
        return made

    def _readers(self, event: Happened) -> list[Hook]:
        return [one for one in self.hooks if one.wants(event.type)]


def is_event(target: str) -> bool:
    """Whether a message is for a webhook."""
    return target.startswith(PREFIX)


def composed(conn: Connection, notice: Any) -> Message | None:
    """The message that takes an event to its webhook: its only entry is the event, as it is sent."""
    event = hooks.one(conn, notice.key.removeprefix(PREFIX).partition(":")[0])
    if event is None or event.data is None:
        return None
    body = {"type": event.type, "timestamp": from_us(event.at).isoformat(), "data": event.data}
    text = msgspec.json.encode(body, order="sorted").decode()
    return Message(
        delivery=event.id, target=notice.target, address=notice.target, style=Style.OPERATOR, language="en",
        title=event.type, entries=(Entry(record=event.data["record"], headline="", body=text),),
    )  # fmt: skip


def _stored(id_: str, row: Any, event: Happened) -> dict[str, Any]:
    data = {
        "alert": row.id, "record": row.record_id, "object": row.object, "connection": row.connection,
        "rule": row.rule_id, "severity": row.severity, "state": row.state, "episode": row.episode,
        "subject": row.subject, "opened_at": _shown(row.opened_at), "due": _shown(row.breach_at or None),
        "breached_at": _shown(row.breached_at), "resolved_at": _shown(row.resolved_at), "cause": row.cause,
        "acted_as": row.acted_as,
    }  # fmt: skip
    return {"id": id_, "alert_id": row.id, "type": event.type.value, "at": event.at, "data": data}


def _shown(instant: int | None) -> str | None:
    return None if instant is None else from_us(instant).isoformat()


def _notice(id_: str, event: Happened, hook: Hook, now: int) -> dict[str, Any]:
    """One that names no alert: whether it is still open changes nothing about what happened."""
    return {
        "key": f"{PREFIX}{id_}:{hook.target.removeprefix(PREFIX)}", "alert_id": None, "record_id": None,
        "rule_id": None, "kind": event.type.value, "n": event.n, "target": hook.target, "style": Style.OPERATOR.value,
        "state": notices.PENDING, "reason": None, "severity": None, "not_before": now, "edge_at": event.at,
        "created_at": now,
    }  # fmt: skip
