"""Queries that are refused, slow, or about something that is not there any more: asked otherwise, in the same pull."""

from __future__ import annotations

from datetime import timedelta
from math import log2
from typing import Any

import pytest

from stalewatch.sdk.connector import Level
from stalewatch.sdk.errors import TryLater
from stalewatch_salesforce.connector import SalesforceConnector
from stalewatch_sandbox.salesforce import removal
from stalewatch_sandbox.salesforce.schema import Field
from tests.connectors.salesforce.desk import FIVE_MINUTES, NOW, Desk, Snapshot

OWN = {"deal": {"fields": {"pain": "Pain__c", "competitors": "Score__c"}}}


def fed(connector: SalesforceConnector, seen: Snapshot | None = None) -> set[str]:
    """The fields of deals that rules may be judged by, as a sync asks before it pulls."""
    return {info.ours for info in connector.describe_at(seen.cursor if seen else None).fields["deal"]}


def with_own_fields(desk: Desk) -> SalesforceConnector:
    for name, is_formula in (("Pain__c", False), ("Score__c", True)):
        desk.org.schema.add_field("Opportunity", Field(name=name, type="string", is_calculated=is_formula), desk.ago())
    return desk.connector(map=OWN, reads={"deal": ("stage", "pain", "competitors")})


# ------------------------------------------------------------------------------------------------ too slow


def outage(desk: Desk, days: int, deals: int) -> tuple[SalesforceConnector, Snapshot, dict[str, str]]:
    """A connector that was away while deals were made: their ids, with what they are called."""
    connector = desk.connector()
    seen = Snapshot().take(connector.pull(None))
    began = desk.sandbox.clock.now()
    desk.sandbox.clock.advance(timedelta(days=days))
    step = timedelta(days=days) / deals
    made = {desk.deal(f"Deal {number}", at=began + number * step): f"Deal {number}" for number in range(deals)}
    connector.describe()
    desk.sandbox.ledger.reset()
    return connector, seen, made


def test_sf10_after_a_long_outage_the_window_is_halved_until_it_goes(desk: Desk) -> None:
    connector, seen, made = outage(desk, 30, 300)
    desk.sandbox.faults.arm("SF10", days=7)
    pages = list(connector.pull(seen.cursor))
    told = [deal.id for page in pages for deal in page.deals]
    assert sorted(told) == sorted(made), "nothing is lost at a seam, and nothing comes twice"
    windows = [query for query in desk.asked() if " FROM Opportunity WHERE SystemModstamp >=" in query]
    assert len(windows) <= 2 * log2(30 * 24 * 60)
    assert "ORDER BY" in windows[0]
    assert not any("ORDER BY" in query for query in windows[1:])
    assert connector.transport.calls["cycle"] <= 2 * log2(30 * 24 * 60)


def test_sf10_a_row_on_the_seam_is_read_once(desk: Desk) -> None:
    connector, seen, _ = outage(desk, 16, 1)
    cursor = dict(seen.cursor or {})
    desk.sandbox.faults.arm("SF10", days=4.5)
    list(connector.pull(cursor))
    seams = {query.partition("SystemModstamp < ")[2][:20] for query in desk.asked() if "SystemModstamp < " in query}
    assert seams
    on_seams = {desk.deal(seam, at=NOW.fromisoformat(seam)) for seam in seams}
    told = [deal.id for page in connector.pull(cursor) for deal in page.deals if deal.id in on_seams]
    assert sorted(told) == sorted(on_seams)


def test_sf10_a_window_that_cannot_be_halved_any_more_is_left_for_later(desk: Desk) -> None:
    connector, seen, _ = outage(desk, 30, 3)
    desk.sandbox.faults.arm("SF10", days=0)
    with pytest.raises(TryLater, match="too long"):
        list(connector.pull(seen.cursor))
    assert len(desk.asked()) <= 5 * log2(30 * 24 * 60)


def test_sf10_a_first_reading_goes_in_strides_of_ids(desk: Desk) -> None:
    deals = {desk.deal(f"Deal {number}") for number in range(900)}
    connector = desk.connector()
    connector.describe()
    desk.sandbox.ledger.reset()
    desk.sandbox.faults.arm("SF10", rows=120)
    seen = Snapshot().take(connector.pull(None))
    assert seen.deals.keys() == deals
    assert sum(len(page.deals) for page in seen.pages) == 900
    assert seen.pages[-1].complete
    asked = [query for query in desk.asked() if " FROM Opportunity" in query and "COUNT()" not in query]
    assert len(asked) <= 3 + 2 * 900 / 120 + log2(900)


