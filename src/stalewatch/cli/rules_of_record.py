"""The rules of a project in the light of one record: where each stands, why, and the numbers of its formula."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any, Final

import click

from stalewatch.cli.asking import reader_of
from stalewatch.cli.grid import terminal_width
from stalewatch.cli.invocation import Invocation
from stalewatch.cli.printing import as_json, say
from stalewatch.cli.projects import NoSuch, language_of, open_project
from stalewatch.cli.records import record_called, rules_called
from stalewatch.delivery.columns import width, wrapped
from stalewatch.delivery.wording import record_words, silence_words
from stalewatch.delivery.wording.explained import explanation_text
from stalewatch.delivery.wording.formula import with_numbers
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.rule_in_words import rule_in_words
from stalewatch.delivery.wording.times import moment
from stalewatch.delivery.wording.untrusted import clean, printable
from stalewatch.domain.explain import Explanation
from stalewatch.domain.instants import to_us
from stalewatch.domain.language.model import Mode, Rule, RuleSet
from stalewatch.services.judging.sources import ready_of
from stalewatch.services.reporting.reports import Reports
from stalewatch.services.rules import rulefiles
from stalewatch.services.rules.rulebook import Rulebook

_USUAL: Final = 100
_MOST_SAID: Final = 5


def print_rules_of_record(
    invocation: Invocation, rules: RuleSet | None, names: Sequence[str], record: str, *, short: bool
) -> None:
    """Print where the rules stand on one record; reads the stored record, changes nothing.

    Args:
        rules: those of some files; None: those of the project.
        names: ids of the rules to explain in full; without any, all that watch the record, briefly.

    Raises:
        NoSuch: there is no such record.
        ConfigurationError: there is no such rule, or it does not watch this record.
    """
    with closing(open_project(invocation)) as app:
        language = language_of(invocation, app.settings)
        book = _everything_on(app.rulebook if rules is None else replace(app.rulebook, rules=rules))
        reports = Reports(app.db, book, app.sources, language)
        name, now = record_called(app, record, language), to_us(app.clock.now())
        told = reports.record(name, now, visible=None)
        if told is None:
            raise NoSuch(say(language, "no_record", name=record), cure=say(language, "no_record_cure"))
        chosen = {rule.id: rule for rule in rules_called(book.rules, names, language)}
        clocks = zip(reports.explain(name, now, visible=None) or [], told["deadlines"], strict=True)
        mine = [_Clock(chosen[one.rule_id], one, as_told) for one, as_told in clocks if one.rule_id in chosen]
        states = list(dict.fromkeys(clock.explanation.state for clock in mine))  # the gravest first, and so remain
        mine.sort(key=lambda clock: (states.index(clock.explanation.state), -clock.rule.severity.rank))
        modes = replace(app.rulebook, rules=book.rules).modes
        if invocation.json:
            as_json(_data(told, mine, modes))
            return
        choose = rulefiles.choosing_fields(app.settings, book.rules)
        stale = told["connection"] not in ready_of(app.db, app.sources, now)
        page = _Page(told, mine, modes, book.rules, choose, reader_of(app, invocation), terminal_width() or _USUAL)
        click.echo("\n".join(page.lines(in_full=bool(names) and not short, stale=stale, asked=names)))


@dataclass(frozen=True, slots=True)
class _Clock:
    """One rule's clock on the record, taken apart and as the API has it."""

    rule: Rule
    explanation: Explanation
    told: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Page:
    record: Mapping[str, Any]
    clocks: Sequence[_Clock]
    modes: Mapping[str, Mode]
    rules: RuleSet
    choose: frozenset[str]
    reader: Reader
    room: int

    def lines(self, *, in_full: bool, stale: bool, asked: Sequence[str]) -> Iterator[str]:
        """Who the record is, whether it may be judged now, and each clock."""
        words, record = self.reader.words, self.record
        owner = clean(record["owner_name"] or "") or words.gettext("no owner")
        name = printable(record["id"])
        yield " · ".join([clean(record["name"] or "") or name, owner, name])
        if stale:
            said = words.gettext(
                "The data of {connection} is too old to judge by: until it is read again nothing is said."
            )
            yield said.format(connection=clean(record["connection"]))
        seen: set[str] = set()
        for clock in self.clocks:
            yield ""
            if in_full and clock.rule.id not in seen:
                yield from rule_in_words(clock.rule, self.rules, self.reader, self.choose)
            yield from self._clock(clock, in_full=in_full)
            if clock.rule.id not in seen:
                yield from self._told(clock.rule, "    " if in_full else "  ")
            seen.add(clock.rule.id)
        for name in [name for name in asked if name not in seen] or ([] if self.clocks else [""]):
            said = words.gettext("{rule} does not watch it") if name else words.gettext("No rule watches it")
            yield f"{said.format(rule=name)} ({record['object']})."

    def _clock(self, clock: _Clock, *, in_full: bool) -> Iterator[str]:
        one = clock.explanation
        mark, state = record_words.MARKS.get(one.state, "·"), record_words.state(one.state, self.reader)
        figure = record_words.distance(one, clock.told.get("days_over"), self.reader)
        subject = f" ({clean(one.subject)})" if one.subject else ""
        head = f"{mark} {state}{subject}{figure}{self._mode(clock.rule)}"
        indent = " " * (width(mark) + 1)
        if not in_full:
            head = f"{mark} {state}  {clock.rule.id} · {self.reader.pick(clock.rule.title)}{subject}{figure}"
            head += self._mode(clock.rule)
        text = explanation_text(one, self.reader.language, self.reader.now)
        yield f"  {head}" if in_full else head
        indent = f"  {indent}" if in_full else indent
        yield from wrapped(printable(text), self.room, indent)
        if in_full and one.due is not None and one.anchor is not None:
            yield from wrapped(with_numbers(one), self.room, indent)

    def _told(self, rule: Rule, indent: str) -> Iterator[str]:
        """What was said of it to whom, and why nothing is said: the newest last."""
        titles = {one.id: self.reader.pick(one.title) for one in self.rules.rules}
        line = self.reader.words.gettext("{when}, {to}: {what} · {end}")
        for notice in [one for one in self.record["said"] if one["rule"] == rule.id][-_MOST_SAID:]:
            said = line.format(
                when=moment(record_words.instant(notice["at"]), self.reader),
                to=clean(notice["to"].partition(":")[2] or notice["to"]),
                what=record_words.said(notice["kind"], self.reader),
                end=silence_words.outcome(notice, self.reader),
            )
            yield from wrapped(said, self.room, indent)
        mine = [one for one in self.record["alerts"] if one["rule"] == rule.id and one["state"] != "resolved"]
        for text in dict.fromkeys(silence_words.silence(one, titles, self.reader) for one in mine):
            yield from wrapped(text or "", self.room, indent)

    def _mode(self, rule: Rule) -> str:
        words = self.reader.words
        said = {
            Mode.OFF: words.gettext("the rule is off"),
            Mode.SHADOW: words.gettext("in shadow: nobody is told"),
        }.get(self.modes[rule.id])
        return f" · {said}" if said else ""


def _everything_on(book: Rulebook) -> Rulebook:
    """The same rules with none of them off: what is off is explained as well."""
    modes = {rule.id: Mode.LIVE for rule in book.rules.rules}
    return replace(book, judging=replace(book.judging, modes=modes))


def _data(record: Mapping[str, Any], clocks: Sequence[_Clock], modes: Mapping[str, Mode]) -> dict[str, Any]:
    kept = ("id", "object", "name", "connection", "owner", "owner_name", "as_of", "data_age_seconds")
    return {
        **{name: record[name] for name in kept},
        "deadlines": [
            {**clock.told, "pack": clock.rule.pack, "severity": clock.rule.severity.value,
             "mode": modes[clock.rule.id].value}
            for clock in clocks
        ],
    }  # fmt: skip
