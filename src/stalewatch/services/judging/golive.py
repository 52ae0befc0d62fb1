"""Since when each rule speaks: what was late by then is backlog and not news (rules.md, "Going live")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stalewatch.domain.durations import Duration, Unit, ratio
from stalewatch.domain.language.model import Mode, Rule
from stalewatch.services.judging import in_force
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.store import alerts, connections, notices, rule_states
from stalewatch.store.engine import Connection, Database

_OPEN_MINUTES = 9 * 60
"""To compare limits of different units when a rule is edited; which calendar hardly matters for "tighter"."""


def note_rules(db: Database, book: Rulebook, now: int, seen: int | None = None) -> bool:
    """Put rules in force, with their modes and limits, and since when each is live; True if anything changed.

    A rule is live since it became so, or since its limit got tighter. One that was renamed (`was`) keeps that, and its
    alerts.

    Args:
        seen: as `in_force.accept` has it.

    Raises:
        RulesMoved: another process has put others in force meanwhile.
    """
    real = db.now()
    with db.write() as conn:
        if in_force.accept(conn, book.version, now, seen):
            in_force.say_alive(conn, book.version, real)
        known = rule_states.read(conn)
        known |= _rename(conn, book, known)
        rows = [_row(rule, book.modes[rule.id], known.get(rule.id), now) for rule in book.rules.rules]
        rule_states.forget(conn, known.keys() - {rule.id for rule in book.rules.rules})
        return rule_states.upsert(conn, rows) > 0


def live_since(
    conn: Connection, book: Rulebook, synced: Sequence[Any] | None = None
) -> Mapping[str, Mapping[str, int]]:  # fmt: skip
    """connection -> rule -> the later of the rule's own beginning and the connection's first sync.

    Empty per connection if `rollout` is off; a connection whose first sync is not over is missing.

    Args:
        synced: what is known of the connections already (id, first_sync_at), all of them.
    """
    known = {rule_id: row.live_since for rule_id, row in rule_states.read(conn).items()}
    began = {rule: since for rule, since in known.items() if since is not None}
    return _per_connection(book, began, connections.read(conn) if synced is None else synced)


def foreseen(conn: Connection, book: Rulebook, now: int) -> Mapping[str, Mapping[str, int]]:
    """What `live_since` would say if these rules came into force at `now`, all of them live; nothing is written."""
    known = rule_states.read(conn)
    known |= {new: known[old] for old, new in book.renamed.items() if old in known and new not in known}
    rows = [_row(rule, Mode.LIVE, known.get(rule.id), now) for rule in book.rules.rules]
    return _per_connection(book, {row["rule_id"]: row["live_since"] for row in rows}, connections.read(conn))


def _per_connection(
    book: Rulebook, since: Mapping[str, int], known: Sequence[Any]
) -> Mapping[str, Mapping[str, int]]:  # fmt: skip
    synced = {row.id: row.first_sync_at for row in known if row.first_sync_at is not None}
    if book.judging.rollout is None:
        return {connection: {} for connection in synced}
    return {
        connection: {rule_id: max(began, first) for rule_id, began in since.items()}
        for connection, first in synced.items()
    }


def _rename(conn: Connection, book: Rulebook, known: Mapping[str, Any]) -> dict[str, Any]:
    """Give what is stored under rules' old ids their new ones; answers with the states that moved, by the new id."""
    moved: dict[str, Any] = {}
    for old, new in book.renamed.items():
        if old not in known:
            continue
        alerts.rename(conn, old, new)
        notices.rename(conn, old, new)
        if new not in known and new not in moved:
            rule_states.rename(conn, old, new)
            moved[new] = known[old]
    return moved


def _row(rule: Rule, mode: Mode, known: Any, now: int) -> dict[str, Any]:
    limits = " ".join(str(limit.duration) for limit in rule.within)
    fresh = known is None or known.mode != Mode.LIVE or tighter(known.limits or "", limits)
    since = None
    if mode is Mode.LIVE:
        since = now if fresh or known.live_since is None else known.live_since
    return {
        "rule_id": rule.id,
        "mode": mode.value,
        "limits": limits,
        "live_since": since,
        "first_seen_at": now,
        "pack": rule.pack,
    }


def tighter(before: str, after: str) -> bool:
    """Whether a row of a limit table got shorter, or the table changed its shape.

    >>> tighter("10bd 5bd", "10bd 4bd"), tighter("10bd", "2w"), tighter("10bd", "12bd")
    (True, False, False)
    """
    old, new = before.split(), after.split()
    if len(old) != len(new):
        return True
    return any(_shorter(_duration(a), _duration(b)) for a, b in zip(old, new, strict=True))


def _shorter(before: Duration, after: Duration) -> bool:
    if before.amount == 0:
        return False
    return ratio(after, before, _OPEN_MINUTES) < 1


def _duration(text: str) -> Duration:
    digits = text.rstrip("abcdefghijklmnopqrstuvwxyz")
    return Duration(int(digits), Unit(text[len(digits) :]))
