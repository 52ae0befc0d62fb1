"""Each row of the table of Salesforce's errors: what is repeated, how often, and what is said in the end."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from stalewatch.sdk.errors import ConnectorError, NeedsReconnect, Refused, TryLater
from stalewatch_salesforce.composite import Part, ask
from stalewatch_salesforce.queries import ROOT, address, one_of, select
from stalewatch_sandbox.salesforce.addresses import is_data
from stalewatch_sandbox.serving.exchange import Response
from stalewatch_sandbox.serving.faults import Fault
from tests.connectors.salesforce.desk import Desk

BACK_OFF = [1.0, 2.0, 4.0, 8.0]
CONCURRENT = "ConcurrentRequests (Concurrent API Requests) Limit exceeded."
PAGE = "<html><body>We are setting things up</body></html>"
ROWS: list[tuple[int, str, str, type[ConnectorError], list[float]]] = [
    (403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", TryLater, []),
    (403, "REQUEST_LIMIT_EXCEEDED", CONCURRENT, TryLater, BACK_OFF),
    (403, "API_DISABLED_FOR_ORG", "API is not enabled for this Organization or Partner", NeedsReconnect, []),
    (403, "INSUFFICIENT_ACCESS", "insufficient access rights", NeedsReconnect, []),
    (400, "TXN_SECURITY_METERING_ERROR", "transaction security metering", TryLater, []),
    (400, "MALFORMED_QUERY", "unexpected token", Refused, []),
    (400, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access", TryLater, BACK_OFF),
    (500, "UNKNOWN_EXCEPTION", "An unexpected error occurred", TryLater, BACK_OFF),
    (503, "SERVER_UNAVAILABLE", "Server is too busy", TryLater, BACK_OFF),
    *((status, "", PAGE, TryLater, BACK_OFF) for status in (406, 408, 420, 425, 429, 500, 502, 503, 504)),
    *((status, "", "", TryLater, BACK_OFF) for status in (406, 420, 500, 502, 503)),
    (414, "", PAGE, Refused, []),
    (431, "", PAGE, Refused, []),
    (404, "NOT_FOUND", "The requested resource does not exist", Refused, []),
]  # fmt: skip


def answer(status: int, code: str, message: str) -> Response:
    if code:
        return Response.json([{"errorCode": code, "message": message}], status)
    return Response.text(message, status)


def calling(desk: Desk) -> Any:
    """A transport that is logged in, and counts from here."""
    transport = desk.connector().transport
    transport.session.token()
    desk.sandbox.ledger.reset()
    return transport


@pytest.mark.parametrize(("status", "code", "message", "error", "waits"), ROWS)
def test_an_answer_is_repeated_or_not_and_named(
    desk: Desk, status: int, code: str, message: str, error: type[ConnectorError], waits: list[float]
) -> None:
    transport = calling(desk)
    desk.sandbox.faults.arm_fault("row", Fault(on=is_data, instead=lambda _: answer(status, code, message)))
    with pytest.raises(ConnectorError) as caught:
        transport.call("GET", f"{ROOT}/limits", lambda reply: reply.status)
    assert type(caught.value) is error
    assert desk.time.waits == waits
    assert len(desk.sandbox.ledger) == len(waits) + 1
    if code and error is not TryLater:
        assert code in caught.value.what
        assert message in caught.value.what


@pytest.mark.parametrize(("status", "code", "message", "error", "waits"), [row for row in ROWS if row[1]])
def test_inside_of_a_composite_it_means_the_same(
    desk: Desk, status: int, code: str, message: str, error: type[ConnectorError], waits: list[float]
) -> None:
    """Only what failed is sent again; what will not pass is its part's alone."""
    desk.deal()
    transport = calling(desk)
    inside = Fault(on=lambda request: request.inside is not None and "Task" in request.target, times=None,
                   instead=lambda _: answer(status, code, message))  # fmt: skip
    desk.sandbox.faults.arm_fault("row", inside)
    parts = [Part(name, address(select(["Id"], name))) for name in ("Opportunity", "Task")]
    if error is TryLater:
        with pytest.raises(TryLater):
            ask(transport, parts, kind="call")
    else:
        told = ask(transport, parts, kind="call").by_ref
        assert told["Opportunity"].fault is None
        assert told["Task"].fault is not None
        assert type(told["Task"].fault.error()) is error
    assert desk.time.waits == waits
    sizes = [len(json.loads(call.body)["compositeRequest"]) for call in desk.sandbox.ledger.where("composite")]
    assert sizes == [2] + [1] * len(waits)


@pytest.mark.parametrize("body", ['[{"message":1e400}]', "[" * 3_000 + "]" * 3_000], ids=["beyond", "deep"])
def test_a_part_that_failed_in_words_that_cannot_be_read_has_failed_all_the_same(desk: Desk, body: str) -> None:
    part = f'{{"referenceId":"q0","httpStatusCode":500,"body":{body}}}'
    answer = Response.text(f'{{"compositeResponse":[{part}]}}', content_type="application/json")
    desk.sandbox.faults.arm_fault("odd", Fault(on=is_data, instead=lambda _: answer), times=None)
    with pytest.raises(TryLater):
        ask(desk.connector().transport, [Part("q0", address(select(("Id",), "User")))], kind="test")


def test_what_stops_everything_stops_it_for_an_hour_and_says_why(desk: Desk) -> None:
    transport = calling(desk)
    refusal = answer(400, "TXN_SECURITY_METERING_ERROR", "too many rows")
    desk.sandbox.faults.arm_fault("row", Fault(on=is_data, instead=lambda _: refusal))
    for _ in range(2):
        with pytest.raises(TryLater, match="too many rows") as caught:
            transport.call("GET", f"{ROOT}/limits", lambda reply: reply.status)
        assert caught.value.after == timedelta(hours=1)
    assert len(desk.sandbox.ledger) == 1


def test_a_query_of_any_length_goes_into_a_body(desk: Desk) -> None:
    """Addresses and headers together may have 16,384 bytes: a composite's body has no such end."""
    desk.deal()
    transport = calling(desk)
    ids = [f"006{number:012}" for number in range(1_500)]
    told = ask(transport, [Part("x", address(select(["Id"], "Opportunity", [one_of("Id", ids)])))], kind="call")
    assert told.by_ref["x"].fault is None
    [call] = desk.sandbox.ledger.where("composite")
    assert len(call.body) > 16_384
    assert len(call.path) < 100
