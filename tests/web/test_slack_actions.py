"""Buttons in Slack, pressed for real: what people see, what comes of it, and who learns nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, quote_plus, urlencode

import httpx
import pytest

from stalewatch.delivery.slack.signature import signed
from stalewatch.domain.policies import Override
from stalewatch.sdk.records import Outcome, Person
from stalewatch.store import inbox
from tests.altered import replace
from tests.patience import soon
from tests.services.world import SATO, World, at
from tests.web.reception import Counter, opened


@pytest.fixture
def both(world: World) -> Iterator[Counter]:
    """The same on both databases: where two might do one thing at a time."""
    with opened(world) as desk:
        yield desk


def choice(desk: Counter, number: int) -> str:
    """The value of an option of the form."""
    view = desk.form("Sato")
    assert view is not None
    options = next(one["element"]["options"] for one in view.said["blocks"] if one.get("block_id") == "until")
    return str(options[number]["value"])


def snoozed(desk: Counter, name: str = "Sato", **fields: str) -> None:
    alert = desk.alert("acme").id
    desk.press(name, "snooze", alert)
    answer = desk.submit(name, **{"date": "2026-04-08", "reason": "They decide on Tuesday.", **fields})
    assert answer["response_action"] == "update", answer


# ------------------------------------------------------------------------------------------------- snooze


def test_a_press_on_snooze_asks_until_when_and_why(desk: Counter) -> None:
    desk.press("Sato", "snooze", desk.alert("acme").id)
    said = desk.reads_in_form("Sato")
    assert "*Acme*" in said
    assert "No next meeting" in said
    assert "1 business day (until 2 Apr)" in said
    assert "3 business days (until 6 Apr)" in said
    assert "10 business days (until 15 Apr)" in said
    assert "At most 10 business days from now: until 15 Apr." in said
    assert "What do you wait for?" in said


def test_what_was_sent_is_done_and_confirmed_where_it_was_asked(both: Counter) -> None:
    desk = both
    desk.press("Sato", "snooze", desk.alert("acme").id)
    desk.submit("Sato", until=choice(desk, 1), reason="They decide on Friday.")
    assert "Snoozed until 6 Apr. We ask again that morning." in desk.reads_in_form("Sato")
    alert = desk.alert("acme")
    assert (alert.state, alert.snoozed_by, alert.snooze_reason) == (
        "snoozed", "sato@acme.example", "They decide on Friday."
    )  # fmt: skip
    assert alert.snoozed_until == int(at("2026-04-06 09:00").timestamp() * 1_000_000)
    assert [row.actor for row in desk.audited(alert.id, "alert.snooze")] == ["sato@acme.example"]


def test_a_day_of_ones_own_goes_before_what_is_ticked(desk: Counter) -> None:
    snoozed(desk, date="2026-04-09", until="1775088000000000")
    assert desk.alert("acme").snoozed_until == int(at("2026-04-09 09:00").timestamp() * 1_000_000)


def test_what_is_wrong_is_said_beside_the_field_and_can_be_mended(desk: Counter) -> None:
    desk.press("Sato", "snooze", desk.alert("acme").id)
    too_long, not_ahead = "At most 10 business days from now: until 15 Apr.", "Please choose a day after today."
    for fields, place, says in (
        ({"date": "2026-04-09"}, "reason", "Please say in a few words what you wait for."),
        ({"date": "2026-09-01", "reason": "x"}, "date", too_long),
        ({"date": "2026-04-01", "reason": "x"}, "date", not_ahead),
        ({"date": "2026-02-30", "reason": "x"}, "date", not_ahead),
        ({"date": "9999-12-31", "reason": "x"}, "date", too_long),
        ({"until": "9" * 18, "reason": "x"}, "until", too_long),
        ({"until": "soon", "reason": "x"}, "until", not_ahead),
        ({"reason": "x"}, "until", not_ahead),
    ):
        assert desk.submit("Sato", **fields) == {"response_action": "errors", "errors": {place: says}}
        assert desk.alert("acme").state == "open"
    assert desk.submit("Sato", date="2026-04-08", reason="mended")["response_action"] == "update"
    assert desk.alert("acme").snooze_reason == "mended"


def test_a_reason_may_hold_anything_and_is_kept_as_one_line(desk: Counter) -> None:
    snoozed(desk, reason="a\u0000b\n<!channel> \u202eevil")
    assert desk.alert("acme").snooze_reason == "a b <!channel> evil"


def test_the_third_snooze_is_not_offered(desk: Counter) -> None:
    for day in ("02", "03"):
        desk.press("Sato", "snooze", desk.alert("acme").id)
        desk.submit("Sato", date=f"2026-04-{day}", reason="wait")
        desk.reaches(f"2026-04-{day} 10:00")
    desk.press("Sato", "snooze", desk.alert("acme").id)
    assert "Snoozed 2 times already" in desk.reads_in_form("Sato")
    assert "put the deal on hold until then" in desk.reads_in_form("Sato")


def test_a_deal_that_was_won_is_told_so(desk: Counter) -> None:
    alert = desk.alert("acme").id
    desk.press("Sato", "snooze", alert)
    desk.world.changes("acme", outcome=Outcome.WON, closed_at=at("2026-04-01 12:30"))
    desk.reaches("2026-04-01 15:00")
    assert desk.submit("Sato", date="2026-04-08", reason="too late")["response_action"] == "update"
    assert "This was settled on 1 Apr: the deal was won." in desk.reads_in_form("Sato")
    desk.press("Sato", "snooze", alert)
    assert "This was settled on 1 Apr: the deal was won." in desk.reads_in_form("Sato")
    desk.press("Sato", "why", alert)
    assert "This was settled on 1 Apr: the deal was won." in desk.whispers("Sato")[0]


def test_an_old_message_is_answered_with_how_it_ended(desk: Counter) -> None:
    old = desk.alert("acme").id
    desk.world.changes("acme", created_at=at("2026-04-01 09:00"))
    desk.reaches("2026-04-01 16:00")
    desk.reaches("2026-04-01 19:00")
    desk.reaches("2026-04-20 12:00")
    assert desk.alert("acme").id != old
    desk.press("Sato", "snooze", old)
    assert "This was settled on 1 Apr: there is news." in desk.reads_in_form("Sato")
    assert desk.alert("acme").state == "open"


def test_an_alert_that_nobody_knows_is_told_so(desk: Counter) -> None:
    desk.press("Sato", "why", "nothing.1")
    assert desk.whispers("Sato") == ["This is no longer known here; the deal may have been removed from the CRM."]


def test_a_form_that_could_not_be_opened_in_time_asks_for_another_press(desk: Counter) -> None:
    desk.slack.api.views.trigger = lambda user: "1.0.spent"  # type: ignore[method-assign]  # noqa: ARG005
    desk.press("Sato", "snooze", desk.alert("acme").id)
    assert desk.form("Sato") is None
    assert desk.whispers("Sato") == ["The form could not be opened in time. Please press the button once more."]


# ------------------------------------------------------------------------------------------------- why


def test_why_is_answered_with_the_deals_own_numbers_and_its_history(desk: Counter) -> None:
    snoozed(desk)
    desk.press("Tanaka", "why", desk.alert("acme").id)
    [said] = desk.whispers("Tanaka")
    lines = said.splitlines()
    assert lines[0] == "Acme: No next meeting"
    assert "Limit 10 business days" in lines
    assert "Due 16 Mar 18:00 JST" in lines
    assert "Created 2 Mar (Memory)" in lines
    assert "1 Apr: first noticed" in lines
    assert "1 Apr: a limit has passed (to Sato)" in lines
    assert "1 Apr: snoozed until 8 Apr by Sato (“They decide on Tuesday.”)" in lines


def test_why_is_whispered_where_the_message_stands_also_in_its_thread(desk: Counter) -> None:
    channel = desk.slack.workspace.add_channel("sales")
    parent = replace(desk.message("Sato"), channel=channel.id)
    desk.slack.workspace.post(parent)
    desk.press("Sato", "why", desk.alert("acme").id, parent)
    [entry] = [one for one in desk.slack.workspace.ledger if one.kind == "ephemeral"]
    assert (entry.channel, entry.user) == (channel.id, desk.id("Sato"))


def test_where_nothing_can_be_whispered_a_form_answers(desk: Counter) -> None:
    message = desk.message("Sato")
    desk.slack.workspace.channels[message.channel].members.discard(desk.id("Sato"))
    desk.press("Sato", "why", desk.alert("acme").id, message)
    assert desk.whispers("Sato") == []
    assert "Limit 10 business days" in desk.reads_in_form("Sato")


def test_japanese_is_spoken_to_those_who_read_it(late: World) -> None:
    late.speaking = replace(late.speaking, people={"sato@acme.example": Override(language="ja")})
    with opened(late) as desk:
        alert = desk.alert("acme").id
        desk.press("Sato", "snooze", alert)
        assert "次回商談なし" in desk.reads_in_form("Sato")
        assert "いつまで" in desk.reads_in_form("Sato")
        desk.submit("Sato", date="2026-04-08", reason="火曜に決定")
        assert "4月8日まで通知を休止します。" in desk.reads_in_form("Sato")
        desk.press("Sato", "why", alert)
        [said] = desk.whispers("Sato")
        assert "上限 10営業日" in said.splitlines()
        assert "4月1日: 4月8日まで通知を休止(Sato)「火曜に決定」" in said
        desk.press("Kim", "why", alert)
        assert desk.whispers("Kim")[0].startswith("Only Sato")


# ------------------------------------------------------------------------------------------------- who may


@pytest.mark.security
def test_s13_a_stranger_is_sent_to_the_owner_and_learns_nothing(desk: Counter) -> None:
    alert = desk.alert("acme").id
    for kind in ("snooze", "why"):
        desk.press("Kim", kind, alert)
    assert desk.whispers("Kim") == ["Only Sato, their managers and RevOps can answer here. Please ask Sato."] * 2
    assert desk.form("Kim") is None
    rows = desk.audited(alert, "slack.refused")
    assert {row.actor for row in rows} == {"kim@acme.example"}
    assert sorted(row.after["asked"] for row in rows) == ["snooze", "why"]
    assert desk.alert("acme").state == "open"


@pytest.mark.security
def test_s13_a_form_about_somebody_elses_deal_has_no_effect(desk: Counter) -> None:
    alert = desk.alert("acme").id
    view = {"id": "V1", "callback_id": "stalewatch.snooze", "private_metadata": alert, "state": {"values": {
        "date": {"date": {"type": "datepicker", "selected_date": "2026-04-08"}},
        "reason": {"reason": {"type": "plain_text_input", "value": "mine now"}},
    }}}  # fmt: skip
    body = _form({"type": "view_submission", "user": {"id": desk.id("Kim")}, "view": view})
    answer = desk.post(body)
    assert answer.status_code == 200
    assert "Please ask Sato." in answer.text
    assert "Acme" not in answer.text
    assert desk.alert("acme").state == "open"
    assert len(desk.audited(alert, "slack.refused")) == 1


@pytest.mark.security
def test_s13_owner_manager_and_revops_may(desk: Counter) -> None:
    for name in ("Sato", "Tanaka", "Ops"):
        desk.press(name, "why", desk.alert("acme").id)
        assert desk.whispers(name)[0].startswith("Acme")
    snoozed(desk, "Tanaka")
    assert desk.alert("acme").snoozed_by == "tanaka@acme.example"


@pytest.mark.security
def test_s13_managers_of_managers_may_until_the_day_they_are_not(desk: Counter) -> None:
    suzuki = Person(id="suzuki", name="Suzuki", email="suzuki@acme.example")
    tanaka = Person(id="tanaka", name="Tanaka", email="tanaka@acme.example", manager="suzuki")
    desk.world.crm.people = [SATO, tanaka, suzuki]
    desk.reaches("2026-04-01 13:00")
    alert = desk.alert("acme").id
    desk.press("Suzuki", "why", alert)
    assert desk.whispers("Suzuki")[0].startswith("Acme")
    desk.world.crm.people = [SATO, replace(tanaka, manager=None), suzuki]
    desk.reaches("2026-04-01 14:00")
    desk.press("Suzuki", "why", alert)
    assert desk.whispers("Suzuki")[1].startswith("Only Sato")


@pytest.mark.security
def test_s13_an_address_counts_only_in_a_persons_own_account_of_our_workspace(desk: Counter) -> None:
    alert, identities = desk.alert("acme").id, desk.reception.attendant.inbox.answering.identities
    call = identities.slack.call
    accounts: tuple[dict[str, Any], ...] = (
        {"deleted": True}, {"is_bot": True}, {"team_id": "T0OTHER"}, {"is_email_confirmed": False},
        {"is_restricted": True}, {"is_ultra_restricted": True}, {"is_stranger": True}, {"profile": {}},
    )  # fmt: skip
    for number, trait in enumerate(accounts):
        object.__setattr__(identities, "slack", Other(call, trait))
        desk.later(f"2026-04-01 12:{10 + 2 * number}")
        desk.press("Sato", "why", alert)
        assert desk.whispers("Sato")[-1].startswith("Only Sato"), trait
    object.__setattr__(identities, "slack", Other(call, {}))
    desk.later("2026-04-01 13:00")
    desk.press("Sato", "why", alert)
    assert desk.whispers("Sato")[-1].startswith("Acme")


def test_an_alias_stands_for_an_address(late: World) -> None:
    """Somebody whose Slack account has another address is found by their id under `people:`."""
    late.speaking = replace(late.speaking, people={"sato@acme.example": Override(slack="U00000004")})
    with opened(late) as desk:
        assert desk.id("Kim") == "U00000004"
        desk.press("Kim", "why", desk.alert("acme").id)
        assert desk.whispers("Kim")[0].startswith("Acme")


# ------------------------------------------------------------------------------------------------- once


@pytest.mark.security
def test_s12_the_same_form_twice_has_one_effect_and_one_row_in_the_log(both: Counter) -> None:
    desk = both
    alert = desk.alert("acme").id
    desk.press("Sato", "snooze", alert)
    view = desk.form("Sato")
    assert view is not None
    values = {"date": {"date": {"selected_date": "2026-04-08"}}, "reason": {"reason": {"value": "wait"}}}
    body = _form({"type": "view_submission", "user": {"id": desk.id("Sato")}, "view": view.body(values)})
    first, second = desk.post(body), desk.post(body)
    assert first.json()["response_action"] == "update"
    assert (second.status_code, second.json()) == (200, {"response_action": "clear"})
    desk.later("2026-04-01 12:01")
    assert desk.post(body).json() == {"response_action": "clear"}  # signed anew: still the same form
    assert desk.alert("acme").snoozes == 1
    assert len(desk.audited(alert, "alert.snooze")) == 1


@pytest.mark.security
def test_s12_a_refused_form_that_is_replayed_stays_refused(desk: Counter) -> None:
    """What was wrong when it was sent must not come true when somebody sends the record of it later."""
    view = {"id": "V1", "callback_id": "stalewatch.snooze", "private_metadata": desk.alert("acme").id, "state": {
        "values": {"date": {"date": {"selected_date": "2026-04-16"}}, "reason": {"reason": {"value": "wait"}}}
    }}  # fmt: skip
    body = _form({"type": "view_submission", "user": {"id": desk.id("Sato")}, "view": view})
    stamp = {"X_Slack_Request_Timestamp": str(int(at("2026-04-01 23:59").timestamp()))}
    desk.later("2026-04-01 23:59")
    assert desk.post(body).json()["response_action"] == "errors"
    stamp["X_Slack_Signature"] = signed(desk.slack.signing_secret, stamp["X_Slack_Request_Timestamp"], body)
    desk.later("2026-04-02 00:01")
    assert desk.post(body, **stamp).json() == {"response_action": "clear"}
    assert desk.alert("acme").state == "open"


@pytest.mark.security
def test_s12_the_same_press_twice_is_answered_once_and_forgotten_in_time(desk: Counter) -> None:
    alert = desk.alert("acme").id
    body = _press(desk, "Kim", "why", alert, at="1775012400.000100")
    assert [desk.post(body).status_code for _ in range(2)] == [200, 200]
    assert soon(lambda: not desk.waiting())
    assert len(desk.whispers("Kim")) == 1
    assert len(desk.audited(alert, "slack.refused")) == 1
    with desk.world.db.read() as conn:
        assert inbox.counts(conn)["refused"] == 1
    desk.later("2026-04-01 12:11")
    assert desk.reception.attendant.inbox.tidy() == 1
    desk.later("2026-05-20 12:00")
    assert desk.reception.attendant.inbox.tidy() >= 1


def test_a_double_click_is_one(both: Counter) -> None:
    desk = both
    alert = desk.alert("acme").id
    first, second = (_press(desk, "Sato", "snooze", alert, at=f"1775012400.00010{n}") for n in (0, 5))
    assert desk.post(first).status_code == desk.post(second).status_code == 200
    assert soon(lambda: "Until when?" in desk.reads_in_form("Sato"))
    assert len({one.ts for one in desk.slack.workspace.ledger if one.kind == "view"}) == 1


# ------------------------------------------------------------------------------------------------- the door


@pytest.mark.security
def test_s11_what_slack_did_not_sign_is_refused_and_has_no_effect(desk: Counter) -> None:
    body = _press(desk, "Sato", "why", desk.alert("acme").id, at="1775012400.000100")
    again = urlencode({"payload": json.dumps(json.loads(_payload(body)), separators=(",", ":"))}).encode()
    assert again != body
    right = desk.post(body).request.headers["x-slack-signature"]
    refused = [
        desk.post(body, X_Slack_Signature="v0=" + "0" * 64),
        desk.post(again, X_Slack_Signature=right),
        desk.post(body + b" ", X_Slack_Signature=right),
        desk.post(body, X_Slack_Request_Timestamp=str(int(at("2026-04-01 12:06").timestamp()))),
        desk.post(body, X_Slack_Request_Timestamp="soon"),
        desk.post(body, Authorization="Bearer x", X_Slack_Signature=""),
    ]
    assert {(one.status_code, one.json()["detail"]) for one in refused} == {(401, "Slack did not sign this just now.")}
    assert soon(lambda: not desk.waiting())
    assert len(desk.whispers("Sato")) == 1  # the right one


@pytest.mark.security
def test_s11_headers_that_are_missing_double_or_no_ascii_are_refused(desk: Counter) -> None:
    good = desk.post(b"payload=%7B%7D").request.headers
    stamp, signature = good["x-slack-request-timestamp"], good["x-slack-signature"]
    wrong: list[list[tuple[str, bytes]]] = [
        [],
        [("X-Slack-Signature", signature.encode())],
        [("X-Slack-Request-Timestamp", stamp.encode())],
        [("X-Slack-Signature", signature.encode())] * 2 + [("X-Slack-Request-Timestamp", stamp.encode())],
        [("X-Slack-Signature", signature.encode())] + [("X-Slack-Request-Timestamp", stamp.encode())] * 2,
        [("X-Slack-Signature", signature.encode()), ("X-Slack-Request-Timestamp", "１７７５".encode())],
        [("X-Slack-Signature", b"v0=\xff"), ("X-Slack-Request-Timestamp", stamp.encode())],
    ]
    for headers in wrong:
        encoded = [(name.encode(), value) for name, value in headers]
        assert httpx.post(f"{desk.url}/slack/actions", content=b"payload=%7B%7D", headers=encoded).status_code == 401


@pytest.mark.security
def test_s11_a_huge_body_is_refused_before_it_is_read(desk: Counter) -> None:
    assert desk.post(b"payload=" + b"x" * 600_000).status_code == 413
    large = _form({"type": "block_actions", "user": {"id": "U1"}, "message": {"text": "商" * 40_000}})
    assert 300_000 < len(large) < 500_000
    assert desk.post(large).status_code == 200


def test_what_we_do_not_know_is_acknowledged_and_counted(desk: Counter) -> None:
    bodies = (
        _form({"type": "shortcut", "user": {"id": "U1"}}),
        _form({"type": "view_closed", "user": {"id": "U1"}, "view": {"id": "V1"}}),
        _form({"type": "block_actions", "user": {"id": "U1"}, "actions": [{"action_id": "stalewatch.open"}]}),
        _form({"type": "view_submission", "user": {"id": "U1"}, "view": {"id": "V1", "callback_id": "other"}}),
        _form([1, 2]),
        b"payload=" + b"%5B" * 100_000,
        b"\xff\xfe",
        b"",
    )
    for body in bodies:
        answer = desk.post(body)
        assert (answer.status_code, answer.content) == (200, b""), body[:60]
    with desk.world.db.read() as conn:
        assert inbox.counts(conn) == {"ignored": len(bodies)}


def test_without_a_secret_nothing_is_taken_over_http(late: World) -> None:
    with opened(late, signing_secret="", app_token="xapp-1-A0-0-abc") as desk:  # noqa: S106  # opens nothing
        assert desk.post(b"payload=%7B%7D").status_code == 404


# ------------------------------------------------------------------------------------------------- pieces


class Other:
    """Slack, but people's accounts are of another kind."""

    def __init__(self, call: Any, trait: dict[str, Any]) -> None:
        self._call, self._trait = call, trait

    def call(self, method: str, **arguments: Any) -> Any:
        body = dict(self._call(method, **arguments))
        return body | {"user": {**body["user"], **self._trait}} if method == "users.info" else body


def _form(payload: object) -> bytes:
    return f"payload={quote_plus(json.dumps(payload))}".encode()


def _payload(body: bytes) -> str:
    return parse_qs(body.decode())["payload"][0]


def _press(desk: Counter, name: str, kind: str, alert: str, *, at: str) -> bytes:
    message, user = desk.message(name), desk.id(name)
    return _form({
        "type": "block_actions", "user": {"id": user}, "trigger_id": desk.slack.api.views.trigger(user),
        "container": {"type": "message", "channel_id": message.channel, "message_ts": message.ts},
        "actions": [{"action_id": f"stalewatch.{kind}", "value": alert, "action_ts": at}],
    })  # fmt: skip
