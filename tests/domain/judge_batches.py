"""A file of arbitrary rules, read as rules check reads it, with the records it is tried on: for laws of the judge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from random import Random

from stalewatch.domain import assemble
from stalewatch.domain.assemble import Snapshot
from stalewatch.domain.calendar import Spec
from stalewatch.domain.calendars import Calendars
from stalewatch.domain.clocks import Judge, Verdict
from stalewatch.domain.frame import Frame
from stalewatch.domain.language.catalogue import load_catalogue
from stalewatch.domain.language.loading import load_rules
from stalewatch.domain.language.model import Catalogue, Condition, RuleSet
from stalewatch.domain.language.nodes import Source
from tests.domain.calendar_builders import calendar
from tests.domain.calendar_oracle import SlowCalendar
from tests.domain.condition_oracle import Book
from tests.domain.judge_oracle import SlowJudge
from tests.domain.length_oracle import parsed
from tests.domain.record_builders import Office
from tests.domain.rule_builders import ERAS, SPECS, TYPES, Writer, book, catalogue_text, choice_of_calendars
from tests.domain.written import Mapped, yaml

RULES, RECORDS = 24, 24
DEFAULT_WARN = "2bd"


@cache
def catalogue() -> Catalogue:
    """The fields of the rules' builder."""
    loaded = load_catalogue([Source("fields.yaml", catalogue_text())])
    assert loaded.catalogue is not None, loaded.render("en")
    return loaded.catalogue


@cache
def slow_calendar(place: int) -> SlowCalendar:
    """The slow twin of a calendar."""
    return SlowCalendar(SPECS[place])


def file_of(rules: Sequence[Mapped], written: Book, exceptions: Sequence[Mapped]) -> str:
    """The file, a rule a line."""
    lines = ["stalewatch: 1", "pack: any", "rules:", *(f"- {yaml(rule)}" for rule in rules)]
    lines += [f"bands: {yaml(written.bands)}", f"scores: {yaml(written.scores)}"]
    return "\n".join([*lines, f"exceptions: {yaml(exceptions)}", ""])


def accepted(rules: Sequence[Mapped], written: Book) -> list[Mapped]:
    """The rules in which nothing is wrong; a warning longer than the limit, or a row that is never used, is."""
    loaded = load_rules([Source("any.yaml", file_of(rules, written, []))], catalogue())
    refused = {found.line for found in loaded.diagnostics if found.is_error}
    assert {found.code for found in loaded.diagnostics if found.is_error} <= {"SW112", "SW117"}, loaded.render("en")
    return [rule for line, rule in enumerate(rules, start=4) if line not in refused]


def lowered(rules: Sequence[Mapped], written: Book, exceptions: Sequence[Mapped] = ()) -> RuleSet:
    """What the judge is given."""
    loaded = load_rules([Source("any.yaml", file_of(rules, written, exceptions))], catalogue())
    assert loaded.ruleset is not None, loaded.render("en")
    return loaded.ruleset


def lowered_condition(condition: Mapped | None) -> Condition | None:
    """A row of `calendars.choose`, read as a rule's `where`."""
    if condition is None:
        return None
    rule = {"id": "a", "title": "A", "watch": "deal", "start": "created_at", "within": "1d", "where": condition}
    return lowered([rule], Book()).rules[0].where


def records_of(dice: Random, era: date, count: int = RECORDS) -> list[Snapshot]:
    """Arbitrary records of an era."""
    return [Office(dice, era).record() for _ in range(count)]


@dataclass(frozen=True)
class Batch:
    """Rules as they are written and as they are judged by, and records."""

    rules: Sequence[Mapped]
    slow: SlowJudge
    fast: Judge
    records: Sequence[Snapshot]
    gone: frozenset[str]
    era: date

    def frame(self, records: Sequence[Snapshot]) -> Frame:
        """The records side by side, without the columns that are gone."""
        frame = assemble.frame("deal", records, catalogue())
        columns = {name: column for name, column in frame.columns.items() if name not in self.gone}
        return replace(frame, columns=columns)

    def verdicts(self, records: Sequence[Snapshot]) -> tuple[list[Verdict], int]:
        """What the judge says, and of how many records."""
        return self.fast.judge(self.frame(records)), len(records)

    def seen(self, record: Snapshot) -> Snapshot:
        """The record as the slow judge reads it: a field without a column cannot be told."""
        return replace(record, unavailable=record.unavailable | self.gone)


def batch(seed: int) -> Batch:
    """The batch of this seed, always the same."""
    dice = Random(seed)  # noqa: S311
    era = dice.choice(ERAS)
    writer = Writer(dice, era)
    choose = choice_of_calendars(writer)
    writer = replace(writer, book=book(writer))
    rules = accepted([writer.rule(f"r{n}") for n in range(RULES)], writer.book)
    assert len(rules) > RULES // 3
    exceptions = [writer.exception([rule["id"] for rule in rules]) for _ in range(dice.choice((0, 1, 3)))]
    default = DEFAULT_WARN if dice.random() < 0.5 else None
    slow = SlowJudge(TYPES, rules, writer.book, exceptions, [(row, _slow(spec)) for row, spec in choose], default)
    rows = [(lowered_condition(row), calendar(spec)) for row, spec in choose]
    ruleset = lowered(rules, writer.book, exceptions)
    fast = Judge(ruleset, Calendars(rows), None if default is None else parsed(default))
    gone = frozenset({"pain", "decision_date"}) if dice.random() < 0.1 else frozenset[str]()
    return Batch(rules, slow, fast, records_of(dice, era), gone, era)


def _slow(spec: Spec) -> SlowCalendar:
    return slow_calendar(SPECS.index(spec))
