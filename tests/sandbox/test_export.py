"""The exported files say what is true at a moment, in the csv connector's words, and nothing of the future."""

from __future__ import annotations

import csv
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from stalewatch.domain.evidence import act_of, fold
from stalewatch.domain.instants import from_us, to_us
from stalewatch.sdk.connector import Connector, Level
from stalewatch.sdk.testing import connection_settings
from stalewatch_csv import connect
from stalewatch_sandbox import export
from stalewatch_sandbox.export import write_csv
from stalewatch_sandbox.project import DEMO_AT
from tests.connectors.exports import Pulled
from tests.sandbox.worlds import DAY, small_world

FILES = ("deals.csv", "events.csv", "stages.csv")
NOON = DEMO_AT + timedelta(hours=3)
IN_A_MEETING = DEMO_AT + timedelta(hours=1, minutes=20)


def connector(folder: Path) -> Connector:
    return connect(connection_settings({"path": ".", "partner_deals": {"pipeline": ["partner"]}}, folder))


def written(folder: Path, as_of: datetime) -> Pulled:
    write_csv(small_world(), folder, as_of)
    return Pulled(list(connector(folder).pull(None)))


def contents(folder: Path) -> list[bytes]:
    return [(folder / name).read_bytes() for name in FILES]


@pytest.mark.parametrize("as_of", [DEMO_AT - 30 * DAY, DEMO_AT, IN_A_MEETING, NOON, DEMO_AT + 45 * DAY], ids=str)
def test_what_the_connector_reads_is_the_truth(tmp_path: Path, as_of: datetime) -> None:
    pulled, truth = written(tmp_path, as_of), small_world().truth_at(as_of)
    assert pulled.rejected == []
    assert pulled.is_complete
    assert set(pulled.ids) == truth.keys()
    for deal in pulled.deals:
        true = truth[deal.id]
        acts = [act_of(one) for one in pulled.activities if one.records == (deal.id,)]
        assert deal.created_at is not None
        seen = fold(acts, to_us(as_of), to_us(deal.created_at))
        visits = [visit for visit in pulled.visits if visit.deal == deal.id]
        assert deal.outcome is true.outcome
        assert (deal.stage, visits[-1].entered_at) == (true.stage, true.stage_entered_at)
        assert _at(seen.last_customer_activity_at) == true.last_customer_action_at
        assert _at(seen.last_seller_activity_at) == true.last_seller_action_at
        assert _at(seen.last_meeting_at) == true.last_meeting_at
        assert _at(seen.next_meeting_at) == true.next_meeting_at
        assert seen.seller_touches_since_customer == true.seller_touches_since_customer
        assert deal.fields["stakeholders"] == true.stakeholders
        assert deal.owner == small_world().people[true.owner].email


@pytest.mark.parametrize("as_of", [DEMO_AT - 30 * DAY, IN_A_MEETING], ids=str)
def test_nothing_in_the_files_is_of_the_future(tmp_path: Path, as_of: datetime) -> None:
    write_csv(small_world(), tmp_path, as_of)
    times = {"deals.csv": ("created_at", "closed_at"), "stages.csv": ("entered_at",), "events.csv": ("at",)}
    for name, columns in times.items():
        with (tmp_path / name).open(encoding="utf-8", newline="") as file:
            told = [
                datetime.fromisoformat(row[column]) for row in csv.DictReader(file) for column in columns if row[column]
            ]
        assert told
        assert max(told) <= as_of


def test_doctor_finds_nothing_to_mend_and_no_column_without_a_field(tmp_path: Path) -> None:
    write_csv(small_world(), tmp_path, DEMO_AT)
    found = connector(tmp_path).check()
    assert [finding for finding in found if finding.level is not Level.OK] == []
    assert not any("feed no field" in finding.message for finding in found)


def test_the_same_moment_writes_the_same_bytes(tmp_path: Path) -> None:
    write_csv(small_world(), tmp_path, DEMO_AT)
    first = contents(tmp_path)
    write_csv(small_world(), tmp_path, NOON)
    assert contents(tmp_path) != first
    write_csv(small_world(), tmp_path, DEMO_AT)
    assert contents(tmp_path) == first


def test_the_past_is_not_rewritten_as_time_passes(tmp_path: Path) -> None:
    write_csv(small_world(), tmp_path, DEMO_AT)
    before = set((tmp_path / "stages.csv").read_text("utf-8").splitlines())
    write_csv(small_world(), tmp_path, DEMO_AT + 20 * DAY)
    assert before < set((tmp_path / "stages.csv").read_text("utf-8").splitlines())


def test_a_write_that_fails_leaves_the_old_files_and_no_litter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_csv(small_world(), tmp_path, DEMO_AT)
    before = contents(tmp_path)

    def full(_value: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(export, "_text", full)
    with pytest.raises(OSError, match="No space"):
        write_csv(small_world(), tmp_path, NOON)
    assert contents(tmp_path) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(FILES)


def _at(instant: int | None) -> datetime | None:
    return None if instant is None else from_us(instant)
