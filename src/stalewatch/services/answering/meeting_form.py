"""Next meeting booked: when, how long, what about; in the zone of whoever fills it in."""

from __future__ import annotations

import gettext
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from stalewatch.delivery import buttons
from stalewatch.delivery.slack.fields import Option, View, aside, day, lines, pick, time_of_day
from stalewatch.delivery.slack.interactions import Given
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.times import duration, moment
from stalewatch.domain.durations import Duration, Unit
from stalewatch.domain.instants import DAY, MINUTE, to_us
from stalewatch.sdk.writing import Kind
from stalewatch.services.answering.acts import Act, Meet
from stalewatch.services.answering.form import Asked, Fields, Form, Wrong, confirmed, in_the_crm, text_of
from stalewatch.services.answering.outcomes import Answer, Refusal

DATE, TIME, LENGTH, AGENDA = "date", "time", "length", "agenda"
_MINUTES: Final = (15, 30, 45, 60, 90, 120, 180, 240)
_USUAL: Final = 60
_AGENDA: Final = 1_000
_FARTHEST: Final = 366 * DAY
"""Whatever lies farther ahead was mistyped."""


class MeetingForm(Form):
    """Date, time and agenda are all needed; the length is an hour unless somebody says otherwise."""

    kind = buttons.MEET
    places = {  # noqa: RUF012  # never changed
        Refusal.IN_THE_PAST: DATE, Refusal.TOO_LONG: DATE, Refusal.BACKWARDS: TIME, Refusal.AGENDA_MISSING: AGENDA,
    }  # fmt: skip

    def title(self, words: gettext.NullTranslations) -> str:
        return words.pgettext("title of a form, at most 24 characters", "Next meeting booked")

    def submit(self, words: gettext.NullTranslations) -> str:
        return words.pgettext("button of a form", "Book")

    def promises(self, asked: Asked) -> Sequence[str]:
        words, crm = asked.words, asked.case.crm
        again = words.gettext("If {crm} does not show it within 24 hours, we ask again.").format(crm=crm)
        if asked.may_write(Kind.MEETING):
            return words.gettext("The meeting is written to {crm}.").format(crm=crm), again
        return asked.kept_here(), words.gettext("Please enter the meeting there as well."), again

    def fields(self, asked: Asked) -> Sequence[View]:
        words, reader = asked.words, asked.reader
        lengths = [Option(str(minutes), _said(minutes, reader)) for minutes in _MINUTES]
        return [
            day(DATE, words.gettext("On which day?"), words.gettext("Choose a day")),
            time_of_day(TIME, words.gettext("From when?"), "10:00", reader.zone),
            *_zone(asked),
            pick(LENGTH, words.gettext("How long?"), lengths, initial=str(_USUAL)),
            lines(AGENDA, words.gettext("What is it about?"), _AGENDA,
                  example=words.gettext("Go through the quote with the head of purchasing")),
        ]  # fmt: skip

    def read(self, given: Fields, asked: Asked) -> Act | Wrong:
        words = asked.words
        starts_at = _moment(given, asked.reader.zone)
        if isinstance(starts_at, str):
            missing = words.gettext("Please choose a day.") if starts_at == DATE else words.gettext("Please say when.")
            return Wrong(starts_at, missing)
        if starts_at > asked.now + _FARTHEST:
            return Wrong(DATE, words.gettext("Please choose a day within a year."))
        minutes = given.get(LENGTH, Given()).choice
        if minutes not in map(str, _MINUTES):
            return Wrong(LENGTH, words.gettext("Please say how long."))
        return Meet(starts_at=starts_at, ends_at=starts_at + int(minutes) * MINUTE, agenda=text_of(given, AGENDA))

    def refusal(self, answer: Answer, asked: Asked) -> str:
        if answer.refusal is Refusal.IN_THE_PAST:
            return asked.words.gettext("Please choose a time that is still ahead.")
        return super().refusal(answer, asked)

    def done(self, act: Act, answer: Answer, asked: Asked) -> Sequence[View]:
        if not isinstance(act, Meet):
            return []
        reader, words = asked.reader, asked.words
        at = moment(act.starts_at, reader, reader.zone, zoned=reader.zone != asked.zone)
        booked = words.gettext("Meeting booked for {date}.").format(date=at)
        again = words.gettext("If {crm} does not show it by {date}, we ask again.")
        until = "" if answer.until is None else again.format(
            crm=asked.case.crm, date=moment(answer.until, reader, asked.zone)
        )  # fmt: skip
        return confirmed(booked, in_the_crm(answer, asked), until)


def _moment(given: Fields, zone: str) -> int | str:
    """The beginning in microseconds, or the field that does not say it."""
    try:
        on = date.fromisoformat(given.get(DATE, Given()).date)
    except ValueError:
        return DATE
    try:
        at = time.fromisoformat(given.get(TIME, Given()).time)
    except ValueError:
        return TIME
    try:
        return to_us(datetime.combine(on, at.replace(tzinfo=None), ZoneInfo(zone)))
    except OverflowError:  # the first and the last day there are, in a zone where they are another one
        return DATE


def _said(minutes: int, reader: Reader) -> str:
    whole = minutes % 60 == 0
    return duration(Duration(minutes // 60, Unit.HOUR) if whole else Duration(minutes, Unit.MINUTE), reader)


def _zone(asked: Asked) -> list[View]:
    """Whose clock it is, where the deal has another one."""
    if asked.reader.zone == asked.zone:
        return []
    said = asked.words.gettext("In your time zone, {zone}. The deal's own is {other}.")
    return [aside(said.format(zone=asked.reader.zone, other=asked.zone))]
