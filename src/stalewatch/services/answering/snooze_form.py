"""Snooze: until a day on which the deal's calendar opens, or until something happens; no longer than is allowed."""

from __future__ import annotations

import gettext
from collections.abc import Sequence
from datetime import date
from typing import Final

import numpy as np

from stalewatch.delivery import answering as said
from stalewatch.delivery import buttons
from stalewatch.delivery.slack.fields import Option, View, day, line, one_of
from stalewatch.delivery.slack.interactions import Given
from stalewatch.delivery.wording.times import duration, moment
from stalewatch.domain.calendar import Calendar
from stalewatch.domain.durations import Duration, Unit
from stalewatch.domain.instants import to_day
from stalewatch.services.answering.acts import Act, Snooze, Until
from stalewatch.services.answering.form import Asked, Fields, Form, Wrong, at_latest, confirmed, text_of
from stalewatch.services.answering.outcomes import Answer, Refusal

UNTIL, DATE, REASON = "until", "date", "reason"
LONGEST_REASON: Final = 300
_OFFERED: Final = tuple(Duration(days, Unit.BUSINESS_DAY) for days in (1, 3, 5))
_EVENTS: Final = (Until.CUSTOMER, Until.MEETING)


class SnoozeForm(Form):
    """The first choice is ticked from the beginning, so a day of one's own goes before what is ticked."""

    kind = buttons.SNOOZE
    places = {  # noqa: RUF012  # never changed
        Refusal.REASON_MISSING: REASON, Refusal.TOO_LONG: DATE, Refusal.IN_THE_PAST: DATE, Refusal.NO_MEETING: UNTIL,
    }  # fmt: skip

    def title(self, words: gettext.NullTranslations) -> str:
        return words.pgettext("title of a form, at most 24 characters", "Snooze")

    def submit(self, words: gettext.NullTranslations) -> str:
        return words.pgettext("button of a form", "Snooze")

    def closed(self, asked: Asked) -> str:
        times = asked.snoozing.times
        return said.too_often(times, asked.reader) if asked.case.alert.snoozes >= times else ""

    def promises(self, asked: Asked) -> Sequence[str]:
        words = asked.words
        return (
            words.gettext("Until then nothing more is said about this. If it is still so by then, we ask again."),
            words.gettext("This is kept here and nowhere else."),
        )

    def fields(self, asked: Asked) -> Sequence[View]:
        words, snoozing = asked.words, asked.snoozing
        latest = asked.after(snoozing.longest)
        at_most = said.too_long(snoozing.longest, latest, asked.reader, asked.zone)
        return [
            one_of(UNTIL, words.gettext("Until when?"), [*_days(asked, latest), *_events(asked, latest)]),
            day(DATE, words.gettext("Or until another day"), words.gettext("Choose a day"), hint=at_most,
                is_needed=False),
            line(REASON, words.gettext("What do you wait for?"), LONGEST_REASON,
                 example=words.gettext("The customer decides on Friday"), is_needed=snoozing.reason_required),
        ]  # fmt: skip

    def read(self, given: Fields, asked: Asked) -> Act | Wrong:
        own, choice = given.get(DATE, Given()).date, given.get(UNTIL, Given()).choice
        ends = Until(choice) if choice in _EVENTS else Until.DATE
        if own:
            until = _morning_of(own, asked.case.calendar)
        elif ends is not Until.DATE:
            until = asked.after(asked.snoozing.longest)
        else:
            until = int(choice) if choice.isascii() and choice.isdigit() and len(choice) < 19 else None
        if until is None:
            return Wrong(DATE if own else UNTIL, said.not_ahead(asked.reader))
        return Snooze(until=until, reason=text_of(given, REASON), ends=ends)

    def place(self, why: Refusal, given: Fields) -> str | None:
        is_about_the_end = self.places.get(why) == DATE
        return UNTIL if is_about_the_end and not given.get(DATE, Given()).date else super().place(why, given)

    def refusal(self, answer: Answer, asked: Asked) -> str:
        if answer.refusal is Refusal.TOO_LONG:
            return said.too_long(asked.snoozing.longest, answer.until or 0, asked.reader, asked.zone)
        return super().refusal(answer, asked)

    def done(self, act: Act, answer: Answer, asked: Asked) -> Sequence[View]:
        if not isinstance(act, Snooze):
            return []
        until = answer.until or act.until
        if act.ends is not Until.DATE:
            return confirmed(said.snoozed_by_event(act.ends.value, until, asked.reader, asked.zone))
        is_morning = _is_opening(until, asked.case.calendar)
        return confirmed(said.snoozed(until, asked.reader, asked.zone, in_the_morning=is_morning))


def _is_opening(at: int, calendar: Calendar) -> bool:
    """Whether this is when the calendar opens on that day."""
    moments = np.array([at], np.int64)
    return bool((calendar.opens_at(calendar.local_day(moments)) == moments)[0])


def _morning_of(day_: str, calendar: Calendar) -> int | None:
    try:
        number = to_day(date.fromisoformat(day_))
    except ValueError:
        return None
    return int(calendar.opens_at(np.array([number], np.int64))[0])


def _days(asked: Asked, latest: int) -> list[Option]:
    """Some spans and the longest, each until the morning of its last day, as long as that is ahead and allowed."""
    found: dict[int, Duration] = {}
    for span in (*_OFFERED, asked.snoozing.longest):
        until = _morning(asked.after(span), asked.case.calendar)
        if asked.now < until <= latest:
            found.setdefault(until, span)
    is_today = not found
    spans = found or {latest: asked.snoozing.longest}
    words, reader = asked.words.gettext("{duration} (until {date})"), asked.reader
    return [
        Option(str(until), words.format(
            duration=duration(spans[until], reader), date=moment(until, reader, asked.zone, timed=is_today)
        ))
        for until in sorted(spans)
    ]  # fmt: skip


def _events(asked: Asked, latest: int) -> list[Option]:
    """What else may end it: the customer's answer, and the end of a meeting, if one is planned."""
    words, end = asked.words, at_latest(latest, asked)
    told = [Option(Until.CUSTOMER, words.gettext("Until the customer replies, {date} at the latest").format(date=end))]
    meeting = asked.meeting()
    if meeting is not None:
        over = words.gettext("Until the meeting on {date} is over")
        told.append(Option(Until.MEETING, over.format(date=at_latest(meeting, asked))))
    return told


def _morning(at: int, calendar: Calendar) -> int:
    return int(calendar.opens_at(calendar.local_day(np.array([at], np.int64)))[0])
