"""The re-arming fields of a rule are enough: no other field changes a deadline. And each of them is needed.

Two sets of records lie side by side; one field at a time (its values, its past, whether it can be told) goes over
from the second to the first. A rule that does not list the field must not notice; one that lists it must, somewhere.
`created_at` is left out: a record is created once, and no change of it ever arrives.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from random import Random
from typing import Any, Final

import pytest

from stalewatch import shipped
from stalewatch.domain import assemble
from stalewatch.domain.assemble import Happening, Snapshot
from stalewatch.domain.calendars import Calendars
from stalewatch.domain.clocks import Judge, Verdict
from stalewatch.domain.durations import Duration, Unit
from stalewatch.domain.frame import Frame
from stalewatch.domain.instants import DAY, to_us
from stalewatch.domain.language.catalogue import load_catalogue
from stalewatch.domain.language.loading import load_rules
from stalewatch.domain.language.model import Compare, Field, FieldType, Literal, Origin, Ref, RuleException
from stalewatch.domain.language.nodes import Source
from stalewatch.domain.language.reads import rearming_fields
from tests.domain.calendar_builders import TOKYO, calendar
from tests.domain.judge_batches import batch, records_of
from tests.domain.rule_builders import SPECS

ONCE: Final = "created_at"
RECORDS: Final = 1_200
BORN: Final = datetime(2026, 2, 20, 1, tzinfo=UTC)


def exchanged(frame: Frame, other: Frame, name: str) -> Frame:
    """The frame with one field, or one kind of events, of another one; both have the same rows."""
    if name.startswith("event:"):
        return replace(frame, events=_with(frame.events, other.events, name.removeprefix("event:")))
    return replace(
        frame,
        columns=_with(frame.columns, other.columns, name),
        unavailable=_with(frame.unavailable, other.unavailable, name),
        history=_with(frame.history, other.history, name),
    )


def _with(mine: Mapping[str, Any], theirs: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in mine.items() if key != name} | {k: v for k, v in theirs.items() if k == name}


def facts(verdict: Verdict) -> list[list[Any]]:
    """Everything that a verdict says."""
    clocks, pauses = verdict.deadlines, verdict.deadlines.pauses
    said: list[Any] = [
        verdict.row,
        verdict.limit,
        verdict.estimated,
        clocks.base,
        clocks.warn_at,
        clocks.breach_at,
        clocks.anchor,
    ]
    said += [] if clocks.unclear_until is None else [clocks.unclear_until]
    said += [clocks.excepted_until] + ([] if verdict.subject is None else [verdict.subject])
    waits = [] if pauses is None or not len(pauses.start) else [pauses.first, pauses.start, pauses.end]
    return [array.tolist() for array in (*said, *waits)]


def noticed(judge: Judge, frame: Frame, other: Frame, name: str, before: Mapping[str, list[list[Any]]]) -> set[str]:
    """The rules that say something else if this field comes from the other frame."""
    verdicts = judge.judge(exchanged(frame, other, name))
    return {verdict.rule.id for verdict in verdicts if facts(verdict) != before[verdict.rule.id]}


def changes(judge: Judge, frame: Frame, other: Frame) -> Iterator[tuple[str, set[str], set[str]]]:
    """Per field and kind of event: the rules that notice a change of it, and those that list it."""
    before = {verdict.rule.id: facts(verdict) for verdict in judge.judge(frame)}
    choose = judge.calendars.fields(judge.rules)
    listed = {rule.id: rearming_fields(rule, judge.rules, choose) for rule in judge.rules.rules if rule.id in before}
    names = {*frame.columns, *other.columns, *(f"event:{kind}" for kind in judge.rules.catalogue.events)}
    for name in sorted(names - {ONCE}):
        wanted = {rule for rule, names in listed.items() if name in names}
        yield name, noticed(judge, frame, other, name, before), wanted


# ------------------------------------------------------------------------------------------- arbitrary rules


@pytest.mark.parametrize(("first", "batches"), [(0, 4), pytest.param(100, 200, marks=pytest.mark.slow)])
def test_no_other_field_changes_a_deadline(first: int, batches: int) -> None:
    some = 0
    for seed in range(first, first + batches):
        one = batch(seed)
        frame, other = one.frame(one.records), one.frame(records_of(Random(-seed - 1), one.era))  # noqa: S311
        for name, notice, listed in changes(one.fast, frame, other):
            assert notice <= listed, f"seed {seed}: {name}"
            some += len(notice)
    assert some > 20 * batches


# ------------------------------------------------------------------------------------------------ the packs


def source(name: str) -> Source:
    return Source(name, (shipped.rules() / name).read_text("utf-8"))


@cache
def packs() -> Judge:
    """The four packs, two calendars chosen by team, and an exception for one rule of each."""
    catalogue = load_catalogue([source("fields.yaml")]).catalogue
    assert catalogue is not None
    files = ("default.yaml", "jp_enterprise.yaml", "partner.yaml", "leads.yaml")
    rules = load_rules([source(name) for name in files], catalogue).ruleset
    assert rules is not None
    excepted = RuleException("deal", of("owner", FieldType.PERSON), ("stage-time",), date(2026, 5, 1))
    calendars = Calendars(((of("team", FieldType.TEXT), calendar(SPECS[1])), (None, calendar(TOKYO))))
    # A warning in business hours, so that the choice of a calendar shows in limits of plain hours, too.
    return Judge(replace(rules, exceptions=(excepted,)), calendars, Duration(2, Unit.BUSINESS_HOUR))


def of(name: str, kind: FieldType) -> Compare:
    return Compare("==", Ref(name, kind), Literal("x", kind))


def value(field: Field, dice: Random) -> Any:  # noqa: PLR0911  # one line per type
    """A value that rules are likely to ask for, or none."""
    if dice.random() < 0.3:
        return None
    match field.type:
        case FieldType.CHOICE:
            return dice.choice(field.values)
        case FieldType.BOOL:
            return dice.random() < 0.5
        case FieldType.INT:
            return dice.randrange(5)
        case FieldType.MONEY:
            return dice.choice((100.0, 3_000_000.0, 40_000_000.0))
        case FieldType.TEXT | FieldType.PERSON:
            return dice.choice("xyz")
    moment = BORN + timedelta(hours=dice.randrange(30 * 24))
    return moment if field.type is FieldType.DATETIME else moment.date()


def record(fields: Mapping[str, Field], dice: Random) -> Snapshot:
    values = {name: value(field, dice) for name, field in fields.items()} | {"is_open": dice.random() < 0.9}
    values[ONCE] = BORN
    if "hold_until" in fields and dice.random() < 0.5:
        waits = BORN + timedelta(days=dice.randrange(10))
        values |= {"hold_set_at": waits, "hold_until": (waits + timedelta(days=dice.randrange(1, 20))).date()}
    past = {}
    for name in dice.sample(sorted(set(fields) - {"is_open", ONCE}), 6):
        earlier = value(fields[name], dice)
        past[name] = [(to_us(BORN), earlier), (to_us(BORN) + dice.randrange(1, 20) * DAY, values[name])]
    hidden = frozenset(dice.sample(sorted(fields), 1)) - {"is_open", ONCE}
    told = frozenset(name for name in hidden if fields[name].origin is not Origin.STALEWATCH)
    return Snapshot(values, past, [happening(number, dice) for number in range(dice.randrange(4))], told)


def happening(number: int, dice: Random) -> Happening:
    at = to_us(BORN) + dice.randrange(25 * 24) * DAY // 24
    return Happening(dice.choice(packs().rules.catalogue.events), f"e{number}", at, at)


def world(obj: str, seed: int) -> Frame:
    dice = Random(seed)  # noqa: S311
    fields = packs().rules.catalogue.objects[obj]
    return assemble.frame(obj, [record(fields, dice) for _ in range(RECORDS)], packs().rules.catalogue)


@pytest.mark.parametrize("obj", ["deal", "partner_deal", "lead"])
def test_a_rule_of_the_packs_notices_each_field_that_it_lists_and_no_other(obj: str) -> None:
    for name, notice, listed in changes(packs(), world(obj, 1), world(obj, 2)):
        assert notice == listed, name