def test_sf10_a_killed_stride_goes_on_where_it_began(desk: Desk) -> None:
    deals = {desk.deal(f"Deal {number}") for number in range(300)}
    desk.sandbox.faults.arm("SF10", rows=60)
    whole = Snapshot().take(desk.connector().pull(None))
    assert whole.deals.keys() == deals
    for stop in range(1, len(whole.pages)):
        killed = Snapshot().take(whole.pages[:stop])
        assert killed.take(desk.connector().pull(killed.cursor)).deals == whole.deals


def test_sf10_a_server_that_recovers_is_asked_as_far_as_before(desk: Desk) -> None:
    connector, seen, made = outage(desk, 30, 60)
    desk.sandbox.faults.arm("SF10", days=0.1, times=9)
    assert {deal.id for page in connector.pull(seen.cursor) for deal in page.deals} == made.keys()
    assert connector.transport.calls["cycle"] < 60, "not a call for each of 500 strides"


def test_a_window_that_was_interrupted_goes_on_behind_its_last_page(desk: Desk) -> None:
    connector, seen, made = outage(desk, 3, 50)
    desk.sandbox.faults.arm("SF06", sizes=[7])
    pages = connector.pull(seen.cursor)
    first = next(pages)
    pages.close()
    assert first.deals
    rest = list(desk.connector().pull(first.cursor))
    told = {deal.id for page in (first, *rest) for deal in page.deals}
    assert told == made.keys()
    assert rest[-1].cursor["since"] > (seen.cursor or {})["since"]


# ------------------------------------------------------------------------------------------- nobody may see it


def test_sf11_activities_that_are_too_many_are_unknown_and_the_rest_goes_on(desk: Desk) -> None:
    deal = desk.deal()
    desk.mail(deal)
    desk.call(deal)
    connector = desk.connector()
    desk.sandbox.faults.arm("SF11")
    assert "last_customer_activity_at" in fed(connector)
    pages = []
    with pytest.raises(TryLater, match="Task cannot be read without “View All Data”"):
        pages += connector.pull(None)
    [noticed] = pages[0].findings or ()
    assert (noticed.subject, "View All Data" in (noticed.cure or "")) == ("Task", True)
    assert [page.deals for page in pages] == [[]], "nothing is judged before it is known that this is unknown"
    seen = Snapshot().take(pages)
    for reader in (connector, desk.connector()):
        assert not fed(reader, seen) & {"last_customer_activity_at", "next_step_due"}
        missing = reader.describe_at(seen.cursor).missing["deal"]
        assert missing["last_customer_activity_at"] == ["View All Data"]
    assert deal in seen.take(connector.pull(seen.cursor)).deals
    assert {one.kind.value for one in seen.of(deal)} == {"email"}
    desk.sandbox.clock.advance(FIVE_MINUTES)
    late = desk.deal("Late", at=desk.ago())
    assert late in seen.take(connector.pull(seen.cursor)).deals, "cycles go on as well"


def test_sf11_comes_back_by_itself_and_counts_only_when_all_of_it_is_read(desk: Desk) -> None:
    deal = desk.deal()
    desk.mail(deal)
    call = desk.call(deal)
    connector = desk.connector()
    desk.sandbox.faults.arm("SF11")
    seen = Snapshot()
    with pytest.raises(TryLater):
        seen.take(connector.pull(None))
    seen.take(connector.pull(seen.cursor))
    for _ in range(3):
        desk.sandbox.clock.advance(timedelta(hours=1, minutes=1))
        seen.take(connector.pull(seen.cursor))
        assert "last_customer_activity_at" not in fed(connector, seen), "tried every hour, and still refused"
    desk.sandbox.faults.disarm("SF11")
    desk.sandbox.clock.advance(FIVE_MINUTES)
    seen.take(connector.pull(seen.cursor))
    assert call not in seen.activities, "not before the hour is over"
    desk.sandbox.clock.advance(timedelta(hours=1))
    assert "last_customer_activity_at" not in fed(connector, seen)
    seen.take(connector.pull(seen.cursor))
    assert call in seen.activities
    assert "last_customer_activity_at" in fed(connector, seen)
    assert [page.findings for page in seen.pages if page.findings is not None][-1] == []


