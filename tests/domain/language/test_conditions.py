"""Conditions lower to one set of nodes, whether written as mappings or as an expression."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import pytest

from stalewatch.domain.language.loading import Loaded
from stalewatch.domain.language.model import (
    All,
    AnyOf,
    Arithmetic,
    Compare,
    Condition,
    Contains,
    Entered,
    FieldType,
    IsSet,
    Literal,
    Not,
    OneOf,
    Ref,
    Rule,
)

Where = Callable[[str], Condition | None]

STAGE = Ref("stage", FieldType.CHOICE)
AMOUNT = Ref("amount", FieldType.MONEY)
NEXT_STEP = Ref("next_step", FieldType.TEXT)
CLOSE = Ref("close_date", FieldType.DATE)
OPEN = Ref("is_open", FieldType.BOOL)
PEOPLE = Ref("stakeholders", FieldType.INT)


def choice(value: str) -> Literal:
    return Literal(value, FieldType.CHOICE)


def money(value: float) -> Literal:
    return Literal(value, FieldType.MONEY)


@pytest.mark.parametrize(
    ("mapping", "expression", "lowered"),
    [
        ("{stage: proposal}", "stage == 'proposal'", Compare("==", STAGE, choice("proposal"))),
        ("{stage: {not: proposal}}", "stage != 'proposal'", Compare("!=", STAGE, choice("proposal"))),
        ("{stage: [proposal, approval]}", "stage in ['proposal', 'approval']",
         OneOf(STAGE, (choice("proposal"), choice("approval")))),
        ("{stage: {not_in: [proposal]}}", "stage not in ['proposal']", OneOf(STAGE, (choice("proposal"),), True)),
        ("{amount: {at_least: 3_000_000}}", "amount >= 3_000_000", Compare(">=", AMOUNT, money(3e6))),
        ("{amount: {more_than: 1}}", "1 < amount", Compare(">", AMOUNT, money(1))),
        ("{amount: {at_most: 1}}", "amount <= 1", Compare("<=", AMOUNT, money(1))),
        ("{amount: {below: 0.5}}", "amount < 0.5", Compare("<", AMOUNT, money(0.5))),
        ("{next_step: empty}", "next_step is empty", Not(IsSet(NEXT_STEP))),
        ("{next_step: set}", "next_step is not empty", IsSet(NEXT_STEP)),
        ("{next_step: {not: empty}}", "next_step is set", IsSet(NEXT_STEP)),
        ("{is_open: true}", "is_open", Compare("==", OPEN, Literal(True, FieldType.BOOL))),
        ("{close_date: {before: 2026-12-31}}", "close_date < '2026-12-31'",
         Compare("<", CLOSE, Literal(date(2026, 12, 31), FieldType.DATE))),
        ("{close_date: {after: 2026-12-31 09:30}}", "close_date > '2026-12-31 09:30'",
         Compare(">", CLOSE, Literal(datetime(2026, 12, 31, 9, 30), FieldType.DATETIME))),  # noqa: DTZ001 local by law
        ("{all: [{next_step: set}, {is_open: true}]}", "next_step is set and is_open",
         All((IsSet(NEXT_STEP), Compare("==", OPEN, Literal(True, FieldType.BOOL))))),
        ("{any: [{next_step: set}, {stage: proposal}]}", "next_step is set or stage == 'proposal'",
         AnyOf((IsSet(NEXT_STEP), Compare("==", STAGE, choice("proposal"))))),
        ("{none: [{next_step: set}]}", "not (next_step is set)", None),
    ],
)  # fmt: skip
def test_both_forms_mean_the_same(where: Where, mapping: str, expression: str, lowered: Condition | None) -> None:
    if lowered is None:
        assert where(mapping) == Not(AnyOf((IsSet(NEXT_STEP),)))
        assert where(f'{{expr: "{expression}"}}') == Not(IsSet(NEXT_STEP))
        return
    assert where(mapping) == lowered
    assert where(f'{{expr: "{expression}"}}') == lowered


def test_several_keys_must_all_hold(where: Where) -> None:
    assert where("{stage: proposal, filled: [next_step, amount]}") == All(
        (Compare("==", STAGE, choice("proposal")), All((IsSet(NEXT_STEP), IsSet(AMOUNT))))
    )


def test_several_comparisons_of_one_field_must_all_hold(where: Where) -> None:
    assert where("{amount: {at_least: 1, below: 5}}") == All(
        (Compare(">=", AMOUNT, money(1)), Compare("<", AMOUNT, money(5)))
    )


def test_contains_is_for_texts(where: Where) -> None:
    assert where("{next_step: {contains: 見積}}") == Contains(NEXT_STEP, "見積")


def test_a_quoted_set_is_the_text_set(where: Where) -> None:
    assert where("{next_step: 'set'}") == Compare("==", NEXT_STEP, Literal("set", FieldType.TEXT))


def test_entered_stands_in_until(the_rule: Callable[..., Rule]) -> None:
    assert the_rule(until="{entered: [amount, next_step]}").until == All((Entered(AMOUNT), Entered(NEXT_STEP)))


def test_and_binds_tighter_than_or_and_not_tighter_still(where: Where) -> None:
    is_open = Compare("==", OPEN, Literal(True, FieldType.BOOL))
    has_step = IsSet(NEXT_STEP)
    assert where('{expr: "not is_open and next_step is set or is_open"}') == AnyOf(
        (All((Not(is_open), has_step)), is_open)
    )
    assert where('{expr: "is_open and (next_step is set or is_open)"}') == All((is_open, AnyOf((has_step, is_open))))


def test_arithmetic_has_the_usual_order_and_constants_are_calculated(where: Where) -> None:
    previous = Ref("previous_amount", FieldType.MONEY)
    assert where('{expr: "amount - previous_amount * 0.5 < 2 * 3 - 10"}') == Compare(
        "<",
        Arithmetic("-", AMOUNT, Arithmetic("*", previous, Literal(0.5, FieldType.INT))),
        Literal(-4.0, FieldType.INT),
    )
    assert where('{expr: "(amount + previous_amount) / 2 >= -1"}') == Compare(
        ">=",
        Arithmetic("/", Arithmetic("+", AMOUNT, previous), Literal(2.0, FieldType.INT)),
        Literal(-1.0, FieldType.INT),
    )


def test_fields_of_one_kind_compare_with_each_other(where: Where) -> None:
    met, close = Ref("last_meeting_at", FieldType.DATETIME), CLOSE
    assert where('{expr: "last_meeting_at > close_date"}') == Compare(">", met, close)
    assert where('{expr: "amount > stakeholders"}') == Compare(">", AMOUNT, PEOPLE)


def test_a_quote_inside_a_text_is_written_twice(where: Where) -> None:
    assert where("""{expr: "next_step == 'it''s'"}""") == Compare("==", NEXT_STEP, Literal("it's", FieldType.TEXT))


def test_one_expression_reports_all_its_wrong_names_and_values(check: Callable[..., Loaded]) -> None:
    loaded = check(
        "stalewatch: 1\nrules:\n  - id: a\n    title: A\n    watch: deal\n    start: created_at\n    within: 1bd\n"
        "    where: {expr: \"amuont > 3 and stage == 'propsal' and name > 'x'\"}\n"
    )
    assert [found.code for found in loaded.diagnostics] == ["SW104", "SW105", "SW125"]
