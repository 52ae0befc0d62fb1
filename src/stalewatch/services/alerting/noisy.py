"""Rules that people call false too often: the operator hears of it once, with what can be done about it."""

from __future__ import annotations

from collections import Counter
from typing import Final

from stalewatch.delivery.news import Noisy
from stalewatch.domain.instants import DAY
from stalewatch.services.alerting.guarding import operator_notice
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.store import effects, facts, notices, outbox, rule_states
from stalewatch.store.engine import Connection

AT_LEAST: Final = 20
"""Of fewer alerts nothing is concluded."""
MOST: Final = 0.2
"""The share of false alarms (0..1) above which a rule should be relaxed, or be silent."""
SPAN: Final = 90 * DAY
"""How far back alerts and false alarms are counted, in microseconds."""
NOISY: Final = "noisy"
"""Notices of this kind are `noisy:<rule>`."""


def is_noisy(false: int, told: int) -> bool:
    """Whether so many false alarms among so many alerts are too many."""
    return told >= AT_LEAST and false > MOST * told


def note(conn: Connection, rule: str, now: int) -> bool:
    """Look at a rule of which an alert was just called false; True if the operator has something new to hear.

    It is said once for as long as the rule's limits stay: whoever left them as they are has decided.

    Args:
        now: microseconds since the epoch.
    """
    since = now - SPAN
    told = effects.told_of(conn, [rule], since).get(rule, 0)
    false = sum(row.rule_id == rule for row in effects.false_alarms(conn, since))
    key, stored = f"{NOISY}:{rule}", rule_states.read(conn).get(rule)
    limits = {"limits": stored.limits if stored else None}
    if not is_noisy(false, told) or facts.read(conn, key) == limits:
        return False
    facts.write(conn, key, limits)
    notices.add(conn, [operator_notice(key, false, now)])
    outbox.call(conn, {"operator": now})
    return True


def news(conn: Connection, book: Rulebook, rule: str, now: int) -> Noisy | None:
    """How it stands by now; None if it is noisy no more."""
    since = now - SPAN
    told = effects.told_of(conn, [rule], since).get(rule, 0)
    why = Counter(
        str((row.detail or {}).get("why") or "") for row in effects.false_alarms(conn, since) if row.rule_id == rule
    )
    if not is_noisy(why.total(), told):
        return None
    known = book.by_id.get(rule)
    return Noisy(rule, {"en": rule} if known is None else known.title, why.total(), told, why.most_common(1)[0][0])
