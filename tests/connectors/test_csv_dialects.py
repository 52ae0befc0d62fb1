"""Whatever program wrote a table: the same deals come out of it. And what could be read in two ways is not read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stalewatch.sdk.errors import ConfigurationError, TryLater
from tests.connectors.exports import Export
from tests.connectors.reports import AMOUNTS, DATES, Dialect

ENCODINGS = {
    "utf-8": Dialect(),
    "utf-8 with a mark": Dialect(mark=b"\xef\xbb\xbf"),
    "utf-16": Dialect(encoding="utf-16"),
    "utf-16 big end first": Dialect(encoding="utf-16-be", mark=b"\xfe\xff"),
    "utf-16 without a mark": Dialect(encoding="utf-16-le"),
    "utf-16 big end first without a mark": Dialect(encoding="utf-16-be"),
    "shift_jis": Dialect(encoding="cp932"),
    "windows-1252": Dialect(encoding="cp1252"),
}
NAMES = {
    "cp932": ["株式会社あきら", "Acme, Inc.", 'A "B" C', "商談\n二行目", "ﾃｽﾄ商事", "表示|ソ;能"],
    "cp1252": ["Müller & Söhne", "Café, Paris", 'Ein "Zitat"', "Zeile\r\nzwei", "Niño; S.A.", "Bjørn|Åse €"],
    "": ["株式会社あきら", "Müller, Söhne", "🦊\nFuchs", "شركة; النور", 'Null "Problemo"', "Ａ｜Ｂ|C"],
}
HEADER = ["deal_id", "name", "outcome", "created_on", "close_date", "amount"]
BOTH_WAYS = [date(2026, 3, 31), date(2026, 12, 13)]
"""Days that tell which number of a date is the month."""


@pytest.fixture
def export(tmp_path: Path) -> Export:
    return Export(tmp_path)


@st.composite
def tables(draw: st.DrawFn) -> tuple[Dialect, list[tuple[str, date, Decimal]], str, str]:
    base = ENCODINGS[draw(st.sampled_from(sorted(ENCODINGS)))]
    dialect = Dialect(
        delimiter=draw(st.sampled_from(",;\t|")),
        encoding=base.encoding,
        mark=base.mark,
        end=draw(st.sampled_from(["\n", "\r\n"])),
        quote_all=draw(st.booleans()),
        above=draw(st.sampled_from([(), ("All open deals", ""), ("sep=;",)])),
        below=draw(st.sampled_from([(), ("", "Confidential Information - Do Not Distribute")])),
    )
    names = NAMES.get(base.encoding, NAMES[""])
    dates = st.dates(date(2019, 5, 1), date(2035, 12, 31))
    cents = st.integers(-(10**9), 10**11).map(lambda number: Decimal(number).scaleb(-2))
    rows = draw(st.lists(st.tuples(st.sampled_from(names), dates, cents), max_size=8))
    rows += [(names[0], day, Decimal("1234.50")) for day in BOTH_WAYS]
    days_as = draw(st.sampled_from(writable(DATES, BOTH_WAYS[0], base)))
    return dialect, rows, days_as, draw(st.sampled_from(writable(AMOUNTS, Decimal("1234.50"), base)))


def writable(styles: Mapping[str, Callable[[Any], str]], example: Any, dialect: Dialect) -> list[str]:
    """The styles whose characters that encoding has."""
    known = {name: style(example).encode(dialect.encoding, "replace") for name, style in styles.items()}
    return [name for name, text in known.items() if text.decode(dialect.encoding) == styles[name](example)]


def written(dialect: Dialect, rows: list[tuple[str, date, Decimal]], days: str, amounts: str) -> bytes:
    cells = [
        [f"D{n}", name, "open", DATES[days](day), DATES[days](day), AMOUNTS[amounts](amount)]
        for n, (name, day, amount) in enumerate(rows)
    ]
    return dialect.write([HEADER, *cells])


@settings(max_examples=120, deadline=None)
@given(tables())
def test_any_table_in_any_dialect_is_read_back(
    table: tuple[Dialect, list[tuple[str, date, Decimal]], str, str],
) -> None:
    with TemporaryDirectory() as folder:
        export = Export(Path(folder))
        export.raw("deals.csv", written(*table))
        pulled = export.pull()
    assert pulled.rejected == []
    assert [(deal.name, deal.close_date, deal.amount) for deal in pulled.deals] == table[1]
    assert [deal.created_at for deal in pulled.deals] == [
        datetime(day.year, day.month, day.day, tzinfo=UTC) for _, day, _ in table[1]
    ]
    assert pulled.is_complete


def rows(export: Export, column: str, *cells: str) -> list[Any]:
    """One column's values, in the order of its cells; a row that was left out is its reason."""
    lines = [f'D{n},open,"{cell}"' for n, cell in enumerate(cells)]
    export.deals(*lines, header=f"deal_id,outcome,{column}")
    pulled = export.pull()
    left_out = {one.ref: one.reason for one in pulled.rejected}
    deals = {deal.id: deal for deal in pulled.deals}
    return list(_told(column, len(cells), deals, left_out))


