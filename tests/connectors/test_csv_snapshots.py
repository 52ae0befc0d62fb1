"""Files come and go, change, and are caught half-written; the cursor knows what was read."""

from __future__ import annotations

import gzip
import os
from collections import Counter
from pathlib import Path

import pytest

from stalewatch.sdk.connector import Level, Page
from stalewatch.sdk.errors import TryLater
from tests.connectors.exports import HEADER, Export, open_deals


@pytest.fixture
def export(tmp_path: Path) -> Export:
    return Export(tmp_path)


def touch(path: Path) -> None:
    """Give the file a later time of writing."""
    moment = path.stat().st_mtime_ns + 5_000_000_000
    os.utime(path, ns=(moment, moment))


def test_an_unchanged_folder_yields_no_page_and_is_not_even_opened(export: Export) -> None:
    path = export.deals(*open_deals(3))
    cursor = export.pull().cursor
    state = path.stat()
    path.write_bytes(b"x" * state.st_size)
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert export.pull(cursor).pages == []


def test_a_file_written_again_with_the_same_contents_yields_no_page(export: Export) -> None:
    path = export.deals(*open_deals(3))
    cursor = export.pull().cursor
    touch(path)
    assert export.pull(cursor).pages == []


def test_a_changed_file_is_pulled_whole(export: Export) -> None:
    export.deals(*open_deals(3))
    cursor = export.pull().cursor
    export.deals(*open_deals(4)[1:])
    pulled = export.pull(cursor)
    assert pulled.ids == ["D2", "D3", "D4"]
    assert pulled.is_complete


def test_a_change_of_an_optional_file_is_a_change(export: Export) -> None:
    export.deals(*open_deals(1))
    export.write("events.csv", "deal_id,at,kind", "D1,2026-02-01,customer_action")
    cursor = export.pull().cursor
    export.write("events.csv", "deal_id,at,kind", "D1,2026-02-02,customer_action")
    assert len(export.pull(cursor).activities) == 1


def test_a_change_of_the_map_reads_the_same_file_again(export: Export) -> None:
    export.deals(*open_deals(1))
    cursor = export.pull().cursor
    export.options["map"] = {"deal": {"stages": {"negotiation": ["proposal"]}}}
    assert export.pull(cursor).deal.stage == "negotiation"


def test_a_full_pull_reads_an_unchanged_file(export: Export) -> None:
    export.deals(*open_deals(3))
    assert export.pull(export.pull().cursor, full=True).ids == ["D1", "D2", "D3"]


def test_a_pull_killed_after_any_page_goes_on_with_the_next(export: Export) -> None:
    export.deals(*open_deals(4_500), "D1,Again,Sato,open,2026-01-01,,proposal,1")
    whole = export.pull()
    assert [len(page.deals) for page in whole.pages] == [2_000, 2_000, 500]
    for stored, page in enumerate(whole.pages, start=1):
        assert export.pull(page.cursor).pages == whole.pages[stored:]


def test_a_pull_killed_before_the_file_changed_begins_anew(export: Export) -> None:
    export.deals(*open_deals(4_500))
    first = export.pull().pages[0]
    export.deals(*open_deals(4_400))
    assert len(export.pull(first.cursor).ids) == 4_400


def test_progress_knows_how_much_is_coming(export: Export) -> None:
    export.deals(*open_deals(2_100))
    assert [page.total for page in export.pull().pages] == [2_100, 2_100]


@pytest.mark.parametrize("options", [{}, {"files": {"deals": "deals.csv"}}, {"files": {"deals": "deals.csv.gz"}}])
def test_a_gzip_file_is_read_under_either_name(tmp_path: Path, options: dict[str, object]) -> None:
    export = Export(tmp_path, **options)
    export.raw("deals.csv.gz", "\n".join([HEADER, *open_deals(2)]).encode())
    pulled = export.pull()
    assert pulled.ids == ["D1", "D2"]
    assert pulled.is_complete


