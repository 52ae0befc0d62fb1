"""Whom a problem goes to and when, in words: routes and why they match, the ladder of recipients, what delays it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stalewatch.delivery.wording import silence_words
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.record_words import said
from stalewatch.delivery.wording.times import moment
from stalewatch.delivery.wording.untrusted import clean
from stalewatch.delivery.wording.values import choice
from stalewatch.domain.directory import Directory
from stalewatch.domain.foreseen import Ahead, Happened, Hearing, Hold, Tried
from stalewatch.domain.language.model import RuleSet
from stalewatch.domain.missing import title_of
from stalewatch.domain.pacing import Reason as Pacing
from stalewatch.domain.route_conditions import FieldTest, Where
from stalewatch.domain.routing import MAILTO, OPERATOR, Reason, Target, Via
from stalewatch.sdk.notifier import Style


@dataclass(frozen=True, slots=True)
class RouteSpeaker:
    """Says routes to one reader, with the titles of fields and the names of people."""

    rules: RuleSet
    people: Directory
    reader: Reader

    def tried(self, one: Tried) -> str:
        """Whether a route matches, and by what."""
        words = self.reader.words
        if one.failed:
            clauses = [self._failed(test, found) for test, found in one.failed]
            return words.gettext("no: {clauses}").format(clauses="; ".join(clauses))
        tests = one.route.matches.tests if isinstance(one.route.matches, Where) else ()
        if not tests:
            return words.gettext("matches: it asks for nothing")
        return words.gettext("matches: {clauses}").format(clauses="; ".join(map(self._test, tests)))

    def recipient(self, rung: Target) -> str:
        """A rung of a ladder: who or where, at which address, and why there."""
        words, why = self.reader.words, self.because(rung.reason)
        if rung.via is Via.NOWHERE:
            return why
        if rung.via is Via.EMAIL and rung.reason is not Reason.BY_EMAIL:
            why = words.gettext("{why}, by e-mail").format(why=why)
        person = self.people.people.get(rung.person or "")
        name = clean(person.name) if person else self._place(rung)
        address = clean(rung.address.removeprefix(MAILTO))
        if person is None or address == name:
            return words.gettext("{name}: {why}").format(name=name, why=why)
        return words.gettext("{name} ({address}): {why}").format(name=name, address=address, why=why)

    def passed(self, rung: Target, before: Sequence[Reason] = ()) -> str:
        """Why others were passed over before a rung; "" if nobody was."""
        return self.reader.listed([self.because(reason) for reason in rung.passed if reason not in before])

    def because(self, reason: Reason) -> str:
        """Why somebody is told, or was passed over."""
        words = self.reader.words
        return {
            Reason.OWNER: words.pgettext("why told", "the owner"),
            Reason.MANAGER: words.pgettext("why told", "the owner's manager"),
            Reason.CHANNEL: words.pgettext("why told", "the route names it"),
            Reason.NAMED: words.pgettext("why told", "the route names them"),
            Reason.OPERATOR: words.pgettext("why told", "the route names the operator"),
            Reason.ALIAS: words.pgettext("why told", "the name in people:"),
            Reason.INSTEAD_OF_OWNER: words.pgettext("why told", "the manager, in the owner's place"),
            Reason.TEAM_CHANNEL: words.pgettext("why told", "the team's channel"),
            Reason.OPERATOR_CHANNEL: words.pgettext("why told", "the operator's channel"),
            Reason.BY_EMAIL: words.pgettext("why told", "by e-mail, as the last way"),
            Reason.NOBODY_LEFT: words.pgettext("why told", "nobody else is left: it is shown as undelivered"),
            Reason.NO_OWNER: words.pgettext("why not told", "it has no owner"),
            Reason.OWNER_UNKNOWN: words.pgettext("why not told", "the CRM knows no such person"),
            Reason.INACTIVE: words.pgettext("why not told", "they are inactive in the CRM"),
            Reason.NO_EMAIL: words.pgettext("why not told", "no mail server is configured"),
            Reason.NO_ADDRESS: words.pgettext("why not told", "no address is known"),
            Reason.NO_MANAGER: words.pgettext("why not told", "no manager is known"),
            Reason.NO_TEAM_CHANNEL: words.pgettext("why not told", "the team has no channel"),
            Reason.NO_OPERATOR_CHANNEL: words.pgettext("why not told", "the operator has no channel"),
        }[reason]

    def when(self, hearing: Hearing) -> str:
        """The moment of the next message and how it is said."""
        words = self.reader.words
        if hearing.at is None:
            return ""
        said = (
            words.gettext("at once, {when}") if hearing.style is Style.IMMEDIATE
            else words.gettext("with the daily message, {when}")
        )  # fmt: skip
        return said.format(when=self.at(hearing.at, hearing.zone))

    def at(self, instant: int, zone: str) -> str:
        """A moment in somebody's zone."""
        return moment(instant, self.reader, zone)

    def hold(self, hold: Hold, titles: Mapping[str, str], zone: str) -> str:
        """What delays a message, or keeps it back. `titles` are those of rules."""
        words, by = self.reader.words, clean(hold.by)
        until = "" if hold.until is None else self.at(hold.until, zone)
        sentence = {
            Pacing.SHADOW: words.gettext("in shadow: nobody is told"),
            Pacing.EXCEPTED: words.gettext("an exception holds until {until}"),
            Pacing.CANNOT_JUDGE: words.gettext("it cannot be judged now"),
            Pacing.MUTED: words.gettext("“{title}” speaks for it"),
            Pacing.SNOOZED: words.gettext("snoozed until {until} by {by}") if by
            else words.gettext("snoozed until {until}"),
            Pacing.WAITING: words.gettext("on hold until {until}"),
            Pacing.CLAIMED: words.gettext("somebody is at it; we ask again on {until}"),
            Pacing.ACKNOWLEDGED: words.gettext("somebody has seen it; we ask again on {until}"),
            Pacing.CRM_CHANGED: words.gettext("somebody works on the record; we ask again on {until}"),
            Pacing.HOLDOUT: words.gettext("it stays silent, so that the effect is measured"),
            Pacing.SETTLING: words.gettext("the trouble is gone; it is settled for good on {until}"),
            Pacing.BACKLOG: words.gettext("late before the rule went live: one line in a daily message"),
            Pacing.STORM: words.gettext("too many at once: held until `stalewatch work release` or `work drop`"),
            Pacing.ROLLOUT: words.gettext("the rule is new until {until}: {used} of {most} told today"),
            Pacing.QUIET_HOURS: words.gettext("quiet hours until {until}"),
            Pacing.DO_NOT_DISTURB: words.gettext("not to be disturbed until {until}"),
            Pacing.BUDGET_SPENT: words.gettext("{used} of {most} messages at once used today"),
            Pacing.DIGEST: words.gettext("one daily message, {until}"),
        }.get(hold.reason) or silence_words.because(hold.reason.value, self.reader)  # fmt: skip
        title = clean(titles.get(hold.by, hold.by))
        return sentence.format(until=until, by=by, title=title, used=hold.used, most=hold.most)

    def happened(self, one: Happened, zone: str) -> str:
        """What became of one message so far: "11 Mar 09:00, Sato: a limit is near · told with the daily message"."""
        notice = {"state": one.state, "reason": one.reason}
        end = silence_words.outcome(notice, self.reader)
        if one.until is not None:
            end = f"{end} ({self.at(one.until, zone)})"
        return self.reader.words.gettext("{when}, {to}: {what} · {end}").format(
            when=self.at(one.at, zone), to=self._target(one.target), what=said(one.kind, self.reader), end=end
        )

    def ahead(self, one: Ahead, zone: str) -> str:
        """What follows by itself if nobody acts."""
        words, when = self.reader.words, self.at(one.at, zone)
        if one.again:
            return words.gettext("if nothing moves, we ask again: {when}").format(when=when)
        to = self.reader.listed([self._named(each) for each in one.to])
        return words.gettext("if nothing moves, it is passed on to {to}: {when}").format(to=to, when=when)

    # ------------------------------------------------------------------------------------------ pieces

    def _named(self, target: str) -> str:
        """A target as routes name it."""
        words = self.reader.words
        known = {
            "owner": words.pgettext("why told", "the owner"),
            "owner.manager": words.pgettext("why told", "the owner's manager"),
            OPERATOR: words.gettext("the operator"),
        }
        person = self.people.people.get(target)
        return known.get(target) or clean(person.name if person else target)

    def _target(self, target: str) -> str:
        """A target as notices have it, by name."""
        person = next((one for one in self.people.people.values() if one.target == target), None)
        return clean(person.name if person else target.partition(":")[2] or target)

    def _failed(self, test: FieldTest, found: object) -> str:
        nothing = self.reader.words.pgettext("a field without a value", "not set")
        value = nothing if found is None or found == "" else self._value(test.field, found)
        said = self.reader.words.gettext("{clause} (now: {values})")
        return said.format(clause=self._test(test), values=value)

    def _test(self, test: FieldTest) -> str:
        words = self.reader.words
        sentence = {
            "is": words.pgettext("a route", "{field} is {value}"),
            "not": words.pgettext("a route", "{field} is not {value}"),
            "in": words.pgettext("a route", "{field} is one of {value}"),
            "not_in": words.pgettext("a route", "{field} is none of {value}"),
            "at_least": words.pgettext("a route", "{field} is at least {value}"),
            "more_than": words.pgettext("a route", "{field} is more than {value}"),
            "at_most": words.pgettext("a route", "{field} is at most {value}"),
            "below": words.pgettext("a route", "{field} is below {value}"),
            "set": words.pgettext("a route", "{field} is filled in"),
            "empty": words.pgettext("a route", "{field} is empty"),
        }[test.word]
        operands = test.operand if isinstance(test.operand, tuple) else (test.operand,)
        values = [self._value(test.field, one) for one in operands if one is not None]
        return sentence.format(field=self._title(test.field), value=", ".join(values))

    def _title(self, name: str) -> str:
        """What routes may ask of an alert itself; everything else is a field."""
        words = self.reader.words
        own = {
            "severity": words.pgettext("a route", "severity"),
            "watch": words.pgettext("a route", "watched object"),
            "rule": words.pgettext("a route", "rule"),
            "pack": words.pgettext("a route", "pack"),
            "mode": words.pgettext("a route", "mode"),
        }
        return own.get(name) or self.reader.pick(title_of(name, self.rules))

    def _value(self, name: str, value: object) -> str:
        if isinstance(value, bool):
            words = self.reader.words
            return words.pgettext("a field", "yes") if value else words.pgettext("a field", "no")
        if not isinstance(value, str):
            return self.reader.number(float(str(value)))
        kinds = (fields.get(name) for fields in self.rules.catalogue.objects.values())
        titles = next((kind.value_titles.get(value, {}) for kind in kinds if kind is not None), {})
        return choice(value, titles, self.reader) if titles else clean(value)

    def _place(self, rung: Target) -> str:
        if rung.target == OPERATOR:
            return self.reader.words.gettext("the operator")
        return clean(rung.address.removeprefix(MAILTO))
