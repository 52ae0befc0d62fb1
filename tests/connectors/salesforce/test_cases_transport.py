"""Faults of the way there: what passes is repeated, what does not is named, and no answer is never an empty one."""

from __future__ import annotations

import logging
import traceback
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Lock
from time import sleep
from typing import Any

import pytest

from stalewatch.sdk.connector import Level, Page
from stalewatch.sdk.errors import ConnectorError, NeedsReconnect, TryLater
from stalewatch.sdk.pacing import MemoryPacer
from stalewatch_salesforce.limits import Quota, parse
from stalewatch_salesforce.queries import ROOT
from stalewatch_salesforce.transport import Pace
from stalewatch_sandbox.serving import wire
from stalewatch_sandbox.serving.exchange import Response
from stalewatch_sandbox.serving.faults import Fault
from tests.connectors.salesforce.desk import FIVE_MINUTES, Desk, Snapshot
from tests.patience import Stopwatch


def started(desk: Desk) -> tuple[Any, Snapshot]:
    """A connector that has read one deal."""
    desk.deal()
    connector = desk.connector()
    return connector, Snapshot().take(connector.pull(None))


def failing(connector: Any, seen: Snapshot) -> ConnectorError:
    """The error with which a pull ends; until then it has concluded nothing and gone nowhere."""
    pages: list[Page] = []
    with pytest.raises(ConnectorError) as caught:
        pages += connector.pull(seen.cursor)
    assert_unmoved(pages, seen)
    return caught.value


def assert_unmoved(pages: list[Page], seen: Snapshot) -> None:
    assert seen.cursor is not None
    assert {page.cursor["since"] for page in pages} <= {seen.cursor["since"]}
    assert [page for page in pages if page.gone or page.complete or page.open_ids is not None] == []


def test_sf12_a_spent_quota_stops_every_call_for_an_hour(desk: Desk) -> None:
    connector, seen = started(desk)
    desk.sandbox.faults.arm("SF12")
    desk.sandbox.ledger.reset()
    error = failing(connector, seen)
    assert isinstance(error, TryLater)
    assert error.after is not None
    assert error.after >= timedelta(hours=1)
    assert "quota" in error.what
    again = failing(connector, seen)
    assert isinstance(again, TryLater)
    assert len(desk.sandbox.ledger.where()) == 1
    desk.sandbox.faults.disarm()
    desk.time.moment += 3_601
    assert list(connector.pull(seen.cursor))


def test_sf13_too_many_at_once_passes(desk: Desk) -> None:
    connector, seen = started(desk)
    desk.sandbox.faults.arm("SF13")
    assert list(connector.pull(seen.cursor))
    assert desk.time.waits == [1.0]


def test_sf13_too_many_at_once_are_fewer_from_then_on(desk: Desk) -> None:
    """Ten workers, told twice that they are too many: eight calls at once and no more, but never none."""
    connector, _ = started(desk)
    transport, running, most = connector.transport, [0], [0]
    lock = Lock()

    def busy(_: object, response: Response) -> Response:
        with lock:
            running[0] -= 1
        return response

    def arriving(_: object) -> bool:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        sleep(0.01)
        return True

    def read(_: object) -> Any:
        return transport.call("GET", f"{ROOT}/query?q=SELECT+Id+FROM+Opportunity", lambda reply: reply.status)

    desk.sandbox.faults.arm("SF13", times=2)
    for _ in range(2):
        read(None)
    assert transport._slots._most == 8
    desk.sandbox.faults.arm("SF13", times=None)
    for _ in range(4):
        with pytest.raises(TryLater):
            read(None)
    assert transport._slots._most == 1
    desk.sandbox.faults.disarm()
    desk.sandbox.faults.arm_fault("counted", Fault(on=arriving, afterwards=busy))
    with ThreadPoolExecutor(10) as threads:
        assert list(threads.map(read, range(20))) == [200] * 20
    assert most[0] == 1


