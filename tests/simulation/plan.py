"""What befalls a company and its watcher in 30 days, drawn from the seed before anything runs."""

from __future__ import annotations

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
    """

    start: datetime
    deals: int
    every: int
    age: int
    pace: int
    calendar: int
    at_once: bool
    happenings: tuple[Happening, ...]

    @property
    def calm_from(self) -> datetime:
        return self.start + timedelta(days=DAYS - CALM)

    @property
    def end(self) -> datetime:
        return self.start + timedelta(days=DAYS)


def draw(dice: Random) -> Plan:
    """A month by these dice."""
    start = datetime.fromisoformat(dice.choice(STARTS)).replace(tzinfo=UTC) + timedelta(minutes=dice.randrange(1440))
    every = dice.choice((72, 96, 120))
    found: list[Happening] = []

    def at() -> datetime:
        return start + timedelta(seconds=dice.randrange(3600, (DAYS - CALM) * 86_400))

    def some(what: What, many: int) -> None:
        found.extend(Happening(at(), what, dice.randrange(1000)) for _ in range(many))

    def between(begins: What, ends: What, hours: tuple[int, ...]) -> None:
        first = at()
        last = min(first + timedelta(hours=dice.choice(hours)), start + timedelta(days=DAYS - CALM))
        found.extend((Happening(first, begins, 0), Happening(last, ends, 0)))

    for _ in range(dice.randint(3, 6)):  # people edit a few things together
        moment = at()
        found += [Happening(moment, What.EDIT, dice.randrange(1000)) for _ in range(dice.randint(1, 4))]
    some(What.RULES, dice.choice((0, 1, 1, 2)))
    some(What.ANSWER, dice.randint(1, 4))
    some(What.WISH, dice.choice((0, 1, 2)))
    some(What.BREAKS, dice.choice((0, 1)))
    some(What.DEATH, dice.randint(1, 4))
    some(What.FREEZE, dice.randint(1, 3))
    if dice.random() < 0.3:
        between(What.AWAY, What.BACK, (5, 30, 80))
    if dice.random() < 0.2:
        between(What.REVOKED, What.MENDED, (1, 3, 9))
    if dice.random() < 0.2:
        between(What.BLIND, What.SEEING, (1, 8))
    return Plan(
        start=start, deals=dice.choice((1, 1, 1, 2, 3)), every=every, age=dice.choice((every + 6, 3 * every)),
        pace=dice.choice(PACES), calendar=dice.randrange(4), at_once=dice.random() < 0.5,
        happenings=tuple(sorted(found)),
    )  # fmt: skip
