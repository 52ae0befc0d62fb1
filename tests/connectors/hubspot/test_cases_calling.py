"""The catalogue's cases of calling: limits, refusals, half answers, and processes that die."""

from __future__ import annotations

import logging
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from threading import Thread
from typing import Any

import pytest

from stalewatch.sdk.connector import Level
from stalewatch.sdk.errors import BadCursor, ConnectorError, NeedsReconnect, TryLater
from stalewatch_hubspot.queries import ACCOUNT
from stalewatch_sandbox.hubspot.credentials import App
from stalewatch_sandbox.hubspot.faults import catalogue
from stalewatch_sandbox.serving import wire
from stalewatch_sandbox.serving.exchange import Request, Response
from stalewatch_sandbox.serving.faults import Fault
from tests.connectors.hubspot.portals import FEW, NOON, Reader, Story, opened

OAUTH = {"flow": "oauth", "client_id": "app", "client_secret": "very-secret", "refresh_token": "refresh-me"}


def loaded(story: Story, **more: Any) -> Reader:
    story.passes(minutes=10)
    reader = story.reader(**more)
    reader.pull()
    story.board.ledger.reset()
    story.patience.slept.clear()
    return reader


def fed(reader: Reader, object_: str = "deal") -> set[str]:
    return {info.ours for info in reader.connector.describe().fields.get(object_, ())}


def test_hs14_the_whole_portal_rests_for_ten_seconds(story: Story) -> None:
    reader = loaded(story)
    story.mail(story.deal())
    story.board.faults.arm("HS14")
    story.passes(minutes=5)
    reader.pull()
    assert [seconds for seconds in story.patience.slept if seconds >= 5] == [pytest.approx(10.0)]
    assert len(reader.acts) == 1


def test_hs14_the_rest_is_everybodys(story: Story) -> None:
    """While one worker waits, the next one that comes does not go out either."""
    reader = loaded(story)
    transport, patience, arrived = reader.connector.transport, story.patience, list[float]()
    sleep = transport.pace.sleep

    def meanwhile(seconds: float) -> None:
        if not others:
            others.append(Thread(target=lambda: transport.call("GET", ACCOUNT, dict)))
            others[0].start()
            others[0].join()
        sleep(seconds)

    def noted(_: object, response: Response) -> Response:
        arrived.append(patience.seconds)
        return response

    others: list[Thread] = []
    transport.pace = replace(transport.pace, sleep=meanwhile, jitter=lambda: 1.0)
    story.board.faults.arm_fault("noted", Fault(afterwards=noted))
    story.board.faults.arm("HS14")
    began = patience.seconds
    with closing(transport):
        transport.call("GET", ACCOUNT, dict)
    assert len(story.board.ledger) == 3
    assert len(arrived) == 2, "the refusal itself is answered before anybody notes"
    assert min(arrived) == pytest.approx(began + 11.0), "ten seconds, and up to one more so that not all come at once"


@pytest.mark.parametrize("rate", [2, 5])
def test_hs15_searches_keep_to_the_rate_that_is_configured(rate: int) -> None:
    with opened(is_unlimited=False) as story:
        story.server.api.limits.allowance.searches = rate
        for number in range(1_000):
            story.deal(f"Deal {number}")
        reader = loaded(story, limits={"searches": rate})
        began = story.patience.seconds
        for _ in range(3):
            story.passes(minutes=5)
            reader.pull()
        searches = story.board.ledger.kinds()["search"]
        assert searches >= 15
        assert story.server.api.limits.violations == {}
        assert story.patience.seconds - began >= (searches - rate) / rate


def test_hs15_a_search_too_many_waits_a_second(story: Story) -> None:
    reader = loaded(story)
    story.board.faults.arm("HS15")
    reader.pull()
    assert [seconds for seconds in story.patience.slept if seconds >= 0.9][:1] == [pytest.approx(1.0)]
    assert story.board.ledger.weight() == 6


def test_hs16_a_spent_day_waits_for_the_portals_midnight_without_asking(story: Story) -> None:
    reader = loaded(story)
    before = reader.cursor
    story.board.faults.arm("HS16")
    for _ in range(3):
        with pytest.raises(TryLater, match="daily limit") as caught:
            reader.pull()
    assert caught.value.after is not None
    assert timedelta(hours=2, minutes=49) < caught.value.after <= timedelta(hours=2, minutes=50)
    assert story.board.ledger.weight() == 1
    assert reader.cursor == before
    story.board.faults.disarm("HS16")
    story.passes(hours=2, minutes=51)
    story.patience.seconds += 10_260
    reader.pull()