@pytest.mark.parametrize("form", ["plain", "with_app", "app_first"])
def test_sf14_the_quota_is_read_in_every_form_and_work_that_can_wait_waits(desk: Desk, form: str) -> None:
    connector, seen = started(desk)
    desk.sandbox.faults.arm("SF14", used=81_000, daily=100_000, form=form)
    desk.sandbox.clock.advance(timedelta(days=1, minutes=5))
    pages = list(connector.pull(seen.cursor))
    assert len(pages) == 1, "neither relations nor ids are compared"
    assert connector.transport.quota.usages["org"].used >= 81_000
    with pytest.raises(TryLater, match="quota"):
        list(connector.pull(None))


def test_sf14_an_org_that_is_known_is_not_described_anew_above_the_ceiling(desk: Desk) -> None:
    connector, seen = started(desk)
    desk.sandbox.faults.arm("SF14", used=81_000)
    desk.sandbox.clock.advance(FIVE_MINUTES)
    seen.take(connector.pull(seen.cursor))
    desk.sandbox.clock.advance(timedelta(days=2))
    desk.sandbox.ledger.reset()
    connector.describe()
    assert desk.calls() == []
    desk.sandbox.faults.disarm("SF14")
    seen.take(connector.pull(seen.cursor))
    connector.describe()
    assert any("OpportunityStage" in query for query in desk.asked()), "the day's look is made up for"


def test_sf14_near_the_ceiling_work_that_can_wait_comes_less_often(desk: Desk) -> None:
    connector, seen = started(desk)
    looks = []
    desk.sandbox.faults.arm("SF14", used=65_000)
    for _ in range(8):
        desk.sandbox.clock.advance(timedelta(hours=1))
        seen.take(connector.pull(seen.cursor))
        looks.append(connector.transport.calls["hourly"])
    assert looks == [0, 0, 0, 1, 1, 1, 1, 2]


def test_sf14_the_ceiling_is_the_operators(desk: Desk) -> None:
    desk.deal()
    connector = desk.connector(quota_ceiling=0.95)
    desk.sandbox.faults.arm("SF14", used=81_000)
    seen = Snapshot().take(connector.pull(None))
    desk.sandbox.clock.advance(timedelta(days=1, minutes=5))
    assert len(list(connector.pull(seen.cursor))) == 3


def test_sf12_sf14_another_connection_to_the_same_org_knows_both(desk: Desk) -> None:
    """A second worker, or a second connection with another user: what one was told, all of them keep to."""
    desk.deal()
    shared = {"pacer": MemoryPacer(desk.time.monotonic)}
    one, other = desk.connector(kept=shared), desk.connector(kept=shared)
    seen = Snapshot().take(one.pull(None))
    desk.sandbox.faults.arm("SF14", used=81_000)
    desk.sandbox.clock.advance(FIVE_MINUTES)
    seen.take(one.pull(seen.cursor))
    desk.sandbox.clock.advance(timedelta(days=1))
    other.transport.session.token()
    assert other.transport.quota.is_tight, "before its first call"
    desk.sandbox.faults.arm("SF12")
    assert isinstance(failing(one, seen), TryLater)
    desk.sandbox.ledger.reset()
    assert isinstance(failing(other, seen), TryLater)
    assert desk.calls() == []


def test_sf14_parts_come_in_either_order() -> None:
    first = parse("api-usage=25/5000; per-app-api-usage=17/250(appName=x)")
    assert first == parse("per-app-api-usage=17/250(appName=x); api-usage=25/5000")
    assert {kind: (usage.used, usage.allowed) for kind, usage in first.items()} == {"org": (25, 5000), "app": (17, 250)}
    quota = Quota()
    quota.hear("api-usage=81000/100000")
    quota.hear("nonsense")
    assert quota.is_tight


