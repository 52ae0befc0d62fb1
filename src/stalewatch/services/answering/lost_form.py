"""Lost: why, in one word of seven, and in one's own."""

from __future__ import annotations

import gettext
from collections.abc import Sequence
from typing import Final

from stalewatch.delivery import buttons
from stalewatch.delivery.answering import loss_tag
from stalewatch.delivery.slack.fields import Option, View, lines, pick
from stalewatch.delivery.slack.interactions import Given
from stalewatch.sdk.writing import Kind
from stalewatch.services.answering.acts import Act, Lose, LossTag
from stalewatch.services.answering.form import Asked, Fields, Form, Wrong, confirmed, in_the_crm, text_of
from stalewatch.services.answering.outcomes import Answer, Refusal

TAG, NOTE = "tag", "note"
_NOTE: Final = 1_000


class LostForm(Form):
    """The tag is needed, for it is what gets counted; the note is not."""

    kind = buttons.LOST
    places = {Refusal.NOTE_MISSING: NOTE}  # noqa: RUF012  # never changed

    def title(self, words: gettext.NullTranslations) -> str:
        return words.pgettext("title of a form, at most 24 characters", "Lost")

    def submit(self, words: gettext.NullTranslations) -> str:
        return words.pgettext("button of a form", "Mark as lost")

    def promises(self, asked: Asked) -> Sequence[str]:
        words, crm = asked.words, asked.case.crm
        first = words.gettext("We say nothing more about this deal. The reason counts in the reports.")
        if asked.may_write(Kind.LOST):
            return first, words.gettext("In {crm} the deal becomes lost.").format(crm=crm)
        return first, asked.kept_here(), words.gettext("Please close the deal there as well.")

    def fields(self, asked: Asked) -> Sequence[View]:
        words = asked.words
        tags = [Option(tag, loss_tag(tag, asked.reader)) for tag in LossTag]
        return [
            pick(TAG, words.gettext("What was the reason?"), tags, placeholder=words.gettext("Choose a reason")),
            lines(NOTE, words.gettext("What should others know?"), _NOTE, is_needed=False,
                  example=words.gettext("They renewed with their present supplier for a year")),
        ]  # fmt: skip

    def read(self, given: Fields, asked: Asked) -> Act | Wrong:
        tag = given.get(TAG, Given()).choice
        if tag not in list(LossTag):
            return Wrong(TAG, asked.words.gettext("Please choose a reason."))
        return Lose(tag=LossTag(tag), note=text_of(given, NOTE))

    def done(self, act: Act, answer: Answer, asked: Asked) -> Sequence[View]:
        if not isinstance(act, Lose):
            return []
        noted = asked.words.gettext("Noted as lost: {reason}. We say nothing more about it.")
        return confirmed(noted.format(reason=loss_tag(act.tag, asked.reader)), in_the_crm(answer, asked))
