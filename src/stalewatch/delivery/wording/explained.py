"""One deadline in words, the same in a message, on the page, in the API and on the command line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.times import duration, moment
from stalewatch.delivery.wording.untrusted import clean
from stalewatch.domain.explain import AnchorSource, Explanation


class Part(StrEnum):
    """What a part of an explanation tells."""

    STATE = "state"
    SINCE = "since"
    LIMIT = "limit"
    CALENDAR = "calendar"
    PAUSED = "paused"
    DUE = "due"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Said:
    """One part of an explanation: what it tells and its words, plain and safe to show."""

    part: Part
    text: str


def explanation_text(explanation: Explanation, language: str, now: datetime, zone: str) -> str:
    """The explanation on one line, its parts joined by " · ".

    Args:
        zone: the reader's, IANA. Times are the calendar's and say so where the reader's clock differs.
    """
    return " · ".join(said.text for said in explanation_parts(explanation, language, now, zone))


def explanation_parts(explanation: Explanation, language: str, now: datetime, zone: str) -> tuple[Said, ...]:
    """The explanation in its parts, in reading order; what does not apply is left out."""
    reader = Reader(language, now, zone)
    parts = [
        Said(Part.STATE, _state(explanation, reader)),
        Said(Part.SINCE, _since(explanation, reader)),
        Said(Part.LIMIT, _limit(explanation, reader)),
        Said(Part.CALENDAR, _calendar(explanation, reader)),
        Said(Part.PAUSED, " · ".join(_pauses(explanation, reader))),
        Said(Part.DUE, _due(explanation, reader)),
        Said(Part.MISSING, _missing(explanation, reader)),
    ]
    return tuple(said for said in parts if said.text)


def _state(explanation: Explanation, reader: Reader) -> str:
    """Why there is no deadline; "" for a clock that runs, which its due time tells."""
    words = reader.words
    if explanation.state == "cannot_judge":
        fields = reader.listed([reader.pick(each) for each in explanation.unreadable])
        if not fields:
            return words.gettext("cannot be judged")
        where = clean(explanation.connection)
        if not where:
            return words.gettext("cannot be judged: {fields} cannot be read").format(fields=fields)
        said = words.gettext("cannot be judged: {fields} cannot be read from {connection}")
        return said.format(fields=fields, connection=where)
    if explanation.state == "excepted":
        return _excepted(explanation, reader)
    return {
        "closed": words.gettext("closed"),
        "not_applicable": words.gettext("this rule is not about this record"),
        "no_clock": words.gettext("no clock: nothing to count from"),
        "satisfied": words.gettext("done"),
    }.get(explanation.state, "")


def _excepted(explanation: Explanation, reader: Reader) -> str:
    words, because = reader.words, clean(explanation.excepted_because, 200)
    if explanation.excepted_until is None:
        return words.gettext("excepted")
    until = moment(explanation.excepted_until - 1, reader, explanation.zone, timed=False)
    if not because:
        return words.gettext("excepted through {date}").format(date=until)
    return words.gettext("excepted through {date}: {because}").format(date=until, because=because)


def _since(explanation: Explanation, reader: Reader) -> str:
    if explanation.anchor is None:
        return ""
    timed = explanation.limit is not None and not explanation.limit.unit.counts_dates
    since = moment(explanation.anchor, reader, explanation.zone, timed=timed)
    source = _source(explanation, reader)
    if not explanation.started_by:
        return reader.words.gettext("counted since {date} ({source})").format(date=since, source=source)
    what = reader.listed([reader.pick(each) for each in explanation.started_by])
    said = reader.words.gettext("counted since {date} ({what}, {source})")
    return said.format(date=since, what=what, source=source)


def _source(explanation: Explanation, reader: Reader) -> str:
    words = reader.words
    if explanation.source is AnchorSource.SEEN:
        return words.gettext("no later than that: the day we first saw it")
    if explanation.source is AnchorSource.ESTIMATED:
        return words.gettext("estimated from the record's creation")
    connection = clean(explanation.connection)
    return words.gettext("from {connection}").format(connection=connection or "CRM")


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
    date = moment(explanation.due, reader, explanation.zone)
    return reader.words.gettext("due {date}").format(date=date)


def _missing(explanation: Explanation, reader: Reader) -> str:
    missing = [reader.pick(each) for each in explanation.missing]
    if not missing:
        return ""
    return reader.words.gettext("still missing: {missing}").format(missing=reader.listed(missing))