def test_sf11_in_the_middle_of_life_nothing_is_concluded_from_what_is_not_shown(desk: Desk) -> None:
    deal = desk.deal()
    connector = desk.connector()
    seen = Snapshot().take(connector.pull(None))
    desk.sandbox.faults.arm("SF11", sobject="Event")
    desk.sandbox.clock.advance(FIVE_MINUTES)
    with pytest.raises(TryLater, match="Event"):
        seen.take(connector.pull(seen.cursor))
    assert not fed(connector, seen) & {"next_meeting_at", "last_meeting_at"}
    meeting = desk.meeting(deal, NOW + timedelta(days=2), at=desk.ago())
    desk.sandbox.clock.advance(timedelta(hours=2))
    seen.take(connector.pull(seen.cursor))
    desk.sandbox.faults.disarm("SF11")
    desk.sandbox.clock.advance(timedelta(hours=2))
    seen.take(connector.pull(seen.cursor))
    assert meeting in seen.activities, "its stamp lies in the time in which nobody could see it"


# ------------------------------------------------------------------------------------- fields that come and go


@pytest.mark.parametrize(("sobject", "field"), [("Opportunity", "LastStageChangeDate"), ("Task", "CallDisposition")])
def test_sf28_an_optional_field_that_is_not_there_is_left_out(desk: Desk, sobject: str, field: str) -> None:
    deal = desk.deal()
    desk.call(deal)
    desk.sandbox.faults.arm("SF28", sobject=sobject, field=field)
    seen = Snapshot().take(desk.connector().pull(None))
    assert seen.deals[deal].stage == "qualification"
    assert len(seen.of(deal)) == 1
    assert not any(field in query for query in desk.asked())


def test_sf28_a_mapped_field_that_is_hidden_is_unreadable_and_told_once(desk: Desk) -> None:
    connector = with_own_fields(desk)
    desk.sandbox.faults.arm("SF28", field="Pain__c")
    deal = desk.deal()
    seen = Snapshot().take(connector.pull(None))
    assert "pain" in seen.deals[deal].unreadable
    assert "pain" not in fed(connector, seen)
    assert [one.level for one in connector.check() if one.subject == "Opportunity.Pain__c"] == [Level.ERROR]


def test_sf28_a_hidden_amount_is_not_an_empty_one(desk: Desk) -> None:
    deal = desk.deal()
    desk.sandbox.faults.arm("SF28", field="Amount")
    seen = Snapshot().take(desk.connector().pull(None))
    assert "amount" in seen.deals[deal].unreadable


def test_sf28_a_field_that_is_shown_again_is_read_of_every_record_before_it_counts(desk: Desk) -> None:
    connector = with_own_fields(desk)
    desk.sandbox.faults.arm("SF28", field="Pain__c")
    deal = desk.deal()
    seen = Snapshot().take(connector.pull(None))
    desk.org.update(deal, {"Pain__c": "slow"})
    desk.sandbox.faults.disarm("SF28")
    desk.sandbox.clock.advance(timedelta(days=1, minutes=1))
    assert "pain" not in fed(connector, seen), "described, but not read yet"
    seen.take(connector.pull(seen.cursor))
    assert seen.deals[deal].fields["pain"] == "slow"
    assert "pain" in fed(connector, seen)


def test_sf29_a_field_that_is_deleted_while_we_read_costs_one_more_look(desk: Desk) -> None:
    connector = with_own_fields(desk)
    deal = desk.deal(Pain__c="slow")
    seen = Snapshot().take(connector.pull(None))
    desk.sandbox.clock.advance(FIVE_MINUTES)
    desk.sandbox.faults.arm("SF29", field="Pain__c")
    desk.org.update(deal, {"NextStep": "call"})
    desk.mail(deal, at=desk.ago())
    desk.sandbox.ledger.reset()
    seen.take(connector.pull(seen.cursor))
    assert seen.deals[deal].fields["next_step"] == "call", "in the same pull"
    assert "pain" in seen.deals[deal].unreadable, "and nobody takes it for empty"
    assert len(seen.of(deal)) == 1
    assert connector.transport.calls["describe"] <= 4
    looks = [call for call in desk.sandbox.ledger.where("composite") if b"describe" in call.body]
    assert all(b"If-Modified-Since" in call.body for call in looks)
    assert looks
    assert "pain" not in fed(connector, seen)


