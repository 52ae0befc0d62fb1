"""Calendars, times of the day and fields as files write them: what is read, and what is said of a slip."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from stalewatch.domain.language.calendars import read_calendar
from stalewatch.domain.language.catalogue import load_catalogue
from stalewatch.domain.language.diagnostics import Findings
from stalewatch.domain.language.model import Catalogue, FieldType
from stalewatch.domain.language.nodes import Mapping, Node, Source
from stalewatch.domain.language.reading import read
from stalewatch.domain.language.times_of_day import read_time
from stalewatch.domain.language.trials import TOKYO

WEEK = frozenset(range(7))


def nodes(text: str) -> tuple[Mapping, Findings]:
    findings = Findings()
    root = read(Source("a.yaml", text), findings).root
    assert isinstance(root, Mapping)
    return root, findings


def node(text: str) -> tuple[Node, Findings]:
    root, findings = nodes(f"it: {text}")
    return root.entries[0].value, findings


def said(findings: Findings) -> list[str]:
    return [f"{one.code} {one.message['en']}" for one in findings.found]


@pytest.mark.parametrize(
    ("text", "differs"),
    [
        ("hours: 9:30-24:00", {"opens": 570, "closes": 1440}),
        ("days: mon-fri", {}),
        ("days: SAT-MON", {"days": frozenset({5, 6, 0})}),
        ("days: [mon, wed-thu]", {"days": frozenset({0, 2, 3})}),
        ("days: all", {"days": WEEK}),
        ("days: every day", {"days": WEEK}),
        ("tz: Europe/Berlin", {"zone": "Europe/Berlin"}),
        ("holidays: US", {"holidays": "US"}),
        ("holidays: none", {"holidays": None}),
        ("holidays:", {"holidays": None}),
        ("closed: 08-13", {"closed": (((8, 13), (8, 13)),)}),
        ("closed: [12-30..01-02, 02-29]", {"closed": (((12, 30), (1, 2)), ((2, 29), (2, 29)))}),
        ("closed: []", {"closed": ()}),
    ],
)
def test_what_a_calendar_does_not_say_is_as_before(text: str, differs: dict[str, Any]) -> None:
    root, findings = nodes(text)
    assert read_calendar(root, TOKYO, findings) == replace(TOKYO, **differs)
    assert said(findings) == []


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("hours: nine to five", "SW125 `nine to five` are not hours of a day"),
        ("hours: 18:00-09:00", "SW125 `18:00-09:00` are not hours of a day"),
        ("hours: 09:00-24:30", "SW125 `09:00-24:30` are not hours of a day"),
        ("hours: [9, 18]", "SW125 `…` are not hours of a day"),
        ("days: []", "SW125 `…` are not days of the week"),
        ("days: [[mon]]", "SW125 `…` are not days of the week"),
        ("days: mon-fry", "SW125 `mon-fry` are not days of the week"),
        ("tz: [UTC]", "SW125 `tz` needs a text"),
        ("tz: Asia/Tokio", "no time zone"),
        ("holidays: [JP]", "SW125 `holidays` needs a text"),
        ("holidays: XX", "XX"),
        ("closed: 02-30", "02-30"),
        ("closed: [[08-13]]", "…"),
        ("closed: {a: b}", "SW125 `closed` needs a list"),
        ("open: 9-5", "SW101 unknown key `open` in a calendar"),
    ],
)
def test_a_slip_is_said_and_changes_nothing(text: str, sentence: str) -> None:
    root, findings = nodes(text)
    spec = read_calendar(root, TOKYO, findings)
    [told] = said(findings)
    assert sentence in told
    assert replace(spec, holidays="JP", closed=TOKYO.closed) == TOKYO


@pytest.mark.parametrize(("text", "minutes"), [("09:05", 545), ("9:00", 540), ("23:59", 1439)])
def test_a_time_is_read_to_the_minute(text: str, minutes: int) -> None:
    assert read_time(*node(f"'{text}'")) == minutes


@pytest.mark.parametrize("text", ["'24:00'", "'9'", "'25:00'", "[]", "nine"])
def test_what_is_no_time_of_a_day_is_said(text: str) -> None:
    found, findings = node(text)
    assert read_time(found, findings) is None
    assert len(findings.found) == 1


# ------------------------------------------------------------------------------------------------ the fields

FIELDS = (
    "fields:\n  deal:\n    stage: {type: choice, from: crm, values: [a, b]}\n    amount: {type: money, from: crm}\n"
)


def loaded(*texts: str) -> tuple[Catalogue | None, list[str]]:
    found = load_catalogue([Source(f"{number}.yaml", text) for number, text in enumerate((FIELDS, *texts))])
    return found.catalogue, [f"{one.code} {one.message['en']}" for one in found.diagnostics]


def test_an_object_takes_over_the_fields_of_another() -> None:
    catalogue, wrong = loaded("fields: {renewal: {extends: deal, term: {type: int, from: crm}}}")
    assert (wrong, catalogue is not None) == ([], True)
    assert catalogue is not None
    assert sorted(catalogue.objects["renewal"]) == ["amount", "stage", "term"]


def test_a_company_replaces_its_own_choices_and_adds_events() -> None:
    catalogue, wrong = loaded("fields: {deal: {stage: {values: [x, y]}}}\nevents: [visit, visit]\n")
    assert (wrong, catalogue is not None) == ([], True)
    assert catalogue is not None
    stage = catalogue.objects["deal"]["stage"]
    assert (stage.type, stage.values, catalogue.events) == (FieldType.CHOICE, ("x", "y"), ("visit",))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("fields: {renewal: {extends: daal}}", "`daal` cannot be watched"),
        ("fields: {deal: {extends: deal}}", "`deal` cannot be watched"),
        ("fields: {deal: {extends: [deal]}}", "`extends` needs a text"),
        ("fields: {deal: {x: text}}", "`x` needs keys with values"),
        ("fields: {deal: {x: {from: crm}}}", "has no `type:`"),
        ("fields: {deal: {any: {type: text, from: crm}}}", "`any`"),
        ("[a]", "fields"),
    ],
)
def test_a_slip_in_the_fields_is_said(text: str, sentence: str) -> None:
    catalogue, wrong = loaded(text)
    assert catalogue is None
    [told] = wrong
    assert sentence in told
