"""Answers over HTTP: what they do, and every reason for which they are refused; the list of alerts."""

from __future__ import annotations

from typing import Any

import pytest

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


# ------------------------------------------------------------------------------------------------ the other answers

HOLD = {"until": "2026-04-20", "who": "Ms Mori", "reason": "budget committee", "evidence": "mail of 31 March"}
MEETING = {"starts_at": "2026-04-06T10:00:00+09:00", "agenda": "Contract"}


@pytest.fixture
def desk(own: World) -> Office:
    return Office.of(own, "deals:read", "alerts:read", "alerts:act")


def does(office: Office, act: str, body: Any = None, mark: str | None = None) -> Any:
    """The answer to an answer; no body at all if there is none."""
    path = f"/v1/alerts/{mark or alert(office)}/{act}"
    return office.asks("POST", path) if body is None else office.post(path, body)


@pytest.mark.parametrize(
    ("act", "body", "state", "until"),
    [
        ("acknowledge", None, "open", "2026-04-06T18:00:00+09:00"),
        ("claim", None, "claimed", "2026-04-02T12:00:00+09:00"),
        ("claim", {"meeting": MEETING}, "claimed", "2026-04-02T12:00:00+09:00"),
        ("hold", HOLD, "open", "2026-04-06T18:00:00+09:00"),
        ("lost", {"tag": "budget"}, "resolved", None),
        ("false-alarm", {"why": "handled", "note": "done on the phone"}, "resolved", None),
    ],
    ids=["acknowledge", "claim", "meeting", "hold", "lost", "false-alarm"],
)
def test_an_answer_says_how_the_alert_stands_now(
    desk: Office, act: str, body: Any, state: str, until: str | None
) -> None:
    answer = does(desk, act, body)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["state"], told["silent_until"], told["repeated"]) == (state, until, False)
    assert told.get("crm", {}).get("not_written") == ("off" if body and act in ("claim", "hold", "lost") else None)
    assert does(desk, act, body, told["id"]).json()["repeated"] is True
    [stored] = [one for one in desk.get("/v1/deals/crm:acme").json()["alerts"] if one["id"] == told["id"]]
    assert stored["state"] == state


def test_every_answer_is_refused_by_name(desk: Office) -> None:
    refused = [
        ("claim", {"meeting": {**MEETING, "agenda": " "}}, 422, "agenda_missing"),
        ("claim", {"meeting": {**MEETING, "starts_at": "2026-03-01T10:00:00+09:00"}}, 422, "in_the_past"),
        ("claim", {"meeting": {**MEETING, "ends_at": MEETING["starts_at"]}}, 422, "backwards"),
        ("hold", {**HOLD, "who": ""}, 422, "who_missing"),
        ("hold", {**HOLD, "evidence": ""}, 422, "evidence_missing"),
        ("hold", {**HOLD, "reason": ""}, 422, "reason_missing"),
        ("hold", {**HOLD, "until": "2026-07-01"}, 422, "too_long"),
        ("hold", {**HOLD, "ends": "meeting_over"}, 422, "no_meeting"),
        ("lost", {"tag": "other"}, 422, "note_missing"),
        ("loss-check", {}, 409, "no_links"),
        ("loss-check", None, 409, "no_links"),
    ]
    mark = alert(desk)
    for act, body, status, reason in refused:
        answer = does(desk, act, body, mark)
        assert (answer.status_code, answer.json()["reason"]) == (status, reason), (act, body)
        assert answer.json()["type"] == f"urn:stalewatch:problem:{reason.replace('_', '-')}"
    assert does(desk, "hold", {**HOLD, "until": "2026-07-01"}, mark).json()["limit"].startswith("2026-05-31")
    assert does(desk, "false-alarm", {"why": "not_true"}, mark).status_code == 200
    over = does(desk, "claim", None, mark)
    assert (over.status_code, over.json()["reason"]) == (409, "resolved")
    assert does(desk, "claim", None, "nothing").status_code == 404
    assert does(desk, "claim", None, "a%00b").status_code == 404


