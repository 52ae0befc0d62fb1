"""What one row of deals.csv becomes, and what happens to a row that cannot be used."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from stalewatch.sdk.errors import ConfigurationError, Refused
from stalewatch.sdk.records import Outcome
from tests.connectors.exports import HEADER, Export, open_deals

GOOD = "D1,Acme,Sato,open,2026-01-05,,proposal,3000000"


@pytest.fixture
def export(tmp_path: Path) -> Export:
    return Export(tmp_path)


def test_a_row_is_an_opportunity(export: Export) -> None:
    export.deals("D1,Acme,Sato,won,2026-01-05,2026-02-06,proposal,3000000.50")
    deal = export.pull().deal
    assert (deal.id, deal.name, deal.owner, deal.outcome) == ("D1", "Acme", "Sato", Outcome.WON)
    assert deal.created_at == datetime(2026, 1, 5, tzinfo=UTC)
    assert deal.closed_at == datetime(2026, 2, 6, tzinfo=UTC)
    assert (deal.amount, deal.currency) == (Decimal("3000000.50"), "JPY")
    assert deal.amount_in_project_currency == deal.amount


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",Acme,Sato,open,2026-01-05,,proposal,1", "no deal_id"),
        ("D1,Again,Ito,open,2026-01-05,,proposal,1", "duplicate deal_id"),
        ("D2,Acme,Sato,maybe,2026-01-05,,proposal,1", "unknown outcome"),
        ("D2,Acme,Sato,,2026-01-05,,proposal,1", "unknown outcome"),
        ("D2,Acme,Sato,open,2026-01-05,,proposal,lots", "amount is not a number"),
        ("D2,Acme,Sato,open,2026-01-05,,proposal,NaN", "amount is not a number"),
        ("D2,Acme,Sato,open,2026-01-05,,proposal,-inf", "amount is not a number"),
        ("D2,Acme,Sato,open,2026-01-05,,proposal,1e999", "amount is not a number"),
        ("D2,Acme,Sato,open,31/31/2025,,proposal,1", "unparsable date"),
        ("D2,Acme,Sato,open,2026-02-30,,proposal,1", "unparsable date"),
        ("D2,Acme,Sato,lost,2026-01-05,2026-01-04,proposal,1", "closed before it was created"),
        ("D2,Acme,Sato,open,2026-01-05", "wrong number of cells"),
        ("D2,Acme, Inc.,Sato,open,2026-01-05,,proposal,1", "wrong number of cells"),
        ('D2,"Ac"me,Sato,open,2026-01-05,,proposal,1', "not CSV"),
        ("D2,Ac\0me,Sato,open,2026-01-05,,proposal,1", "NUL bytes"),
    ],
)
def test_one_bad_row_is_left_out_with_its_reason_and_the_rest_goes_on(export: Export, row: str, reason: str) -> None:
    export.deals(GOOD, row, "D3,Zen,Ito,open,2026-01-05,,proposal,2")
    pulled = export.pull()
    assert pulled.ids == ["D1", "D3"]
    assert pulled.complaints == [("deals.csv:3", reason)]
    assert "\0" not in pulled.rejected[0].detail
    assert len(pulled.rejected[0].detail) <= 80


def test_bytes_that_are_no_text_spoil_only_their_row(export: Export) -> None:
    row = "D2,商談,Sato,open,2026-01-05,,proposal,1"
    rows = [HEADER, GOOD, *(row.replace("D2", f"D{number}") for number in (3, 4))]
    export.raw("deals.csv", b"\n".join([*map(str.encode, rows), row.encode("cp932"), b""]))
    pulled = export.pull()
    assert pulled.ids == ["D1", "D3", "D4"]
    assert pulled.complaints == [("deals.csv:5", "broken characters")]
    assert pulled.rejected[0].detail.encode()


def test_a_row_that_cannot_be_read_lets_nobody_conclude_that_a_deal_is_gone(export: Export) -> None:
    export.deals(*open_deals(3))
    assert export.pull().is_complete
    export.deals(*open_deals(2), "D3,Deal 3,Sato,open,not a date,,proposal,1")
    assert not export.pull().is_complete


def test_a_duplicate_hides_nothing_so_the_pull_is_complete(export: Export) -> None:
    export.deals(GOOD, GOOD)
    pulled = export.pull()
    assert pulled.is_complete
    assert pulled.rejected[0].detail == "D1 stands in row 2 already"


def test_a_cell_with_line_breaks_is_one_row_and_later_rows_keep_their_line_numbers(export: Export) -> None:
    export.deals('D1,"Acme\nTokyo",Sato,open,2026-01-05,,proposal,1', ",,,,,,,1")
    pulled = export.pull()
    assert pulled.deal.name == "Acme\nTokyo"
    assert pulled.complaints == [("deals.csv:4", "no deal_id")]


def test_blank_lines_are_not_rows(export: Export) -> None:
    export.deals(GOOD, "", ",,,,,,,")
    pulled = export.pull()
    assert (pulled.ids, pulled.rejected, pulled.is_complete) == (["D1"], [], True)


@pytest.mark.parametrize("name", ["🦊 Fuchs & Söhne", "شركة النور", "\u202eevil", "株式会社あきら"])
def test_any_name_passes(export: Export, name: str) -> None:
    export.deals(f"D1,{name},{name},open,2026-01-05,,proposal,1")
    pulled = export.pull()
    assert pulled.deal.name == name
    assert pulled.people[name].name == name


def test_the_year_9999_passes_and_what_lies_beyond_is_refused(export: Export) -> None:
    header = HEADER + ",close_date"
    export.options["tz"] = "America/New_York"
    late = "9999-12-31T23:59:00"
    export.deals(f"{GOOD},9999-12-31", f"D2,Late,Sato,open,{late},,proposal,1,", header=header)
    pulled = export.pull()
    assert pulled.deal.close_date == date(9999, 12, 31)
    assert pulled.complaints == [("deals.csv:3", "unparsable date")]


def test_a_row_without_a_start_is_kept_and_counted(export: Export) -> None:
    export.deals(GOOD, "D2,Zen,Sato,open,,,proposal,1")
    assert [deal.created_at for deal in export.pull().deals][1] is None
    assert "1 of 2 rows have no created_on: kept, without a clock" in export.findings()


def test_a_deal_without_amount_owner_or_name_is_kept(export: Export) -> None:
    export.deals("D1,,,open,2026-01-05,,,")
    deal = export.pull().deal
    assert (deal.name, deal.owner, deal.amount, deal.stage) == ("D1", None, None, None)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("2026-01-05", "2026-01-04T15:00:00+00:00"),
        ("2026-01-05T09:30:00", "2026-01-05T00:30:00+00:00"),
        ("2026-01-05 09:30", "2026-01-05T00:30:00+00:00"),
        ("2026-01-05T09:30:00Z", "2026-01-05T09:30:00+00:00"),
        ("2026-01-05T09:30:00.250-05:00", "2026-01-05T14:30:00.250000+00:00"),
    ],
)
def test_a_time_without_an_offset_is_local_and_a_date_is_its_start(export: Export, cell: str, expected: str) -> None:
    export.options["tz"] = "Asia/Tokyo"
    export.deals(f"D1,Acme,Sato,open,{cell},,proposal,1")
    created = export.pull().deal.created_at
    assert created is not None
    assert created.isoformat() == expected


def test_a_deal_may_close_on_the_day_it_began_when_only_the_end_is_a_bare_date(export: Export) -> None:
    header = "deal_id,outcome,created_at,closed_on"
    export.deals("D1,won,2026-01-05T10:00:00Z,2026-01-05", header=header)
    deal = export.pull().deal
    assert deal.closed_at == deal.created_at


def test_catalogue_columns_are_typed_and_strange_ones_only_listed(export: Export) -> None:
    header = "Deal_ID, outcome ,stakeholders,customer_agreed_problem,decision_date,pain,shoe_size"
    export.deals("D1,OPEN,3.0,yes,2026-05-01, slow ,44", "D2,open,,,,,", header=header)
    first, second = export.pull().deals
    assert first.fields == {
        "stakeholders": 3,
        "customer_agreed_problem": True,
        "decision_date": date(2026, 5, 1),
        "pain": "slow",
    }
    assert set(second.fields.values()) == {None}
    assert "columns that feed no field: shoe_size" in export.findings()


@pytest.mark.parametrize(
    ("column", "cell", "reason"),
    [
        ("stakeholders", "2.5", "stakeholders is not a whole number"),
        ("stakeholders", "two", "stakeholders is not a number"),
        ("customer_agreed_problem", "perhaps", "customer_agreed_problem is not true or false"),
        ("decision_date", "soon", "unparsable date"),
    ],
)
def test_a_cell_of_the_wrong_type_names_its_field(export: Export, column: str, cell: str, reason: str) -> None:
    export.deals(f"D1,open,{cell}", header=f"deal_id,outcome,{column}")
    assert export.pull().complaints == [("deals.csv:2", reason)]


def test_amounts_in_another_currency_are_not_taken_for_ours(export: Export) -> None:
    export.deals("D1,open,10,usd", "D2,open,10,JPY", "D3,open,10,", header="deal_id,outcome,amount,currency")
    told = [(deal.currency, deal.amount_in_project_currency) for deal in export.pull().deals]
    assert told == [("USD", None), ("JPY", Decimal(10)), ("JPY", Decimal(10))]


@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("prefix", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_separators_byte_marks_and_line_ends_do_not_matter(export: Export, mark: str, prefix: bytes, end: str) -> None:
    text = end.join([HEADER, *open_deals(2), ""]).replace(",", mark)
    export.raw("deals.csv", prefix + text.encode())
    assert export.pull().ids == ["D1", "D2"]


def test_a_path_may_be_the_file_itself(export: Export) -> None:
    export.write("report.csv", HEADER, "D1,Acme,Sato,open,2026-01-05,,proposal,100")
    export.options["path"] = "report.csv"
    assert export.pull().ids == ["D1"]


def test_a_missing_required_column_is_refused_with_the_columns_found(export: Export) -> None:
    export.deals("D1,Acme", header="deal_id,title")
    with pytest.raises(Refused, match=r"the column outcome is missing\s+found: deal_id, title"):
        export.pull()


def test_a_column_that_stands_twice_is_refused(export: Export) -> None:
    export.deals("D1,open,1,2", header="deal_id,outcome,amount,Amount")
    with pytest.raises(Refused, match="the column amount stands there twice"):
        export.pull()


def test_the_map_renames_columns_stages_pipelines_and_values(export: Export) -> None:
    export.options["map"] = {
        "deal": {
            "fields": {"deal_id": "Id", "outcome": "Status", "pain": "Problem"},
            "stages": {"proposal": ["Proposal/Price Quote"]},
            "pipelines": {"partner": ["Channel"]},
            "values": {"outcome": {"won": "Closed Won"}, "segment": {"enterprise": ["Large"]}},
        }
    }
    export.options["partner_deals"] = {"pipeline": ["partner"]}
    header = "Id,Status,Problem,stage,pipeline,segment"
    export.deals("1,Closed Won,slow,Proposal/Price Quote,Channel,Large", "2,open,,Haggling,New,", header=header)
    mapped, raw = export.pull().deals
    assert (mapped.outcome, mapped.stage, mapped.pipeline) == (Outcome.WON, "proposal", "partner")
    assert mapped.fields == {"pain": "slow", "segment": "enterprise"}
    assert (mapped.is_partner_deal, raw.is_partner_deal) == (True, False)
    assert raw.stage == "Haggling", "an unmapped stage stays visible as it is"


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"file": "deals.csv"}, "unknown key file"),
        ({"files": {"deal": "deals.csv"}}, "unknown key deal"),
        ({"files": "deals.csv"}, "must be a mapping"),
        ({"tz": "Mars/Olympus"}, "no time zone is called 'Mars/Olympus'"),
        ({"path": 3}, "must be a text"),
        ({"map": {"deal": {"stage": {}}}}, "unknown key stage"),
        ({"partner_deals": {"pipeline": 3}}, "must be a list of texts"),
    ],
)
def test_options_that_mean_nothing_are_refused_at_once(
    tmp_path: Path, options: dict[str, object], complaint: str
) -> None:
    with pytest.raises(ConfigurationError, match=complaint):
        Export(tmp_path, **options).connector()


def test_owners_and_managers_are_people_and_an_address_beats_a_name(export: Export) -> None:
    header = "deal_id,outcome,owner,owner_email,manager_email,team"
    export.deals(
        "D1,open,Sato,sato.a@acme.example,boss@acme.example,tokyo",
        "D2,open,Sato,SATO.B@acme.example,,osaka",
        "D3,open,Boss,boss@acme.example,,",
        "D4,open,Nobody,,,",
        header=header,
    )
    pulled = export.pull()
    assert [deal.owner for deal in pulled.deals] == [
        "sato.a@acme.example",
        "sato.b@acme.example",
        "boss@acme.example",
        "Nobody",
    ]
    sato = pulled.people["sato.a@acme.example"]
    assert (sato.name, sato.manager, sato.team) == ("Sato", "boss@acme.example", "tokyo")
    assert pulled.people["boss@acme.example"].name == "Boss"
    assert pulled.people["Nobody"].email is None
