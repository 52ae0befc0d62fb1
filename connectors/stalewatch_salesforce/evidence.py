"""Who acted: mails, calls and meetings as activities. Summary fields of the CRM are never asked."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from stalewatch.sdk.mail import Machine, cancels, machine
from stalewatch.sdk.records import Activity, ActivityKind, Actor, MeetingState
from stalewatch_salesforce import ids
from stalewatch_salesforce.rows import Correspondent, Email, Event, Task
from stalewatch_salesforce.values import Unusable, day

MARKER: Final = "[stalewatch"
"""Stands in the subject of what we write ourselves: it shows nobody at work."""
_DRAFT: Final = "5"
_DECLINED: Final = frozenset({"Declined", "Uninvited"})
_UNREACHED: Final = re.compile(r"no answer|voice ?mail|left (a )?message|busy|not connected|wrong number|不在|留守")
_ACCOUNT: Final = "001"
_NOBODY: Final[frozenset[str]] = frozenset()
_NOON: Final = time(12, tzinfo=UTC)
_NIGHT: Final = time(23, 59, 59, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Ours:
    """Who we are: our mail domains, and the integration user's id."""

    domains: frozenset[str] = frozenset()
    user: str = ""

    def wrote(self, address: str | None) -> bool:
        """Whether an address is one of ours."""
        domain = (address or "").rpartition("@")[2].strip(" >").casefold()
        return any(domain == own or domain.endswith(f".{own}") for own in self.domains)


@dataclass(frozen=True, slots=True)
class Draft:
    """An activity before it is known to which deals it belongs; `contacts` lead there if it does not say itself."""

    activity: Activity
    contacts: frozenset[str]

    @property
    def is_placed(self) -> bool:
        """It names its record itself."""
        return bool(self.activity.records)


def of_email(mail: Email, ours: Ours, *, counts_automatic: bool = False) -> Draft | None:
    """What a mail shows; None for one that has no time.

    With `counts_automatic` what a machine wrote for the customer counts as theirs; mail that came back never does.
    """
    at = mail.MessageDate or mail.CreatedDate
    if at is None:
        return None
    others = _rows_of(mail)
    known = frozenset(one for row in others if (one := _customer(row.RelationId)))
    people = known or frozenset(address for address in _addresses(mail, others) if not ours.wrote(address))
    activity = Activity(
        id=mail.Id,
        kind=ActivityKind.EMAIL,
        actor=_writer(mail, others, ours, counts_automatic=counts_automatic),
        at=at,
        records=_records(mail.RelatedToId, None) or _leads(mail.RelatedToId, known),
        people=people,
    )
    return Draft(activity, _adrift(mail.RelatedToId, known))


def of_task(task: Task, ours: Ours) -> Draft | None:
    """What a task shows; None for the shadow of a mail, which counts as the mail already, and for a series."""
    is_call = task.TaskSubtype == "Call" or bool(task.CallType)
    if task.TaskSubtype in ("Email", "ListEmail") or task.IsRecurrence:
        return None
    at = _call_time(task) if is_call and task.IsClosed else _due(task)
    if at is None:
        return None
    contact = _customer(task.WhoId)
    activity = Activity(
        id=task.Id,
        kind=ActivityKind.CALL if is_call and task.IsClosed else ActivityKind.TASK,
        actor=_caller(task, ours, is_call=is_call),
        at=at,
        records=_records(task.WhatId, task.WhoId),
        recorded_at=task.CreatedDate,
        people=frozenset({contact} if contact else ()),
        due=_next_step(task),
    )
    return Draft(activity, _adrift(task.WhatId, activity.people))


def of_event(event: Event, *, counts_called_off: bool = False) -> Draft | None:
    """What a meeting shows; None for an attendee's copy, for a series, and for what has no time.

    With `counts_called_off` one that is still there counts as planned, whoever declined it.
    """
    if event.IsChild or event.IsRecurrence or event.IsPrivate:
        return None
    times = _times(event)
    if times is None:
        return None
    rows = event.EventRelations.records if event.EventRelations else []
    answers = {one: row.Status for row in rows if not row.IsDeleted and (one := _customer(row.RelationId))}
    if (who := _customer(event.WhoId)) is not None:
        answers.setdefault(who, None)
    activity = Activity(
        id=event.Id,
        kind=ActivityKind.MEETING,
        actor=Actor.CUSTOMER if answers else Actor.SELLER,
        at=times[0],
        ends_at=times[1],
        recorded_at=event.CreatedDate,
        records=_records(event.WhatId, event.WhoId),
        meeting=_state(event, answers.values(), counts_called_off=counts_called_off),
        people=frozenset(one for one, status in answers.items() if status not in _DECLINED),
    )
    return Draft(activity, _adrift(event.WhatId, frozenset(answers)))