def _told(column: str, count: int, deals: dict[str, Any], left_out: dict[str, str]) -> Iterator[Any]:
    for n in range(count):
        deal = deals.get(f"D{n}")
        yield getattr(deal, column) if deal else left_out[f"deals.csv:{n + 2}"]


@pytest.mark.parametrize(
    ("cells", "read"),
    [
        (["3/4/2026", "31/4/2026", "1/5/2026"], [date(2026, 4, 3), "unparsable date", date(2026, 5, 1)]),
        (["3/4/2026", "4/31/2026", "12/25/2026"], [date(2026, 3, 4), "unparsable date", date(2026, 12, 25)]),
        (["3/4/2026", "5/6/2026"], ["ambiguous date", "ambiguous date"]),
        (["31/1/2026", "1/31/2026"], ["ambiguous date", "ambiguous date"]),
        (["03-04-2026", "2026-04-03"], ["ambiguous date", date(2026, 4, 3)]),
        (["3.4.2026", "4.5.2026"], [date(2026, 4, 3), date(2026, 5, 4)]),
        (["46082", "46082.375", "60"], [date(2026, 3, 1), date(2026, 3, 1), "unparsable date"]),
        (["46082", "59", "61", "1"], [date(2026, 3, 1), date(1900, 2, 28), date(1900, 3, 1), date(1900, 1, 1)]),
        (["2026", "2027"], ["unparsable date", "unparsable date"]),
        (["46082", "2026-03-01"], ["unparsable date", date(2026, 3, 1)]),
        (["令和8年3月1日", "R8.3.1", "平成31年4月30日", "令和元年5月1日"], [
            date(2026, 3, 1), date(2026, 3, 1), date(2019, 4, 30), date(2019, 5, 1)]),
        (["令和元年4月30日", "昭和64年1月7日"], ["unparsable date", date(1989, 1, 7)]),
        (["２０２６年３月１日", "2026/3/1"], [date(2026, 3, 1), date(2026, 3, 1)]),
        (["Mar 1, 2026", "1 March 2026", "1-Mar-2026"], [date(2026, 3, 1)] * 3),
        (["3/1/26", "2026/13/1", "1/2"], ["unparsable date"] * 3),
    ],
)  # fmt: skip
def test_how_a_column_writes_its_dates_is_decided_by_all_of_it(
    export: Export, cells: list[str], read: list[Any]
) -> None:
    assert rows(export, "close_date", *cells) == read


@pytest.mark.parametrize(("order", "day"), [("dmy", date(2026, 4, 3)), ("mdy", date(2026, 3, 4))])
def test_what_the_column_does_not_say_the_connection_says(export: Export, order: str, day: date) -> None:
    export.options["dates"] = order
    assert rows(export, "close_date", "3/4/2026") == [day]


def test_what_the_column_says_itself_is_not_overruled(export: Export) -> None:
    export.options["dates"] = "mdy"
    assert rows(export, "close_date", "3/4/2026", "31/12/2026") == [date(2026, 4, 3), date(2026, 12, 31)]


@pytest.mark.parametrize(
    "cell",
    [
        "2026/03/01 18:30", "2026年3月1日 18時30分", "2026年3月1日 午後6:30", "1.3.2026 18:30:00",
        "Mar 1, 2026, 6:30 PM",
        "2026-03-01 18:30", "2026/3/1 09:30 UTC", "2026/3/1 10:30+0100", "2026-03-01T09:30:00Z", "R8/3/1 18:30",
    ],
)  # fmt: skip
def test_a_time_without_a_zone_is_the_connections(export: Export, cell: str) -> None:
    export.options["tz"] = "Asia/Tokyo"
    assert rows(export, "created_at", cell) == [datetime(2026, 3, 1, 9, 30, tzinfo=UTC)]


def test_noon_and_midnight_of_clocks_with_twelve_hours(export: Export) -> None:
    told = rows(
        export, "created_at", "2026/3/1 12:00 AM", "2026/3/1 12:00 PM", "2026/3/1 13:00 PM", "2026/3/1 午前0:00"
    )
    assert told == [
        datetime(2026, 3, 1, tzinfo=UTC),
        datetime(2026, 3, 1, 12, tzinfo=UTC),
        "unparsable date",
        datetime(2026, 3, 1, tzinfo=UTC),
    ]


