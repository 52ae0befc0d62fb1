"""One rule over the past: what it would have said, what other limits would have, and which one the history suggests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from stalewatch.domain.durations import Duration
from stalewatch.domain.language.model import Mode, Rule
from stalewatch.domain.learning.kinds import CONVERSION, HAND_OFF, kind_of
from stalewatch.services.judging.sources import coverage
from stalewatch.services.learning import stored
from stalewatch.services.learning.backtests import Backtest
from stalewatch.services.learning.lessons import Asked, lesson
from stalewatch.services.learning.limits import Learned
from stalewatch.services.learning.rules_tried import Tried, tried
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.store.engine import Connection, Database
from stalewatch.store.visibility import Visible

STEPS: Final = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0)
"""Limits that are tried, as shares of the one that is written."""

Limits = tuple[Duration, ...]
"""Of one version of a rule: one for each row of `within`."""


@dataclass(frozen=True, slots=True)
class Try:
    """The rule with other limits, or its own.

    Attributes:
        step: what share of those that are written they are.
    """

    step: float
    limits: Limits
    found: Backtest


@dataclass(frozen=True, slots=True)
class LookedBack:
    """What the past says of a rule.

    Attributes:
        as_of: the past ends there. records: whose past it is.
        lacking: the fields for want of whose past it cannot be tried; empty where it was.
        tries: what it would have said, also with other limits, the shortest first; empty where it cannot be tried.
        about: what its limit can be learned of ("deal", "conversion", "hand_off"); None: its clock is none for which
            one can be.
        learned: of whole records, or stage by stage, as its clock counts.
    """

    as_of: int
    records: int
    lacking: Sequence[str]
    tries: Sequence[Try]
    about: str | None
    learned: Sequence[Learned]

    @property
    def own(self) -> Backtest | None:
        """What it would have said as it is written; None where it cannot be tried."""
        return next((one.found for one in self.tries if one.step == 1.0), None)


def look_back(
    db: Database, book: Rulebook, rule: Rule, connections: Sequence[str], asked: Asked, visible: Visible | None
) -> LookedBack:
    """Try a rule on the records that may be seen, also with other limits, and learn from them; this takes long.

    Args:
        asked: `as_of` is when the past ends.
        visible: None: every record.
    """
    assert asked.as_of is not None  # noqa: S101 - what is kept ends now
    versions = versions_of(rule)
    with db.look() as conn:
        done = tried(conn, _with_versions(book, rule, versions), connections, coverage(conn), asked, visible=visible)
        about, learned = _learned(conn, book, rule, connections, asked, visible)
    tries = [Try(step, _limits_of(one), done.found[one.id]) for step, one in versions.items() if one.id in done.found]
    return LookedBack(
        as_of=asked.as_of, records=sum(len(one.ids) for one in done.history.values()), lacking=_lacking(done),
        tries=tries, about=about, learned=learned,
    )  # fmt: skip


def versions_of(rule: Rule) -> dict[float, Rule]:
    """The rule with other limits, its own among them, by how much of it they are; each under a name of its own."""
    seen: set[Limits] = {_limits_of(rule)}
    found: dict[float, Rule] = {}
    for step in STEPS:
        version = _with_limits(rule, step)
        if step == 1.0 or _limits_of(version) not in seen:
            seen.add(_limits_of(version))
            found[step] = version
    return found


def _with_limits(rule: Rule, step: float) -> Rule:
    within = tuple(
        replace(row, duration=replace(row.duration, amount=max(1, round(row.duration.amount * step))))
        for row in rule.within
    )
    return replace(
        rule, id=f"{rule.id}@{step:g}", pack="", mode=Mode.LIVE, mutes=(), was=(), escalate=None,
        within=rule.within if step == 1.0 else within,
    )  # fmt: skip


def _limits_of(rule: Rule) -> Limits:
    return tuple(row.duration for row in rule.within)


def _with_versions(book: Rulebook, rule: Rule, versions: Mapping[float, Rule]) -> Rulebook:
    """The same decisions with these rules alone; exceptions of the rule are theirs."""
    names = tuple(one.id for one in versions.values())
    exceptions = tuple(
        replace(one, rules=(*one.rules, *names)) if rule.id in one.rules else one for one in book.rules.exceptions
    )
    rules = replace(book.rules, rules=tuple(versions.values()), exceptions=exceptions)
    return Rulebook(rules, book.calendars, book.judging, book.sources, book.written)


def _lacking(done: Tried) -> list[str]:
    return sorted({field for fields in done.blind.values() for field in fields})


def _learned(
    conn: Connection, book: Rulebook, rule: Rule, connections: Sequence[str], asked: Asked, visible: Visible | None
) -> tuple[str | None, Sequence[Learned]]:
    kind = kind_of(replace(rule, watch="deal") if rule.watch == "partner_deal" else rule)
    if kind is None:
        return None, ()
    about, staged = kind
    if about == HAND_OFF:
        found = stored.hand_offs(conn, connections, visible)
    elif about == CONVERSION:
        found = stored.conversions(conn, connections, visible)
    else:
        found = stored.deals(conn, connections, rule.watch, visible, entered=staged)
    return about, tuple(lesson(found, about, book.rules.catalogue, asked).only(staged=staged).learned)
