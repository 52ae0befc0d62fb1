"""What is quick says what the slow way says: rows by the block, and what is remembered in memory or in a file."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import StringIO
from itertools import chain

from hypothesis import given
from hypothesis import strategies as st

from stalewatch_csv.evidence import Happening
from stalewatch_csv.footers import BadRow, Row
from stalewatch_csv.splitting import split
from stalewatch_csv.spool import Spool

CELLS = st.sampled_from(["a", "", "1,5", '"b,\nc"', '"d""e"', 'f"g', '"h', 'i" ', "\0", "\udc80", "漢", "j\r"])
LINES = st.lists(st.lists(CELLS, max_size=4).map(",".join), max_size=12)
ROLES = ("stages", "events")
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def rows(text: str, size: int) -> list[Row | BadRow]:
    blocks = split(iter(StringIO(text, newline="")), 3, ",", 2, size=size)
    return list(chain.from_iterable(blocks))


@given(LINES, st.sampled_from(["\n", "\r\n", "\r"]), st.booleans())
def test_a_block_of_any_size_has_the_rows_of_single_lines(lines: list[str], end: str, is_ended: bool) -> None:
    text = end.join(lines) + (end if is_ended else "")
    assert rows(text, 4_096) == rows(text, 1) == rows(text, 3)


def test_a_fault_is_told_with_its_line_and_what_follows_is_read() -> None:
    found = rows('a,b\nc\n"d\ne",f\ng,"h" i\nj,k\nl,m', 100)
    assert [(row.line, type(row)) for row in found] == [
        (4, Row),
        (5, BadRow),
        (6, Row),
        (8, BadRow),
        (9, Row),
        (10, Row),
    ]
    assert [row.reason for row in found if isinstance(row, BadRow)] == ["wrong number of cells", "not CSV"]


HAPPENED = st.lists(
    st.tuples(st.sampled_from(ROLES), st.sampled_from("abcé漢"), st.integers(0, 3), st.sampled_from(["x", "y"])),
    max_size=20,
)


@given(HAPPENED, st.lists(st.sampled_from("abé"), max_size=8))
def test_what_does_not_fit_in_memory_is_remembered_as_well(
    happened: list[tuple[str, str, int, str]], deals: list[str]
) -> None:
    def told(most: int) -> object:
        with Spool(most) as spool:
            for line, (role, deal, day, word) in enumerate(happened):
                spool.keep(role, [Happening(BEGIN + timedelta(day), line, deal, word, str(line))])
            claimed = [spool.claim(deal, line) for line, deal in enumerate(deals)]
            about = [spool.about(role, deal) for role in ROLES for deal in "abcé漢"]
            return claimed, about, [list(spool.strangers(role)) for role in ROLES]

    assert told(0) == told(5) == told(1_000)
