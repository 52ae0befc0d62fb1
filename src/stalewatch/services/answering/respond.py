"""Take what a person answers to a nudge: each answer is one transaction, one effect, one row and one line of the log.

    with db.write() as conn:
        came = answer(conn, office, alert_id, Claim(), actor="sato@acme.example", now=now)

Whoever asks (Slack, the API) says who it is and which records they may see; who may answer at all is theirs to check.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

import msgspec

from stalewatch.clock import Clock
from stalewatch.domain.alerts import AlertState
from stalewatch.domain.instants import MINUTE, to_day, to_us
from stalewatch.services.alerting import noisy
from stalewatch.services.answering.acts import (
    ACTED,
    Acknowledge,
    Act,
    Claim,
    FalseAlarm,
    Hold,
    Lose,
    LossCheck,
    Meet,
    Snooze,
    name_of,
)
from stalewatch.services.answering.booking import meet
from stalewatch.services.answering.checking import check
from stalewatch.services.answering.dismissing import dismiss
from stalewatch.services.answering.holding import hold
from stalewatch.services.answering.losing import lose
from stalewatch.services.answering.matter import Done, Matter, plain
from stalewatch.services.answering.outcomes import Answer, Office, Refusal, Written
from stalewatch.services.answering.quieting import acknowledge, claim, snooze
from stalewatch.services.answering.standing_still import hush
from stalewatch.services.judging.alert_rows import changing
from stalewatch.store import alerts, answers, audit
from stalewatch.store.engine import Connection, Database
from stalewatch.store.errors import ChangedMeanwhile
from stalewatch.store.visibility import Visible

__all__ = ["Answer", "Office", "Refusal", "answer", "respond"]

TRIES: Final = 3
SAME: Final = 10 * MINUTE
"""The same answer of the same person within this time is the one that was taken: sent again, clicked twice."""

_TAKEN_BY: Final[Mapping[type[Act], Callable[[Matter, Any], Done | Answer]]] = {
    Acknowledge: acknowledge, Claim: claim, Snooze: snooze, Meet: meet, Hold: hold, Lose: lose, LossCheck: check,
    FalseAlarm: dismiss,
}  # fmt: skip


def answer(
    conn: Connection, office: Office, alert_id: str, act: Act, *, actor: str, now: int, visible: Visible | None,
    request: str | None = None, seen_version: int | None = None,
) -> Answer:  # fmt: skip
    """Take an answer in the caller's transaction, or say why it is not taken; then nothing was done.

    Args:
        alert_id: of the episode that was answered; of one whose record was merged, that in which it goes on.
        actor: who answers, by address or token, for the log.
        now: in microseconds.
        visible: what this person may see; None: everything.
        request: what asked for it, for the log.
        seen_version: the record's `modified_at` as the person saw it: nothing that came later is overwritten.

    Raises:
        ChangedMeanwhile: a tick, or another answer, was at the same alert: roll back, and try again.
        RulesMoved: other rules are in force than the office's, by which a hold or a loss check would be judged.
    """
    matter = Matter.of(conn, office, alert_id, actor=actor, now=now, visible=visible, seen_version=seen_version)
    if matter is None:
        return Answer(refusal=Refusal.NOT_FOUND)
    said = _said(act)
    before = answers.latest(conn, matter.row.id)
    if before is not None and _is_same(matter, before, act, said):
        return _again(matter, before, act)
    if matter.row.state == AlertState.RESOLVED:
        return matter.refused(Refusal.CLOSED if not matter.record.is_open else Refusal.RESOLVED)
    if not matter.record.is_open:
        return matter.refused(Refusal.CLOSED)
    done = _TAKEN_BY[type(act)](matter, act)
    return done if isinstance(done, Answer) else _kept(matter, act, done, said, request)


def _said(act: Act) -> dict[str, Any]:
    """The answer as it is kept: what was typed without what no database holds."""
    told: dict[str, Any] = msgspec.to_builtins(act)
    return {name: plain(value) if isinstance(value, str) else value for name, value in told.items()}


def _heeded(matter: Matter, act: Act, done: Done) -> Done:
    """What `acted:` does not name is kept, and silences nothing; a snooze, a hold, a verdict do so in any case."""
    if not isinstance(act, Acknowledge | Claim | Meet | LossCheck):
        return done
    is_named = ACTED[type(act)] in matter.office.book.judging.acted
    return done if is_named else replace(done, alert=matter.alert, dropped="", until=None)


def _kept(matter: Matter, act: Act, done: Done, said: Mapping[str, Any], request: str | None) -> Answer:
    """Everything that an answer leaves behind."""
    conn, row, now, done = matter.conn, matter.row, matter.now, _heeded(matter, act, done)
    acted = {"acted_at": now, "acted_as": ACTED[type(act)]} if type(act) in ACTED else {}
    values = {**changing(done.alert, row, now), **done.columns, **acted}
    alerts.update(conn, [{"id": row.id, "version": row.version, **values}])
    hush(matter, row.id, done.dropped)
    written = None if done.written is None else msgspec.to_builtins(done.written)
    detail = {**said, **done.detail, "silent_until": done.until, "written": written}
    detail = {name: value for name, value in detail.items() if value is not None}
    answers.add(conn, {
        "id": matter.id, "at": now, "alert_id": row.id, "record_id": row.record_id, "rule_id": row.rule_id,
        "episode": row.episode, "act": name_of(act), "actor": matter.actor, "detail": detail,
    })  # fmt: skip
    audit.add(
        conn, at=now, actor=matter.actor, action=f"alert.{name_of(act)}", obj=row.id, request=request,
        before={"state": row.state}, after=detail,
    )  # fmt: skip
    if isinstance(act, FalseAlarm):
        noisy.note(conn, row.rule_id, now)
    fresh = alerts.by_id(conn, [row.id])[row.id]
    return Answer(alert=fresh, until=done.until, written=done.written, letter=done.letter)


def _is_same(matter: Matter, before: Any, act: Act, said: Mapping[str, Any]) -> bool:
    """Whether this was answered already, word for word, and what it brought about still stands."""
    if (before.act, before.actor) != (name_of(act), matter.actor):
        return False
    if any(before.detail.get(name) != value for name, value in said.items() if value is not None):
        return False
    match act:
        case Snooze():
            return bool(matter.row.snoozed_until == act.until)
        case Hold():
            return bool(matter.record.on_hold and matter.record.hold_until == to_day(act.until))
        case Acknowledge() | Claim() | Meet():
            stands = matter.row.hushed_until == before.detail.get("silent_until")
            return bool(stands and matter.now < before.at + SAME)
    return bool(matter.now < before.at + SAME)


def _again(matter: Matter, before: Any, act: Act) -> Answer:
    """What came of it the first time; a customer's mail is the same one again."""
    letter = None
    if isinstance(act, LossCheck) and matter.office.links is not None:
        letter = matter.office.links.letter(
            matter.conn, matter.record, before.id, act.language, actor=before.actor, now=before.at
        )
    written = before.detail.get("written")
    return Answer(
        alert=matter.row, until=before.detail.get("silent_until"), letter=letter, is_repeated=True,
        written=None if written is None else msgspec.convert(written, Written),
    )  # fmt: skip


def respond(
    db: Database, clock: Clock, office: Office, alert_id: str, act: Act, *, actor: str, visible: Visible | None,
    request: str | None = None,
) -> Answer:  # fmt: skip
    """The same in a transaction of its own; what a tick or somebody else was at meanwhile is looked at again.

    Raises:
        ChangedMeanwhile: also for the third time. RulesMoved: see `answer`.
    """
    for _ in range(TRIES - 1):
        try:
            return _once(db, clock, office, alert_id, act, actor=actor, visible=visible, request=request)
        except ChangedMeanwhile:
            continue
    return _once(db, clock, office, alert_id, act, actor=actor, visible=visible, request=request)


def _once(db: Database, clock: Clock, office: Office, alert_id: str, act: Act, **more: Any) -> Answer:
    with db.write() as conn:
        return answer(conn, office, alert_id, act, now=to_us(clock.now()), **more)
