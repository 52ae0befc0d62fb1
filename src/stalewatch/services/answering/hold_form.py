"""On hold: the customer named a day, or will answer; who said so, what for, and where that stands."""

from __future__ import annotations

import gettext
from collections.abc import Sequence
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from stalewatch.delivery import buttons
from stalewatch.delivery.answered import Answered, note
from stalewatch.delivery.slack.fields import Option, View, day, line, one_of
from stalewatch.delivery.slack.interactions import Given
from stalewatch.delivery.wording.times import day as day_words
from stalewatch.domain.instants import from_us
from stalewatch.sdk.writing import Kind
from stalewatch.services.answering.acts import Act, Hold, Until
from stalewatch.services.answering.form import Asked, Fields, Form, Wrong, at_latest, confirmed, in_the_crm, text_of
from stalewatch.services.answering.holding import longest
from stalewatch.services.answering.outcomes import Answer, Refusal

DATE, ENDS, WHO, REASON, EVIDENCE = "date", "ends", "who", "reason", "evidence"
_WHO, _REASON, _EVIDENCE = 100, 300, 300


class HoldForm(Form):
    """Everything is needed: a wait that nobody can check is no wait of the customer's."""

    kind = buttons.HOLD
    places = {  # noqa: RUF012  # never changed
        Refusal.IN_THE_PAST: DATE, Refusal.TOO_LONG: DATE, Refusal.NO_MEETING: ENDS, Refusal.WHO_MISSING: WHO,
        Refusal.REASON_MISSING: REASON, Refusal.EVIDENCE_MISSING: EVIDENCE,
    }  # fmt: skip

    def title(self, words: gettext.NullTranslations) -> str:
        return words.pgettext("title of a form, at most 24 characters", "On hold until…")

    def submit(self, words: gettext.NullTranslations) -> str:
        return words.pgettext("button of a form", "Put on hold")

    def promises(self, asked: Asked) -> Sequence[str]:
        words = asked.words
        if asked.may_write(Kind.NOTE):
            kept = words.gettext("The day and the reason are written to {crm}.").format(crm=asked.case.crm)
        else:
            kept = asked.kept_here()
        return words.gettext("For rules that wait for the customer, the days until then do not count."), kept

    def fields(self, asked: Asked) -> Sequence[View]:
        words, reader = asked.words, asked.reader
        most = longest(asked.case.book.by_id.get(asked.case.alert.rule_id))
        last = from_us(asked.now).astimezone(ZoneInfo(asked.zone)).date() + timedelta(days=most)
        at_most = words.gettext("At most {count} days from now: until {date}.").format(
            count=reader.number(most), date=day_words(last, reader, asked.zone)
        )
        return [
            day(DATE, words.gettext("Which day did the customer name?"), words.gettext("Choose a day"), hint=at_most),
            one_of(ENDS, words.gettext("What ends it?"), _ends(asked)),
            line(REASON, words.gettext("What does the customer wait for?"), _REASON,
                 example=words.gettext("Their budget committee")),
            line(WHO, words.gettext("Who said so?"), _WHO, example=words.gettext("Ms Mori, head of purchasing")),
            line(EVIDENCE, words.gettext("Where can that be read?"), _EVIDENCE,
                 example=words.gettext("Mail of 19 November")),
        ]  # fmt: skip

    def read(self, given: Fields, asked: Asked) -> Act | Wrong:
        try:
            until = date.fromisoformat(given.get(DATE, Given()).date)
        except ValueError:
            return Wrong(DATE, asked.words.gettext("Please choose a day."))
        choice = given.get(ENDS, Given()).choice
        return Hold(
            until=until,
            who=text_of(given, WHO),
            reason=text_of(given, REASON),
            evidence=text_of(given, EVIDENCE),
            ends=Until(choice) if choice in list(Until) else Until.DATE,
        )

    def refusal(self, answer: Answer, asked: Asked) -> str:
        if answer.refusal is Refusal.REASON_MISSING:
            return asked.words.gettext("Please say in a few words what the customer waits for.")
        return super().refusal(answer, asked)

    def done(self, act: Act, answer: Answer, asked: Asked) -> Sequence[View]:
        if not isinstance(act, Hold):
            return []
        held = Answered(
            act="hold", until=answer.until, last_day=act.until, reason=act.reason,
            ends="" if act.ends is Until.DATE else act.ends.value,
        )  # fmt: skip
        return confirmed(note(held, asked.reader, asked.zone), in_the_crm(answer, asked))


def _ends(asked: Asked) -> list[Option]:
    words, meeting = asked.words, asked.meeting()
    told = [
        Option(Until.DATE, words.gettext("That day")),
        Option(Until.CUSTOMER, words.gettext("The customer's answer, or else that day")),
    ]
    if meeting is not None:
        over = words.gettext("The end of the meeting on {date}, or else that day")
        told.append(Option(Until.MEETING, over.format(date=at_latest(meeting, asked))))
    return told
