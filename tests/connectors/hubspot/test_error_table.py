"""Each row of the table of HubSpot's errors: what is repeated, after how long, and what is said in the end."""

from __future__ import annotations

from contextlib import closing

import pytest

from stalewatch.sdk.errors import ConnectorError, NeedsReconnect, Refused, TryLater
from stalewatch_hubspot.errors import MissingScope
from stalewatch_hubspot.queries import ACCOUNT
from stalewatch_sandbox.serving.exchange import Response
from stalewatch_sandbox.serving.faults import Fault
from tests.connectors.hubspot.portals import Story

PAGE = "<html><body>We'll be right back</body></html>"
BACK_OFF = [1.0, 2.0, 4.0, 8.0]
NOTHING: tuple[object, ...] = (
    {},
    {"status": "error"},
    "",
    PAGE,
    [],
    {"message": None, "errors": None},
    {"errors": [{}]},
)
"""Every member of an error is optional, and so is the error."""


def answer(status: int, body: object) -> Response:
    return Response.text(body, status) if isinstance(body, str) else Response.json(body, status)


def asked(story: Story, status: int, body: object, times: int | None = None, **headers: str) -> None:
    story.board.faults.arm_fault(
        "row", Fault(instead=lambda _: answer(status, body).with_headers(**headers)), times=times
    )  # fmt: skip
    transport = story.connector().transport
    with closing(transport):
        transport.call("GET", ACCOUNT, dict)


def limited(**more: object) -> dict[str, object]:
    return {"status": "error", "message": "You have reached your limit.", **more}


@pytest.mark.parametrize(
    ("body", "waits"),
    [
        (limited(errorType="RATE_LIMIT", policyName="TEN_SECONDLY_ROLLING"), [10.0]),
        (limited(message="You have reached your ten_secondly_rolling limit."), [10.0]),
        ({"category": "RATE_LIMITS"}, [10.0]),
        (PAGE, [10.0]),
        ({}, [10.0]),
        (limited(message="You have reached your secondly limit."), [1.0]),
        (limited(policyName="SECONDLY"), [1.0]),
    ],
)
def test_hs14_hs15_a_429_of_whatever_shape_has_its_pause(story: Story, body: object, waits: list[float]) -> None:
    asked(story, 429, body, times=1)
    assert story.patience.slept == [pytest.approx(wait) for wait in waits]


@pytest.mark.parametrize("body", [limited(policyName="DAILY"), limited(message="You have reached your daily limit.")])
def test_hs16_the_day_of_whatever_shape_ends_at_midnight(story: Story, body: object) -> None:
    with pytest.raises(TryLater, match="daily limit") as caught:
        asked(story, 429, body)
    assert caught.value.after is not None
    assert caught.value.after.total_seconds() == pytest.approx(12 * 3_600)  # in UTC, until the portal told its zone
    assert story.board.ledger.weight() == 0 == len(story.patience.slept)


@pytest.mark.parametrize("body", NOTHING)
@pytest.mark.parametrize("status", [423, 500, 502, 503, 504, 521, 524])
def test_hs18_what_passes_is_repeated_whatever_it_says(story: Story, status: int, body: object) -> None:
    with pytest.raises(TryLater):
        asked(story, status, body)
    assert story.patience.slept == ([2.0, 2.0, 4.0, 8.0] if status == 423 else BACK_OFF)
    assert len(story.board.ledger) == 5


@pytest.mark.parametrize("body", NOTHING)
@pytest.mark.parametrize(
    ("status", "error"), [(400, Refused), (401, NeedsReconnect), (403, NeedsReconnect), (530, NeedsReconnect)]
)
def test_what_does_not_pass_is_asked_once_whatever_it_says(
    story: Story, status: int, error: type[ConnectorError], body: object
) -> None:
    with pytest.raises(ConnectorError) as caught:
        asked(story, status, body)
    assert type(caught.value) is error
    assert story.patience.slept == []
    assert len(story.board.ledger) == 1


@pytest.mark.parametrize("category", ["EXPIRED_AUTHENTICATION", "INVALID_AUTHENTICATION"])
def test_a_key_that_is_refused_is_a_persons_to_mend(story: Story, category: str) -> None:
    with pytest.raises(NeedsReconnect) as caught:
        asked(story, 401, {"category": category, "message": "no"})
    assert "token" in (caught.value.cure or "")
    assert len(story.board.ledger) == 1


def test_hs23_a_scope_that_is_lacking_is_named(story: Story) -> None:
    context = {"requiredGranularScopes": ["crm.objects.leads.read"]}
    with pytest.raises(MissingScope) as caught:
        asked(story, 403, {"category": "MISSING_SCOPES", "errors": [{"context": context}]})
    assert caught.value.scopes == ("crm.objects.leads.read",)


def test_hs18_a_portal_that_moves_says_for_how_long(story: Story) -> None:
    asked(story, 477, {}, times=1, Retry_After="30")
    assert story.patience.slept == [pytest.approx(30.0)]
