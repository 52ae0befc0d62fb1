"""Reports of Salesforce and exports of HubSpot as they come out of the CRM: two lines of YAML, no mapping."""

from __future__ import annotations

import os
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from stalewatch.sdk.connector import Level, Why
from stalewatch.sdk.errors import Refused, TryLater
from stalewatch.sdk.records import Outcome
from stalewatch_csv.headings import VENDORS
from tests.connectors.exports import Export, open_deals
from tests.connectors.reports import FOOTER, HUBSPOT, HUBSPOT_JA, SALESFORCE, SALESFORCE_JA, Dialect
from tests.house.tree import ROOT

ACME = ("0065g00000AbCdE", "Acme", "Id. Decision Makers", "USD", "1200.50", "3/31/2026", "Akira Sato", "1/15/2026")
ZEN = ("0065g00000AbCdF", "Zen, Inc.", "Closed Won", "JPY", "3000000", "2/28/2026", "Yui Ito", "1/20/2026")
REST = ("Call on Monday", "2/1/2026", "60")


@pytest.fixture
def export(tmp_path: Path) -> Export:
    return Export(tmp_path)


def report(export: Export, *rows: tuple[str, ...], header: tuple[str, ...] = SALESFORCE, **dialect: object) -> Path:
    return export.raw("deals.csv", Dialect(**dialect).write([header, *rows]))  # type: ignore[arg-type]


def test_a_report_of_salesforce_is_read_as_it_is(export: Export) -> None:
    report(export, (*ACME, *REST), (*ZEN, "", "", "100"), quote_all=True, end="\n", below=FOOTER)
    pulled = export.pull()
    acme, zen = pulled.deals
    assert (acme.id, acme.name, acme.stage, acme.outcome) == ("0065g00000AbCdE", "Acme", "evaluation", Outcome.OPEN)
    assert (acme.amount, acme.currency, acme.amount_in_project_currency) == (Decimal("1200.50"), "USD", None)
    assert (acme.close_date, acme.created_at) == (date(2026, 3, 31), datetime(2026, 1, 15, tzinfo=UTC))
    assert acme.fields["next_step"] == "Call on Monday"
    assert (zen.outcome, zen.closed_at) == (Outcome.WON, datetime(2026, 2, 28, tzinfo=UTC))
    assert pulled.people["Akira Sato"].name == "Akira Sato"
    assert (pulled.rejected, pulled.is_complete) == ([], True)
    assert "columns that feed no field: Last Activity, Probability (%)" in export.findings()


def test_a_japanese_report_in_shift_jis_is_read_as_it_is(export: Export) -> None:
    row = ("0065g00000AbCdE", "基幹更新", "提案", "\\1,200,000", "2026/03/31", "佐藤 明", "2026/01/15")
    report(export, row, header=SALESFORCE_JA, encoding="cp932", quote_all=True)
    deal = export.pull().deal
    assert (deal.name, deal.stage, deal.owner) == ("基幹更新", "proposal", "佐藤 明")
    assert (deal.amount, deal.currency, deal.close_date) == (Decimal(1200000), "JPY", date(2026, 3, 31))
    assert "read as an export of Salesforce, from line 2 on" in export.findings()


@pytest.mark.parametrize("header", [HUBSPOT[:8], HUBSPOT_JA])
def test_an_export_of_hubspot_is_read_as_it_is(export: Export, header: tuple[str, ...]) -> None:
    times = ("2026-03-31 18:00", "2026-01-15 09:30")
    row = ("901", "Acme", "Contract Sent (Sales)", times[0], "sato@acme.example", "Sales", "5000", times[1])
    report(export, row, header=header, mark=b"\xef\xbb\xbf")
    pulled = export.pull()
    assert (pulled.deal.id, pulled.deal.stage, pulled.deal.pipeline) == ("901", "negotiation", "Sales")
    assert (pulled.deal.close_date, pulled.deal.amount) == (date(2026, 3, 31), Decimal(5000))
    assert pulled.deal.created_at == datetime(2026, 1, 15, 9, 30, tzinfo=UTC)
    assert pulled.people["sato@acme.example"].email == "sato@acme.example"


