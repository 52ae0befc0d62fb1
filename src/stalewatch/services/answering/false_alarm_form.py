"""False alarm: what is wrong with it, so that the rule can be mended."""

from __future__ import annotations

import gettext
from collections.abc import Sequence
from typing import Final

from stalewatch.delivery import buttons
from stalewatch.delivery.slack.fields import Option, View, line, one_of
from stalewatch.delivery.slack.interactions import Given
from stalewatch.services.answering.acts import Act, FalseAlarm, Mistake
from stalewatch.services.answering.form import Asked, Fields, Form, Wrong, confirmed, in_the_crm, text_of
from stalewatch.services.answering.outcomes import Answer, Refusal

WHY, NOTE = "why", "note"
_NOTE: Final = 300


class FalseAlarmForm(Form):
    """One of three, and a few words if one likes."""

    kind = buttons.FALSE_ALARM
    places = {Refusal.NOTE_MISSING: NOTE}  # noqa: RUF012  # never changed

    def title(self, words: gettext.NullTranslations) -> str:
        return words.pgettext("title of a form, at most 24 characters", "False alarm")

    def submit(self, words: gettext.NullTranslations) -> str:
        return words.pgettext("button of a form", "Report")

    def promises(self, asked: Asked) -> Sequence[str]:
        words = asked.words
        return (
            words.gettext("We say no more about this, and it counts against the rule."),
            words.gettext("This is kept here and nowhere else."),
        )

    def fields(self, asked: Asked) -> Sequence[View]:
        words = asked.words
        choices = [
            Option(Mistake.NOT_TRUE, words.gettext("It is not so: the data in the CRM are wrong")),
            Option(Mistake.HANDLED, words.gettext("It is taken care of, where the CRM does not see it")),
            Option(Mistake.NOT_USEFUL, words.gettext("It is so, but the rule does not fit this case")),
        ]
        return [
            one_of(WHY, words.gettext("What is wrong with it?"), choices, is_ticked=False),
            line(NOTE, words.gettext("What should the rule have known?"), _NOTE, is_needed=False,
                 example=words.gettext("Public bodies never buy in March")),
        ]  # fmt: skip

    def read(self, given: Fields, asked: Asked) -> Act | Wrong:
        why = given.get(WHY, Given()).choice
        if why not in list(Mistake):
            return Wrong(WHY, asked.words.gettext("Please choose one."))
        return FalseAlarm(why=Mistake(why), note=text_of(given, NOTE))

    def done(self, act: Act, answer: Answer, asked: Asked) -> Sequence[View]:
        noted = asked.words.gettext("Thank you. We say no more about this; whoever keeps the rules sees your answer.")
        return confirmed(noted, in_the_crm(answer, asked))
