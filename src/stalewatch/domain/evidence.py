"""What activities say about a record: who acted last, which meetings were held and which are planned.

One pass over a record's activities answers for the present and for the past alike: every activity becomes
one or two steps in time, and the evidence at an instant is what the steps up to it leave behind. The order in
which activities come does not matter. All instants are microseconds (instants.py).

A meeting counts as planned from its booking until its end and as held from then on. Its state decides, not its
actor: `held` and a past `planned` one (a CRM without outcomes) show both sides at work, a past `unlogged` one
only that a meeting took place, one that was called off nothing. Tasks and notes are paperwork: they show nobody at
work. Whatever NOBODY did (automatic replies, our own writes) is no evidence.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final, NamedTuple

from stalewatch.domain.instants import DAY, HOUR, NEVER, to_us
from stalewatch.sdk.records import CALLED_OFF, Activity, ActivityKind, Actor, MeetingState

_REACHES: Final = frozenset({ActivityKind.EMAIL, ActivityKind.CALL, ActivityKind.OTHER})
"""Kinds by which one side reaches the other; OTHER is for sources that do not tell mails from calls."""
_NO_MEETING: Final = (None, *CALLED_OFF)
_MEETING_LENGTH: Final = HOUR
_TOUCH_APART: Final = HOUR
_PEOPLE_WINDOW: Final = 180 * DAY


class Act(NamedTuple):
    """An activity as a fold reads it; the names mean what they mean on `sdk.records.Activity`."""

    id: str
    kind: ActivityKind
    actor: Actor
    at: int
    ends_at: int | None = None
    recorded_at: int | None = None
    meeting: MeetingState | None = None
    people: frozenset[str] = frozenset()

    @property
    def end(self) -> int:
        """When a meeting is over; never before it starts."""
        return self.at + _MEETING_LENGTH if self.ends_at is None else max(self.at, self.ends_at)

    @property
    def known_from(self) -> int:
        """Since when a meeting is planned: its booking; NEVER (always) if the CRM does not say."""
        if self.recorded_at is not None:
            return min(self.at, self.recorded_at)
        return self.at if self.meeting is MeetingState.HELD else NEVER


class Evidence(NamedTuple):
    """What was so at one instant; None is empty.

    Attributes:
        seller_touches_since_customer: mails and calls of ours after the customer's last action (else after the
            record was created), at most one per hour and contact.
        stakeholders: people in roles, and those who took part in the 180 days before the newest activity.
        meeting_ends_at: when the first of the planned meetings ends: then the record changes by itself.
    """

    last_customer_activity_at: int | None = None
    last_seller_activity_at: int | None = None
    seller_touches_since_customer: int = 0
    last_meeting_at: int | None = None
    next_meeting_at: int | None = None
    stakeholders: int = 0
    meeting_ends_at: int | None = None


DERIVED: Final = Evidence._fields[:-1]
"""The catalogue fields among them."""


class DerivedChange(NamedTuple):
    """A derived field had `value` from `at` on."""

    field: str
    at: int
    value: int | None


class MeetingEvent(NamedTuple):
    """A meeting that was held: a clock of `each: meeting` starts at its end, `entered` counts from its start."""

    subject: str
    at: int
    began: int


def act_of(activity: Activity) -> Act:
    """The foldable form of a connector's activity."""
    return Act(
        id=activity.id,
        kind=activity.kind,
        actor=activity.actor,
        at=to_us(activity.at),
        ends_at=None if activity.ends_at is None else to_us(activity.ends_at),
        recorded_at=None if activity.recorded_at is None else to_us(activity.recorded_at),
        meeting=activity.meeting,
        people=activity.people,
    )


def fold(
    acts: Iterable[Act], at: int, created_at: int | None = None, contacts: frozenset[str] = frozenset()
) -> Evidence:
    """The evidence at an instant.

    Args:
        acts: the record's activities, in any order, each id once.
        at: the instant that is asked for.
        created_at: the record's creation, None if unknown; touches count from it until the customer acts.
        contacts: people who hold a role on the record, whether or not they ever took part in anything.
    """
    ledger = _Ledger(created_at, contacts)
    for step in _steps(acts, at):
        ledger.take(step)
    return ledger.evidence()


def changes_of(
    acts: Iterable[Act], at: int, created_at: int | None = None, contacts: frozenset[str] = frozenset()
) -> list[DerivedChange]:
    """The history of the derived fields up to an instant, oldest first.

    It begins with one row per field, at the record's creation or the first activity, whichever is earlier;
    after that a field has a row only where its value changed. Without either there is no history.
    """
    ledger, steps = _Ledger(created_at, contacts), _steps(acts, at)
    known = [step.at for step in steps if step.at != NEVER] + ([] if created_at is None else [created_at])
    if not known or min(known) > at:
        return []
    begin = min(known)
    for step in steps:
        if step.at <= begin:
            ledger.take(step)
    state = ledger.evidence()
    found = [DerivedChange(name, begin, getattr(state, name)) for name in DERIVED]
    for instant, group in groupby((step for step in steps if step.at > begin), key=lambda step: step.at):
        for step in group:
            ledger.take(step)
        after = ledger.evidence()
        found += _differences(state, after, instant)
        state = after
    return found


