"""What a message says of an answer that somebody gave: what was answered, by whom and when, and what follows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from stalewatch.delivery.answering import loss_tag
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.times import day, moment
from stalewatch.delivery.wording.untrusted import clean

_REASON: Final = 90
"""Characters of somebody's own words; a message is no place for more."""
CUSTOMER, MEETING = "customer_reply", "meeting_over"
"""What ends a snooze or a wait, besides its date."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The answer that holds. Instants are microseconds since the epoch.

    Attributes:
        act: `acknowledge`, `claim`, `snooze`, `meet`, `hold`, `lost`, `loss_check`, `false_alarm`, or `crm_changed`.
        by: who answered, "" if nobody knows; `at`: when.
        until: when it is asked again; `last_day`: of a hold, the date that the customer named.
        ends: `customer_reply` or `meeting_over`, if that ends it sooner; "" for the date alone.
        reason: of a hold, in somebody's own words. `about`: why it was lost, or what is wrong with a false alarm.
        meeting_at: when the meeting begins that was booked.
    """

    act: str
    by: str = ""
    at: int | None = None
    until: int | None = None
    last_day: date | None = None
    ends: str = ""
    reason: str = ""
    about: str = ""
    meeting_at: int | None = None


def note(one: Answered, reader: Reader, zone: str | None) -> str:
    """The answer in a line or two; "" for one that says nothing to readers."""
    match one.act:
        case "hold":
            return _on_hold(one, reader, zone)
        case "snooze":
            return _snoozed(one, reader, zone)
        case "acknowledge":
            return _seen(one, reader, zone)
        case "meet":
            return _booked(one, reader, zone)
        case _:
            said = _said(one, reader)
            return _with_author(said, one, reader, zone) if said else ""


def _said(one: Answered, reader: Reader) -> str:
    words = reader.words
    match one.act:
        case "claim":
            return words.pgettext("an answer", "Being worked on")
        case "crm_changed":
            return words.pgettext("an answer", "Changed in the CRM")
        case "loss_check":
            return words.pgettext("an answer", "Loss check prepared")
        case "lost":
            return words.gettext("Marked as lost: {why}").format(why=loss_tag(one.about, reader))
        case "false_alarm":
            why = _mistaken(one.about, reader)
            return words.gettext("False alarm: {why}").format(why=why) if why else words.gettext("A false alarm")
    return ""


def _mistaken(name: str, reader: Reader) -> str:
    """What is wrong with a false alarm; "" for a word that nobody knows."""
    words = reader.words
    return {
        "not_true": words.pgettext("false alarm", "it is not so"),
        "handled": words.pgettext("false alarm", "it is done already"),
        "not_useful": words.pgettext("false alarm", "it does not fit this deal"),
    }.get(name, "")


def _on_hold(one: Answered, reader: Reader, zone: str | None) -> str:
    """ "On hold until 1 Dec – budget committee (Tanaka). We ask again that morning." """
    words = reader.words
    until = day(one.last_day, reader, zone) if one.last_day is not None else _date(one.until, reader, zone)
    if not until:
        return _with_reason(words.gettext("On hold"), one, reader)
    if one.ends == CUSTOMER:
        said = words.gettext("On hold until the customer answers, {date} at the latest")
    elif one.ends == MEETING:
        said = words.gettext("On hold until the meeting is over, {date} at the latest")
    else:
        said = words.gettext("On hold until {date}")
    told = _with_reason(said.format(date=until), one, reader)
    again = _date(one.until, reader, zone)
    if one.last_day is not None and again not in ("", until):  # its rule counts on, and asks before the customer's day
        return words.gettext("{note}. We ask again on {date}.").format(note=told, date=again)
    by_event = one.ends in (CUSTOMER, MEETING)
    asked = words.gettext("{note}. We ask again then.") if by_event else words.gettext(
        "{note}. We ask again that morning."
    )  # fmt: skip
    return asked.format(note=told)


def _with_reason(said: str, one: Answered, reader: Reader) -> str:
    words, reason, by = reader.words, clean(one.reason, _REASON), clean(one.by)
    if reason:
        said = words.gettext("{note} – {reason}").format(note=said, reason=reason.rstrip(".。"))
    return words.gettext("{note} ({who})").format(note=said, who=by) if by else said


def _snoozed(one: Answered, reader: Reader, zone: str | None) -> str:
    words, date_of = reader.words, _date(one.until, reader, zone)
    if one.ends == CUSTOMER:
        said = words.gettext("Snoozed until the customer answers, {date} at the latest")
    elif one.ends == MEETING:
        said = words.gettext("Snoozed until the meeting is over, {date} at the latest")
    else:
        said = words.gettext("Snoozed until {date}")
    by = clean(one.by)
    told = said.format(date=date_of)
    return words.gettext("{note} ({who})").format(note=told, who=by) if by else told


def _seen(one: Answered, reader: Reader, zone: str | None) -> str:
    words = reader.words
    said = _with_author(words.pgettext("an answer", "Seen"), one, reader, zone)
    again = _date(one.until, reader, zone)
    return words.gettext("{note}. We ask again on {date}.").format(note=said, date=again) if again else said


def _booked(one: Answered, reader: Reader, zone: str | None) -> str:
    """ "Meeting booked for 24 Nov (Tanaka, 20 Nov)"."""
    words, met = reader.words, _date(one.meeting_at, reader, zone)
    said = words.gettext("Meeting booked for {date}").format(date=met) if met else words.gettext("Meeting booked")
    return _with_author(said, one, reader, zone)


def _with_author(said: str, one: Answered, reader: Reader, zone: str | None) -> str:
    """Who said so and when, as far as that is known."""
    words, by, at = reader.words, clean(one.by), _date(one.at, reader, zone)
    if by and at:
        return words.gettext("{note} ({who}, {date})").format(note=said, who=by, date=at)
    return words.gettext("{note} ({who})").format(note=said, who=by or at) if by or at else said


def _date(us: int | None, reader: Reader, zone: str | None) -> str:
    return "" if us is None else moment(us, reader, zone, timed=False)
