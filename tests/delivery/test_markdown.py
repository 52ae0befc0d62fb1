"""Text of others in Markdown: it shows as it is and does nothing."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stalewatch.delivery.markdown import escaped, table

SPECIAL = "\\`*_{}[]()<>|~&$^!+=-"


@pytest.mark.security
@given(st.text(alphabet=st.sampled_from(SPECIAL + "@#/:wWgGhH.-12 \n\tab漢")))
def test_no_text_keeps_a_sign_that_means_something(text: str) -> None:
    """S27: every mark is escaped, nobody is called, nothing is linked, and it stays on one line."""
    said = escaped(text)
    bare = re.sub(r"\\.", "", said)
    assert not set(bare) & set(SPECIAL)
    assert "@" not in said
    assert "#" not in said
    assert "://" not in said
    assert not re.search(r"(?i)\bwww\.|\bgh-", bare)
    assert len(said.splitlines()) <= 1


@pytest.mark.security
def test_a_cell_stays_a_cell() -> None:
    """S27: a bar in a name opens no other column."""
    head, rule, row = table(["A", "B"], [False, True], [["x|y", "1"]])
    assert (head, rule, row) == ("| A | B |", "| --- | ---: |", "| x\\|y | 1 |")


def test_plain_words_stay_as_they_are() -> None:
    assert escaped("ひかり食品 ― 基幹システム更改, 12 Mar 18:00") == "ひかり食品 ― 基幹システム更改, 12 Mar 18:00"