def test_sf29_a_field_that_describe_lists_and_queries_refuse_is_left_out(desk: Desk) -> None:
    connector = with_own_fields(desk)
    deal = desk.deal(Pain__c="slow")
    connector.describe()
    gone = desk.org.schema.drop_field("Opportunity", "Pain__c", desk.ago(days=9))
    desk.org.schema.changed_at = desk.ago(days=9)
    seen = Snapshot().take(connector.pull(None))
    assert gone.name == "Pain__c"
    assert "pain" in seen.deals[deal].unreadable


# ------------------------------------------------------------------------------------------- what leaves no trace


def test_sf30_formulas_that_rules_read_are_looked_at_every_six_hours(desk: Desk) -> None:
    connector = with_own_fields(desk)
    deal, closed = desk.deal(), desk.deal("Closed", StageName="Closed Won")
    seen = Snapshot().take(connector.pull(None))
    stamp = desk.org.record(deal)["SystemModstamp"]
    desk.sandbox.faults.arm("SF30", opportunity=deal, field="Score__c", value="hot")
    assert desk.org.record(deal)["SystemModstamp"] == stamp
    for _ in range(5):
        desk.sandbox.clock.advance(timedelta(hours=1))
        assert "hot" not in str(seen.take(connector.pull(seen.cursor)).deals[deal].fields)
    assert connector.transport.calls["formulas"] == 0
    desk.sandbox.clock.advance(timedelta(hours=1))
    pages = list(connector.pull(seen.cursor))
    assert seen.take(pages).deals[deal].fields["competitors"] == "hot"
    assert closed not in {one.id for page in pages for one in page.deals}
    assert connector.transport.calls["formulas"] == 1, "a call for 10,000 open deals"


def test_sf30_formulas_that_nobody_reads_cost_nothing(desk: Desk) -> None:
    with_own_fields(desk)
    connector = desk.connector(map=OWN, reads={"deal": ("stage", "pain")})
    desk.deal()
    seen = Snapshot().take(connector.pull(None))
    desk.sandbox.clock.advance(timedelta(days=2))
    seen.take(connector.pull(seen.cursor))
    assert connector.transport.calls["formulas"] == 0


def test_sf33_the_comparison_of_ids_finds_what_the_list_of_deletions_would_have_told(desk: Desk) -> None:
    """The list of deletions is not asked: it lags by hours, forgets what is purged, and ends after 15 days."""
    deals = {desk.deal(f"Deal {number}") for number in range(6)}
    soft, hard = sorted(deals)[:2]
    connector = desk.connector()
    seen = Snapshot().take(connector.pull(None))
    desk.sandbox.faults.arm("SF33", hours=72)
    desk.sandbox.clock.advance(timedelta(days=20))
    removal.delete(desk.org, soft)
    removal.hard_delete(desk.org, hard)
    seen.take(connector.pull(seen.cursor))
    [shown] = [page.open_ids for page in seen.pages if page.open_ids is not None]
    assert shown == deals - {soft, hard}
    assert seen.gone == {soft}, "the bin tells of this one at once"
    assert not any("/deleted" in call.path for call in desk.sandbox.ledger)


def test_sf34_merged_contacts_are_one_person_from_then_on(desk: Desk) -> None:
    deal, other = desk.deal(), desk.person("Yamada T.", "t.yamada@customer.example")
    third = desk.person("Mori", "mori@customer.example")
    for person in (desk.contact, other, third):
        desk.role(deal, person)
    met, called = desk.meeting(deal, desk.ago(days=3)), desk.call(deal)
    connector = desk.connector()
    seen = Snapshot().take(connector.pull(None))
    assert seen.evidence(deal).stakeholders == 3
    desk.sandbox.clock.advance(FIVE_MINUTES)
    removal.merge(desk.org, other, desk.contact)
    counts = []
    for _ in range(14):
        seen.take(connector.pull(seen.cursor))
        counts.append(seen.evidence(deal, desk.sandbox.clock.now()).stakeholders)
        desk.sandbox.clock.advance(FIVE_MINUTES)
    assert counts == sorted(counts, reverse=True), "it does not drop and rise again"
    assert counts[-1] == 2
    assert seen.activities[met].people == seen.activities[called].people == {other}
    assert seen.deals[deal].contacts == {other, third}


