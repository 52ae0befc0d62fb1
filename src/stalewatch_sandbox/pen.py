"""Writes the happenings of one deal down, in its team's working days and its customer's language."""

from __future__ import annotations

from datetime import datetime
from itertools import islice
from operator import itemgetter
from typing import Final

from stalewatch.sdk.records import Actor, Value
from stalewatch_sandbox.accounts import Account
from stalewatch_sandbox.dice import Dice
from stalewatch_sandbox.happenings import (
    FieldSet,
    Happening,
    MeetingBooked,
    MeetingCancelled,
    MeetingHeld,
    PersonJoined,
    StageEntered,
    Touch,
)
from stalewatch_sandbox.staff import phrases
from stalewatch_sandbox.workdays import Workdays

MEETING: Final = 60
"""Minutes that a meeting takes."""
MORNING: Final = 9 * 60
EVENING: Final = 18 * 60
"""Minutes of the day at which the office opens and closes."""


class Pen:
    """Collects what happens. Moments are a working day and a minute of it.

    Attributes:
        known: the customer's people who became known so far, by id, with the moment; in that order.
    """

    def __init__(self, deal: str, account: Account, dice: Dice, days: Workdays) -> None:
        self.dice, self.days, self.account, self.book = dice, days, account, phrases(account.language)
        self.known: dict[str, datetime] = {}
        self._deal = deal
        self._meetings = self._touches = 0
        self._lines: list[Happening] = []

    def story(self) -> tuple[Happening, ...]:
        """Everything written, in order of time; what was written first comes first within one instant."""
        return tuple(sorted(self._lines, key=itemgetter(0)))

    def put(self, line: Happening) -> None:
        """Write one line."""
        self._lines.append(line)

    def stage(self, day: int, minute: int, stage: str) -> None:
        """The deal enters a stage."""
        self._lines.append(StageEntered(self.days.at(day, minute), stage))

    def set(self, day: int, minute: int, **values: Value) -> None:
        """Fields get values."""
        at = self.days.at(day, minute)
        self._lines += [FieldSet(at, name, value) for name, value in values.items()]

    def join(self, day: int, minute: int, contact: int, *roles: str) -> None:
        """The customer's person with that number becomes known, or gets these roles."""
        id_, at = self.account.contacts[contact].id, self.days.at(day, minute)
        self.known.setdefault(id_, at)
        self._lines.append(PersonJoined(at, id_, roles))

    def customer(self, day: int, minute: int) -> None:
        """The customer writes or calls."""
        self._touch(day, minute, Actor.CUSTOMER)

    def seller(self, day: int, minute: int) -> None:
        """We write or call."""
        self._touch(day, minute, Actor.SELLER)

    def book_meeting(self, day: int, minute: int, on: int, start: int, title: str) -> str:
        """A meeting is agreed on; returns its id."""
        self._meetings += 1
        id_ = f"{self._deal}/m{self._meetings}"
        at, starts, ends = self.days.at(day, minute), self.days.at(on, start), self.days.at(on, start + MEETING)
        self._lines.append(MeetingBooked(at, id_, starts, ends, title, tuple(self._reachable(at))))
        return id_

    def hold(self, id_: str, day: int, start: int) -> None:
        """A booked meeting comes to its end."""
        self._lines.append(MeetingHeld(self.days.at(day, start + MEETING), id_))

    def cancel(self, id_: str, day: int, minute: int) -> None:
        """A booked meeting is called off."""
        self._lines.append(MeetingCancelled(self.days.at(day, minute), id_))

    def _touch(self, day: int, minute: int, by: Actor) -> None:
        self._touches += 1
        channel = "call" if self.dice.chance(0.15) else "email"
        at = self.days.at(day, minute)
        contact = self.dice.one_of(self._reachable(at))
        self._lines.append(Touch(at, f"{self._deal}/t{self._touches}", channel, by, contact))

    def _reachable(self, at: datetime) -> list[str]:
        """The first three people who were known by then."""
        return [id_ for id_, since in islice(self.known.items(), 3) if since <= at]