@pytest.mark.parametrize("code", [423, 502, 503, 504, 521, 522, 523, 524])
def test_hs18_what_passes_is_tried_again(story: Story, code: int) -> None:
    deal = story.deal()
    reader = loaded(story)
    story.portal.update("deals", deal, {"amount": 7})
    story.board.faults.arm("HS18", codes=[code])
    story.passes(minutes=5)
    reader.pull()
    assert reader.deals[deal].amount == 7
    if code == 423:
        assert story.patience.slept[0] >= 2


def test_hs18_a_portal_that_moves_for_seconds_is_waited_for(story: Story) -> None:
    reader = loaded(story)
    moving = Response.json({"status": "error", "message": "moving"}, 477).with_headers(Retry_After="20")
    story.board.faults.arm_fault("moving", Fault(instead=lambda _: moving), times=1)
    reader.pull()
    assert [seconds for seconds in story.patience.slept if seconds >= 5] == [pytest.approx(20.0)]


def test_hs18_a_portal_that_moves_for_a_day_is_left_alone_for_a_day(story: Story) -> None:
    reader = loaded(story)
    story.board.faults.arm("HS18", codes=[477])
    with pytest.raises(TryLater) as caught:
        reader.pull()
    assert caught.value.after is not None
    assert caught.value.after >= timedelta(days=1)
    assert story.board.ledger.weight() == 1


def test_hs18_a_credential_of_a_wrong_shape_is_not_tried_again(story: Story) -> None:
    reader = loaded(story)
    story.board.faults.arm("HS18", codes=[530])
    with pytest.raises(NeedsReconnect):
        reader.pull()
    assert story.board.ledger.weight() == 1


def test_hs18_a_server_that_stays_down_ends_the_pull_within_its_time(story: Story) -> None:
    reader = loaded(story)
    before, began = reader.cursor, story.patience.seconds
    story.board.faults.arm("html", status=503, times=None)
    with pytest.raises(TryLater):
        reader.pull()
    assert story.patience.seconds - began < 90
    assert reader.cursor == before


def test_hs22_a_token_that_ended_is_renewed_once_and_the_call_repeated(story: Story) -> None:
    story.server.api.credentials.add_app(App("app", "very-secret", "refresh-me"))
    deal = story.deal()
    reader = loaded(story, auth=OAUTH)
    story.board.faults.arm("HS22", after=2)
    story.passes(minutes=5)
    reader.pull()
    assert deal in reader.deals
    assert story.board.ledger.kinds()["token"] == 1


def test_hs22_a_token_is_renewed_before_it_ends(story: Story) -> None:
    story.server.api.credentials.add_app(App("app", "very-secret", "refresh-me"))
    reader = loaded(story, auth=OAUTH)
    story.patience.seconds += 1_450
    reader.pull()
    assert story.board.ledger.kinds()["token"] == 0
    story.patience.seconds += 51
    reader.pull()
    assert story.board.ledger.kinds()["token"] == 1
    assert story.board.ledger.kinds()["refused"] == 0


def test_hs22_a_token_that_no_header_can_carry_is_half_an_answer_and_not_kept(story: Story) -> None:
    def garbles(_: Request, response: Response) -> Response:
        return Response.json({**response.value(), "access_token": "t\0ken"})

    story.server.api.credentials.add_app(App("app", "very-secret", "refresh-me"))
    deal, reader = story.deal(), story.reader(auth=OAUTH)
    story.board.faults.arm_fault("garbled", Fault(on=lambda request: "/oauth/" in request.path, afterwards=garbles))
    with pytest.raises(TryLater):
        reader.pull()
    story.board.faults.disarm("garbled")
    reader.pull()
    assert deal in reader.deals


def test_hs22_one_renewal_for_ten_workers_whose_token_ended(story: Story) -> None:
    story.server.api.credentials.add_app(App("app", "very-secret", "refresh-me"))
    transport = loaded(story, auth=OAUTH).connector.transport
    story.board.faults.arm("HS22", after=6)
    with closing(transport), ThreadPoolExecutor(10) as threads:
        assert all(threads.map(lambda _: transport.call("GET", ACCOUNT, dict), range(30)))
    ledger = story.board.ledger
    refused = [call for call in ledger if call.status == 401]
    assert refused
    assert ledger.kinds()["token"] == 1
    assert len(ledger) == 30 + len(refused) + 1


