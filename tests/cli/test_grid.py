"""Columns that fit, and a bar that shows itself only to somebody who waits."""

from __future__ import annotations

import io

from hypothesis import given
from hypothesis import strategies as st

from stalewatch.cli.grid import Column, cut, grid, padded
from stalewatch.cli.progress import Progress
from stalewatch.delivery.columns import width

WORDS = st.text(alphabet="abc あ漢🚀e\u0301", max_size=30)
ROWS = st.lists(st.tuples(WORDS, WORDS, WORDS), min_size=1, max_size=8)
COLUMNS = [Column("OWNER", elastic=True), Column("案件", elastic=True), Column("LATE", right=True)]


@given(rows=ROWS)
def test_every_row_is_as_wide_as_its_columns_say(rows: list[tuple[str, str, str]]) -> None:
    lines = grid([*COLUMNS, Column("ID")], [(*row, "x") for row in rows])
    assert {width(line) for line in lines[1:]} == {width(lines[1])}


SHORT = st.text(alphabet="abc あ漢🚀e\u0301", max_size=10)


@given(rows=st.lists(st.tuples(WORDS, WORDS, SHORT), min_size=1, max_size=8), room=st.integers(60, 90))
def test_a_table_fits_the_terminal_if_its_columns_can_give_way(rows: list[tuple[str, str, str]], room: int) -> None:
    """The last one cannot: it has at most twenty columns of the terminal."""
    assert all(width(line) <= room for line in grid(COLUMNS, rows, room))


@given(text=WORDS, columns=st.integers(2, 40))
def test_what_is_cut_fits_and_what_fits_is_not_cut(text: str, columns: int) -> None:
    assert width(cut(text, columns)) <= columns
    assert cut(text, columns) == text or width(text) > columns


@given(text=WORDS, columns=st.integers(60, 80))
def test_padding_fills_up_to_the_column(text: str, columns: int) -> None:
    assert width(padded(text, columns)) == width(padded(text, columns, right=True)) == columns


def test_an_empty_column_is_left_out() -> None:
    assert grid([Column("A"), Column("B")], [("1", ""), ("2", "")]) == ["A", "1", "2"]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Seconds:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_bar_appears_after_two_seconds_and_is_gone_in_the_end() -> None:
    terminal, seconds = Terminal(), Seconds()
    with Progress(terminal, seconds) as bar:
        bar.show("sf", 100, 8_800)
        assert terminal.getvalue() == ""
        seconds.now = 2.5
        bar.show("sf", 4_400, 8_800)
        assert terminal.getvalue() == f"\rsf {'█' * 12}{'░' * 12} 4,400 / 8,800"
        seconds.now = 2.55
        bar.show("sf", 4_500, 8_800)
        assert "4,500" not in terminal.getvalue(), "ten times a second is enough"
        seconds.now = 3.0
        bar.show("sf", 5_000)
        assert terminal.getvalue().split("\r")[-1].rstrip() == "sf 5,000"
    assert terminal.getvalue().endswith("\r")


def test_a_file_gets_no_bar() -> None:
    file, seconds = io.StringIO(), Seconds()
    with Progress(file, seconds) as bar:
        seconds.now = 9.0
        bar.show("sf", 1, 2)
    assert file.getvalue() == ""
