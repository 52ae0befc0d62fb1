"""Lost answers are looked up, writes of one record go one after the other, and a dead worker leaves nothing behind."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa

from stalewatch.domain.instants import to_us
from stalewatch.sdk.errors import Refused, TryLater, WriteUnknown
from stalewatch.sdk.writing import Change, Fields, Kind, Lost, Note, Written, kind_of
from stalewatch.store.tables import writebacks as table
from tests.databases import SQLITE_DAILY
from tests.services.scriptorium import Office, open_office


@pytest.fixture
def office(migrated_database_url: str) -> Iterator[Office]:
    with open_office(migrated_database_url) as office:
        yield office


def test_a_lost_answer_is_looked_up_and_not_sent_again(office: Office) -> None:
    write = office.asks(Note(text="Budget"))
    office.crm.losses = [WriteUnknown("reset")]
    done = office.writes()
    assert (done.unknown, done.done) == (1, 1)
    assert len(office.crm.taken) == 1
    assert len(office.acts("crm.write")) == 1
    assert office.state(write)[0] == "done"


@SQLITE_DAILY
def test_what_did_not_arrive_is_sent_again(office: Office) -> None:
    office.asks(Note(text="Budget"))
    office.crm.faults = [WriteUnknown("reset")]
    assert office.writes().done == 1
    assert len(office.crm.taken) == 1


@SQLITE_DAILY
def test_a_connector_with_a_fault_of_its_own_is_looked_up_too(office: Office) -> None:
    office.asks(Note(text="Budget"))
    office.crm.losses = [KeyError("id")]
    assert office.writes().done == 1
    assert len(office.crm.taken) == 1


@SQLITE_DAILY
def test_as_long_as_nobody_can_look_nothing_is_sent(office: Office) -> None:
    write = office.asks(Note(text="Budget"))
    office.crm.losses, office.crm.is_blind = [WriteUnknown("reset")], True
    assert office.writes().unknown == 1
    office.clock.advance(timedelta(hours=1))
    assert office.writes().done == 0
    assert office.state(write)[0] == "unknown"
    office.crm.is_blind = False
    office.clock.advance(timedelta(hours=1))
    assert office.writes().done == 1
    assert len(office.crm.taken) == 1


def test_a_worker_that_died_in_the_middle_is_found_out_about(office: Office) -> None:
    write = office.asks(Note(text="Budget"))
    with office.db.write() as conn:
        sending = {"state": "writing", "sending_at": office.db.now() - 10_000_000}
        conn.execute(sa.update(table).where(table.c.id == write).values(sending))
    assert office.writes().done == 1
    assert len(office.crm.taken) == 1


# ---------------------------------------------------------------------------------------------------- order


def test_writes_of_one_record_follow_each_other_and_expect_each_others_version(office: Office) -> None:
    office.asks(Fields(next_step="First"))
    office.clock.advance(timedelta(seconds=1))
    office.asks(Fields(next_step="Second"))
    office.clock.advance(timedelta(seconds=1))
    assert office.writes().done == 2
    first, second = office.crm.taken
    assert [change.wish for change in office.crm.taken] == [Fields(next_step="First"), Fields(next_step="Second")]
    assert first.seen_version == office.clock.now() - timedelta(days=2, seconds=2)
    assert second.seen_version == office.clock.now(), "our own write is nobody's change"


@SQLITE_DAILY
def test_somebody_who_saw_an_older_version_is_not_carried_over_a_change(office: Office) -> None:
    before = to_us(office.clock.now() - timedelta(days=2))
    office.changes("acme", modified_at=office.clock.now() - timedelta(hours=1))
    office.syncs()
    office.asks(Fields(next_step="First"))
    office.writes()
    office.asks(Fields(next_step="Second"), seen_version=before)
    office.writes()
    assert office.crm.taken[1].seen_version == office.clock.now() - timedelta(days=2)


def test_what_needs_another_write_is_not_written_without_it(office: Office) -> None:
    lost = office.asks(Lost(reason="Weather"))
    note = office.asks(Note(text="It rained."), needs=lost)
    office.crm.faults = [Refused("no such reason")]
    done = office.writes()
    assert (done.refused, done.given_up) == (1, 1)
    assert office.state(note) == ("given_up", "needed")
    lost = office.asks(Lost())
    office.asks(Note(text="It rained."), needs=lost)
    assert office.writes().done == 2
    assert [kind_of(change.wish) for change in office.crm.taken] == [Kind.LOST, Kind.NOTE]


@SQLITE_DAILY
def test_another_record_does_not_wait(office: Office) -> None:
    office.asks(Note(text="x"))
    office.asks(Note(text="y"), "zen")
    office.crm.faults = [TryLater("busy")]
    done = office.writes()
    assert (done.postponed, done.done) == (1, 1)


def test_a_worker_that_lost_its_claim_writes_nothing_down(office: Office) -> None:
    write = office.asks(Note(text="x"))
    taken = office.crm.write_back

    def stolen(change: Change) -> Written:
        with office.db.write() as conn:
            conn.execute(sa.update(table).where(table.c.id == write).values(fence=table.c.fence + 1, lease_until=0))
        office.crm.write_back = taken  # type: ignore[method-assign]
        return taken(change)

    office.crm.write_back = stolen  # type: ignore[method-assign]
    office.writes()
    with office.db.write() as conn:
        conn.execute(sa.update(table).values(lease_until=0, look_at=0))
    office.writes()
    assert len(office.crm.taken) == 1
    assert len(office.acts("crm.write")) == 1