def test_hs22_a_new_token_that_is_refused_as_well_is_not_renewed_again(story: Story) -> None:
    story.server.api.credentials.add_app(App("app", "very-secret", "refresh-me"))
    reader = loaded(story, auth=OAUTH)
    story.board.faults.arm("HS22", times=None)
    with pytest.raises(NeedsReconnect) as caught:
        reader.pull()
    assert "Install the app again" in (caught.value.cure or "")
    assert story.board.ledger.kinds()["token"] == 1
    assert len([call for call in story.board.ledger if call.status == 401]) == 2


def test_a_token_that_was_revoked_is_refused_once(story: Story) -> None:
    reader = loaded(story)
    story.server.api.credentials.revoke(story.server.token)
    with pytest.raises(NeedsReconnect):
        reader.pull()
    assert story.board.ledger.weight() == 1


def test_hs23_leads_without_their_scope_cost_the_leads_alone(story: Story) -> None:
    deal = story.deal()
    story.board.faults.arm("HS23")
    reader = loaded(story, reads={})
    assert deal in reader.deals
    assert fed(reader, "lead") == set()
    assert "last_customer_activity_at" in fed(reader)
    told = reader.connector.describe()
    assert told.fields["lead"] == [], "lead rules know that they cannot judge"
    assert set(map(tuple, told.missing["lead"].values())) >= {("crm.objects.leads.read",)}
    [found] = [one for one in reader.connector.check() if one.subject == "leads"]
    assert found.level is Level.WARNING
    assert "crm.objects.leads.read" in found.message
    assert [one.level for one in reader.connector.check() if one.subject == "login"] == [Level.OK], (
        "403 is no bad token"
    )


@pytest.mark.parametrize(("auth", "again"), [(None, False), (OAUTH, True)], ids=["key", "app"])
def test_hs23_the_cure_is_that_of_a_key_or_of_an_app(story: Story, auth: dict[str, str] | None, again: bool) -> None:
    """An app keeps the scopes that it was installed with; a key gets a new one at once."""
    story.server.api.credentials.add_app(App("app", "very-secret", "refresh-me"))
    story.board.faults.arm("HS23")
    story.board.faults.arm("HS23", scope="crm.objects.owners.read")
    connector = story.connector(reads={}, **({"auth": auth} if auth else {}))
    cures = {one.subject: one.cure or "" for one in connector.check() if one.level is Level.WARNING}
    assert "crm.objects.leads.read" in cures["leads"]
    assert "crm.objects.owners.read" in cures["owners"]
    assert {"install it again" in cures[one] for one in ("leads", "owners")} == {again}


@pytest.mark.parametrize(("auth", "again"), [(None, False), (OAUTH, True)], ids=["key", "app"])
@pytest.mark.parametrize("category", ["MISSING_SCOPES", "FORBIDDEN"])
def test_hs23_deals_that_may_not_be_read_end_everything_with_a_cure(
    story: Story, category: str, auth: dict[str, str] | None, again: bool
) -> None:
    story.server.api.credentials.add_app(App("app", "very-secret", "refresh-me"))
    if category == "MISSING_SCOPES":
        story.board.faults.arm("HS23", scope="crm.objects.deals.read")
    else:
        forbidden = Response.json({"status": "error", "category": category, "message": "not for you"}, 403)
        on_deals = Fault(on=lambda request: "/deals" in request.path, instead=lambda _: forbidden)
        story.board.faults.arm_fault("forbidden", on_deals)
    connector = story.connector(**({"auth": auth} if auth else {}))
    with pytest.raises(NeedsReconnect) as caught:
        list(connector.pull(None))
    cure = caught.value.cure or ""
    assert ("nstall it again" in cure) is again
    assert ("crm.objects.deals.read" in cure) is (category == "MISSING_SCOPES")
    [found] = connector.check()
    assert (found.level, found.cure) == (Level.ERROR, cure)