def test_sf15_one_login_for_ten_workers_whose_session_ends_at_the_seventh_page(desk: Desk) -> None:
    connector, _ = started(desk)
    desk.sandbox.faults.arm("SF15", after=6)
    desk.sandbox.ledger.reset()

    def read(number: int) -> int:
        headers = {"Sforce-Query-Options": f"batchSize={200 + number}"}
        path = f"{ROOT}/query?q=SELECT+Id+FROM+Opportunity"
        status: int = connector.transport.call("GET", path, lambda reply: reply.status, headers=headers)
        return status

    with ThreadPoolExecutor(10) as threads:
        assert list(threads.map(read, range(30))) == [200] * 30
    ledger = desk.sandbox.ledger
    assert len(ledger.where("token")) == 1
    refused = ledger.where(wanted=lambda call: call.status == 401)
    assert refused
    options = [call.headers.get("sforce-query-options") for call in ledger.where("query")]
    assert sorted(map(str, options)) == [f"batchSize={200 + number}" for number in range(30)]
    assert {call.headers.get("sforce-query-options") for call in refused} <= set(options)
    assert len(ledger) == 30 + len(refused) + 1, "each was repeated once, and none of the others"


def test_sf15_a_session_that_ends_in_the_middle_is_renewed_once(desk: Desk) -> None:
    for number in range(10):
        desk.deal(f"Deal {number}")
    desk.sandbox.faults.arm("SF06", sizes=[2])
    desk.sandbox.faults.arm("SF15", after=3)
    seen = Snapshot().take(desk.connector().pull(None))
    assert len(seen.deals) == 10
    assert len(desk.sandbox.ledger.where("token")) == 2


def test_sf16_a_session_that_is_never_valid_is_no_login_storm(desk: Desk) -> None:
    connector, seen = started(desk)
    desk.sandbox.faults.arm("SF16")
    desk.sandbox.ledger.reset()
    error = failing(connector, seen)
    assert isinstance(error, NeedsReconnect)
    assert "API Enabled" in (error.cure or "")
    assert len(desk.sandbox.ledger.where("token")) == 1
    assert len(desk.sandbox.ledger.where(wanted=lambda call: call.status == 401)) == 2


@pytest.mark.parametrize("shape", ["html", "object"])
def test_sf17_a_401_of_any_shape_is_about_the_login(desk: Desk, shape: str) -> None:
    connector, seen = started(desk)
    desk.sandbox.faults.arm("SF17", times=None, shape=shape)
    assert isinstance(failing(connector, seen), NeedsReconnect)
    desk.sandbox.faults.disarm()
    desk.sandbox.faults.arm("SF17", shape=shape)
    assert list(connector.pull(seen.cursor))


@pytest.mark.parametrize("status", [420, 406])
@pytest.mark.parametrize("empty", [True, False])
def test_sf23_the_edge_is_given_time(desk: Desk, status: int, *, empty: bool) -> None:
    connector, seen = started(desk)
    desk.sandbox.faults.arm("SF23", times=2, status=status, empty=empty)
    assert list(connector.pull(seen.cursor))
    assert desk.time.waits == [1.0, 2.0]


@pytest.mark.parametrize("status", [200, 503])
@pytest.mark.parametrize("after", [0, 1, 2, 3])
def test_sf24_a_page_about_maintenance_is_no_empty_answer(desk: Desk, status: int, after: int) -> None:
    """Wherever in the work of a night it begins: window, relations, comparison of ids."""
    connector, seen = started(desk)
    desk.sandbox.clock.advance(timedelta(days=1, minutes=1))
    connector.describe()
    desk.sandbox.faults.arm("SF24", times=None, status=status, after=after)
    pages: list[Page] = []
    if after == 3:
        pages += connector.pull(seen.cursor)
        assert pages[-1].open_ids
        return
    with pytest.raises(TryLater, match="a page instead of data"):
        pages += connector.pull(seen.cursor)
    assert [page for page in pages if page.gone or page.complete or page.open_ids is not None] == []
    assert [deal for page in pages for deal in page.deals] == []
    desk.sandbox.faults.disarm()
    assert list(connector.pull(seen.cursor))[-1].open_ids, "the comparison is made up for"


