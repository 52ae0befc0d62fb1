"""Send loss check: the mail with which the rep asks their customer, to be copied or opened as a draft."""

from __future__ import annotations

import gettext
from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

from stalewatch.delivery import buttons
from stalewatch.delivery.catalogues import LANGUAGES
from stalewatch.delivery.slack.fields import Option, View, aside, one_of, plainly, said, to_copy
from stalewatch.delivery.slack.interactions import Given
from stalewatch.delivery.slack.mrkdwn import escaped
from stalewatch.services.answering.acts import Act, LossCheck
from stalewatch.services.answering.form import Asked, Fields, Form, Wrong, in_the_crm
from stalewatch.services.answering.outcomes import Answer, Letter, Refusal

LANGUAGE: Final = "language"
_DRAFT: Final = 2_000
"""Characters of a `mailto:` link: what the most common mail programs still open."""


class LossCheckForm(Form):
    """Nothing is sent from here: the mail comes from the rep's own mailbox."""

    kind = buttons.LOSS_CHECK

    def title(self, words: gettext.NullTranslations) -> str:
        return words.pgettext("title of a form, at most 24 characters", "Send loss check")

    def submit(self, words: gettext.NullTranslations) -> str:
        return words.pgettext("button of a form", "Write the mail")

    def closed(self, asked: Asked) -> str:
        return "" if asked.office.links is not None else self.refusal(Answer(refusal=Refusal.NO_LINKS), asked)

    def promises(self, asked: Asked) -> Sequence[str]:
        words = asked.words
        return (
            words.gettext("You get a short mail with a link, to be sent from your own mailbox."),
            words.gettext("Your customer answers with one click, or not at all: that you asked counts either way."),
        )

    def fields(self, asked: Asked) -> Sequence[View]:
        names = {"en": asked.words.gettext("English"), "ja": asked.words.gettext("Japanese")}
        mine = asked.reader.language
        ordered = sorted(LANGUAGES, key=lambda language: language != mine)
        options = [Option(language, names[language]) for language in ordered]
        return [one_of(LANGUAGE, asked.words.gettext("In which language?"), options)]

    def read(self, given: Fields, asked: Asked) -> Act | Wrong:
        language = given.get(LANGUAGE, Given()).choice
        if language not in LANGUAGES:
            return Wrong(LANGUAGE, asked.words.gettext("Please choose a language."))
        return LossCheck(language=language)

    def done(self, act: Act, answer: Answer, asked: Asked) -> Sequence[View]:
        letter, words = answer.letter, asked.words
        if letter is None:
            return []
        shown = [
            plainly(words.gettext("Please send this from your own mailbox. That you asked is noted.")),
            to_copy(letter.subject),
            to_copy(letter.text),
            *_draft(letter, words),
        ]
        told = in_the_crm(answer, asked)
        return [*shown, aside(told)] if told else shown


def _draft(letter: Letter, words: gettext.NullTranslations) -> list[View]:
    """A link that opens it in a mail program; without its text if no program would take so long a link."""
    subject = f"mailto:?subject={quote(letter.subject, safe='')}"
    whole = f"{subject}&body={quote(letter.text.replace(chr(10), chr(13) + chr(10)), safe='')}"
    is_whole = len(whole) <= _DRAFT
    label = words.gettext("Open as a draft") if is_whole else words.gettext("Open a draft with this subject")
    target = whole if is_whole else subject
    if len(target) > _DRAFT:
        return []
    return [said(f"<{target.replace('&', '&amp;')}|{escaped(label)}>")]
