"""What a press of a button or a form that was sent brings about. Whoever may not answer learns nothing of the deal.

What a button asks and does is in the file of its form (button_forms.py). Who may, and what is over, is one for all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from stalewatch.clock import Clock
from stalewatch.delivery import answering as words
from stalewatch.delivery import buttons
from stalewatch.delivery.answered import note
from stalewatch.delivery.slack import forms
from stalewatch.delivery.slack.fields import View, plainly
from stalewatch.delivery.slack.interactions import Pressed, Submitted
from stalewatch.delivery.slack.mrkdwn import escaped
from stalewatch.delivery.slack.reasons import reasons_blocks, reasons_text
from stalewatch.delivery.wording.reader import Reader
from stalewatch.domain.instants import to_us
from stalewatch.domain.policies import Speaking
from stalewatch.services.access.principals import Company
from stalewatch.services.alerting.people import directory
from stalewatch.services.answering.button_forms import FORMS
from stalewatch.services.answering.case import Case
from stalewatch.services.answering.form import Asked, Form, Wrong, about
from stalewatch.services.answering.identity import Identities, Slack, Somebody
from stalewatch.services.answering.outcomes import Office
from stalewatch.services.answering.replies import Replies
from stalewatch.services.answering.respond import answer
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.services.telling.given import Given
from stalewatch.store import audit
from stalewatch.store.engine import Connection, Database

REFUSED: Final = "refused"
TOO_LATE: Final = "too_late"


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a press: a word for it, and who was turned away, if somebody was (for the audit log)."""

    outcome: str
    turned_away: Somebody | None = None

    def note(self, conn: Connection, asked: str, alert: str, at: int) -> None:
        """Write down that somebody was turned away, in the transaction that ends the work."""
        if self.turned_away is not None:
            actor, after = self.turned_away.actor, {"asked": asked, "slack": self.turned_away.slack}
            audit.add(conn, at=at, actor=actor, action="slack.refused", obj=alert, after=after)


