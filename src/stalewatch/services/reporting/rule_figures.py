"""What each rule did: how its clocks stand, what became of what it said this week, and what that brings about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from stalewatch.domain.alerts import Cause
from stalewatch.domain.deadlines import State
from stalewatch.domain.entries import Entry
from stalewatch.domain.instants import DAY
from stalewatch.domain.learning.effect import Measured
from stalewatch.services.judging import arming
from stalewatch.services.judging.sources import Sources, trusted
from stalewatch.services.reporting.feedback import Effect, Heard
from stalewatch.services.reporting.holding_out import measured
from stalewatch.services.reporting.reports import data_age
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.store import clocks, effects, rule_states
from stalewatch.store.engine import Connection, Database
from stalewatch.store.visibility import Visible

WEEK: Final = 7 * DAY
QUARTER: Final = 90 * DAY
"""How far back an alert may have been told for what somebody does about it now to count."""
_WORK: Final = tuple(cause.value for cause in Cause if cause.is_work)
_ELSEWHERE: Final = frozenset(state.word for state in (State.CLOSED, State.NOT_APPLICABLE, State.CANNOT_JUDGE))
_decode: Final = msgspec.json.Decoder(list[Entry]).decode


class Week(msgspec.Struct, frozen=True, kw_only=True):
    """What happened in the last seven days.

    Attributes:
        opened: alerts that began, told or not. told: alerts of which somebody first heard that they are late.
        acted: told alerts on which somebody first acted: answered, or worked on the record.
        recovered: alerts beyond their limit that ended because the CRM shows the work.
        false_alarms: called false. ignored: told alerts on which nobody had acted after five business days.
        held_out: alerts that passed their limit and stay silent to measure the effect of the others.
    """

    opened: int = 0
    told: int = 0
    acted: int = 0
    recovered: int = 0
    false_alarms: int = 0
    ignored: int = 0
    held_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFigures:
    """One rule.

    Attributes:
        states: how many of its clocks are in which state now; of connections with old data all "cannot judge".
        effect: of the last 90 days; None: it said nothing.
        measured: against what was held out; None: nothing of it is held out.
        live_since, known_since: microseconds since the epoch; None where it is not live, or was never put in force.
    """

    states: Mapping[str, int] = field(default_factory=dict)
    week: Week = field(default_factory=Week)
    effect: Effect | None = None
    measured: Measured | None = None
    live_since: int | None = None
    known_since: int | None = None

    @property
    def judged(self) -> int:
        """Clocks that can be judged, of open records to which the rule applies."""
        return sum(many for state, many in self.states.items() if state not in _ELSEWHERE)

    @property
    def unjudged(self) -> int:
        """Clocks that cannot."""
        return self.states.get(State.CANNOT_JUDGE.word, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """The figures of every rule at one moment.

    Attributes:
        as_of: microseconds since the epoch. data_age: seconds since the oldest connection was read; None: never.
    """

    rules: Mapping[str, RuleFigures]
    as_of: int
    data_age: int | None


def rule_figures(db: Database, book: Rulebook, sources: Sources, now: int, visible: Visible | None) -> Counted:
    """The figures of every rule of a rulebook, over the records that may be seen.

    It reads every clock and what was told in 90 days: about a second for each 100,000 records.

    Raises:
        StoreError: the database cannot be asked.
    """
    with db.look() as conn:
        ready, _ = trusted(conn, sources, now)
        states = _states(conn, frozenset(ready), now, visible)
        heard = Heard.since(conn, book, now - QUARTER, visible)
        weeks = _weeks(conn, heard, now, visible)
        against = measured(conn, book, now, visible)
        known = rule_states.read(conn)
        age = data_age(conn, sources, now)
    brought = {one.rule: one for one in heard.effects(now)}
    figures = {
        rule.id: RuleFigures(
            states=states.get(rule.id, {}), week=weeks.get(rule.id, Week()), effect=brought.get(rule.id),
            measured=against.get(rule.id), live_since=getattr(known.get(rule.id), "live_since", None),
            known_since=getattr(known.get(rule.id), "first_seen_at", None),
        )
        for rule in book.rules.rules
    }  # fmt: skip
    return Counted(rules=figures, as_of=now, data_age=age)


def _states(
    conn: Connection, ready: frozenset[str], now: int, visible: Visible | None
) -> Mapping[str, Mapping[str, int]]:
    """rule -> state -> clocks."""
    counted: Counter[tuple[str, int]] = Counter()
    for connection, texts in clocks.every(conn, visible=visible):
        entries = [entry for text in texts for entry in _decode(text)]
        if connection not in ready:
            counted.update((entry.rule, State.CANNOT_JUDGE) for entry in entries)
            continue
        moving = [entry for entry in entries if entry.may_change]
        counted.update((entry.rule, entry.base) for entry in entries if not entry.may_change)
        counted.update(zip((entry.rule for entry in moving), arming.states(moving, now), strict=True))
    found: dict[str, dict[str, int]] = {}
    for (rule, state), many in counted.items():
        found.setdefault(rule, {})[State(state).word] = many
    return found


def _weeks(conn: Connection, heard: Heard, now: int, visible: Visible | None) -> Mapping[str, Week]:
    since = now - WEEK
    happened: dict[str, Counter[str]] = {
        "opened": Counter(effects.opened(conn, since, visible)),
        "recovered": Counter(effects.ended(conn, since, _WORK, visible)),
        "told": Counter(row.rule_id for row in heard.rows if row.told_at >= since and not row.holdout),
        "acted": Counter(rule for rule, at in heard.acted_at() if since <= at <= now),
        "false_alarms": Counter(row.rule_id for row in heard.false if row.at >= since),
        "ignored": Counter(rule for rule, at in heard.ignored_at(now) if since <= at <= now),
        "held_out": Counter(row.rule_id for row in heard.rows if row.told_at >= since and row.holdout),
    }
    rules = {rule for counts in happened.values() for rule in counts}
    return {rule: Week(**_of(happened, rule)) for rule in rules}


def _of(happened: Mapping[str, Counter[str]], rule: str) -> dict[str, Any]:
    return {name: counts[rule] for name, counts in happened.items()}