def test_what_a_formatted_report_puts_around_its_table_is_no_row(export: Export) -> None:
    above = ("Open opportunities", "As of 2026-03-01 09:30:00 Japan Standard Time", "", "Filtered By", "Show: All")
    sums = ("Total", "", "", "", "1,201.50", "", "", "", "", "", "")
    count = ("", "Count", "2", "", "", "", "", "", "", "", "")
    report(export, (*ACME, *REST), sums, count, above=above, below=("Grand Totals (1 records)", *FOOTER))
    pulled = export.pull()
    assert (pulled.ids, pulled.rejected, pulled.is_complete) == (["0065g00000AbCdE"], [], True)
    assert "read as an export of Salesforce, from line 7 on" in export.findings()


def test_lines_of_words_that_are_no_footer_are_reported(export: Export) -> None:
    report(export, (*ACME, *REST), below=("", "Somebody was here"))
    pulled = export.pull()
    assert pulled.complaints == [("deals.csv:4", "wrong number of cells")]
    assert not pulled.is_complete


def test_a_broken_row_above_the_footer_is_not_taken_for_a_part_of_it(export: Export) -> None:
    report(export, (*ACME, *REST), ("0065g00000AbCdG",), below=FOOTER)
    assert export.pull().complaints == [("deals.csv:3", "wrong number of cells")]


def test_half_a_footer_is_read_later(export: Export) -> None:
    content = Dialect(below=FOOTER[:4]).write([SALESFORCE, (*ACME, *REST)])
    export.raw("deals.csv", content[: content.index(b"2000")])
    with pytest.raises(TryLater, match="ends in the middle"):
        export.pull()


def test_columns_of_excel_without_heading_are_no_columns(export: Export) -> None:
    report(export, (*ACME, *REST, "", ""), header=(*SALESFORCE, "", ""))
    assert export.pull().rejected == []


@pytest.mark.parametrize(
    ("stage", "outcome"),
    [
        ("Closed Won", Outcome.WON), ("Closed Lost", Outcome.LOST), ("失注", Outcome.LOST), ("提案", Outcome.OPEN),
        ("Our own stage", Outcome.OPEN), ("Lost - no budget", None), ("受注見込み", None), ("", None),
    ],
)  # fmt: skip
def test_a_stage_that_sounds_like_an_end_is_not_guessed(export: Export, stage: str, outcome: Outcome | None) -> None:
    report(export, (*ACME[:2], stage, *ACME[3:], *REST))
    pulled = export.pull()
    assert [deal.outcome for deal in pulled.deals] == ([outcome] if outcome else [])
    assert [reason for _, reason in pulled.complaints] == ([] if outcome else ["unknown outcome"])


def test_the_map_says_how_stages_of_your_own_end(export: Export) -> None:
    export.options["map"] = {"deal": {"values": {"outcome": {"lost": ["Lost - no budget"], "open": ["受注見込み"]}}}}
    report(export, (*ACME[:2], "Lost - no budget", *ACME[3:], *REST), (*ZEN[:2], "受注見込み", *ZEN[3:], *REST))
    assert [deal.outcome for deal in export.pull().deals] == [Outcome.LOST, Outcome.OPEN]


@pytest.mark.parametrize(
    ("closed", "won", "outcome"),
    [("1", "1", Outcome.WON), ("1", "0", Outcome.LOST), ("0", "0", Outcome.OPEN), ("", "", Outcome.OPEN)],
)
def test_flags_say_better_than_names_how_a_deal_ended(export: Export, closed: str, won: str, outcome: Outcome) -> None:
    report(export, (*ACME, *REST, closed, won), header=(*SALESFORCE, "Closed", "Won"))
    assert export.pull().deal.outcome is outcome


def test_an_amount_that_the_crm_converted_is_one_in_the_projects_currency(export: Export) -> None:
    header = (*SALESFORCE, "Amount (converted) Currency", "Amount (converted)")
    report(export, (*ACME, *REST, "JPY", "180075"), (*ZEN[:3], "EUR", *ZEN[4:], *REST, "USD", "1"), header=header)
    assert [deal.amount_in_project_currency for deal in export.pull().deals] == [180075, None]


