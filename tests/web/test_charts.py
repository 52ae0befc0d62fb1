"""Charts are shapes, words and a table: no style, no script, whatever the figures are."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from importlib.resources import files
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from stalewatch.delivery.wording.reader import Reader
from stalewatch.web.pages.charts import TONES, Chart, Series, bars, line, spark, stacked

READER = Reader("en", datetime(2026, 11, 20, tzinfo=UTC), "Asia/Tokyo")
HTMX = "d6fdc75f204e6bdefa99b69bf1e6d4ac69b8a364f77929f45c13476b4000f717"
values = st.lists(st.one_of(st.none(), st.floats(), st.integers(-(10**30), 10**30)), max_size=9)
words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)
series = st.lists(st.builds(Series, words, values, st.sampled_from((*TONES, "loud"))), max_size=4)


def drawn(svg: str) -> Element:
    """What we made ourselves, read as strictly as XML is."""
    return ElementTree.fromstring(svg)  # noqa: S314  # our own


@given(series, st.lists(words, max_size=12), words, st.sampled_from(["rate", "days", "count", "JPY"]),
       st.sampled_from([line, bars, stacked]), values)  # fmt: skip
def test_any_figures_make_a_drawing_of_shapes_alone(some, labels, title, unit, kind, small) -> None:  # type: ignore[no-untyped-def]
    chart: Chart = kind(some, labels, title=title, unit=unit, reader=READER)
    for svg in (chart.svg, spark(small, title=title)):
        if not svg:
            continue
        root = drawn(svg)
        assert {one.tag for one in root.iter()} <= {
            "svg",
            "g",
            "path",
            "rect",
            "circle",
            "line",
            "text",
            "title",
            "desc",
        }
        names = {name for one in root.iter() for name in one.attrib}
        assert not names & {"style", "href", "{http://www.w3.org/1999/xlink}href", "onclick", "onload", "fill"}
        assert root.findtext("title") == title
        assert (
            "nan" not in svg.lower().replace(title.lower(), "")
            or "nan" in "".join((*labels, *(one.name for one in some))).lower()
        )
    assert [len(row) for row in chart.table.rows] == [1 + len(some)] * len(labels)


def test_a_chart_says_its_figures_again_in_a_table_and_where_a_pointer_rests() -> None:
    chart = line([Series("All", [0.12, None, 0.3]), Series("Late", [0.1, 0.2, 0.3], "late")], ["Mon", "Tue", "Wed"],
                 title="No next meeting", unit="rate", reader=READER)  # fmt: skip
    assert chart.table.heads == ("", "All", "Late")
    assert chart.table.rows[0] == ("Mon", "12%", "10%")
    assert chart.table.rows[1] == ("Tue", "–", "20%")
    assert "<title>Wed: 30%</title>" in chart.svg
    assert "tone-late" in chart.svg
    assert chart.legend == (("All", "plain", 0), ("Late", "late", 1))


def beside(chart: Chart) -> list[str]:
    """The words at the scale of the figures, from below."""
    axes = [one for one in drawn(chart.svg).iter("g") if one.get("class", "").startswith("axis y")]
    return [word.text or "" for axis in axes for word in axis.iter("text")]


sizes = st.floats(-1, 1).flatmap(lambda one: st.integers(-6, 6).map(lambda power: one * 10.0**power))


@given(st.lists(sizes, min_size=1, max_size=6), st.sampled_from(["rate", "days", "count", "JPY"]),
       st.sampled_from([line, bars, stacked]))  # fmt: skip
@example([0.0021, 0.0123], "rate", line)
@example([0.4, 1.2], "count", bars)
def test_no_word_stands_twice_beside_a_chart(small, unit, kind) -> None:  # type: ignore[no-untyped-def]
    """ "1%, 1%, 0%, 0%" is what nobody can read."""
    labels = [str(place) for place in range(len(small))]
    words = beside(kind([Series("All", small)], labels, title="x", unit=unit, reader=READER))
    assert len(words) == len(set(words)), words
    assert 2 <= len(words) <= 6


@pytest.mark.parametrize("kind", [bars, stacked])
def test_every_bar_says_what_it_stands_for_also_one_of_which_nothing_is_known(kind) -> None:  # type: ignore[no-untyped-def]
    chart = kind(
        [Series("Amount", [1_000_000, None, 3_000_000])], ["a", "b", "c"], title="x", unit="JPY", reader=READER
    )
    found = [one.text for one in drawn(chart.svg).iter("title")]
    assert found == ["x", "a: ¥1M", "b: –", "c: ¥3M"]


def test_where_nothing_is_known_nothing_is_drawn() -> None:
    chart = line([Series("All", [None, float("nan")])], ["Mon", "Tue"], title="x", unit="days", reader=READER)
    assert chart.svg == ""
    assert chart.table.rows == (("Mon", "–"), ("Tue", "–"))
    assert spark([None, 3.0], title="x") == ""


def test_htmx_is_the_file_that_was_published() -> None:
    """htmx.org 2.0.11, dist/htmx.min.js of the npm package, unchanged (NOTICE)."""
    content = files("stalewatch.web").joinpath("static", "htmx.min.js").read_bytes()
    assert hashlib.sha256(content).hexdigest() == HTMX
