"""Who acted: computed from records, never from summary fields, and unknown where the records are not there."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from stalewatch.domain.instants import to_us
from stalewatch.sdk.errors import ConfigurationError
from stalewatch.sdk.records import Activity, Actor, MeetingState
from stalewatch_salesforce import ids
from stalewatch_sandbox.salesforce.stock import STAGES, Stage
from stalewatch_sandbox.serving.exchange import Response
from stalewatch_sandbox.serving.faults import Fault
from tests.connectors.salesforce.desk import NOW, Desk, Snapshot

MAIL_FIELDS = {"last_customer_activity_at", "last_seller_activity_at", "seller_touches_since_customer"}


def read(desk: Desk, **options: object) -> Snapshot:
    return Snapshot().take(desk.connector(**options).pull(None))  # type: ignore[arg-type]  # options of any kind


def fed(desk: Desk) -> set[str]:
    return {info.ours for info in desk.connector().describe().fields["deal"]}


def only(snapshot: Snapshot, deal: str) -> Activity:
    [activity] = snapshot.of(deal)
    return activity


def test_sf35_an_edit_of_the_amount_does_not_restart_the_stage(desk: Desk) -> None:
    deal = desk.deal(at=desk.ago(days=60))
    entered = desk.ago(days=50)
    desk.org.update(deal, {"StageName": "Proposal/Price Quote"}, at=entered)
    desk.org.update(deal, {"Amount": 2_000_000.0}, at=desk.ago(days=30))
    desk.org.update(deal, {"CloseDate": date(2026, 8, 1)}, at=desk.ago(days=10))
    seen = read(desk)
    assert seen.deals[deal].stage == "proposal"
    assert seen.stage_entered_at(deal) == to_us(entered.replace(microsecond=0))


def test_sf37_without_history_the_org_itself_says_when_the_stage_changed(desk: Desk) -> None:
    deal = desk.deal(at=desk.ago(days=60))
    moved = desk.ago(days=50)
    desk.org.update(deal, {"StageName": "Proposal/Price Quote"}, at=moved)
    desk.sandbox.faults.arm("SF37")
    seen = read(desk)
    assert seen.visits == {}
    assert seen.deals[deal].fields["stage_entered_at"] == moved
    assert "close_date_pushes" not in fed(desk)


def test_sf39_summary_fields_are_not_asked(desk: Desk) -> None:
    deal = desk.deal()
    desk.org.touch(deal, {"LastActivityDate": date(2026, 9, 1)})
    answered = desk.ago(days=9)
    desk.mail(deal, at=answered)
    seen = read(desk)
    assert seen.evidence(deal).last_customer_activity_at == to_us(answered)
    assert not any(b"LastActivityDate" in call.body for call in desk.sandbox.ledger if call.kind == "composite")


def test_sf39_what_an_automation_plans_and_closes_is_nobodys_action(desk: Desk) -> None:
    deal = desk.deal()
    desk.sandbox.faults.arm("SF39", opportunity=deal)
    seen = read(desk)
    assert desk.org.record(deal)["LastActivityDate"] > NOW.date(), "the org itself is taken in"
    assert {one.actor for one in seen.of(deal)} <= {Actor.NOBODY, Actor.SELLER}
    evidence = seen.evidence(deal)
    assert (evidence.last_customer_activity_at, evidence.last_seller_activity_at) == (None, None)


def test_sf40_a_mail_and_its_task_are_one_action_of_the_customer(desk: Desk) -> None:
    deal = desk.deal()
    desk.mail(deal)
    assert [row["TaskSubtype"] for row in desk.org.tables["Task"]] == ["Email"]
    assert only(read(desk), deal).actor is Actor.CUSTOMER


@pytest.mark.parametrize(
    "mail",
    [
        {"Headers": "Received: x\nAuto-Submitted: auto-replied\nTo: y"},
        {"Subject": "自動応答: 休暇中"},
        {"Subject": "Automatic reply: offer"},
        {"Subject": "Accepted: Meeting"},
        {"Subject": "辞退：打ち合わせ"},
        {"Subject": "不在（3月末まで）"},
        {"Headers": "Content-Type: text/calendar; method=REPLY"},
        {"Headers": "Precedence: bulk"},
        {"Subject": "配信不能: 見積"},
        {"FromAddress": "suzuki@acme.com"},
        {"FromAddress": "suzuki@mail.acme.com"},
    ],
)
def test_sf41_machines_and_colleagues_are_not_the_customer(desk: Desk, mail: dict[str, Any]) -> None:
    deal = desk.deal()
    desk.mail(deal, **mail)
    assert only(read(desk), deal).actor is Actor.NOBODY


@pytest.mark.parametrize("subject", ["Re: automatic door", "不在のときの対応について", "Invitations"])
def test_sf41_words_of_people_are_the_customers(desk: Desk, subject: str) -> None:
    deal = desk.deal()
    desk.mail(deal, Subject=subject)
    assert only(read(desk), deal).actor is Actor.CUSTOMER


def test_sf41_own_domains_can_be_named(desk: Desk) -> None:
    deal = desk.deal()
    desk.mail(deal, FromAddress="kimura@acme-group.example")
    assert only(read(desk), deal).actor is Actor.CUSTOMER
    assert only(read(desk, own_domains=["acme-group.example"]), deal).actor is Actor.NOBODY


def test_sf41_automatic_replies_count_where_the_connection_says_so(desk: Desk) -> None:
    away, returned = desk.deal("Away"), desk.deal("Returned")
    desk.mail(away, Headers="Auto-Submitted: auto-replied", Subject="Automatic reply: offer")
    desk.mail(returned, Subject="Undeliverable: offer")
    desk.mail(returned, Headers="Content-Type: multipart/report; report-type=delivery-status")
    desk.mail(returned, FromAddress="suzuki@acme.com")
    usual, counting = read(desk), read(desk, count_automatic_replies=True)
    assert only(usual, away).actor is Actor.NOBODY
    assert only(counting, away).actor is Actor.CUSTOMER
    assert [one.actor for one in counting.of(returned)] == [Actor.NOBODY] * 3, "nobody of the customer's wrote these"


@pytest.mark.parametrize("option", ["count_automatic_replies", "count_called_off_meetings"])
def test_sf41_sf43_what_counts_from_now_on_is_read_again(desk: Desk, option: str) -> None:
    desk.deal()
    cursor = read(desk).cursor
    counts = {option: True}
    assert Snapshot().take(desk.connector().pull(cursor)).deals == {}, "a quiet cycle"
    assert len(Snapshot().take(desk.connector(**counts).pull(cursor)).deals) == 1
    with pytest.raises(ConfigurationError, match="true or false"):
        desk.connector(**{option: "yes"})


@pytest.mark.parametrize(
    "subject", ["Canceled: Meeting", "キャンセル済み: 打ち合わせ", "キャンセル：定例", "中止: x", "Cancelled: x"]
)
def test_sf43_a_cancelled_meeting_is_no_next_meeting(desk: Desk, subject: str) -> None:
    deal = desk.deal()
    desk.meeting(deal, NOW + timedelta(days=3), Subject=subject)
    seen = read(desk)
    assert only(seen, deal).meeting is MeetingState.CANCELLED
    assert seen.evidence(deal).next_meeting_at is None


def test_sf43_a_meeting_that_everybody_declined_is_no_next_meeting(desk: Desk) -> None:
    deal, other = desk.deal(), desk.person("Mori", "mori@customer.example")
    event = desk.meeting(deal, NOW + timedelta(days=3))
    desk.answer(event, desk.contact, "Declined")
    reply = desk.answer(event, other, "Accepted")
    assert read(desk).evidence(deal).next_meeting_at is not None
    desk.org.update(reply, {"Status": "Declined"})
    seen = read(desk)
    assert seen.evidence(deal).next_meeting_at is None
    assert only(seen, deal).meeting is MeetingState.DECLINED, "nobody cancelled it: a person is told which it is"


def test_sf43_meetings_that_were_called_off_count_where_the_connection_says_so(desk: Desk) -> None:
    ahead, declined, over, deleted = (desk.deal(name) for name in ("Ahead", "Declined", "Over", "Deleted"))
    starts = NOW + timedelta(days=3)
    desk.meeting(ahead, starts, Subject="Canceled: Meeting")
    desk.answer(desk.meeting(declined, starts), desk.contact, "Declined")
    desk.meeting(over, desk.ago(days=2), Subject="Canceled: Meeting")
    desk.org.update(desk.meeting(deleted, starts), {"IsDeleted": True})
    seen = read(desk, count_called_off_meetings=True)
    assert [seen.evidence(one).next_meeting_at for one in (ahead, declined)] == [to_us(starts)] * 2
    assert seen.evidence(over).last_customer_activity_at is None, "nobody saw the customer there"
    assert seen.evidence(deleted).next_meeting_at is None


def test_a_meeting_that_was_held_with_the_customer_shows_both(desk: Desk) -> None:
    deal, start = desk.deal(), desk.ago(days=2)
    desk.meeting(deal, start)
    evidence = read(desk).evidence(deal)
    assert evidence.last_meeting_at == to_us(start)
    assert evidence.last_customer_activity_at == to_us(start + timedelta(hours=1))


def test_an_all_day_meeting_keeps_its_date(desk: Desk) -> None:
    deal = desk.deal()
    day = NOW.replace(hour=0) + timedelta(days=3)
    desk.meeting(deal, day, IsAllDayEvent=True, ActivityDate=day.date(), EndDateTime=day)
    meeting = only(read(desk), deal)
    assert meeting.at.date() == day.date()
    assert meeting.ends_at is not None
    assert meeting.ends_at.date() == day.date()


def test_sf45_archived_meetings_are_known(desk: Desk) -> None:
    deal = desk.deal(at=desk.ago(days=500))
    start = desk.ago(days=400)
    desk.meeting(deal, start, at=desk.ago(days=410))
    seen = read(desk)
    assert [row["IsArchived"] for row in desk.org.tables["Event"]] == [True]
    assert seen.evidence(deal).last_meeting_at == to_us(start)


def test_sf46_an_org_without_mails_cannot_tell_who_is_silent(desk: Desk) -> None:
    deal = desk.deal()
    desk.mail(deal)
    assert fed(desk) >= MAIL_FIELDS
    desk.sandbox.faults.arm("SF46")
    assert not fed(desk) & MAIL_FIELDS
    assert {"next_meeting_at", "last_meeting_at", "stage"} <= fed(desk)
    assert [finding.subject for finding in desk.connector().check() if finding.cure] == ["mails"]


def test_sf46_mails_of_long_ago_are_no_sign_that_mails_are_seen(desk: Desk) -> None:
    desk.mail(desk.deal(at=desk.ago(days=90)), at=desk.ago(days=31))
    assert not fed(desk) & MAIL_FIELDS
    desk.mail(desk.deal(), incoming=False, at=desk.ago(days=1))
    assert not fed(desk) & MAIL_FIELDS, "what we sent ourselves shows nobody's answer"
    desk.mail(desk.deal(), at=desk.ago(days=29))
    assert fed(desk) >= MAIL_FIELDS


def test_sf48_private_meetings_are_never_fetched(desk: Desk) -> None:
    deal = desk.deal()
    desk.meeting(deal, NOW + timedelta(days=3), IsPrivate=True, Subject="Surgery")
    shown: list[bytes] = []

    def overheard(_: object, response: Response) -> Response:
        shown.append(response.body)
        return response

    desk.sandbox.faults.arm_fault("overheard", Fault(afterwards=overheard))
    seen = read(desk)
    assert seen.of(deal) == []
    assert shown
    assert not any(b"Surgery" in body for body in shown), "not even its subject left the org"
    told = [finding.message for finding in desk.connector().check() if finding.subject == "private meetings"]
    assert told == ["1 private meetings are there and never read"]
    desk.sandbox.faults.arm("SF48")
    assert read(desk).of(deal) == []


def test_sf48_a_meeting_that_becomes_private_leaves_within_the_day_and_tells_its_id_alone(desk: Desk) -> None:
    deal = desk.deal()
    kept, hidden = (desk.meeting(deal, NOW + timedelta(days=days), Subject=f"Meeting {days}") for days in (3, 4))
    connector, seen = desk.connector(), Snapshot()
    seen.take(connector.pull(None))
    assert {one.id for one in seen.of(deal)} == {kept, hidden}
    desk.sandbox.clock.advance(timedelta(minutes=5))
    desk.org.update(hidden, {"IsPrivate": True, "Subject": "Surgery"})
    desk.sandbox.clock.advance(timedelta(hours=25))
    desk.sandbox.ledger.reset()
    seen.take(connector.pull(seen.cursor))
    assert [one.id for one in seen.of(deal)] == [kept]
    assert [query.partition(" FROM ")[0] for query in desk.asked() if "IsPrivate = true" in query] == ["SELECT Id"]


def test_sf48_it_leaves_within_the_hour_where_relations_are_looked_at_anyway_and_after_a_fresh_start(
    desk: Desk,
) -> None:
    deal = desk.deal()
    soon, later = (desk.meeting(deal, NOW + timedelta(days=days)) for days in (3, 4))
    connector, seen = desk.connector(), Snapshot()
    seen.take(connector.pull(None))
    desk.sandbox.clock.advance(timedelta(minutes=59))
    desk.org.update(soon, {"IsPrivate": True})
    desk.role(deal, desk.contact, at=desk.ago())
    desk.sandbox.clock.advance(timedelta(minutes=2))
    seen.take(connector.pull(seen.cursor))
    assert [one.id for one in seen.of(deal)] == [later]
    desk.org.update(later, {"IsPrivate": True})
    desk.sandbox.clock.advance(timedelta(hours=2))
    seen.take(connector.pull(seen.cursor, full=True))
    desk.sandbox.clock.advance(timedelta(hours=23))
    seen.take(connector.pull(seen.cursor))
    assert seen.of(deal) == [], "what was read anew remembers since when it has to ask"


def test_sf49_inactive_owners_and_queues(desk: Desk) -> None:
    desk.org.update(desk.seller, {"IsActive": False})
    queue = desk.org.insert("Group", {"Name": "Inbound", "Type": "Queue"})
    lead = desk.org.insert("Lead", {"LastName": "Kimura", "Company": "New", "OwnerId": queue})
    deal = desk.deal()
    seen = Snapshot().take(desk.connector(reads={}).pull(None))
    assert seen.deals[deal].owner == desk.seller
    person = seen.people[desk.seller]
    assert (person.active, person.manager, person.language, person.zone) == (False, desk.manager, "ja", "Asia/Tokyo")
    assert seen.leads[lead].owner is None


def test_sf49_short_and_long_ids_are_one() -> None:
    assert ids.whole("0065g00000AbCdE") == ids.whole(ids.whole("0065g00000AbCdE"))
    assert len(ids.whole("0065g00000AbCdE")) == 18


@pytest.mark.parametrize(
    ("call", "actor"),
    [
        ({}, Actor.CUSTOMER),
        ({"CallType": "Outbound"}, Actor.SELLER),
        ({"CallType": "Outbound", "CallDisposition": "No answer"}, Actor.NOBODY),
    ],
)
def test_a_call_shows_who_called(desk: Desk, call: dict[str, Any], actor: Actor) -> None:
    deal = desk.deal()
    desk.call(deal, **call)
    assert only(read(desk), deal).actor is actor


def test_an_activity_of_a_contact_goes_to_their_open_deals_by_guess(desk: Desk) -> None:
    open_, closed = desk.deal("Open"), desk.deal("Closed", StageName="Closed Won")
    for deal in (open_, closed):
        desk.role(deal, desk.contact)
    desk.meeting(None, NOW + timedelta(days=3))
    seen = read(desk)
    assert only(seen, open_).inferred
    assert seen.of(closed) == []


def test_of_each_contact_the_open_deals_are_asked_once_a_pull_however_many_pages_name_them(desk: Desk) -> None:
    deal = desk.deal()
    desk.role(deal, desk.contact)
    for number in range(7):
        desk.meeting(None, NOW + timedelta(days=1 + number))
    desk.sandbox.faults.arm("SF06", sizes=[2])
    seen = read(desk)
    assert [one.inferred for one in seen.of(deal)] == [True] * 7
    assert len([one for one in desk.asked() if "FROM OpportunityContactRole WHERE ContactId" in one]) == 1


def test_a_stage_that_nobody_mapped_is_unreadable_and_told_once(desk: Desk) -> None:
    desk.org.set_stages((*STAGES, Stage(name="Legal", probability=80)))
    odd, good = desk.deal("Odd", StageName="Legal"), desk.deal("Good")
    seen = read(desk)
    assert "stage" in seen.deals[odd].unreadable
    assert "stage" not in seen.deals[good].unreadable
    told = [finding for finding in desk.connector().check() if finding.subject == "stages"]
    assert ["Legal" in finding.message for finding in told] == [True]
    mapped = {"deal": {"stages": {"approval": ["Legal"]}}}
    assert read(desk, map=mapped).deals[odd].stage == "approval"


def test_partner_deals_are_those_that_the_connection_says(desk: Desk) -> None:
    ours, theirs = desk.deal(), desk.deal("Via partner", Type="Partner")
    seen = read(desk, partner_deals={"pipeline": ["partner"]})
    assert [seen.deals[one].is_partner_deal for one in (ours, theirs)] == [False, True]


def test_roles_are_counted_by_person(desk: Desk) -> None:
    deal, other = desk.deal(), desk.person("Mori", "mori@customer.example")
    desk.role(deal, desk.contact, "Economic Decision Maker")
    desk.role(deal, other, "Evaluator")
    fields = read(desk).deals[deal].fields
    told = [fields[f"roles.{one}"] for one in ("decision_maker", "economic_buyer", "champion")]
    assert told == [1, 1, 1]
    assert fields["stakeholders"] == 2


def test_what_we_wrote_ourselves_shows_nobody_at_work(desk: Desk) -> None:
    """Its marker stands in a description, which is never read: a task is paperwork, whoever made it."""
    deal = desk.deal()
    made = {"WhatId": deal, "Subject": "Call Sato", "ActivityDate": NOW.date(), "Description": "[stalewatch:a1]"}
    desk.org.insert("Task", made, by=desk.org.user)
    desk.org.insert("Task", made | {"Status": "Completed", "Subject": "[stalewatch:a2] Called"}, by=desk.org.user)
    start = NOW + timedelta(days=3)
    desk.org.insert("Event", {"WhatId": deal, "Subject": "Review", "StartDateTime": start}, by=desk.org.user)
    evidence = read(desk).evidence(deal)
    assert (evidence.last_customer_activity_at, evidence.last_seller_activity_at) == (None, None)
    assert evidence.next_meeting_at == to_us(start), "the meeting that somebody agreed is one all the same"
    later = read(desk).evidence(deal, start + timedelta(days=1))
    assert later.last_customer_activity_at is None
    assert not any("Description" in query for query in desk.asked())


def test_meetings_of_attendees_and_series_count_once(desk: Desk) -> None:
    deal, start = desk.deal(), NOW + timedelta(days=3)
    parent = desk.meeting(deal, start)
    desk.meeting(deal, start, IsChild=True)
    desk.meeting(deal, start, IsRecurrence=True)
    assert [one.id for one in read(desk).of(deal)] == [parent]


def test_an_activity_that_is_taken_from_its_deal_counts_for_it_no_more(desk: Desk) -> None:
    deal, other = desk.deal(), desk.deal("Other")
    away, moved = desk.call(deal), desk.call(deal)
    connector = desk.connector()
    seen = Snapshot().take(connector.pull(None))
    assert len(seen.of(deal)) == 2
    desk.sandbox.clock.advance(timedelta(minutes=5))
    desk.org.update(away, {"WhatId": None, "WhoId": None})
    desk.org.update(moved, {"WhatId": other})
    seen.take(connector.pull(seen.cursor))
    assert seen.of(deal) == []
    assert [one.id for one in seen.of(other)] == [moved]
