"""Every error is a problem that says where the request is wrong, and nothing about the inside."""

from __future__ import annotations

from typing import Any, Final

import pytest

from stalewatch.store.errors import DatabaseUnreachable
from tests.services.world import World
from tests.web.office import Office


@pytest.fixture
def office(empty: World) -> Office:
    """What a request says wrong is wrong whatever the database holds."""
    return Office.of(empty, "deals:read", "alerts:act")


WRONG: Final = [
    ("/v1/deals/stalled?ownr=sato", "ownr", "did you mean owner?"),
    ("/v1/deals/due-soon?withing=7d", "withing", "did you mean within?"),
    ("/v1/deals/stalled?within=7d", "within", "there is no such parameter"),
    ("/v1/deals/crm:acme?langg=ja", "langg", "did you mean lang?"),
    ("/v1/deals/stalled?limit=201", "limit", "less than or equal to 200"),
    ("/v1/deals/stalled?limit=0", "limit", "greater than or equal to 1"),
    ("/v1/deals/stalled?limit=many", "limit", "valid integer"),
    ("/v1/deals/stalled?severity=bad", "severity", "'critical'"),
    ("/v1/deals/stalled?sort=amount;drop", "sort", "'worst'"),
    ("/v1/deals/stalled?order=up", "order", "'asc'"),
    ("/v1/deals/stalled?min_amount=NaN", "min_amount", "finite"),
    ("/v1/deals/stalled?min_amount=1e99", "min_amount", "less than or equal"),
    ("/v1/deals/stalled?q=a%00b", "q", "control characters"),
    ("/v1/deals/due-soon?within=soon", "within", "write a span of time like 7d"),
    ("/v1/deals/due-soon?within=0h", "within", "write a span of time like 7d"),
]
NOT_OFFERED: Final = [
    ("GET", "/nowhere", 404),
    ("DELETE", "/v1/deals/stalled", 405),
    ("GET", "/v1/alerts/x/snooze", 405),
    ("GET", "/v1/deals/stalled/", 404),
]


def test_a_wrong_parameter_is_named_with_what_was_meant(office: Office) -> None:
    for path, name, message in WRONG:
        answer = office.get(path)
        assert answer.status_code == 422, (path, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"
        [error] = [one for one in answer.json()["errors"] if one["name"] == name]
        assert message in error["message"], path


def test_what_is_not_offered_is_a_problem_too(office: Office) -> None:
    for method, path, status in NOT_OFFERED:
        answer = office.asks(method, path)
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == status
        assert answer.json()["type"] == "about:blank"
        assert (status != 405) or answer.headers["allow"]


def test_a_fault_of_ours_tells_only_its_number(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise KeyError("customers.acme.secret")

    monkeypatch.setattr("stalewatch.services.reporting.kept.Kept.read", fail)
    answer = office.get("/v1/deals/stalled")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "acme" not in answer.text
    assert answer.json()["instance"].startswith("urn:request:")
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_database_that_is_away_is_a_503_that_names_no_place(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise DatabaseUnreachable("the database cannot be reached", where="postgresql://db.internal/acme")

    monkeypatch.setattr("stalewatch.services.reporting.kept.Kept.read", fail)
    answer = office.get("/v1/deals/stalled")
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert "internal" not in answer.text


def test_every_answer_tells_browsers_to_be_careful(office: Office) -> None:
    headers = office.get("/healthz").headers
    assert headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