def test_hs23_a_scope_that_comes_back_is_read_from_the_beginning(story: Story) -> None:
    story.portal.create("leads", {"hs_lead_name": "Mori", "hs_pipeline_stage": "new-stage-id"})
    story.board.faults.arm("HS23")
    reader = loaded(story, reads={})
    story.board.faults.disarm("HS23")
    story.passes(days=1)
    reader.pull()
    assert [lead.name for lead in reader.leads.values()] == ["Mori"]


@pytest.mark.parametrize("blank", [False, True])
def test_hs24_unreadable_mails_leave_silence_unknown(story: Story, blank: bool) -> None:
    deal = story.deal()
    story.mail(deal)
    story.meeting(deal, NOON + timedelta(days=1))
    story.board.faults.arm("HS24", blank=blank)
    reader = loaded(story)
    told = fed(reader)
    assert "next_meeting_at" in told
    assert told.isdisjoint({"last_customer_activity_at", "seller_touches_since_customer", "last_seller_activity_at"})
    assert reader.connector.describe().missing["deal"]["last_customer_activity_at"] == ["sales-email-read"]
    assert [act.kind for act in reader.of(deal)] == ["meeting"]
    assert [one.message for one in reader.connector.check() if "sales-email-read" in one.message] != []


def test_hs24_a_scope_that_is_taken_away_is_noticed_before_anything_is_concluded(story: Story) -> None:
    story.mail(story.deal())
    reader = loaded(story)
    assert "last_customer_activity_at" in fed(reader)
    before = reader.cursor
    story.board.faults.arm("HS24")
    with pytest.raises(TryLater, match="sales-email-read"):
        reader.pull()
    assert reader.cursor == before
    assert "last_customer_activity_at" not in fed(reader)
    reader.pull()
    assert reader.cursor != before


def test_x02_a_process_that_dies_after_any_page_ends_where_an_undisturbed_one_does(story: Story) -> None:
    for number in range(450):
        deal = story.deal(f"Deal {number}")
        if number % 50 == 0:
            story.mail(deal)
            story.mail(deal, "EMAIL")
    story.passes(hours=3)  # long enough that no overlap shows again what was skipped
    undisturbed = loaded(story)
    pages = len(undisturbed.pages)
    for dies_after in range(1, pages):
        reader = story.reader()
        reader.pull(pages=dies_after)
        reader.connector = story.connector()
        reader.pull()
        assert reader.deals == undisturbed.deals
        assert reader.acts == undisturbed.acts


def test_what_was_read_by_one_worker_is_not_told_again_by_the_next(story: Story) -> None:
    deal = story.deal()
    reader = loaded(story)
    story.portal.update("deals", deal, {"amount": 3})
    for _ in range(2):
        story.passes(minutes=5)
        reader.connector = story.connector()
        reader.pull()
    assert [page.deals for page in reader.pages] == [[], ()]


