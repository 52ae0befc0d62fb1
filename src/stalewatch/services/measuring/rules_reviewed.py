"""What a review says of the rules themselves: what they bring about, which of them are idle, which limits are other
ones than the history suggests.

**Idle** is a live rule of which at least `LEAST` alerts were decided in the four weeks up to the end of the span, and
so few of them acted on that the upper end of Wilson's interval (95 %) is below `SELDOM`. Decided is what was told, and
whose five business days ended in these weeks, unless it ended in them by an exception, another rule or lost data;
acted on is what `rules feedback` calls so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from stalewatch.domain.instants import DAY
from stalewatch.domain.language.model import Mode
from stalewatch.domain.learning.effect import Measured
from stalewatch.domain.learning.intervals import Rate
from stalewatch.services.measuring.limit_patches import limit_patch
from stalewatch.services.measuring.other_limits import other_limits
from stalewatch.services.reporting.feedback import Heard
from stalewatch.services.reporting.holding_out import measured
from stalewatch.services.reporting.reports import Reports, Visible
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.store import suggestions
from stalewatch.store.engine import Connection

LEAST: Final = 20
"""Alerts, decided in the four weeks, below which no rule is called idle."""
SELDOM: Final = 0.2
"""The share acted on below which a rule is idle."""
WEEKS: Final = 28 * DAY
_TOLD: Final = WEEKS + 21 * DAY
"""How far back something was told whose five business days end in the four weeks, with any holidays."""


@dataclass(frozen=True, slots=True)
class Brought:
    """What being told of a rule's alerts changes."""

    rule: str
    title: str
    effect: Measured


@dataclass(frozen=True, slots=True)
class Idle:
    """A rule on which nobody acts: of so many decided alerts so many were acted on."""

    rule: str
    title: str
    acted: Rate

    @property
    def line(self) -> str:
        """What retires it, to stand in stalewatch.yaml."""
        return f'modes: {{{self.rule}: "off"}}'


@dataclass(frozen=True, slots=True)
class Patched:
    """A rule with other limits than the history suggests: how many groups, and the lines to paste."""

    rule: str
    title: str
    groups: int
    patch: str


@dataclass(frozen=True, slots=True)
class RulesReviewed:
    """What is to be said of rules.

    Attributes:
        effects: of live rules of which some alerts are held out, also of those where it is not enough yet.
        limits: by what the whole history suggests, and so for those alone who may see all of it.
    """

    effects: tuple[Brought, ...] = ()
    idle: tuple[Idle, ...] = ()
    limits: tuple[Patched, ...] = ()


def rules_reviewed(conn: Connection, reports: Reports, until: int, now: int, visible: Visible | None) -> RulesReviewed:
    """What is to be said of rules in the review of a span, over the records that may be seen.

    Args:
        until: the first instant after the span; later than `now` for one that has not ended.
    """
    end = min(until, now)
    heard = Heard.since(conn, reports.book, end - _TOLD, visible)
    brought = measured(conn, reports.book, now, visible)
    return RulesReviewed(
        effects=tuple(
            Brought(rule, title_of(reports.book, reports.language, rule), one) for rule, one in brought.items()
        ),
        idle=tuple(_idle(reports, heard, end)),
        limits=tuple(_patched(conn, reports)) if visible is None else (),
    )


def title_of(book: Rulebook, language: str, rule_id: str) -> str:
    """What a rule is called; one that is gone, by its id."""
    rule = book.by_id.get(rule_id)
    words: Mapping[str, str] = rule.title if rule else {}
    return words.get(language) or words.get("en") or rule_id


def _idle(reports: Reports, heard: Heard, end: int) -> Iterator[Idle]:
    for rule, acted in sorted(heard.acted_of(end - WEEKS, end).items()):
        sure = acted.interval
        lives = reports.book.modes.get(rule) is Mode.LIVE
        if lives and acted.of >= LEAST and sure is not None and sure.high < SELDOM:
            yield Idle(rule, title_of(reports.book, reports.language, rule), acted)


def _patched(conn: Connection, reports: Reports) -> Iterator[Patched]:
    spec = reports.book.calendars.default.spec
    found = other_limits(reports.book, suggestions.latest(conn), spec.closes - spec.opens)
    for one in found:
        yield Patched(
            one.rule.id, title_of(reports.book, reports.language, one.rule.id), len(one.rows), limit_patch(one)
        )
