"""Faults of the way there: what passes is repeated, what does not is named, and no answer is never an empty one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from time import monotonic
from typing import Any

import pytest

from stalewatch.sdk.connector import Level
from stalewatch.sdk.errors import ConnectorError, NeedsReconnect, TryLater
from stalewatch_salesforce.limits import Quota, parse
from stalewatch_salesforce.queries import ROOT
from stalewatch_salesforce.transport import Pace
from tests.connectors.salesforce.desk import FIVE_MINUTES, Desk, Snapshot


def started(desk: Desk) -> tuple[Any, Snapshot]:
    """A connector that has read one deal."""
    desk.deal()
    connector = desk.connector()
    return connector, Snapshot().take(connector.pull(None))


def failing(connector: Any, seen: Snapshot) -> ConnectorError:
    with pytest.raises(ConnectorError) as caught:
        list(connector.pull(seen.cursor))
    return caught.value


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


def test_sf14_parts_come_in_either_order() -> None:
    first = parse("api-usage=25/5000; per-app-api-usage=17/250(appName=x)")
    assert first == parse("per-app-api-usage=17/250(appName=x); api-usage=25/5000")
    assert {kind: (usage.used, usage.allowed) for kind, usage in first.items()} == {"org": (25, 5000), "app": (17, 250)}
    quota = Quota()
    quota.hear("api-usage=81000/100000")
    quota.hear("nonsense")
    assert quota.is_tight


def test_sf15_one_login_for_ten_threads_that_meet_an_expired_session(desk: Desk) -> None:
    connector, _ = started(desk)
    desk.sandbox.logins.expire()
    desk.sandbox.ledger.reset()

    def read(number: int) -> int:
        headers = {"Sforce-Query-Options": f"batchSize={200 + number}"}
        path = f"{ROOT}/query?q=SELECT+Id+FROM+Opportunity"
        status: int = connector.transport.call("GET", path, lambda reply: reply.status, headers=headers)
        return status

    with ThreadPoolExecutor(10) as threads:
        assert list(threads.map(read, range(10))) == [200] * 10
    assert len(desk.sandbox.ledger.where("token")) == 1
    options = [call.headers.get("sforce-query-options") for call in desk.sandbox.ledger.where("query")]
    assert sorted(map(str, options)) == [f"batchSize={200 + number}" for number in range(10)]


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
    assert error.cure
    assert len(desk.sandbox.ledger.where("token")) == 1


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
def test_sf24_a_page_about_maintenance_is_no_empty_answer(desk: Desk, status: int) -> None:
    connector, seen = started(desk)
    desk.sandbox.faults.arm("SF24", times=None, status=status)
    for full in (False, True):
        with pytest.raises(TryLater):
            list(connector.pull(seen.cursor, full=full))


@pytest.mark.parametrize("how", ["cut", "bad_chunk", "json"])
def test_sf25_half_an_answer_is_asked_for_again(desk: Desk, how: str) -> None:
    connector, seen = started(desk)
    desk.sandbox.faults.arm("SF25", how=how)
    assert list(connector.pull(seen.cursor))
    desk.sandbox.faults.arm("SF25", times=None, how=how)
    assert isinstance(failing(connector, seen), TryLater)


@pytest.mark.parametrize("how", ["silence", "drip"])
def test_sf26_a_server_that_never_answers_ends_with_the_budget(desk: Desk, how: str) -> None:
    desk.deal()
    connector = desk.connector(Pace(connect=0.2, read=0.3 if how == "silence" else 5.0, call=0.8))
    seen = Snapshot().take(connector.pull(None))
    desk.sandbox.faults.arm("SF26", times=None, how=how)
    began = monotonic()
    assert isinstance(failing(connector, seen), TryLater)
    assert monotonic() - began < 2.0


def test_x04_a_token_that_is_echoed_is_not_repeated(desk: Desk) -> None:
    connector, seen = started(desk)
    token = connector.transport.session.token().value
    desk.sandbox.faults.arm("X04", times=None)
    error = failing(connector, seen)
    shown = f"{error} {error!r} {connector!r} {connector.transport!r} {connector.transport.session.known!r}"
    shown += " ".join(f"{one.message} {one.cure}" for one in connector.check())
    assert token not in shown
    assert desk.sandbox.app.client_secret not in shown
    assert "[hidden]" in str(error)


def test_x05_text_and_ids_come_through_exactly(desk: Desk) -> None:
    name = "9007199254740993 🦊 \u202eשלום " + "長" * 3_000
    deal = desk.deal(name)
    seen = Snapshot().take(desk.connector().pull(None))
    assert seen.deals[deal].name == name


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