@pytest.mark.parametrize("status", [200, 503])
def test_sf24_nothing_is_concluded_when_everything_is_read_anew(desk: Desk, status: int) -> None:
    connector, seen = started(desk)
    desk.sandbox.faults.arm("SF24", times=None, status=status)
    pages: list[Page] = []
    with pytest.raises(TryLater):
        pages += connector.pull(seen.cursor, full=True)
    assert pages == []


@pytest.mark.parametrize("how", ["cut", "bad_chunk", "json"])
def test_sf25_half_an_answer_is_asked_for_again(desk: Desk, how: str) -> None:
    connector, seen = started(desk)
    desk.sandbox.faults.arm("SF25", how=how)
    desk.sandbox.ledger.reset()
    assert list(connector.pull(seen.cursor))
    assert len(desk.sandbox.ledger.where("composite")) == 2


@pytest.mark.parametrize("how", ["cut", "bad_chunk", "json"])
def test_sf25_a_page_that_never_comes_whole_keeps_the_cursor_and_the_pages_before_it(desk: Desk, how: str) -> None:
    connector, seen = started(desk)
    desk.sandbox.clock.advance(FIVE_MINUTES)
    news = {desk.deal(f"Deal {number}", at=desk.ago()) for number in range(6)}
    desk.sandbox.faults.arm("SF06", sizes=[2])
    desk.sandbox.faults.arm("SF25", times=None, how=how, after=1)
    pages: list[Page] = []
    with pytest.raises(TryLater):
        pages += connector.pull(seen.cursor)
    assert pages
    assert_unmoved(pages, seen)
    desk.sandbox.faults.disarm("SF25")
    seen.take(pages).take(connector.pull(seen.cursor))
    assert news <= seen.deals.keys()


@pytest.mark.parametrize("how", ["silence", "drip"])
def test_sf26_a_server_that_never_answers_ends_with_the_budget(desk: Desk, how: str) -> None:
    desk.deal()
    connector = desk.connector(Pace(connect=0.2, read=0.3 if how == "silence" else 5.0, call=0.8))
    seen = Snapshot().take(connector.pull(None))
    desk.sandbox.faults.arm("SF26", times=None, how=how)
    watch = Stopwatch()
    assert isinstance(failing(connector, seen), TryLater)
    assert watch.seconds < 2.0


def test_sf26_a_cycle_of_slow_answers_ends_within_its_budget(desk: Desk) -> None:
    """Each answer is in time; all of them together are not."""
    connector, seen = started(desk)
    desk.sandbox.clock.advance(FIVE_MINUTES)
    for number in range(20):
        desk.deal(f"Deal {number}", at=desk.ago())
    desk.sandbox.faults.arm("SF06", sizes=[1])

    def slow(_: object, response: Response) -> Response:
        desk.time.moment += 50.0
        return response

    desk.sandbox.faults.arm_fault("slow", Fault(afterwards=slow))
    began = desk.time.moment
    assert isinstance(failing(connector, seen), TryLater)
    assert desk.time.moment - began <= 300.0


def test_sf26_a_login_that_never_answers_ends_as_well(desk: Desk) -> None:
    desk.sandbox.faults.arm("SF26", login=True)
    watch = Stopwatch()
    with pytest.raises(TryLater):
        list(desk.connector(Pace(connect=0.2, read=0.2, call=0.5)).pull(None))
    assert watch.seconds < 2.0


