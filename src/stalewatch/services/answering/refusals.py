"""Why an answer was not taken, in the words of whoever reads it. What a form says better itself, it says itself."""

from __future__ import annotations

from stalewatch.delivery import answering as words
from stalewatch.delivery.wording.reader import Reader
from stalewatch.services.answering.case import Case
from stalewatch.services.answering.outcomes import Answer, Refusal


def refusal(answer: Answer, case: Case, reader: Reader) -> str:
    """The words for a refusal; how a problem ended, for one that is over."""
    why, said = answer.refusal, reader.words
    if why in (Refusal.RESOLVED, Refusal.CLOSED) and case.settled is not None:
        return words.over(case.settled, reader, case.calendar.spec.zone)
    if why is Refusal.TOO_OFTEN:
        return words.too_often(answer.limit or case.book.judging.snoozing.times, reader)
    if why is Refusal.TOO_LONG:
        return words.at_the_latest(answer.until or 0, reader, case.calendar.spec.zone)
    return {
        Refusal.RESOLVED: said.gettext("This is settled already."),
        Refusal.CLOSED: said.gettext("This deal is closed already."),
        Refusal.REASON_MISSING: words.reason_missing(reader),
        Refusal.AGENDA_MISSING: said.gettext("Please say in a few words what the meeting is about."),
        Refusal.WHO_MISSING: said.gettext("Please say who told you."),
        Refusal.EVIDENCE_MISSING: said.gettext("Please say where that can be read: a mail, a note, minutes."),
        Refusal.NOTE_MISSING: said.gettext("Please add a few words."),
        Refusal.IN_THE_PAST: words.not_ahead(reader),
        Refusal.BACKWARDS: said.gettext("The meeting ends before it begins."),
        Refusal.NO_MEETING: said.gettext("No meeting is planned. Please choose a day."),
        Refusal.NO_DEAL: said.gettext("This can only be said of deals."),
        Refusal.NO_LINKS: said.gettext(
            "Your customer could not open the page, because stalewatch has no public address yet. "
            "Please ask whoever runs it (`web.public_url`, `secrets.key`)."
        ),
    }.get(why or Refusal.NOT_FOUND, words.not_known(reader))
