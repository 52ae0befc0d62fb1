"""A history out of files: read by the csv connector, whole days where there are only dates."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from stalewatch.domain.instants import DAY
from stalewatch.domain.learning import scoring
from stalewatch.domain.learning.history import History, history
from stalewatch.sdk.connector import ConnectionSettings
from stalewatch.services.learning import files
from stalewatch_csv.connector import CsvConnector

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def read(folder: Path, deals: str = "deals.csv", tz: str = "UTC") -> History:
    settings = ConnectionSettings(
        id="history", options={"path": str(folder), "files": {"deals": deals}, "tz": tz}, base=folder, currency="USD",
        now=lambda: NOW,
    )  # fmt: skip
    pages = CsvConnector(settings).pull(None)
    return history(files.found(pages, ZoneInfo(tz), lambda _done, _total: None))


def test_dates_are_whole_days_through_every_change_of_the_clocks(tmp_path: Path) -> None:
    (tmp_path / "deals.csv").write_text(
        "deal_id,created_on,closed_on,outcome,owner,amount,pipeline\n"
        "1,2026-03-01,2026-04-01,won,Sato,12.50,new\n"
        "2,2026-03-20,,open,Sato,,new\n"
        "2,2026-03-20,,open,Sato,,new\n"
        "3,2026-10-30,2026-10-20,lost,,7,new\n"
    )
    one = read(tmp_path, tz="America/New_York")
    assert one.deals().spells.age.tolist() == [31.0, 12.0]
    assert one.amount.tolist() == [1250, 0]
    assert one.names["owner"].tolist() == ["Sato", "Sato"]
    assert one.left_out == {"duplicate deal_id": 1, "closed before it was created": 1}


def test_times_are_parts_of_days(tmp_path: Path) -> None:
    (tmp_path / "deals.csv").write_text(
        "deal_id,created_at,closed_at,outcome\n1,2026-03-01T12:00:00Z,2026-03-02T18:00:00+09:00,won\n"
    )
    assert read(tmp_path).deals().spells.age.tolist() == [0.875]


def test_stages_are_read_beside_it(tmp_path: Path) -> None:
    (tmp_path / "deals.csv").write_text("deal_id,created_on,closed_on,outcome\n1,2026-03-01,2026-04-01,won\n")
    (tmp_path / "stages.csv").write_text("deal_id,stage,entered_at\n1,discovery,2026-03-01\n1,proposal,2026-03-11\n")
    one = read(tmp_path)
    assert one.has_stages
    stays = one.stays({"discovery": 0, "proposal": 1})
    assert [(stage, age) for stage, age in zip(stays.stage, stays.spells.age, strict=True)] == [
        ("discovery", 10.0),
        ("proposal", 21.0),
    ]


def test_the_third_party_file_is_the_page_s() -> None:
    folder = os.environ.get("STALEWATCH_TEST_DATA")
    if not folder or not (Path(folder) / "maven_deals.csv").is_file():
        pytest.skip("STALEWATCH_TEST_DATA does not name a folder with maven_deals.csv: its figures are not reproduced")
    one = read(Path(folder), "maven_deals.csv")
    assert (len(one.ids), len(one.deals().spells)) == (8800, 8300)
    assert (one.watched.until - one.watched.since) // DAY == 305
    spells = one.deals().spells
    assert int((spells.entry > 0).sum()) == 1185
    found = scoring.score(spells, scoring.after_days(spells, 88), horizon=60)
    assert (found.flagged, found.mature) == ((2825, 945, 413, 1467), (2242, 728, 332, 1182))
