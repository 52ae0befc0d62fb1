"""What befalls a company and its watcher in 30 days, drawn from the seed before anything runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from random import Random
from typing import Final

DAYS: Final = 30
CALM: Final = 3
"""So many days before the end everything works again."""
STARTS: Final = (
    "2026-03-02", "2026-03-20", "2026-04-20", "2026-10-09", "2026-10-20", "2026-12-14", "2027-02-20",
)  # fmt: skip
"""Changes of the clocks on both sides of the Atlantic and of the equator, Golden Week, the turn of the year."""

PACES: Final = (2, 60, 900, 3600, 3600, 3600)
"""Seconds after which an engine looks again."""
LAZY: Final = (14_400, 28_800)
"""The same for a tiny company: what falls due in between is done together."""


class What(StrEnum):
    """One thing that happens."""

    EDIT = "an edit in the CRM"
    RULES = "other rules"
    ANSWER = "an answer"
    WISH = "a wish to write"
    AWAY = "the CRM is away"
    BACK = "the CRM is back"
    BREAKS = "a pull breaks off"
    REVOKED = "the token is revoked"
    MENDED = "the token works"
    BLIND = "the history is blind"
    SEEING = "the history answers"
    DEATH = "a death at a commit"
    FREEZE = "a freeze before a transaction"


@dataclass(frozen=True, slots=True, order=True)
class Happening:
    """What happens at a moment; `number` says which of the kind."""

    at: datetime
    what: What
    number: int


@dataclass(frozen=True, slots=True)
class Plan:
    """One seed's month.

    Attributes:
        start: the first moment, UTC.
        deals: how many there are in the beginning.
        every: hours between syncs. age: hours after which data is too old.
        pace: seconds after which the engine looks again at the earliest: what was due meanwhile is done at once.
        calendar: which of `rules.CALENDARS`. at_once: whether grave matters are told at once.
        alone: whether there is one seller and nobody else. pack: which of `rules.PACKS`.
    """

    start: datetime
    deals: int
    every: int
    age: int
    pace: int
    calendar: int
    at_once: bool
    happenings: tuple[Happening, ...]
    alone: bool = False
    pack: int = 0

    @property
    def calm_from(self) -> datetime:
        return self.start + timedelta(days=DAYS - CALM)

    @property
    def end(self) -> datetime:
        return self.start + timedelta(days=DAYS)


Drawing = Callable[[Random], Plan]


def draw(dice: Random) -> Plan:
    """A month of a company by these dice: some deals, two people, all that can happen."""
    month, every = _Month(dice), dice.choice((72, 96, 120))
    for _ in range(dice.randint(3, 6)):  # people edit a few things together
        month.edits(dice.randint(1, 4))
    month.some(What.RULES, dice.choice((0, 1, 1, 2)))
    month.some(What.ANSWER, dice.randint(1, 4))
    month.some(What.WISH, dice.choice((0, 1, 2)))
    month.some(What.BREAKS, dice.choice((0, 1)))
    month.some(What.DEATH, dice.randint(1, 4))
    month.some(What.FREEZE, dice.randint(1, 3))
    month.outages(away=0.3, revoked=0.2, blind=0.2)
    return month.plan(deals=dice.choice((1, 1, 1, 2, 3)), every=every, paces=PACES)


def draw_tiny(dice: Random) -> Plan:
    """A month of one seller with one deal and one rule, who read the CRM twice: a quarter of the work."""
    month = _Month(dice)
    for _ in range(dice.choice((1, 1, 2))):
        month.edits(dice.choice((1, 2)))
    month.some(What.RULES, dice.random() < 0.15)
    month.some(What.ANSWER, dice.random() < 0.4)
    month.some(What.WISH, dice.random() < 0.15)
    month.some(What.BREAKS, dice.random() < 0.15)
    month.some(What.DEATH, dice.choice((1, 1, 2)))
    month.some(What.FREEZE, dice.random() < 0.4)
    month.outages(away=0.08, revoked=0.08, blind=0.08)
    return month.plan(deals=1, every=360, paces=LAZY, alone=True, pack=dice.randint(1, 3))


class _Month:
    """What was drawn so far."""

    def __init__(self, dice: Random) -> None:
        self._dice = dice
        first = datetime.fromisoformat(dice.choice(STARTS)).replace(tzinfo=UTC)
        self._start = first + timedelta(minutes=dice.randrange(1440))
        self._found: list[Happening] = []

    def edits(self, many: int) -> None:
        """So many edits at one moment."""
        moment = self._at()
        self._found += [Happening(moment, What.EDIT, self._dice.randrange(1000)) for _ in range(many)]

    def some(self, what: What, many: int) -> None:
        """So many of a kind, each at its own moment."""
        self._found.extend(Happening(self._at(), what, self._dice.randrange(1000)) for _ in range(many))

    def outages(self, *, away: float, revoked: float, blind: float) -> None:
        """What begins and ends, each as likely as that."""
        self._perhaps(away, What.AWAY, What.BACK, (5, 30, 80))
        self._perhaps(revoked, What.REVOKED, What.MENDED, (1, 3, 9))
        self._perhaps(blind, What.BLIND, What.SEEING, (1, 8))

    def plan(self, *, deals: int, every: int, paces: Sequence[int], alone: bool = False, pack: int = 0) -> Plan:
        """All of it."""
        dice = self._dice
        return Plan(
            start=self._start, deals=deals, every=every, age=dice.choice((every + 6, 3 * every)),
            pace=dice.choice(paces), calendar=dice.randrange(4), at_once=dice.random() < 0.5,
            happenings=tuple(sorted(self._found)), alone=alone, pack=pack,
        )  # fmt: skip

    def _perhaps(self, chance: float, begins: What, ends: What, hours: tuple[int, ...]) -> None:
        if self._dice.random() < chance:
            first = self._at()
            last = min(first + timedelta(hours=self._dice.choice(hours)), self._start + timedelta(days=DAYS - CALM))
            self._found.extend((Happening(first, begins, 0), Happening(last, ends, 0)))

    def _at(self) -> datetime:
        return self._start + timedelta(seconds=self._dice.randrange(3600, (DAYS - CALM) * 86_400))
