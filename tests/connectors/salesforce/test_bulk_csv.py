"""CSV of bulk results: what is read quickly is what the csv module reads, whatever people have typed."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from stalewatch.sdk.errors import TryLater
from stalewatch_salesforce.bulk_csv import Columns
from stalewatch_salesforce.org import Described, FieldTold
from stalewatch_salesforce.rows import Task

NAMES = ("Id", "Subject", "CallDisposition", "IsClosed")
DESCRIBED = Described(fields=[FieldTold(name=name) for name in NAMES])
COLUMNS = Columns(NAMES, Task, DESCRIBED)
TYPED = st.text(st.sampled_from('",\\\n\r\t null[]{}:xあ\x01'), max_size=8) | st.text(max_size=5)
USABLE = TYPED.filter(lambda text: "\0" not in text and text.isprintable() | ("\n" in text) | ("\x01" in text))
ROWS = st.lists(st.tuples(USABLE, USABLE, st.sampled_from(["true", "false", ""])), max_size=6)


def written(rows: Sequence[tuple[str, ...]]) -> bytes:
    """As Salesforce writes it: every cell quoted, quotes doubled."""
    out = io.StringIO(newline="")
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([NAMES, *rows])
    return out.getvalue().encode()


@given(ROWS, st.sampled_from([1, 40, 1_000_000]))
@example([('a","b', ',""', "true")], 1_000_000)
@example([('x"\n"00T', "", "false"), ("", 'null","', "")], 1)
def test_every_cell_is_what_was_typed(typed: list[tuple[str, str, str]], size: int) -> None:
    rows = [(f"00T5g00000000{number:02}AAA", *cells) for number, cells in enumerate(typed)]
    read = [row for piece in COLUMNS.pieces(io.BytesIO(written(rows)), size) for row in piece.rows]
    truth = {"true": True, "false": False, "": None}
    assert [(row.Id, row.Subject, row.CallDisposition, row.IsClosed) for row in read] == [
        (id_, subject or None, disposition or None, truth[closed]) for id_, subject, disposition, closed in rows
    ]


def test_a_bad_row_is_set_aside_with_the_column_that_is_bad_and_its_neighbours_stay() -> None:
    rows: list[tuple[str, ...]] = [
        ("1", "a", "", "true"),
        ("2", "b", "", "perhaps"),
        ("3", "c"),
        ("", "d", "", "true"),
        ("5", "e", "", ""),
    ]
    [piece] = COLUMNS.pieces(io.BytesIO(written(rows)))
    assert [row.Id for row in piece.rows] == ["1", "5"]
    assert [(one.ref, one.reason) for one in piece.rejected] == [
        ("2", "IsClosed is of another type"), ("3", "a row that is no record"), ("?", "Id is of another type"),
    ]  # fmt: skip
    assert piece.count == 5


def test_other_columns_than_were_asked_for_are_no_result() -> None:
    with pytest.raises(TryLater, match="other columns"):
        list(COLUMNS.pieces(io.BytesIO(b'"Id","Subject"\n')))


def test_a_page_of_a_million_bytes_is_never_whole_in_memory() -> None:
    rows = [(f"00T5g0000000{number:04}AA", "x" * 1_000, "", "true") for number in range(1_000)]
    pieces = [piece.count for piece in COLUMNS.pieces(io.BytesIO(written(rows)), 100_000)]
    assert (sum(pieces), max(pieces) <= 100) == (1_000, True)