def test_two_columns_for_one_field_are_reported_and_neither_is_read(export: Export) -> None:
    report(export, (*ACME, *REST, "4/30/2026"), header=(*SALESFORCE, "完了予定日"))
    assert export.pull().deal.close_date is None
    (finding,) = [one for one in export.connector().check() if "could both be" in one.message]
    assert (finding.level, finding.cure) == (Level.WARNING, "Name one under map: close_date.")
    export.options["map"] = {"deal": {"fields": {"close_date": "完了予定日"}}}
    assert export.pull().deal.close_date == date(2026, 4, 30)


def test_one_of_two_columns_of_the_same_name_can_be_named(export: Export) -> None:
    export.options["map"] = {"deal": {"fields": {"created_at": "Created Date #2"}}}
    report(export, (*ACME, *REST, "1/31/2026"), header=(*SALESFORCE, "Created Date"))
    assert export.pull().deal.created_at == datetime(2026, 1, 31, tzinfo=UTC)


@pytest.mark.parametrize(
    ("without", "cure"),
    [("Opportunity ID", "Add the column “Opportunity ID” to the export"), ("Stage", "it tells open from won")],
)
def test_a_report_without_what_is_needed_says_what_to_add(export: Export, without: str, cure: str) -> None:
    header = tuple(name for name in SALESFORCE if name != without)
    report(export, header=header)
    with pytest.raises(Refused, match=f"the column {without} is missing") as caught:
        export.pull()
    assert cure in str(caught.value)


def test_a_column_that_the_map_names_in_vain_is_a_finding(export: Export) -> None:
    export.options["map"] = {"deal": {"fields": {"pain": "Pain__c"}}}
    report(export, (*ACME, *REST))
    assert "the column Pain__c, which map names, is not there" in export.findings()
    (unfed,) = export.connector().describe().unfed["deal"]
    assert (unfed.ours, unfed.why, unfed.theirs) == ("pain", Why.ABSENT, "Pain__c")


def test_columns_that_feed_nothing_are_offered(export: Export) -> None:
    report(export, (*ACME, *REST, "slow"), header=(*SALESFORCE, "Customer pain"))
    offered = [one.name for one in export.connector().describe().spare["deal"]]
    assert offered == ["Last Activity", "Probability (%)", "Customer pain"]


def test_a_formula_is_text(export: Export) -> None:
    report(export, (ACME[0], '=HYPERLINK("http://evil.example")', *ACME[2:], *REST))
    assert export.pull().deal.name == '=HYPERLINK("http://evil.example")'


def test_the_newest_of_many_files_counts(tmp_path: Path) -> None:
    export = Export(tmp_path, files={"deals": "deals-*.csv"})
    for age, name in enumerate(["deals-b.csv", "deals-a.csv"]):
        path = export.write(name, "deal_id,outcome", f"{name},open")
        os.utime(path, (1_700_000_000 + age, 1_700_000_000 + age))
    pulled = export.pull()
    assert pulled.ids == ["deals-a.csv"]
    assert export.pull(pulled.cursor).pages == []
    copy = export.raw("deals-c.csv", (tmp_path / "deals-a.csv").read_bytes())
    assert (export.pull(pulled.cursor).pages, copy.exists()) == ([], True)
    export.write("deals-d.csv", "deal_id,outcome", "D,open")
    assert export.pull(pulled.cursor).ids == ["D"]


def test_a_file_replaced_while_it_is_read_is_never_complete(export: Export) -> None:
    path = export.deals(*open_deals(2_500))
    pages = export.connector().pull(None)
    assert not next(pages).complete
    other = export.write("new.csv", path.read_text().splitlines()[0], *open_deals(10))
    other.replace(path)
    with pytest.raises(TryLater, match="was written to while we read it"):
        list(pages)
    assert len(export.pull().ids) == 10


def test_pages_say_when_the_file_was_written(export: Export) -> None:
    os.utime(export.deals(*open_deals(1)), (1_700_000_000, 1_700_000_000))
    assert [page.as_of for page in export.pull().pages] == [datetime.fromtimestamp(1_700_000_000, UTC)]


def test_every_heading_stands_in_the_docs_and_the_docs_know_no_other() -> None:
    page = (ROOT / "docs" / "csv.md").read_text("utf-8")
    tables = page[page.index("## Which columns are known") : page.index("### Which of them are verified")]
    told = set(re.findall(r"`([^`]+)`", "".join(line.split("|", 2)[2] for line in tables.splitlines() if "|" in line)))
    assert told == {one for vendor in VENDORS for words in vendor.headings.values() for one in words}