def meetings_held(acts: Iterable[Act], at: int) -> list[MeetingEvent]:
    """The meetings that were over by an instant and not called off, by their end."""
    events = (MeetingEvent(act.id, act.end, act.at) for act in acts if _is_meeting(act) and act.end <= at)
    return sorted(events, key=lambda event: (event.at, event.began, event.subject))


class _Step(NamedTuple):
    """Something that takes effect at an instant: a meeting is booked (first) or over, or somebody reached out."""

    at: int
    is_booking: bool
    act: Act


def _steps(acts: Iterable[Act], until: int) -> list[_Step]:
    """All steps up to an instant, in order; at one instant the customer's come before ours."""
    steps = [step for act in acts for step in _steps_of(act) if step.at <= until]
    return sorted(steps, key=lambda step: (step.at, not step.is_booking, not _shows_customer(step.act), step.act.id))


def _steps_of(act: Act) -> Iterator[_Step]:
    if _is_meeting(act):
        yield _Step(act.known_from, is_booking=True, act=act)
        yield _Step(act.end, is_booking=False, act=act)
    elif act.kind in _REACHES and act.actor is not Actor.NOBODY:
        yield _Step(act.at, is_booking=False, act=act)


def _is_meeting(act: Act) -> bool:
    return act.kind is ActivityKind.MEETING and act.meeting not in _NO_MEETING


def _shows_customer(act: Act) -> bool:
    if act.kind is ActivityKind.MEETING:
        return act.meeting in (MeetingState.HELD, MeetingState.PLANNED)
    return act.actor is Actor.CUSTOMER


def _shows_seller(act: Act) -> bool:
    return _shows_customer(act) if act.kind is ActivityKind.MEETING else act.actor is Actor.SELLER


@dataclass(slots=True)
class _Ledger:
    """What is known after the steps taken so far; steps are taken in order of time."""

    created_at: int | None
    contacts: frozenset[str]
    customer: int | None = None
    seller: int | None = None
    touches: int = 0
    touched: dict[str, int] = field(default_factory=dict)
    last_meeting: int | None = None
    planned: dict[str, Act] = field(default_factory=dict)
    recent: deque[Act] = field(default_factory=deque)
    people: Counter[str] = field(default_factory=Counter)

    def take(self, step: _Step) -> None:
        act = step.act
        if step.is_booking:
            self.planned[act.id] = act
            return
        if act.kind is ActivityKind.MEETING:
            self.planned.pop(act.id, None)
            self.last_meeting = act.at if self.last_meeting is None else max(self.last_meeting, act.at)
        if _shows_customer(act):
            self.customer, self.touches = step.at, 0
            self.touched.clear()
        if _shows_seller(act):
            self.seller = step.at
        if act.actor is Actor.SELLER and act.kind in _REACHES:
            self._touch(act)
        self._meet(act, step.at)

    def evidence(self) -> Evidence:
        upcoming = self.planned.values()
        return Evidence(
            last_customer_activity_at=self.customer,
            last_seller_activity_at=self.seller,
            seller_touches_since_customer=self.touches,
            last_meeting_at=self.last_meeting,
            next_meeting_at=min((act.at for act in upcoming), default=None),
            stakeholders=len(self.contacts | self.people.keys()),
            meeting_ends_at=min((act.end for act in upcoming), default=None),
        )

    def _touch(self, act: Act) -> None:
        """Count an approach unless everybody it reached was approached within the hour before."""
        since = self.created_at if self.customer is None else self.customer
        if since is not None and act.at <= since:
            return
        reached = act.people or frozenset({""})
        news = [one for one in reached if act.at - self.touched.get(one, NEVER) >= _TOUCH_APART]
        self.touches += bool(news)
        self.touched.update(dict.fromkeys(news, act.at))

    def _meet(self, act: Act, at: int) -> None:
        """Take in who took part, and let go of those whom nobody met for 180 days before."""
        self.recent.append(act)
        self.people.update(act.people)
        while _happened(self.recent[0]) < at - _PEOPLE_WINDOW:
            self._forget(self.recent.popleft().people)

    def _forget(self, people: frozenset[str]) -> None:
        self.people.subtract(people)
        for one in people:
            if not self.people[one]:
                del self.people[one]


def _happened(act: Act) -> int:
    return act.end if act.kind is ActivityKind.MEETING else act.at


def _differences(before: Evidence, after: Evidence, at: int) -> Sequence[DerivedChange]:
    return [
        DerivedChange(name, at, getattr(after, name))
        for name in DERIVED
        if getattr(after, name) != getattr(before, name)
    ]