@pytest.mark.parametrize(
    ("cells", "read"),
    [
        (["1,234", "1,234,567"], [1234, 1234567]),
        (["1.234", "1.234.567"], [1234, 1234567]),
        (["1.234", "2,5"], [1234, Decimal("2.5")]),
        (["1.234", "2.5"], [Decimal("1.234"), Decimal("2.5")]),
        (["1.234", "12"], ["ambiguous number in amount", 12]),
        (["0.500", "1.250"], [Decimal("0.500"), Decimal("1.250")]),
        (["1.5", "1,5"], ["ambiguous number in amount"] * 2),
        (["1 234,50", "7"], [Decimal("1234.50"), 7]),
        (["1’234.50", "12,34,567.00"], [Decimal("1234.50"), Decimal("1234567.00")]),
        (["¥1,200,000", "￥300", "1,200円"], [1200000, 300, 1200]),
        (["$1,234.50", "-$5", "$-5", "(1,234.50)", "5-", "△1,000"], [
            Decimal("1234.50"), -5, -5, Decimal("-1234.50"), -5, -1000]),
        (["50%", "１２３"], [50, 123]),
        (["12,3456", "1,234,567"], ["ambiguous number in amount"] * 2),
        (["(5", "5)", "--5", "USD", "1,2,3"], ["amount is not a number"] * 5),
    ],
)  # fmt: skip
def test_what_begins_the_decimals_is_decided_by_the_whole_column(
    export: Export, cells: list[str], read: list[Any]
) -> None:
    assert rows(export, "amount", *cells) == read


@pytest.mark.parametrize(("mark", "amount"), [("point", Decimal("1.234")), ("comma", Decimal(1234))])
def test_the_connection_says_what_a_lone_point_means(export: Export, mark: str, amount: Decimal) -> None:
    export.options["decimal"] = mark
    assert rows(export, "amount", "1.234") == [amount]


@pytest.mark.parametrize(
    ("cell", "currency", "ours"),
    [
        ("¥1,000", "JPY", True), ("1,000円", "JPY", True), ("USD 1,000", "USD", False), ("1,000 EUR", "EUR", False),
        ("$1,000", "USD", False), ("£1,000", "GBP", False), ("A$1,000", "AUD", False),
        ("1000", "JPY", True), ("10%", "JPY", True),
    ],
)  # fmt: skip
def test_an_amount_may_name_its_currency(export: Export, cell: str, currency: str, ours: bool) -> None:
    export.deals(f'D1,open,"{cell}"', header="deal_id,outcome,amount")
    deal = export.pull().deal
    assert (deal.currency, deal.amount_in_project_currency is not None) == (currency, ours)


@pytest.mark.parametrize(
    ("name", "encoding"), [("ｱｲｳ", "shift_jis"), ("ｱｲｳ", "cp932"), ("œuvre’s", "windows-1252"), ("Ä漢", "utf-16-be")]
)
def test_an_encoding_that_is_named_is_used(export: Export, name: str, encoding: str) -> None:
    export.options["encoding"] = encoding
    export.raw("deals.csv", f"deal_id,outcome,name\nD1,open,{name}\n".encode(encoding))
    assert export.pull().deal.name == name


def test_a_file_that_fits_two_encodings_says_so(export: Export) -> None:
    export.raw("deals.csv", "deal_id,outcome,name\nD1,open,株式会社\n".encode("cp932"))
    assert export.pull().deal.name == "株式会社"
    export.raw("deals.csv", "deal_id,outcome,name\nD1,open,Bébés\n".encode("cp1252"))
    assert export.pull().deal.name == "Bébés"
    assert "read as Windows-1252, but could be Shift_JIS" in export.findings()


@pytest.mark.parametrize("options", [{"encoding": "ebcdic"}, {"dates": "ymd"}, {"decimal": "dot"}])
def test_an_option_with_an_unknown_word_is_refused(tmp_path: Path, options: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match=r"is not known\n  known here"):
        Export(tmp_path, **options).connector()


def test_half_a_character_at_the_end_is_read_later(export: Export) -> None:
    export.raw("deals.csv", "deal_id,outcome,name\nD1,open,あ\n".encode("utf-16")[:-1])
    with pytest.raises(TryLater, match="ends in the middle"):
        export.pull()


def test_doctor_says_how_to_settle_what_is_ambiguous(export: Export) -> None:
    export.deals("D1,open,3/4/2026", "D2,open,5/6/2026", header="deal_id,outcome,close_date")
    found = {one.message: one.cure or "" for one in export.connector().check()}
    told = "2 rows left out: ambiguous date, first deals.csv:2 (3/4/2026), deals.csv:3 (5/6/2026)"
    assert "dates: dmy" in found[told]


def test_a_row_without_a_line_break_waits_until_the_file_has_stood_still(export: Export) -> None:
    path = export.raw("deals.csv", b"deal_id,outcome,amount\nD1,open,30")
    written_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    with pytest.raises(TryLater, match="may still be being written"):
        export.pull(now=written_at + timedelta(seconds=1))
    assert export.pull(now=written_at + timedelta(minutes=5)).ids == ["D1"]
