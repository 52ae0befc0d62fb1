"""Durations, in the units of both languages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stalewatch.domain.durations import Duration, Unit
from stalewatch.domain.language.durations import parse


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("14d", Duration(14, Unit.DAY)),
        ("14日", Duration(14, Unit.DAY)),
        ("10bd", Duration(10, Unit.BUSINESS_DAY)),
        ("10営業日", Duration(10, Unit.BUSINESS_DAY)),
        ("24h", Duration(24, Unit.HOUR)),
        ("24時間", Duration(24, Unit.HOUR)),
        ("4bh", Duration(4, Unit.BUSINESS_HOUR)),
        ("4営業時間", Duration(4, Unit.BUSINESS_HOUR)),
        ("30m", Duration(30, Unit.MINUTE)),
        ("30分", Duration(30, Unit.MINUTE)),
        ("2w", Duration(2, Unit.WEEK)),
        ("2週間", Duration(2, Unit.WEEK)),
        ("0bd", Duration(0, Unit.BUSINESS_DAY)),
    ],
)
def test_each_unit(written: str, meant: Duration) -> None:
    assert parse(written) == meant


@pytest.mark.parametrize(
    "written",
    ["", "14", "d", "14 days", "-3d", "1.5h", "0h", "0m", "0bh", "999999d", "9" * 5000 + "d", "\uff11\uff14d"],
)
def test_what_is_no_duration(written: str) -> None:
    assert parse(written) is None


@given(st.integers(1, 5000), st.sampled_from(list(Unit)))
def test_a_duration_reads_back_as_it_is_shown(amount: int, unit: Unit) -> None:
    assert parse(str(Duration(amount, unit))) == Duration(amount, unit)