def test_a_deal_is_taken_off_hold_before_its_day(desk: Office) -> None:
    mark = alert(desk)
    path = f"/v1/alerts/{mark}/hold"
    assert desk.asks("DELETE", path).json()["reason"] == "not_waiting"
    assert does(desk, "hold", HOLD, mark).status_code == 200
    assert desk.get("/v1/deals/crm:acme").json()["fields"]["on_hold"] is True
    assert desk.asks("DELETE", path).status_code == 200
    fields = desk.get("/v1/deals/crm:acme").json()["fields"]
    assert (fields["on_hold"], fields.get("hold_until")) == (False, None)
    assert desk.asks("DELETE", path).status_code == 409
    assert desk.asks("DELETE", "/v1/alerts/nothing/hold").status_code == 404


def test_what_is_not_understood_of_an_answer_is_told_where(desk: Office) -> None:
    wrong: list[tuple[str, Any, str]] = [
        ("acknowledge", {"until": SOON}, "until"),
        ("claim", {"meeting": {"agenda": "x"}}, "meeting.starts_at"),
        ("claim", {"meeting": {**MEETING, "starts_at": "0001-01-01T00:00:00+14:00"}}, "meeting.starts_at"),
        ("hold", {**HOLD, "until": "soon"}, "until"),
        ("hold", {**HOLD, "ends": "never"}, "ends"),
        ("lost", {"tag": "weather"}, "tag"),
        ("lost", {"tag": "budget", "note": "x" * 501}, "note"),
        ("loss-check", {"language": "fr"}, "language"),
        ("false-alarm", {}, "why"),
    ]
    mark = alert(desk)
    for act, body, name in wrong:
        answer = does(desk, act, body, mark)
        assert answer.status_code == 422, (act, body)
        assert [one["name"] for one in answer.json()["errors"]] == [name], (act, body)


# ------------------------------------------------------------------------------------------------ the list


def test_alerts_are_listed_by_state_and_page_by_page(desk: Office) -> None:
    everything = desk.get("/v1/alerts", sort="opened", order="asc").json()
    assert everything["total"] == len(everything["items"]) > 2
    seen, following = [], None
    while True:
        page = desk.get("/v1/alerts", limit=2, sort="opened", order="asc", **({"next": following} if following else {}))
        seen += [one["id"] for one in page.json()["items"]]
        following = page.json()["next"]
        if following is None:
            break
    assert seen == [one["id"] for one in everything["items"]]
    mark = alert(desk)
    does(desk, "claim", None, mark)
    [claimed] = desk.get("/v1/alerts", state="claimed").json()["items"]
    assert (claimed["id"], claimed["name"], claimed["acted_as"]) == (mark, "Acme", "claimed")
    assert claimed["silent_until"] == "2026-04-02T12:00:00+09:00"
    does(desk, "false-alarm", {"why": "not_true"}, mark)
    [over] = desk.get("/v1/alerts", state="resolved", record=claimed["record"]).json()["items"]
    assert (over["cause"], over["resolved_at"]) == ("false_alarm", "2026-04-01T12:00:00+09:00")
    assert mark not in [one["id"] for one in desk.get("/v1/alerts").json()["items"]]


def test_the_list_of_alerts_is_narrowed_and_is_a_table_too(desk: Office) -> None:
    mine = desk.get("/v1/alerts", owner="sato").json()["items"]
    assert {one["owner_name"] for one in mine} == {"Sato"}
    assert desk.get("/v1/alerts", owner="nobody").json()["total"] == 0
    assert desk.get("/v1/alerts", rule="no-next-meeting", severity="critical").json()["total"] == 0
    table = desk.get("/v1/alerts", headers={"Accept": "text/csv"}, owner="sato")
    assert table.text.splitlines()[0].startswith("id,state,rule,title,severity")
    assert len(table.text.splitlines()) == len(mine) + 1
    tag = desk.get("/v1/alerts").headers["etag"]
    assert desk.get("/v1/alerts", headers={"If-None-Match": tag}).status_code == 304
    assert desk.get("/v1/alerts", sort="name").status_code == 422
    assert desk.get("/v1/alerts", next="x").status_code == 422
    assert desk.get("/v1/alerts", stat="open").json()["errors"][0]["did_you_mean"] == "state"