@dataclass(frozen=True, slots=True)
class Answering:
    """Answers for one project.

    Attributes:
        office: what answering needs of it.
        language: overrides everybody's language; None: each person's own, else the project's.
    """

    db: Database
    clock: Clock
    office: Office
    speaking: Speaking
    slack: Slack
    identities: Identities
    language: str | None = None

    @property
    def book(self) -> Rulebook:
        """The rules in force."""
        return self.office.book

    # ------------------------------------------------------------------------------------------- buttons

    def press(self, pressed: Pressed) -> Done:
        """Do what a button says.

        Raises:
            NotifierError: Slack did not take the answer; it may be tried again.
        """
        who, case = self._looked_up(pressed.user, pressed.alert)
        reader = self._reader(who, case)
        if case is None:
            return self._tell(pressed, words.not_known(reader), reader, "unknown")
        if not case.may_answer(who):
            told = self._tell(pressed, words.ask_the_owner(case.owner_name, reader), reader, REFUSED)
            return replace(told, turned_away=who)
        if pressed.kind == buttons.WHY:
            return self._explain(pressed, case, reader)
        form = FORMS.get(pressed.kind)
        return Done("ignored") if form is None else self._offer(pressed, form, self._asked(case, reader))

    def _offer(self, pressed: Pressed, form: Form, asked: Asked) -> Done:
        """Open the form while that is allowed, and fill it then."""
        title = form.title(asked.words)
        opened = self._replies.open(pressed, forms.opening(title, asked.reader))
        if opened is None:
            return self._tell(pressed, words.press_again(asked.reader), asked.reader, TOO_LATE)
        with self.db.read() as conn:
            holds = Given.read(conn, [asked.case.alert], asked.case.people, asked.now).of(asked.case.alert)
        before = "" if holds is None else note(holds, asked.reader, asked.zone)
        is_open = self._replies.update(opened, filled(form, replace(asked, before=before)))
        return Done("form" if is_open else "closed")

    def _explain(self, pressed: Pressed, case: Case, reader: Reader) -> Done:
        with self.db.read() as conn:
            why = case.reasons(conn, self._now, self.speaking.public_url)
        title = reader.words.pgettext("title of a form, at most 24 characters", "Why?")
        said = self._replies.say(pressed, title, reasons_text(why, reader), reasons_blocks(why, reader), reader)
        return Done("explained" if said else TOO_LATE)

    # ------------------------------------------------------------------------------------------- forms

    def submit(self, conn: Connection, sent: Submitted, who: Somebody) -> tuple[Mapping[str, Any], bool]:
        """Take a form that was sent: what Slack shows then, and whether it had its effect."""
        alert, seen = _parted(sent.about)
        case = Case.of(conn, self.book, directory(conn, self.speaking), alert)
        reader, form = self._reader(who, case), FORMS.get(sent.form)
        if case is None or form is None:
            return _instead("stalewatch", [plainly(words.not_known(reader))], reader), False
        title = form.title(reader.words)
        if not case.may_answer(who):
            Done(REFUSED, who).note(conn, sent.form, alert, self._now)
            return _instead(title, [plainly(words.ask_the_owner(case.owner_name, reader))], reader), False
        asked = self._asked(case, reader)
        if case.settled is not None:
            said = words.over(case.settled, reader, asked.zone)
            return _instead(title, [*about(case, reader), plainly(said)], reader), False
        return self._taken(conn, sent, form, asked, who, seen)

    def _taken(
        self, conn: Connection, sent: Submitted, form: Form, asked: Asked, who: Somebody, seen: int | None
    ) -> tuple[Mapping[str, Any], bool]:
        """The form's effect, in the transaction of the caller."""
        act = form.read(sent.given, asked)
        if isinstance(act, Wrong):
            return forms.refused(act.field, act.why), False
        title, head = form.title(asked.words), about(asked.case, asked.reader)
        came = answer(
            conn, self.office, asked.case.alert.id, act, actor=who.actor, now=asked.now,
            visible=asked.case.seen_by(who), request=sent.view, seen_version=seen,
        )  # fmt: skip
        if came.refusal is None:
            return _instead(title, [*head, *form.done(act, came, asked)], asked.reader), True
        said, place = form.refusal(came, asked), form.place(came.refusal, sent.given)
        if place is not None:
            return forms.refused(place, said), False
        return _instead(title, [*head, plainly(said)], asked.reader), False

    def who(self, slack_id: str) -> Somebody:
        """The person behind a Slack id; raises NotifierError if Slack had to be asked, and could not be."""
        with self.db.read() as conn:
            company = Company.of(conn, self.speaking)
        return self.identities.who(slack_id, company)

    def not_now(self, sent: Submitted) -> Mapping[str, Any]:
        """The answer to a form that could not be taken just now; nothing of it was kept."""
        reader = self._reader(None, None)
        said, field = words.send_again(reader), next(iter(sent.given), None)
        return _instead("stalewatch", [plainly(said)], reader) if field is None else forms.refused(field, said)

    def taken(self) -> Mapping[str, Any]:
        """The answer to a form that was taken before."""
        return {"response_action": "clear"}

    # ------------------------------------------------------------------------------------------- pieces

    @property
    def _replies(self) -> Replies:
        return Replies(self.slack)

    @property
    def _now(self) -> int:
        return to_us(self.clock.now())

    def _looked_up(self, slack_id: str, alert_id: str) -> tuple[Somebody, Case | None]:
        who = self.who(slack_id)
        with self.db.read() as conn:
            return who, Case.of(conn, self.book, directory(conn, self.speaking), alert_id)

    def _asked(self, case: Case, reader: Reader) -> Asked:
        return Asked(case=case, reader=reader, office=self.office, now=self._now)

    def _reader(self, who: Somebody | None, case: Case | None) -> Reader:
        """In the language and zone in which they are written to."""
        language = self.language or (who.language if who else None) or self.speaking.language
        calendar = case.calendar if case else self.book.calendars.default
        return Reader(language, self.clock.now(), (who.zone if who else None) or calendar.spec.zone)

    def _tell(self, pressed: Pressed, text: str, reader: Reader, outcome: str) -> Done:
        """A sentence for whoever pressed."""
        said = self._replies.say(pressed, "stalewatch", escaped(text), [plainly(text)], reader)
        return Done(outcome if said else TOO_LATE)


def filled(form: Form, asked: Asked) -> View:
    """The form, or why there is nothing to fill in."""
    case, reader, title = asked.case, asked.reader, form.title(asked.words)
    over = words.over(case.settled, reader, asked.zone) if case.settled is not None else form.closed(asked)
    if over:
        return forms.notice(title, [*about(case, reader), plainly(over)], reader)
    carried = f"{case.alert.id} {case.record.modified_at or ''}"
    return forms.filled(form.kind, title, form.submit(asked.words), carried, form.blocks(asked), reader)


def _parted(carried: str) -> tuple[str, int | None]:
    """What a form carries: its alert, and the version of the record that whoever filled it in had seen."""
    alert, _, seen = carried.partition(" ")
    return alert, int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 19 else None


def _instead(title: str, blocks: Sequence[View], reader: Reader) -> Mapping[str, Any]:
    """What stands in the place of a form that was sent."""
    return forms.replaced(forms.notice(title, blocks, reader))