def test_sf34_what_still_names_the_one_who_went_counts_for_the_one_who_stayed(desk: Desk) -> None:
    deal, other = desk.deal(), desk.person("Yamada T.", "t.yamada@customer.example")
    desk.role(deal, other)
    connector = desk.connector()
    seen = Snapshot().take(connector.pull(None))
    desk.org.touch(desk.contact, {"IsDeleted": True, "MasterRecordId": other})
    desk.sandbox.clock.advance(timedelta(hours=1, minutes=1))
    seen.take(connector.pull(seen.cursor))
    meeting = desk.meeting(None, NOW + timedelta(days=3), at=desk.ago())
    desk.sandbox.clock.advance(FIVE_MINUTES)
    seen.take(connector.pull(seen.cursor))
    assert seen.activities[meeting].records == (deal,), "by the role of the one who stayed"
    assert seen.activities[meeting].people == {other}


@pytest.mark.parametrize("has_stamp", [True, False])
def test_sf38_history_that_is_dated_back_is_found(desk: Desk, *, has_stamp: bool) -> None:
    if not has_stamp:
        desk.org.schema.drop_field("OpportunityHistory", "SystemModstamp", desk.ago())
    deal = desk.deal(at=desk.ago(days=500), StageName="Needs Analysis")
    connector = desk.connector()
    seen = Snapshot().take(connector.pull(None))
    desk.sandbox.clock.advance(FIVE_MINUTES)
    desk.sandbox.faults.arm("SF38", opportunity=deal, days=365)
    known = len(seen.visits[deal])
    seen.take(connector.pull(seen.cursor))
    assert (len(seen.visits[deal]) > known) is has_stamp, "at once by its stamp"
    desk.sandbox.clock.advance(timedelta(days=1))
    connector.describe()
    desk.sandbox.ledger.reset()
    seen.take(connector.pull(seen.cursor))
    assert len(seen.visits[deal]) == known + 1, "else in the night"
    assert desk.sandbox.ledger.weight() <= 4


def test_deals_that_are_shown_again_are_read_with_their_past(desk: Desk) -> None:
    deal = desk.deal()
    mail, met = desk.mail(deal), desk.meeting(deal, desk.ago(days=3))
    desk.org.update(deal, {"StageName": "Needs Analysis"})
    connector = desk.connector()
    cursor = Snapshot().take(connector.pull(None)).cursor
    assert cursor is not None
    pages: list[Any] = list(connector.reread([deal], cursor))
    seen = Snapshot().take(pages)
    assert seen.deals.keys() == {deal}
    assert seen.activities.keys() == {mail, met}
    assert len(seen.visits[deal]) == 2
    assert [page.cursor for page in pages] == [cursor] * len(pages)
    assert list(pages[-1].histories) == [deal]


def test_sf34_a_new_process_that_reads_all_anew_knows_who_became_whom(desk: Desk) -> None:
    deal, other = desk.deal(), desk.person("Yamada T.", "t.yamada@customer.example")
    for person in (desk.contact, other):
        desk.role(deal, person)
    met = desk.meeting(deal, desk.ago(days=3))
    seen = Snapshot().take(desk.connector().pull(None))
    removal.merge(desk.org, other, desk.contact)
    desk.sandbox.clock.advance(FIVE_MINUTES)
    desk.org.update(met, {"WhoId": desk.contact})  # somebody's program still writes the id of the one who went
    called = desk.call(deal, at=desk.ago())
    seen.take(desk.connector().pull(seen.cursor))
    assert seen.activities[met].people == seen.activities[called].people == {other}
    seen.take(desk.connector().pull(None, full=True))
    assert seen.activities[met].people == seen.activities[called].people == seen.deals[deal].contacts == {other}


def test_sf34_a_lead_that_was_merged_says_with_which(desk: Desk) -> None:
    kept, lost = (desk.org.insert("Lead", {"LastName": name, "Company": "New"}) for name in ("Kept", "Lost"))
    connector = desk.connector(reads={})
    seen = Snapshot().take(connector.pull(None))
    assert seen.leads.keys() == {kept, lost}
    desk.sandbox.clock.advance(FIVE_MINUTES)
    removal.merge(desk.org, kept, lost)
    pages = list(connector.pull(seen.cursor))
    assert [page.merged for page in pages if page.merged] == [{lost: kept}]
