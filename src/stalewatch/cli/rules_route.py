"""`stalewatch rules route`: whom the problems of a record go to, by which route, when, and what holds them back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import click

from stalewatch.cli.asking import reader_of
from stalewatch.cli.grid import padded, terminal_width
from stalewatch.cli.invocation import Invocation, command
from stalewatch.cli.printing import as_json
from stalewatch.cli.projects import language_of, open_project
from stalewatch.cli.records import record_called, rule_called
from stalewatch.delivery.columns import width, wrapped
from stalewatch.delivery.wording import record_words
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.route_words import RouteSpeaker
from stalewatch.delivery.wording.untrusted import clean, printable
from stalewatch.domain.foreseen import Ahead, Foreseen, Happened, Hearing, Hold
from stalewatch.domain.instants import to_us
from stalewatch.domain.language.model import Mode
from stalewatch.domain.routing import Reason, Target
from stalewatch.services.alerting.people import people_of
from stalewatch.services.reporting.listing import shown
from stalewatch.services.telling.foreseeing import foresee
from stalewatch.wiring import Stalewatch

_USUAL: Final = 100


@command("route")
@click.argument("record", metavar="ID")
@click.option("--rule", metavar="ID", help="Only what this rule says.")
def route(invocation: Invocation, record: str, rule: str | None) -> int:
    """Show whom the problems of a deal or lead go to, when, and why then; for rules without one, whom they would.

    It reads and sends nothing. The id is that of the lists, or the CRM's own where only one record has it.

    \b
    Examples:
      stalewatch rules route sf:006A00000123
      stalewatch rules route sf:006A00000123 --rule ghosted
    """
    with closing(open_project(invocation)) as app:
        language = language_of(invocation, app.settings)
        name = record_called(app, record, language)
        wanted = None if rule is None else rule_called(app.rulebook.rules, rule, language).id
        said = foresee(app.db, app.rulebook, app.speaking, app.sources, name, to_us(app.clock.now()))
        mine = [one for one in said if wanted in (None, one.rule.id)]
        if invocation.json:
            as_json({"id": name, "rules": [_data(one) for one in mine]})
            return 0
        page = _Page(name, _speaker(app, reader_of(app, invocation)), terminal_width() or _USUAL)
        click.echo("\n".join(page.lines(mine, wanted)))
    return 0


def _speaker(app: Stalewatch, reader: Reader) -> RouteSpeaker:
    return RouteSpeaker(app.rulebook.rules, people_of(app.db, app.speaking), reader)


@dataclass(frozen=True, slots=True)
class _Page:
    """What is printed for one record."""

    record: str
    say: RouteSpeaker
    room: int

    def lines(self, some: Sequence[Foreseen], wanted: str | None) -> Iterator[str]:
        words = self.say.reader.words
        yield printable(self.record)
        if wanted is not None and not some:
            said = words.gettext("{rule} says nothing of it: it is off, or watches something else.")
            yield said.format(rule=wanted)
        if wanted is None and not some:
            yield words.gettext("No rule watches it")
        for one in some:
            yield ""
            yield from self._problem(one)

    def _problem(self, one: Foreseen) -> Iterator[str]:
        reader = self.say.reader
        mark, state = record_words.MARKS.get(one.state, "·"), record_words.state(one.state, reader)
        subject = f" ({clean(one.subject)})" if one.subject else ""
        yield f"{mark} {state}  {one.rule.id} · {reader.pick(one.rule.title)}{subject}"
        parts = [*self._parts(one)]
        column = max(width(label) for label, _ in parts)
        for label, texts in parts:
            head = f"  {padded(label, column)}  "
            for text in texts:
                yield from self._wrapped(head, text)
                head = " " * width(head)

    def _parts(self, one: Foreseen) -> Iterator[tuple[str, list[str]]]:
        words = self.say.reader.words
        yield (
            words.pgettext("label", "Route"),
            [
                f"{number} {clean(tried.route.name)}: {self.say.tried(tried)}"
                for number, tried in enumerate(one.tried, 1)
            ],
        )
        for hearing in one.hearings:
            yield words.pgettext("label", "To"), [*self._ladder(hearing)]
            yield words.pgettext("label", "When"), [*self._times(one, hearing)]
        zone = one.hearings[0].zone if one.hearings else "UTC"
        so_far = [self.say.happened(each, zone) for each in one.past]
        if one.ahead is not None:
            so_far.append(self.say.ahead(one.ahead, zone))
        if so_far:
            yield words.pgettext("label", "So far"), so_far

    def _ladder(self, hearing: Hearing) -> Iterator[str]:
        """The rungs of a ladder, each with those who were passed over before it."""
        words, first = self.say.reader.words, hearing.ladder[0]
        yield self._rung(first, ())
        rest = [self._rung(rung, above.passed) for above, rung in pairwise(hearing.ladder)]
        if rest:
            yield words.gettext("if that fails: {ways}").format(ways=" → ".join(rest))

    def _rung(self, rung: Target, above: Sequence[Reason]) -> str:
        said, passed = self.say.recipient(rung), self.say.passed(rung, above)
        return (
            self.say.reader.words.gettext("{clause} ({values})").format(clause=said, values=passed) if passed else said
        )

    def _times(self, one: Foreseen, hearing: Hearing) -> Iterator[str]:
        words, rules = self.say.reader.words, self.say.rules.rules
        titles = {rule.id: self.say.reader.pick(rule.title) for rule in rules}
        when = self.say.when(hearing)
        if when and one.kind is not None:
            yield words.gettext("{what}: {when}").format(
                what=record_words.said(one.kind.value, self.say.reader), when=when
            )
        elif one.kind is None and one.alert is None:
            yield words.gettext("nothing is to be said while nothing changes")
        elif one.kind is None:
            yield words.gettext("nothing is left to say while nothing changes")
        else:
            yield words.gettext("not while this holds:")
        for hold in (*one.holds, *hearing.holds):
            yield f"· {self.say.hold(hold, titles, hearing.zone)}"

    def _wrapped(self, head: str, text: str) -> Iterator[str]:
        indent = " " * width(head)
        first, *rest = wrapped(text, self.room, indent) or [indent]
        yield head + first.removeprefix(indent)
        yield from rest


def _data(one: Foreseen) -> dict[str, Any]:
    return {
        "rule": one.rule.id,
        "mode": Mode(one.mode).value,
        "state": one.state,
        "subject": one.subject,
        "alert": one.alert,
        "next": None if one.kind is None else one.kind.value,
        "route": one.route.name,
        "routes": [
            {"name": tried.route.name, "matches": tried.matches, "failed": [test.field for test, _ in tried.failed]}
            for tried in one.tried
        ],
        "holds": [_hold(hold, "UTC") for hold in one.holds],
        "to": [_hearing(hearing) for hearing in one.hearings],
        "past": [_happened(each) for each in one.past],
        "ahead": None if one.ahead is None else _ahead(one.ahead),
    }


def _happened(one: Happened) -> dict[str, Any]:
    told = {"kind": one.kind, "target": one.target, "state": one.state, "reason": one.reason}
    return {**told, "at": shown(one.at, "UTC"), "until": None if one.until is None else shown(one.until, "UTC")}


def _ahead(one: Ahead) -> dict[str, Any]:
    return {"at": shown(one.at, "UTC"), "to": list(one.to), "again": one.again}


def _hearing(hearing: Hearing) -> dict[str, Any]:
    return {
        "target": hearing.ladder[0].target,
        "ladder": [
            {"target": rung.target, "address": rung.address, "via": rung.via.value, "why": rung.reason.value,
             "passed": [reason.value for reason in rung.passed]}
            for rung in hearing.ladder
        ],
        "style": hearing.style.value,
        "at": None if hearing.at is None else shown(hearing.at, hearing.zone),
        "told_at": None if hearing.told_at is None else shown(hearing.told_at, hearing.zone),
        "holds": [_hold(hold, hearing.zone) for hold in hearing.holds],
    }  # fmt: skip


def _hold(hold: Hold, zone: str) -> Mapping[str, Any]:
    told = {"reason": hold.reason.value, "until": None if hold.until is None else shown(hold.until, zone)}
    more = {"by": hold.by or None, "used": hold.used if hold.most else None, "most": hold.most or None}
    return {name: value for name, value in {**told, **more}.items() if value is not None}