def _state(event: Event, answers: Collection[str | None], *, counts_called_off: bool) -> MeetingState:
    """Without anybody of the customer's it is no evidence of them, but it may be their meeting all the same."""
    if event.IsDeleted:
        return MeetingState.CANCELLED
    off = MeetingState.CANCELLED if cancels(event.Subject or "") else None
    if off is None and answers and all(status in _DECLINED for status in answers):
        off = MeetingState.DECLINED
    if off is not None and not counts_called_off:
        return off
    if off is not None:
        return MeetingState.UNLOGGED  # it may take place all the same, but it shows nobody of the customer's at work
    return MeetingState.PLANNED if answers else MeetingState.UNLOGGED


def _writer(mail: Email, others: Collection[Correspondent], ours: Ours, *, counts_automatic: bool) -> Actor:
    if mail.IsDeleted or mail.Status == _DRAFT or MARKER in (mail.Subject or ""):
        return Actor.NOBODY
    if not mail.Incoming:
        return Actor.SELLER
    senders = [row.RelationId or "" for row in others if row.RelationType == "FromAddress"]
    is_ours = ours.wrote(mail.FromAddress) or any(one.startswith(ids.USER) for one in senders)
    wrote = machine(mail.Subject or "", mail.Headers or "")
    counts = wrote is None or (counts_automatic and wrote is not Machine.RETURNED)
    return Actor.CUSTOMER if counts and not is_ours else Actor.NOBODY


def _caller(task: Task, ours: Ours, *, is_call: bool) -> Actor:
    """Who acted in a call. An open task waits for the seller; a task that is done is paperwork."""
    if task.IsDeleted or _is_our_own(task, ours):
        return Actor.NOBODY
    if not task.IsClosed:
        return Actor.SELLER
    if not is_call or _UNREACHED.search((task.CallDisposition or "").casefold()):
        return Actor.NOBODY
    return Actor.CUSTOMER if task.CallType == "Inbound" else Actor.SELLER


def _next_step(task: Task) -> date | None:
    """By when a task is to be done, if it is still to be done; one that we wrote is the plan of who asked for it."""
    return None if task.IsClosed or task.IsDeleted else _date(task)


def _is_our_own(task: Task, ours: Ours) -> bool:
    return MARKER in (task.Subject or "") and task.CreatedById == ours.user


def _times(event: Event) -> tuple[datetime, datetime] | None:
    """Start and end. The date of an all-day event is a date: it is never shifted by a zone."""
    if not event.IsAllDayEvent:
        start = event.StartDateTime
        return None if start is None else (start, max(start, event.EndDateTime or start + timedelta(hours=1)))
    try:
        first = day(event.ActivityDate) or (event.StartDateTime.date() if event.StartDateTime else None)
    except Unusable:
        return None
    if first is None:
        return None
    last = max(first, event.EndDateTime.date()) if event.EndDateTime else first
    return datetime.combine(first, _NOON), datetime.combine(last, _NIGHT)


def _call_time(task: Task) -> datetime | None:
    """When a call was over: its completion, else its logging; one that was logged days later happened on its date."""
    due = _due(task)
    known = task.CompletedDateTime or task.CreatedDate
    if due is not None and known is not None and abs(due.date() - known.date()) > timedelta(days=1):
        return min(due, known)
    return known or due


def _due(task: Task) -> datetime | None:
    """The due date at noon, so that it is the same date nearly everywhere; without one, the time of its writing."""
    due = _date(task)
    return task.CreatedDate if due is None else datetime.combine(due, _NOON)


def _date(task: Task) -> date | None:
    """The due date; what cannot be one is none."""
    try:
        return day(task.ActivityDate)
    except Unusable:
        return None


def _records(what: str | None, who: str | None) -> tuple[str, ...]:
    if what and what.startswith(ids.OPPORTUNITY):
        return (ids.whole(what),)
    return (ids.whole(who),) if who and who.startswith(ids.LEAD) else ()


def _leads(what: str | None, people: Collection[str]) -> tuple[str, ...]:
    """The leads that a mail went to: it names them among the people only, for a lead is nothing to be related to."""
    leads = sorted(one for one in people if one.startswith(ids.LEAD))
    return tuple(leads) if not what and len(leads) == len(people) else ()


def _adrift(what: str | None, contacts: frozenset[str]) -> frozenset[str]:
    """The contacts whose deals an activity may belong to: only if it names nothing, or an account."""
    if what and not what.startswith(_ACCOUNT):
        return _NOBODY
    return frozenset(one for one in contacts if one.startswith(ids.CONTACT))


def _rows_of(mail: Email) -> list[Correspondent]:
    rows = mail.EmailMessageRelations.records if mail.EmailMessageRelations else []
    return [row for row in rows if not row.IsDeleted]


def _addresses(mail: Email, others: Collection[Correspondent]) -> Iterator[str]:
    told = [row.RelationAddress for row in others if not (row.RelationId or "").startswith(ids.USER)]
    if mail.Incoming:
        told.append(mail.FromAddress)
    return (address.casefold() for address in told if address)


def _customer(id_: str | None) -> str | None:
    return ids.whole(id_) if id_ and id_.startswith(ids.CUSTOMERS) else None
