"""A CRM's value in its stored form: what fits its field comes back as it was; what does not is refused, and why."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stalewatch.domain.language.model import FieldType
from stalewatch.domain.values import LONGEST, BadValue, load, store

NINE = datetime(2026, 4, 1, 9, tzinfo=timezone(timedelta(hours=9)))


@pytest.mark.parametrize(
    ("kind", "given_", "kept", "back"),
    [
        (FieldType.MONEY, 12.5, 1250, Decimal("12.5")),
        (FieldType.MONEY, 3_000_000.0, 300_000_000, Decimal(3_000_000)),
        (FieldType.MONEY, Decimal("0.125"), 12, Decimal("0.12")),  # half to even, as accountants do
        (FieldType.MONEY, Decimal("0.135"), 14, Decimal("0.14")),
        (FieldType.INT, 7, 7, 7),
        (FieldType.BOOL, False, False, False),
        (FieldType.DATE, date(1970, 1, 2), 1, date(1970, 1, 2)),
        (FieldType.DATETIME, NINE, 1_775_001_600_000_000, datetime(2026, 4, 1, tzinfo=UTC)),
        (FieldType.TEXT, "Hikari\x00 Foods", "Hikari Foods", "Hikari Foods"),
        (FieldType.TEXT, "か\u3099", "が", "が"),
        (FieldType.CHOICE, 3, "3", "3"),
        (FieldType.TEXT, "", None, None),
        (FieldType.MONEY, None, None, None),
    ],
)
def test_what_fits_its_field_is_kept_and_comes_back(kind: FieldType, given_: Any, kept: Any, back: Any) -> None:
    assert store(kind, given_) == kept
    assert load(kind, store(kind, given_)) == back


@pytest.mark.parametrize(
    ("kind", "given_", "reason"),
    [
        (FieldType.MONEY, "many", "not a number"),
        (FieldType.MONEY, True, "not a number"),
        (FieldType.MONEY, float("nan"), "not a finite number"),
        (FieldType.INT, float("inf"), "not a finite number"),
        (FieldType.MONEY, Decimal("Infinity"), "not a finite number"),
        (FieldType.MONEY, Decimal("NaN"), "not a finite number"),
        (FieldType.MONEY, 1e300, "number too large"),
        (FieldType.INT, 10**30, "number too large"),
        (FieldType.BOOL, 1, "not a bool"),
        (FieldType.DATE, "2026-04-01", "not a date"),
        (FieldType.DATETIME, datetime(2026, 4, 1, 9), "not a datetime"),  # noqa: DTZ001 - whose nine o'clock?
        (FieldType.DATETIME, date(2026, 4, 1), "not a datetime"),
    ],
)
def test_what_does_not_fit_is_refused_by_a_short_reason(kind: FieldType, given_: Any, reason: str) -> None:
    with pytest.raises(BadValue, match=reason):
        store(kind, given_)


def test_what_lies_beyond_pythons_years_is_no_time() -> None:
    assert load(FieldType.DATE, 10**9) is None
    assert load(FieldType.DATETIME, 10**18) is None


@settings(max_examples=50)
@given(st.text(max_size=30))
def test_any_text_can_be_kept_by_every_database(text: str) -> None:
    kept = store(FieldType.TEXT, text + "\ud800")
    assert isinstance(kept, str)
    assert "\x00" not in kept
    assert kept.encode("utf-8")
    assert store(FieldType.TEXT, kept) == kept
    assert len(str(store(FieldType.TEXT, "x" * (LONGEST + 1)))) == LONGEST