def test_half_a_gzip_file_is_read_later(export: Export) -> None:
    packed = gzip.compress("\n".join([HEADER, *open_deals(500)]).encode())
    (export.folder / "deals.csv.gz").write_bytes(packed[: len(packed) // 2])
    with pytest.raises(TryLater, match="not a whole gzip file"):
        export.pull()


@pytest.mark.parametrize("torn", ["D4,Deal 4,Sa", 'D4,"Deal 4\nis to', "D"])
def test_a_file_that_ends_in_the_middle_of_a_row_is_read_later(export: Export, torn: str) -> None:
    export.raw("deals.csv", ("\n".join([HEADER, *open_deals(3)]) + "\n" + torn).encode())
    pages: list[Page] = []
    with pytest.raises(TryLater, match="ends in the middle of row 5"):
        pages.extend(export.connector().pull(None))
    assert not any(page.complete for page in pages)


def test_a_last_row_without_a_line_break_is_whole_if_its_cells_are(export: Export) -> None:
    export.raw("deals.csv", "\n".join([HEADER, *open_deals(3)]).encode())
    assert export.pull().is_complete


def test_a_quote_that_is_never_closed_is_a_bad_row_when_the_file_is_whole(export: Export) -> None:
    export.deals(*open_deals(2), 'D3,"Deal 3,Sato,open,2026-01-01,,proposal,1', *open_deals(2, first=4))
    pulled = export.pull()
    assert pulled.ids == ["D1", "D2"]
    assert pulled.complaints == [("deals.csv:4", "not CSV")]
    assert not pulled.is_complete


def test_a_file_that_is_written_while_we_read_it_is_never_complete(export: Export) -> None:
    path = export.deals(*open_deals(2_500))
    pages = export.connector().pull(None)
    assert not next(pages).complete
    with path.open("a") as file:
        file.write("D9999,Late,Sato,open,2026-01-01,,proposal,1\n")
    with pytest.raises(TryLater, match="was written to while we read it"):
        next(pages)


@pytest.mark.parametrize("content", [b"", b"\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_read_later(export: Export, content: bytes) -> None:
    export.raw("deals.csv", content)
    with pytest.raises(TryLater, match="is empty"):
        export.pull()


def test_a_header_alone_does_not_say_that_every_deal_is_gone(export: Export) -> None:
    export.deals()
    assert not export.pull().is_complete


def test_a_file_that_is_gone_is_named_and_looked_for_again(export: Export) -> None:
    path = export.deals(*open_deals(1))
    cursor = export.pull().cursor
    path.unlink()
    with pytest.raises(TryLater, match=r"deals\.csv: the file is gone"):
        export.pull(cursor)


def test_an_optional_file_that_was_there_before_is_missed(export: Export) -> None:
    export.deals(*open_deals(1))
    path = export.write("events.csv", "deal_id,at,kind", "D1,2026-02-01,customer_action")
    cursor = export.pull().cursor
    path.unlink()
    with pytest.raises(TryLater, match=r"events\.csv: the file is gone"):
        export.pull(cursor)


def test_an_optional_file_that_the_configuration_names_must_be_there(tmp_path: Path) -> None:
    export = Export(tmp_path, files={"stages": "moves.csv"})
    export.deals(*open_deals(1))
    with pytest.raises(TryLater, match=r"moves\.csv: the file is gone"):
        export.pull()


def test_doctor_names_the_fault_and_the_cure(export: Export) -> None:
    (finding,) = export.connector().check()
    assert finding.level is Level.ERROR
    assert finding.subject.endswith("deals.csv")
    assert finding.cure
    assert "put the file back" in finding.cure


def test_doctor_groups_bad_rows_and_shows_the_first_of_each_kind(export: Export) -> None:
    export.deals(*open_deals(2), "D8,x,Sato,open,soon,,p,1", "D9,x,Sato,open,later,,p,1")
    assert "2 rows left out: unparsable date, first deals.csv:4 (soon), deals.csv:5 (later)" in export.findings()


def test_the_real_file(data: Path) -> None:
    export = Export(data, files={"deals": "maven_deals.csv"})
    pulled = export.pull()
    assert len(pulled.deals) == 8_800
    assert Counter(str(deal.outcome) for deal in pulled.deals) == {"open": 2_089, "won": 4_238, "lost": 2_473}
    assert sum(deal.created_at is None for deal in pulled.deals) == 500
    assert (pulled.rejected, pulled.is_complete) == ([], True)
    assert "500 of 8,800 rows have no created_on: kept, without a clock" in export.findings()
    assert export.pull(pulled.cursor).pages == []


@pytest.fixture
def data() -> Path:
    folder = os.environ.get("STALEWATCH_TEST_DATA")
    if not folder:
        pytest.skip("STALEWATCH_TEST_DATA is not set: the third-party file is not here")
    return Path(folder)