def test_x04_no_error_shows_the_token(story: Story, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    reader = loaded(story)
    story.board.faults.arm("X04", times=None)
    with pytest.raises(TryLater) as caught:
        reader.pull()
    shown = f"{caught.value!r} {caught.value} {caplog.text} {reader.connector.check()} {reader.connector.transport!r}"
    shown += "".join(traceback.format_exception(caught.value))
    assert story.server.token not in shown
    assert "[hidden]" in str(caught.value)


def test_x05_odd_names_come_through_as_they_are(story: Story) -> None:
    """32,000 characters travel in chunks that end within one of them."""
    deals = [story.deal(f"Deal {number}") for number in range(5)]
    story.board.faults.arm("X05", times=None)
    reader = loaded(story)
    names = [reader.deals[deal].name for deal in deals]
    assert names == ["🐟" * 40, "nul\x00inside", "\u202eright to left", "字" * 32_000, "<!channel> & <@U1>"]


def test_x05_a_character_that_ends_in_the_next_chunk_is_whole(story: Story) -> None:
    names = [f"{'x' * shift}{'🦊' * 6_000}" for shift in range(4)]
    deals = [story.deal(name) for name in names]
    reader = loaded(story)
    assert [reader.deals[deal].name for deal in deals] == names


def test_x05_one_odd_row_does_not_cost_its_page(story: Story) -> None:
    good, bad = story.deal("Good"), story.deal("Bad")

    def spoil(_: object, response: Response) -> Response:
        body = response.body.replace(b'"dealname":"Bad"', b'"dealname":{"half":["\\ud800"]}')
        return Response(response.status, body, response.headers, weight=1, kind=response.kind)

    story.board.faults.arm_fault("odd", Fault(afterwards=spoil))
    reader = loaded(story)
    assert good in reader.deals
    assert bad not in reader.deals
    assert reader.rejected() == ["a row of another shape"]


def test_x06_answers_travel_packed_and_are_read_by_what_they_are(story: Story) -> None:
    deal = story.deal("案件アクメ")
    story.board.faults.arm("X06", times=None)
    story.passes(minutes=10)
    reader = story.reader()
    reader.pull()
    assert reader.deals[deal].name == "案件アクメ"
    assert all("gzip" in call.headers["accept-encoding"] for call in story.board.ledger)
    assert {call.connection for call in story.board.ledger} == {1}


def test_x06_full_pages_travel_in_a_fifth_of_their_size(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(400):
        story.deal(f"Deal {number}")
    sizes: list[int] = []
    send = wire.sent

    def weighed(out: Any, connection: Any, response: Response, stopping: Any) -> bool:
        sizes.append(len(response.body))
        return send(out, connection, response, stopping)

    monkeypatch.setattr(wire, "sent", weighed)
    reader = story.reader()
    reader.pull()
    assert len(reader.deals) == 400
    assert sum(sizes) < sum(call.sent for call in story.board.ledger) / 5


@pytest.mark.parametrize("way", ["html", "cut", "bad_chunk", "reset"])
def test_half_an_answer_is_asked_for_again(story: Story, way: str) -> None:
    deal = story.deal()
    reader = loaded(story)
    story.portal.update("deals", deal, {"amount": 9})
    story.board.faults.arm(way)
    story.passes(minutes=5)
    reader.pull()
    assert reader.deals[deal].amount == 9


@pytest.mark.parametrize("way", ["html", "cut", "bad_chunk", "reset"])
def test_a_server_that_only_answers_in_halves_is_no_empty_portal(story: Story, way: str) -> None:
    story.deal()
    reader = loaded(story)
    before = reader.cursor
    story.board.faults.arm(way, times=None)
    with pytest.raises(TryLater):
        reader.pull()
    assert reader.cursor == before
    assert not reader.pages


@pytest.mark.parametrize("way", ["silent", "drip"])
def test_a_server_that_never_finishes_is_left(way: str) -> None:
    with opened() as story:
        story.deal()
        reader = loaded(story)
        reader.connector = story.connector(pace={"read": 0.2, "monotonic": time.monotonic, "call": 0.5})
        story.board.faults.arm(way, times=None)
        with pytest.raises(TryLater):
            reader.pull()


def test_the_clock_of_this_machine_does_not_matter(story: Story) -> None:
    deal = story.deal()
    for skew in (timedelta(minutes=9), timedelta(minutes=-9)):
        story.skew = skew
        reader = loaded(story)
        story.portal.update("deals", deal, {"amount": skew.total_seconds()})
        story.passes(minutes=5)
        reader.pull()
        assert reader.deals[deal].amount == skew.total_seconds()


def test_a_cursor_that_means_nothing_is_refused(story: Story) -> None:
    story.deal()
    with pytest.raises(BadCursor):
        list(story.connector().pull({"nobody": "knows"}))


def test_another_mapping_reads_everything_again(story: Story) -> None:
    deal = story.deal()
    reader = loaded(story)
    reader.connector = story.connector(map={"deal": {"stages": {"approval": ["appointmentscheduled"]}}})
    reader.pull()
    assert reader.deals[deal].stage == "approval"


def test_every_case_can_be_armed(story: Story) -> None:
    listed = "HS01 HS02 HS03 HS05 HS07 HS09 HS10 HS12 HS13 HS14 HS15 HS16 HS18 HS22 HS23 HS24 HS25 HS26 HS28 HS29 HS30"
    assert {*listed.split(), "HS32", "HS35", "X02", "X03", "X04", "X05", "X06"} <= catalogue(story.server.api).keys()


def test_doctor_of_a_portal_that_is_gone_is_an_error_in_words(story: Story) -> None:
    connector = story.connector(reads=FEW, base_url="http://127.0.0.1:9")
    [found] = connector.check()
    assert found.level is Level.ERROR
    with pytest.raises(ConnectorError):
        connector.describe()
