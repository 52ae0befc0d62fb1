"""CSV: no cell is a formula, numbers stay numbers, and whoever wants the very texts can have them (S20)."""

from __future__ import annotations

import csv
import io
import unicodedata
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stalewatch.services.reporting.exporting import table_as_csv, unguarded

BEGINNINGS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
HIDDEN = (" =1", "\u200b=1", "\ufeff=1", "\u202e@x", "\u3000\uff1d1", "\u22121", "'=1", "''\uff1d1")


def cells(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


def column(*values: object) -> str:
    return table_as_csv(["x"], [{"x": value} for value in values])


@pytest.mark.security
@pytest.mark.parametrize("text", [*(f"{begin}cmd|' /C calc'!A0" for begin in BEGINNINGS), *HIDDEN])
def test_s20_what_a_spreadsheet_would_run_gets_an_apostrophe(text: str) -> None:
    [_, [cell]] = cells(column(text))
    assert cell == f"'{text}"
    assert cells(unguarded(column(text)))[1] == [text]


@pytest.mark.security
def test_s20_numbers_stay_numbers_and_harmless_texts_as_they_are() -> None:
    values = (-5, -1.5, Decimal("-2.50"), 0, "a=b", "Zeta +1", "it's", "'quoted'", "a@b.example", "", None)
    assert [row[0] if row else "" for row in cells(column(*values))[1:]] == [
        *("-5", "-1.5", "-2.50", "0", "a=b", "Zeta +1", "it's", "'quoted'", "a@b.example", "", ""),
    ]


@pytest.mark.security
def test_s20_a_cell_cannot_break_out_of_its_own() -> None:
    assert cells(column('a","=1', "x\r\n=1", "a,=1")) == [["x"], ['a","=1'], ["x\r\n=1"], ["a,=1"]]


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12) | st.sampled_from(
    [f"{quote}{begin}{rest}" for quote in ("", "'", "''") for begin in BEGINNINGS for rest in ("", "1", "'")]
)


@pytest.mark.security
@given(st.lists(st.tuples(texts, texts), max_size=4))
def test_s20_every_text_comes_back_and_none_begins_a_formula(rows: list[tuple[str, str]]) -> None:
    written = table_as_csv(["a", "b"], [{"a": one, "b": other} for one, other in rows])
    read = cells(written)[1:]
    assert not any(unicodedata.normalize("NFKC", cell)[:1] in tuple("=+-@\t\r\n") for row in read for cell in row)
    assert [tuple(row) for row in cells(unguarded(written))[1:]] == rows
