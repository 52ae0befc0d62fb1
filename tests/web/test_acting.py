"""Snooze over HTTP: what it does, and every reason for which it is refused."""

from __future__ import annotations

from typing import Any

from stalewatch.sdk.records import Outcome
from tests.services.world import World, at
from tests.web.office import Office

SOON = "2026-04-03T09:00:00+09:00"


def alert(office: Office) -> str:
    [reason] = office.get("/v1/deals/stalled", owner="sato").json()["items"][0]["reasons"]
    return str(reason["alert"])


def snooze(office: Office, until: str = SOON, **more: Any) -> Any:
    return office.post(f"/v1/alerts/{more.pop('alert', None) or alert(office)}/snooze", {"until": until, **more})


def test_a_snoozed_alert_says_so_and_who_did_it(office: Office) -> None:
    mark = alert(office)
    answer = snooze(office, reason="They decide on Friday.")
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["state"], told["snoozed_until"], told["snoozes_left"]) == ("snoozed", SOON, 1)
    [stored] = office.get("/v1/deals/crm:acme").json()["alerts"]
    assert stored["id"] == mark
    assert stored["snoozed_by"].startswith("token:")
    assert stored["snooze_reason"] == "They decide on Friday."


def test_the_limit_is_named_where_it_is_passed(office: Office) -> None:
    answer = snooze(office, until="2026-09-01T09:00:00+09:00", reason="later")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told["type"] == "urn:stalewatch:problem:too-long"
    assert told["reason"] == "too_long"
    assert told["limit"].startswith("2026-04-15")
    assert "10bd" in told["detail"]


def test_the_third_time_is_once_too_often(world: World, office: Office) -> None:
    mark = alert(office)
    for day in ("02", "03"):
        assert snooze(office, until=f"2026-04-{day}T09:00:00+09:00", reason="wait", alert=mark).status_code == 200
        world.reaches(f"2026-04-{day} 10:00")
    answer = snooze(office, until="2026-04-06T09:00:00+09:00", reason="wait", alert=mark)
    assert answer.status_code == 409
    assert (answer.json()["reason"], answer.json()["limit"]) == ("too_often", 2)


def test_every_other_refusal_has_its_name(world: World, office: Office) -> None:
    assert snooze(office).json()["reason"] == "reason_missing"
    assert snooze(office, until="2026-03-01T09:00:00+09:00", reason="x").json()["reason"] == "in_the_past"
    assert snooze(office, reason="x", alert="nothing").status_code == 404
    mark = alert(office)
    world.changes("acme", outcome=Outcome.WON, closed_at=at("2026-04-01 12:30"))
    world.reaches("2026-04-01 15:00")
    world.lives_until("2026-04-02 12:00")
    answer = snooze(office, reason="x", alert=mark)
    assert (answer.status_code, answer.json()["reason"]) == (409, "closed")


def test_a_body_that_is_not_understood_is_told_where(office: Office) -> None:
    path = f"/v1/alerts/{alert(office)}/snooze"
    wrong: list[tuple[Any, str]] = [
        ({}, "until"),
        ({"until": "2026-04-03T09:00:00"}, "until"),
        ({"until": "soon"}, "until"),
        ({"until": SOON, "reason": "x" * 501}, "reason"),
        ({"until": SOON, "reason": "a\u0000b"}, "reason"),
        ({"until": SOON, "reasons": "typo"}, "reasons"),
        ([], "body"),
    ]
    for body, name in wrong:
        answer = office.post(path, body)
        assert answer.status_code == 422, body
        assert [one["name"] for one in answer.json()["errors"]] == [name]
    plain = office.asks(
        "POST", path, content=b'{"until": "2026-04-03T09:00:00Z"}', headers={"Content-Type": "text/plain"}
    )
    assert plain.status_code == 422  # what a foreign page may send without asking is not understood
    assert office.asks("POST", path, content=b"{", headers={"Content-Type": "application/json"}).status_code == 422
