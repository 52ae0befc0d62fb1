"""One opportunity: its whole life, and what it looks like at any moment of it."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from operator import itemgetter
from typing import Final, assert_never

from stalewatch.sdk.records import Actor, Outcome, Value
from stalewatch_sandbox.accounts import Account
from stalewatch_sandbox.happenings import (
    Closed,
    FieldSet,
    Happening,
    MeetingBooked,
    MeetingCancelled,
    MeetingHeld,
    PersonJoined,
    StageEntered,
    Touch,
)
from stalewatch_sandbox.troubles import Trouble

_PUSH: Final = timedelta(days=7)
"""A close date that moves by less is corrected, not pushed."""


@dataclass(slots=True)
class State:
    """An opportunity at one moment. Times are UTC; None: not yet, or not any more.

    Attributes:
        owner: id of the seller.
        fields: what people typed, by catalogue name; the amount in yen, dates as dates.
        people: the customer's people by id, with their roles.
        last_customer_action_at: the last mail or call from them, or the end of the last meeting.
        seller_touches_since_customer: our mails and calls since then.
        last_meeting_at, next_meeting_at: when they begin.
        close_date_pushes: how often the close date moved out by seven days or more.
        previous_amount: the amount when the present stage was entered.
    """

    owner: str
    stage: str = ""
    stage_entered_at: datetime | None = None
    outcome: Outcome = Outcome.OPEN
    closed_at: datetime | None = None
    loss_reason: str = ""
    fields: dict[str, Value] = field(default_factory=dict)
    people: dict[str, tuple[str, ...]] = field(default_factory=dict)
    booked: dict[str, MeetingBooked] = field(default_factory=dict)
    last_customer_action_at: datetime | None = None
    last_seller_action_at: datetime | None = None
    seller_touches_since_customer: int = 0
    last_meeting_at: datetime | None = None
    close_date_pushes: int = 0
    previous_amount: Value = None

    @property
    def next_meeting_at(self) -> datetime | None:
        """The beginning of the earliest meeting whose end is ahead."""
        return min((meeting.starts_at for meeting in self.booked.values()), default=None)

    def in_role(self, role: str) -> int:
        """How many people have that role."""
        return sum(role in roles for roles in self.people.values())

    def take(self, happening: Happening) -> None:
        """What is so after one more thing happened."""
        match happening:
            case FieldSet():
                self._set(happening.field, happening.value)
            case Touch():
                self._touch(happening)
            case MeetingBooked():
                self.booked[happening.id] = happening
            case MeetingHeld():
                self.last_meeting_at = self.booked.pop(happening.id).starts_at
                self.last_customer_action_at = self.last_seller_action_at = happening.at
                self.seller_touches_since_customer = 0
            case MeetingCancelled():
                del self.booked[happening.id]
            case PersonJoined():
                self.people[happening.contact] = happening.roles
            case StageEntered():
                self.stage, self.stage_entered_at = happening.stage, happening.at
                self.previous_amount = self.fields.get("amount")
            case Closed():
                self.outcome, self.closed_at, self.loss_reason = happening.outcome, happening.at, happening.reason
            case _:
                assert_never(happening)

    def _touch(self, touch: Touch) -> None:
        if touch.by is Actor.CUSTOMER:
            self.last_customer_action_at, self.seller_touches_since_customer = touch.at, 0
        else:
            self.last_seller_action_at = touch.at
            self.seller_touches_since_customer += 1

    def _set(self, name: str, value: Value) -> None:
        if name == "owner":
            self.owner = str(value)
            return
        before = self.fields.get(name)
        if name == "close_date" and isinstance(before, date) and isinstance(value, date):
            self.close_date_pushes += value - before >= _PUSH
        self.fields[name] = value


@dataclass(frozen=True, slots=True)
class Opportunity:
    """A deal from its creation to its end, whether or not that has come yet.

    Attributes:
        owner: id of the seller who has it at first.
        life: everything that happens, in order of time.
        trouble: what is wrong with it between `troubled_from` and `troubled_until`.
    """

    id: str
    name: str
    account: Account
    pipeline: str
    owner: str
    life: tuple[Happening, ...]
    trouble: Trouble
    troubled_from: datetime
    troubled_until: datetime

    @property
    def created_at(self) -> datetime:
        """When it was created: its first stage is entered then."""
        return self.life[0].at

    @property
    def closed_at(self) -> datetime:
        """When it is won or lost at last."""
        return self.life[-1].at

    def until(self, moment: datetime) -> tuple[Happening, ...]:
        """What has happened by a moment, that moment included."""
        return self.life[: bisect_right(self.life, moment, key=itemgetter(0))]

    def state_at(self, moment: datetime) -> State | None:
        """What it looks like at a moment; None before it was created."""
        if moment < self.created_at:
            return None
        state = State(self.owner)
        for happening in self.until(moment):
            state.take(happening)
        return state

    def trouble_at(self, moment: datetime) -> Trouble:
        """What is wrong with it at a moment, from the first sign to the end of it."""
        is_troubled = self.troubled_from <= moment < self.troubled_until
        return self.trouble if is_troubled else Trouble.NONE
