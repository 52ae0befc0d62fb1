"""What a press of a button or a form that was sent brings about. Whoever may not answer learns nothing of the deal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from stalewatch.clock import Clock
from stalewatch.delivery import answering as words
from stalewatch.delivery.slack import forms
from stalewatch.delivery.slack.interactions import Given, Pressed, Submitted
from stalewatch.delivery.slack.mrkdwn import escaped
from stalewatch.delivery.slack.reasons import reasons_blocks, reasons_text
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.untrusted import printable
from stalewatch.domain.instants import to_us
from stalewatch.domain.policies import Speaking
from stalewatch.sdk.errors import NotifierError, SlowDown, WorkspaceDown
from stalewatch.services.alerting.people import directory
from stalewatch.services.answering.case import Case
from stalewatch.services.answering.identity import Identities, Slack, Somebody
from stalewatch.services.answering.respond import Answer, Refusal, latest_end, snooze_within
from stalewatch.services.answering.snooze_form import asked_for, is_morning, snoozing
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.store import audit
from stalewatch.store.engine import Connection, Database

REFUSED: Final = "refused"


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
        language: overrides everybody's language; None: each person's own, else the project's.
    """

    db: Database
    clock: Clock
    book: Rulebook
    speaking: Speaking
    slack: Slack
    identities: Identities
    language: str | None = None

    # ------------------------------------------------------------------------------------------- buttons

    def press(self, pressed: Pressed) -> Done:
        """Do what a button says.

        Raises:
            NotifierError: Slack did not take the answer; it may be tried again.
        """
        who, case = self._looked_up(pressed.user, pressed.alert)
        reader = self._reader(who, case)
        if case is None:
            self._whisper(pressed, escaped(words.not_known(reader)))
            return Done("unknown")
        if not case.may_answer(who):
            self._whisper(pressed, escaped(words.ask_the_owner(case.owner_name, reader)))
            return Done(REFUSED, who)
        if pressed.kind == forms.SNOOZE:
            return self._offer(pressed, case, reader)
        if pressed.kind == "why":
            return self._explain(pressed, case, reader)
        return Done("ignored")

    def _offer(self, pressed: Pressed, case: Case, reader: Reader) -> Done:
        """Open the form while that is allowed, and fill it then."""
        try:
            opened = self.slack.call("views.open", trigger_id=pressed.trigger, view=forms.opening(reader))
        except (SlowDown, WorkspaceDown):
            raise
        except NotifierError:  # the trigger is spent: we were slow, or have come back from a crash
            self._whisper(pressed, escaped(words.press_again(reader)))
            return Done("too_late")
        self.slack.call("views.update", view_id=opened["view"]["id"], view=self._form(case, reader))
        return Done("form")

    def _form(self, case: Case, reader: Reader) -> forms.View:
        limits, alert, zone = self.book.judging.snoozing, case.alert, case.calendar.spec.zone
        if case.settled is not None:
            return forms.notice(words.over(case.settled, reader, zone), reader)
        if alert.snoozes >= limits.times:
            return forms.notice(words.too_often(limits.times, reader), reader)
        now = self._now
        before = "" if alert.snoozed_until is None else self._snoozed(case, alert.snoozed_until, reader)
        with self.db.read() as conn:
            latest = latest_end(conn, self.book, alert, now)
        return forms.snooze(snoozing(case, latest, now, before), reader)

    def _explain(self, pressed: Pressed, case: Case, reader: Reader) -> Done:
        with self.db.read() as conn:
            why = case.reasons(conn, self._now, self.speaking.public_url)
        blocks = reasons_blocks(why, reader)
        try:
            self._whisper(pressed, reasons_text(why, reader), blocks)
        except (SlowDown, WorkspaceDown):
            raise
        except NotifierError:  # a place where nothing can be whispered: then a form, while it may be opened
            self.slack.call("views.open", trigger_id=pressed.trigger, view=forms.why(blocks, reader))
        return Done("explained")

    # ------------------------------------------------------------------------------------------- forms

    def submit(self, conn: Connection, sent: Submitted, who: Somebody) -> tuple[Mapping[str, Any], bool]:
        """Take a form that was sent: what Slack shows then, and whether it had its effect."""
        people = directory(conn, self.speaking)
        case = Case.of(conn, self.book, people, sent.about)
        reader = self._reader(who, case)
        if case is None:
            return forms.replaced(forms.notice(words.not_known(reader), reader)), False
        if not case.may_answer(who):
            Done(REFUSED, who).note(conn, sent.form, sent.about, self._now)
            return forms.replaced(forms.notice(words.ask_the_owner(case.owner_name, reader), reader)), False
        if case.settled is not None:
            said = words.over(case.settled, reader, case.calendar.spec.zone)
            return forms.replaced(forms.notice(said, reader)), False
        field, until = asked_for(sent.given, case.calendar)
        if until is None:
            return forms.refused(field, words.not_ahead(reader)), False
        reason = _plain(sent.given.get(forms.REASON, Given()).text)
        answer = snooze_within(
            conn, self.book, sent.about, now=self._now, until=until, reason=reason, actor=who.actor, request=sent.view,
        )  # fmt: skip
        if answer.refusal is not None:
            return self._refused(case, answer, field, reader), False
        return forms.replaced(forms.notice(self._snoozed(case, until, reader), reader)), True

    def who(self, slack_id: str) -> Somebody:
        """The person behind a Slack id; raises NotifierError if Slack had to be asked, and could not be."""
        with self.db.read() as conn:
            people = directory(conn, self.speaking)
        return self.identities.who(slack_id, people)

    def not_now(self) -> Mapping[str, Any]:
        """The answer to a form that could not be taken just now; nothing of it was kept."""
        return forms.refused(forms.UNTIL, words.send_again(self._reader(None, None)))

    def taken(self) -> Mapping[str, Any]:
        """The answer to a form that was taken before."""
        return {"response_action": "clear"}

    # ------------------------------------------------------------------------------------------- pieces

    @property
    def _now(self) -> int:
        return to_us(self.clock.now())

    def _looked_up(self, slack_id: str, alert_id: str) -> tuple[Somebody, Case | None]:
        who = self.who(slack_id)
        with self.db.read() as conn:
            return who, Case.of(conn, self.book, directory(conn, self.speaking), alert_id)

    def _reader(self, who: Somebody | None, case: Case | None) -> Reader:
        """In the language and zone in which they are written to."""
        language = self.language or (who.language if who else None) or self.speaking.language
        calendar = case.calendar if case else self.book.calendars.default
        return Reader(language, self.clock.now(), (who.zone if who else None) or calendar.spec.zone)

    def _whisper(self, pressed: Pressed, text: str, blocks: list[forms.View] | None = None) -> None:
        """Say something that only the person who pressed can see."""
        self.slack.call(
            "chat.postEphemeral", channel=pressed.channel, user=pressed.user, thread_ts=pressed.thread or None,
            text=text, blocks=blocks,
        )  # fmt: skip

    def _snoozed(self, case: Case, until: int, reader: Reader) -> str:
        in_the_morning = is_morning(until, case.calendar)
        return words.snoozed(until, reader, case.calendar.spec.zone, in_the_morning=in_the_morning)

    def _refused(self, case: Case, answer: Answer, field: str, reader: Reader) -> Mapping[str, Any]:
        """Beside the field that is wrong; what no field can mend stands in the form's place."""
        limits, zone = self.book.judging.snoozing, case.calendar.spec.zone
        match answer.refusal:
            case Refusal.REASON_MISSING:
                return forms.refused(forms.REASON, words.reason_missing(reader))
            case Refusal.TOO_LONG:
                return forms.refused(field, words.too_long(limits.longest, answer.until or 0, reader, zone))
            case Refusal.IN_THE_PAST:
                return forms.refused(field, words.not_ahead(reader))
            case Refusal.TOO_OFTEN:
                return forms.replaced(forms.notice(words.too_often(limits.times, reader), reader))
            case _:
                return forms.replaced(forms.notice(words.not_known(reader), reader))


def _plain(text: str) -> str:
    """Somebody's own words on one line, without what a database refuses."""
    return " ".join(printable(text).split())[: forms.LONGEST_REASON]
