"""One deadline in words, the same in a message, on the page, in the API and on the command line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.silent_clocks import why_silent
from stalewatch.delivery.wording.times import duration, moment
from stalewatch.delivery.wording.untrusted import clean
from stalewatch.domain.explain import AnchorSource, Explanation, StartedBy
from stalewatch.sdk.records import MeetingState

_BRANDS: Final = {"salesforce": "Salesforce", "hubspot": "HubSpot", "csv": "CSV"}
"""Types of connections as their makers write them; another one is said as it is configured."""
_MOST_CALLED_OFF: Final = 2


class Part(StrEnum):
    """What a part of an explanation tells."""

    STATE = "state"
    SINCE = "since"
    LIMIT = "limit"
    CALENDAR = "calendar"
    PAUSED = "paused"
    DUE = "due"
    MISSING = "missing"
    CALLED_OFF = "called_off"


@dataclass(frozen=True, slots=True)
class Said:
    """One part of an explanation: what it tells and its words, plain and safe to show."""

    part: Part
    text: str


def explanation_text(explanation: Explanation, language: str, now: datetime) -> str:
    """The explanation on one line, its parts joined by " · ": the same for every reader of a language."""
    return " · ".join(said.text for said in explanation_parts(explanation, language, now))


def explanation_parts(explanation: Explanation, language: str, now: datetime) -> tuple[Said, ...]:
    """The explanation in its parts, in reading order; what does not apply is left out.

    Times are those of the record's calendar; that of the deadline names its zone, whoever reads it.
    """
    reader = Reader(language, now, explanation.zone)
    told = explanation.state != "cannot_judge"  # what cannot be told has no beginning either
    parts = [
        Said(Part.STATE, why_silent(explanation, reader)),
        Said(Part.SINCE, _since(explanation, reader) if told else ""),
        Said(Part.LIMIT, _limit(explanation, reader) if told else ""),
        Said(Part.CALENDAR, _calendar(explanation, reader)),
        Said(Part.PAUSED, " · ".join(_pauses(explanation, reader))),
        Said(Part.DUE, _due(explanation, reader)),
        Said(Part.MISSING, _missing(explanation, reader)),
        Said(Part.CALLED_OFF, " · ".join(_called_off(explanation, reader))),
    ]
    return tuple(said for said in parts if said.text)


def _since(explanation: Explanation, reader: Reader) -> str:
    """What the clock counts from, when that was, and who says so."""
    if explanation.anchor is None:
        return ""
    words = reader.words
    timed = explanation.limit is not None and not explanation.limit.unit.counts_dates
    what = reader.listed([reader.pick(each) for each in explanation.started_by])
    sentence = {
        StartedBy.STAGE: words.gettext("Stage {what} since {date} ({source})"),
        StartedBy.CONDITION: words.gettext("{what} since {date} ({source})"),
        StartedBy.FIELDS: words.gettext("counted since {date} ({what}; {source})"),
    }.get(explanation.start, words.gettext("{what} {date} ({source})"))
    if not what or (explanation.start is StartedBy.FIELD and len(explanation.started_by) > 1):
        sentence = words.gettext("counted since {date} ({source})")
    date = moment(explanation.anchor, reader, timed=timed)
    return sentence.format(what=what, date=date, source=_source(explanation, reader))


def _source(explanation: Explanation, reader: Reader) -> str:
    words, crm = reader.words, _crm(explanation)
    match explanation.source:
        case AnchorSource.SEEN:
            return words.gettext("first seen by us")
        case AnchorSource.ESTIMATED:
            return words.gettext("estimated from the record's creation")
        case AnchorSource.OURS:
            return words.gettext("recorded by us")
        case AnchorSource.HISTORY:
            return words.gettext("{crm} history").format(crm=crm)
    return crm


def _crm(explanation: Explanation) -> str:
    """The source as people call it."""
    return brand(explanation.crm, explanation.connection)


def brand(kind: str, connection: str) -> str:
    """A connection as people call it, by its type and its id."""
    known = clean(kind)
    return _BRANDS.get(known) or known.replace("_", " ").capitalize() or clean(connection) or "CRM"


def _limit(explanation: Explanation, reader: Reader) -> str:
    if explanation.limit is None or explanation.anchor is None:
        return ""
    return reader.words.gettext("limit {duration}").format(duration=duration(explanation.limit, reader))


def _calendar(explanation: Explanation, reader: Reader) -> str:
    """Named where a deadline was counted on it."""
    if not explanation.calendar or explanation.due is None:
        return ""
    words, skipped = reader.words, explanation.holidays_skipped
    name = clean(explanation.calendar).replace("_", " ").title()
    if not skipped:
        return words.gettext("calendar {name}").format(name=name)
    said = words.ngettext(
        "calendar {name}, {count} holiday skipped", "calendar {name}, {count} holidays skipped", skipped
    )
    return said.format(name=name, count=reader.number(skipped))


def _pauses(explanation: Explanation, reader: Reader) -> Iterator[str]:
    words, days = reader.words, explanation.paused_dates
    reason = clean(explanation.pause_reason, 200)
    if explanation.paused_until is not None:
        until = moment(explanation.paused_until, reader, explanation.zone, timed=False)
        yield words.gettext("on hold until {date}").format(date=until)
    if days and reason:
        said = words.ngettext("paused {count} day (waiting: {reason})", "paused {count} days (waiting: {reason})", days)
        yield said.format(count=reader.number(days), reason=reason)
    elif days:
        said = words.ngettext("paused {count} day", "paused {count} days", days)
        yield said.format(count=reader.number(days))


def _due(explanation: Explanation, reader: Reader) -> str:
    if explanation.due is None:
        return ""
    date = moment(explanation.due, reader, zoned=True)
    return reader.words.gettext("due {date}").format(date=date)


def _missing(explanation: Explanation, reader: Reader) -> str:
    missing = [reader.pick(each) for each in explanation.missing]
    if not missing:
        return ""
    return reader.words.gettext("still missing: {missing}").format(missing=reader.listed(missing))


def _called_off(explanation: Explanation, reader: Reader) -> Iterator[str]:
    """Which meetings in the calendar are no next meeting, and why."""
    words = reader.words
    for one in explanation.called_off[:_MOST_CALLED_OFF]:
        said = {
            MeetingState.DECLINED: words.gettext(
                "the meeting on {date} does not count: declined by all of the customer's people"
            ),
            MeetingState.RESCHEDULED: words.gettext("the meeting on {date} does not count: moved to another time"),
            MeetingState.NO_SHOW: words.gettext("the meeting on {date} does not count: the customer did not come"),
        }.get(one.state, words.gettext("the meeting on {date} does not count: cancelled"))
        yield said.format(date=moment(one.at, reader, timed=False))
