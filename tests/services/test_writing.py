"""What somebody asks a CRM to be told is written once, in order, and stands once in the audit log."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from stalewatch.domain.writebacks import Writeback
from stalewatch.sdk.errors import Conflict, NeedsReconnect, Refused, TryLater
from stalewatch.sdk.records import Outcome
from stalewatch.sdk.writing import Fields, Lost, Meeting, Note, Task, Wish
from stalewatch.services.alerting.agenda import FAR, Agenda
from stalewatch.services.writing.asking import NotAllowed, Why
from stalewatch.services.writing.moving import Wrote
from stalewatch.services.writing.writes import Writes
from stalewatch.store import leases, records
from stalewatch.store.leases import WRITEBACKS
from tests.databases import SQLITE_DAILY
from tests.services.scriptorium import CALL, Office, open_office
from tests.services.world import deal

pytestmark = SQLITE_DAILY


@pytest.fixture
def office(migrated_database_url: str) -> Iterator[Office]:
    with open_office(migrated_database_url) as office:
        yield office


# ---------------------------------------------------------------------------------------------------- asking


def test_what_is_asked_for_is_written_once_and_stands_once_in_the_audit_log(office: Office) -> None:
    write = office.asks()
    assert office.crm.taken == []
    assert office.writes() == Wrote(done=1)
    assert office.writes() == Wrote()
    [change] = office.crm.taken
    assert (change.id, change.record, change.wish, change.owner) == (write, "acme", CALL, "sato")
    assert change.seen_version == office.clock.now() - timedelta(days=2)
    [row] = office.acts("crm.write")
    assert (row.actor, row.object, row.request) == ("sato@acme.example", "crm:acme", write)
    assert (row.before, row.after["answer"]) == ({"fields": {"NextStep": "Wait"}}, "204")
    assert office.state(write) == ("done", None)


def test_our_own_copy_stays_as_it_is_until_the_crm_shows_it(office: Office) -> None:
    office.asks()
    office.writes()
    with office.db.read() as conn:
        [row] = records.read_by_ids(conn, "deal", ["crm:acme"])
    assert row.next_step == "Wait"


@pytest.mark.security
@pytest.mark.parametrize(
    ("allowed", "wish", "why"),
    [
        (Writeback.NONE, Note(text="x"), Why.OFF),
        (Writeback.NONE, CALL, Why.OFF),
        (Writeback.NOTES, CALL, Why.NOTES_ONLY),
        (Writeback.NOTES, Lost(), Why.NOTES_ONLY),
        (Writeback.FIELDS, Fields(), Why.EMPTY),
        (Writeback.NOTES, Note(text=" "), Why.EMPTY),
    ],
)
def test_s30_what_the_configuration_does_not_allow_is_not_even_asked_for(
    office: Office, allowed: Writeback, wish: Wish, why: Why
) -> None:
    office.allowed = allowed
    with pytest.raises(NotAllowed) as error:
        office.asks(wish)
    assert error.value.why is why
    assert office.writes() == Wrote()


@pytest.mark.parametrize("wish", [Note(text="x"), Task(text="x", due=date(2026, 3, 5))])
def test_notes_and_tasks_need_no_more_than_notes(office: Office, wish: Wish) -> None:
    office.allowed = Writeback.NOTES
    office.asks(wish)
    assert office.writes().done == 1


def test_a_meeting_does_not_end_before_it_begins(office: Office) -> None:
    with pytest.raises(NotAllowed) as error:
        office.asks(Meeting(title="Review", starts_at=office.clock.now(), ends_at=office.clock.now()))
    assert error.value.why is Why.BACKWARDS


def test_a_closed_deal_is_not_lost_again(office: Office) -> None:
    office.changes("acme", outcome=Outcome.WON)
    office.syncs()
    with pytest.raises(NotAllowed) as error:
        office.asks(Lost())
    assert error.value.why is Why.CLOSED


def test_what_was_switched_off_meanwhile_is_not_written(office: Office) -> None:
    write, office.allowed = office.asks(), Writeback.NONE
    assert office.writes().given_up == 1
    assert office.state(write) == ("given_up", "off")
    assert office.crm.taken == []


# ---------------------------------------------------------------------------------------------------- ends


@pytest.mark.security
def test_s29_a_refusal_keeps_the_words_and_the_field_and_is_no_write(office: Office) -> None:
    write = office.asks(Lost(reason="Weather"))
    office.crm.faults.append(Refused("bad value: Weather", fields=["Loss_Reason__c"], code="RESTRICTED"))
    assert office.writes().refused == 1
    assert office.state(write)[0] == "refused"
    [row] = office.acts("crm.refused")
    assert row.after == {"said": "bad value: Weather", "fields": ["Loss_Reason__c"], "code": "RESTRICTED"}
    assert office.acts("crm.write") == []


@pytest.mark.security
def test_s30_a_conflict_overwrites_nothing_and_tells_what_is_there_now(office: Office) -> None:
    write = office.asks()
    error = Conflict("changed", now={"next_step": "Theirs", "close_date": date(2026, 5, 1)}, version=office.clock.now())
    office.crm.faults.append(error)
    assert office.writes().conflicts == 1
    assert office.state(write)[0] == "conflict"
    [row] = office.acts("crm.conflict")
    assert row.after["now"] == {"next_step": "Theirs", "close_date": "2026-05-01"}


@pytest.mark.security
def test_s30_what_was_to_be_written_into_a_record_that_was_merged_overwrites_nothing_there(office: Office) -> None:
    """The other one had changed earlier than the one that the person saw: by their versions alone nothing is newer."""
    office.has(deal("zen", next_step="Theirs", modified_at=office.clock.now() - timedelta(days=9)))
    office.syncs()
    fields, note = office.asks(), office.asks(Note(text="Mori is on leave"))
    office.crm.compares = True
    office.crm.merged, _ = {"acme": "zen"}, office.crm.deals.pop("acme")
    office.syncs()
    done = office.writes()
    assert (done.conflicts, done.done) == (1, 1)
    assert (office.state(fields)[0], office.state(note)[0]) == ("conflict", "done")
    assert [(one.record, one.wish) for one in office.crm.taken] == [("zen", Note(text="Mori is on leave"))]


@pytest.mark.parametrize("fault", [TryLater("busy", after=timedelta(minutes=2)), NeedsReconnect("token revoked")])
def test_what_passes_is_written_later_and_given_up_after_a_day(office: Office, fault: Exception) -> None:
    write = office.asks()
    office.crm.faults = [fault]
    done = office.writes()
    assert (done.postponed, len(done.errors)) == (1, 1)
    assert office.writes() == Wrote()
    office.clock.advance(timedelta(minutes=6))
    assert office.writes().done == 1
    late = office.asks()
    office.clock.advance(timedelta(hours=25))
    office.crm.faults = [fault]
    assert office.writes().given_up == 1
    assert (office.state(write)[0], office.state(late)) == ("done", ("given_up", "too_old"))


def test_a_connection_that_is_gone_is_said(office: Office) -> None:
    write = office.asks()
    assert Writes(office.db, office.clock, {}).run().given_up == 1
    assert office.state(write) == ("given_up", "no_connection")


def test_a_claim_takes_what_is_due_by_an_index(office: Office) -> None:
    office.asks()
    with office.db.write() as conn:
        assert leases.claim(conn, WRITEBACKS, due=office.us - 1, lease_us=1) == []
        assert len(leases.claim(conn, WRITEBACKS, due=office.us, lease_us=1)) == 1


def test_an_engine_sleeps_until_something_is_to_be_written(office: Office) -> None:
    agenda = Agenda(office.db, office.clock, {"crm": None})
    assert agenda.until_write() == FAR
    office.asks()
    assert agenda.until_write() == 0
    office.crm.faults = [TryLater("busy", after=timedelta(minutes=2))]
    office.writes()
    assert agenda.until_write() == 2 * 60 * 1_000_000