@pytest.mark.parametrize("form", ["plain", "with_app", "app_first"])
def test_sf58_our_own_counter_moves_as_the_header_does(desk: Desk, form: str) -> None:
    """Five queries are one call, for they go to /composite: /composite/batch would count each."""
    connector, seen = started(desk)
    desk.sandbox.faults.arm("SF58")
    desk.sandbox.faults.arm("SF14", used=0, form=form)

    def own() -> int:
        return sum(count for kind, count in connector.transport.calls.items() if kind != "token")

    for _ in range(3):
        before, heard = own(), connector.transport.quota.usages["org"].used
        desk.sandbox.clock.advance(timedelta(minutes=65))
        desk.sandbox.ledger.reset()
        seen.take(connector.pull(seen.cursor))
        moved = own() - before
        assert moved == connector.transport.quota.usages["org"].used - heard == desk.sandbox.ledger.weight()
        assert len(desk.sandbox.ledger.where("composite")) == moved < len(desk.asked())
    assert desk.sandbox.ledger.where("batch") == []


def test_x04_a_token_that_is_echoed_is_not_repeated(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    connector, seen = started(desk)
    token = connector.transport.session.token().value
    desk.sandbox.faults.arm("X04", times=None)
    error = failing(connector, seen)
    shown = f"{error} {error!r} {connector!r} {connector.transport!r} {connector.transport.session.known!r}"
    shown += " ".join(f"{one.message} {one.cure}" for one in connector.check())
    shown += "".join(traceback.format_exception(error))
    shown += caplog.text
    assert token not in shown
    assert desk.sandbox.app.client_secret not in shown
    assert "[hidden]" in str(error)


def test_x05_text_and_ids_come_through_exactly(desk: Desk) -> None:
    """32,000 characters travel in chunks that end within one of them."""
    names = ["9007199254740993", "🦊 \u202eשלום", "nul\x00inside", "🐟" * 40, "字🦊" * 16_000, "<!channel> & <@U1>"]
    deals = [desk.deal(name) for name in names]
    seen = Snapshot().take(desk.connector().pull(None))
    assert [seen.deals[deal].name for deal in deals] == names


def test_x05_half_a_surrogate_pair_costs_one_character_of_one_row(desk: Desk) -> None:
    good, odd = desk.deal("Good"), desk.deal("Odd \ud83e!")
    seen = Snapshot().take(desk.connector().pull(None))
    assert seen.deals[good].name == "Good"
    assert seen.deals[odd].name == "Odd ?!"


def test_x06_answers_are_packed_and_read_as_what_they_are(desk: Desk) -> None:
    deals = [desk.deal(f"商談 {number}") for number in range(50)]
    desk.sandbox.faults.arm("X06", times=None)
    seen = Snapshot().take(desk.connector().pull(None))
    assert seen.deals[deals[7]].name == "商談 7"
    assert all("gzip" in call.headers["accept-encoding"] for call in desk.calls())
    assert len({call.connection for call in desk.calls()}) == 1


def test_x06_a_full_page_travels_in_a_tenth_of_its_size(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(500):
        desk.deal(f"Deal {number}")
    sizes: list[int] = []
    send = wire.sent

    def weighed(out: Any, connection: Any, response: Response, stopping: Any) -> bool:
        sizes.append(len(response.body))
        return send(out, connection, response, stopping)

    monkeypatch.setattr(wire, "sent", weighed)
    assert len(Snapshot().take(desk.connector().pull(None)).deals) == 500
    assert sum(sizes) < sum(call.sent for call in desk.sandbox.ledger) / 10


def test_the_login_is_kept_until_it_is_refused(desk: Desk) -> None:
    connector, seen = started(desk)
    for _ in range(3):
        desk.sandbox.clock.advance(FIVE_MINUTES)
        seen.take(connector.pull(seen.cursor))
    assert len(desk.sandbox.ledger.where("token")) == 1


def test_doctor_names_what_is_wrong(desk: Desk) -> None:
    connector = desk.connector(map={"deal": {"fields": {"pain": "Pain__c"}}})
    desk.sandbox.faults.arm("SF37")
    found = {finding.subject: finding for finding in connector.check()}
    assert found["Opportunity.Pain__c"].level is Level.ERROR
    assert found["OpportunityHistory"].level is Level.WARNING
    assert found["mails"].level is Level.WARNING
    assert all(one.cure for one in found.values() if one.level is not Level.OK)
