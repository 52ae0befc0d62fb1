"""App Home, opened for real: what a rep, a manager and RevOps see there, and who learns nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stalewatch.delivery.slack.events import Opened
from stalewatch.domain.directory import Directory, Person
from stalewatch.domain.policies import Override
from stalewatch.sdk.errors import TargetGone
from stalewatch.services.answering.identity import Somebody, seen_by
from stalewatch.store import inbox
from tests.altered import replace
from tests.patience import soon
from tests.services.world import SATO, TANAKA, World
from tests.web.reception import Counter, opened


def outcomes(desk: Counter) -> dict[str, int]:
    with desk.world.db.read() as conn:
        return inbox.counts(conn)


def opening(desk: Counter, name: str, event: str = "Ev1") -> bytes:
    told = {"type": "app_home_opened", "user": desk.id(name), "tab": "home"}
    return json.dumps({"type": "event_callback", "event_id": event, "event": told}).encode()


# ------------------------------------------------------------------------------------------------- what is seen


def test_a_rep_sees_what_is_late_with_the_buttons_of_messages(desk: Counter) -> None:
    said = desk.goes_home("Sato")
    assert said.startswith("1 deal needs a next step from you\n*Acme · Discovery*\nAcme has no next meeting.")
    for label in ("Next meeting booked", "On hold until…", "Snooze", "Why?"):
        assert label in said
    assert "Whose deals?" not in said, "there is nobody else to choose"
    assert "As of 1 Apr 12:00; data just read" in said


def test_an_answer_given_there_is_seen_there(desk: Counter) -> None:
    desk.goes_home("Sato")
    home = desk.slack.api.views.home_of(desk.id("Sato"))
    assert home is not None
    menu = {"type": "overflow", "action_id": "stalewatch.more", "block_id": "b"}
    chosen = {**menu, "selected_option": {"value": f"snooze:{desk.alert('acme').id}"}}
    desk.slack.interactions.press(desk.id("Sato"), home, chosen)
    assert soon(lambda: desk.form("Sato") is not None and not desk.waiting())
    assert desk.submit("Sato", date="2026-04-08", reason="They decide on Tuesday.")["response_action"] == "update"
    assert soon(lambda: "Nothing needs a next step right now" in desk.reads_at_home("Sato"))
    said = desk.reads_at_home("Sato")
    assert "*Answered, and not over*\n*Acme · Discovery*" in said
    assert "Snoozed until 8 Apr (Sato)" in said


def test_a_manager_sees_the_team_first_by_name_and_can_look_at_one_of_them(desk: Counter) -> None:
    said = desk.goes_home("Tanaka")
    assert "Your team: 1 deal needs a next step" in said
    assert "*Sato* · 1 without a next step" in said
    assert "*Look at these first*\n*Acme · Discovery · Sato*" in said
    assert [line for line in said.split("\n") if line in ("My team", "My own deals", "Sato")][:3] == [
        "My team", "My own deals", "Sato",
    ]  # fmt: skip
    assert "Sato: 1 deal needs a next step\n*Acme · Discovery*" in desk.chooses("Tanaka", "person:sato@acme.example")
    assert "Sato: 1 deal" in desk.goes_home("Tanaka"), "what was chosen is kept"
    assert "No open deal or lead in the CRM is in your name." in desk.chooses("Tanaka", "mine")


def test_revops_sees_everybody(desk: Counter) -> None:
    assert "Everybody: 1 deal needs a next step" in desk.goes_home("Ops")
    assert "Sato: 1 deal needs a next step" in desk.chooses("Ops", "person:sato@acme.example")


def test_everybody_reads_it_in_the_language_of_their_slack(late: World) -> None:
    late.speaking = replace(late.speaking, people={"tanaka@acme.example": Override(language="en")})
    with opened(late) as desk:
        for name in ("Sato", "Tanaka"):
            desk.slack.workspace.users[desk.id(name)].locale = "ja-JP"
        assert desk.goes_home("Sato").startswith("次の一歩が必要な案件が1件あります")
        assert "Your team: 1 deal" in desk.goes_home("Tanaka"), "`people:` goes before Slack"


# ------------------------------------------------------------------------------------------------- who may


@pytest.mark.security
def test_s13_whoever_is_no_member_of_ours_learns_nothing(desk: Counter) -> None:
    users = desk.slack.workspace.users
    users[desk.id("Sato")].is_guest = True
    users[desk.id("Tanaka")].is_stranger = True
    users[desk.id("Ops")].email = ""
    for name in ("Sato", "Tanaka", "Ops"):
        said = desk.goes_home(name)
        assert said.startswith("We have not met yet"), name
        assert "Acme" not in said
        assert "Sato" not in said


@pytest.mark.security
def test_s13_an_address_that_is_on_no_record_sees_an_empty_list(desk: Counter) -> None:
    said = desk.goes_home("Kim")
    assert "No open deal or lead in the CRM is in your name." in said
    assert "Acme" not in said


@pytest.mark.security
@pytest.mark.parametrize("shows", ["team", "all", "person:tanaka@acme.example", "person:", "crm:tanaka", "x" * 150])
def test_s9_nobody_sees_by_a_choice_of_their_own_making_what_is_not_theirs(desk: Counter, shows: str) -> None:
    desk.goes_home("Kim")
    for name in ("Kim", "Sato"):
        said = desk.chooses(name, shows) if desk.slack.api.views.home_of(desk.id(name)) else desk.goes_home(name)
        assert ("Acme" in said) is (name == "Sato")


@pytest.mark.security
def test_s10_a_choice_that_was_kept_shows_nothing_once_the_rep_has_another_manager(desk: Counter) -> None:
    desk.goes_home("Tanaka")
    assert "Acme" in desk.chooses("Tanaka", "person:sato@acme.example")
    desk.world.crm.people[:] = [replace(SATO, manager=None), TANAKA]
    desk.world.syncs()
    said = desk.goes_home("Tanaka")
    assert "Acme" not in said
    assert "Sato" not in said


@pytest.mark.security
def test_s13_who_left_between_opening_and_publishing_is_not_waited_for(desk: Counter) -> None:
    desk.slack.workspace.users[desk.id("Sato")].is_deleted = True
    assert desk.goes_home("Sato") == ""
    assert outcomes(desk) == {"gone": 1}


def test_an_app_without_a_home_tab_is_not_asked_again(desk: Counter) -> None:
    desk.slack.workspace.has_home = False
    assert desk.goes_home("Sato") == ""
    assert outcomes(desk)["gone"] == 1


def test_a_layout_that_slack_refuses_leaves_the_way_to_the_list(late: World) -> None:
    late.speaking = replace(late.speaking, public_url="https://watch.acme.example")
    with opened(late) as desk:
        slack = desk.reception.attendant.inbox.screens.slack  # type: ignore[union-attr]
        refused = Choosy(slack)
        object.__setattr__(desk.reception.attendant.inbox.screens, "slack", refused)
        said = desk.goes_home("Sato")
        assert said.startswith("1 deal needs a next step from you")
        assert "Open the whole list" in said
        assert "Acme" not in said
        assert outcomes(desk) == {"shown_barely": 1}


# ------------------------------------------------------------------------------------------------- the door


@pytest.mark.security
def test_s12_an_event_that_slack_tells_again_has_one_effect(desk: Counter) -> None:
    body = opening(desk, "Sato")
    first = desk.post(body, "/slack/events")
    again = desk.post(body, "/slack/events")
    desk.later("2026-04-01 12:01")
    later = desk.post(body, "/slack/events", X_Slack_Retry_Num="1", X_Slack_Retry_Reason="http_timeout")
    assert [(one.status_code, one.content) for one in (first, again, later)] == [(200, b"")] * 3
    assert soon(lambda: not desk.waiting())
    assert [one.kind for one in desk.slack.workspace.ledger] == ["home"]
    assert outcomes(desk) == {"shown": 1}


@pytest.mark.security
@pytest.mark.parametrize("path", ["/slack/events", "/slack/commands"])
def test_s11_what_slack_did_not_sign_is_refused_at_every_door(desk: Counter, path: str) -> None:
    body = opening(desk, "Sato") if path == "/slack/events" else b"user_id=U1&trigger_id=1.2&text=mine"
    right = desk.post(b"{}", "/slack/events").request.headers["x-slack-signature"]
    anew = json.dumps(json.loads(body), indent=1).encode() if path == "/slack/events" else body + b"&x=1"
    refused = [
        desk.post(body, path, X_Slack_Signature="v0=" + "0" * 64),
        desk.post(body, path, X_Slack_Signature=right),
        desk.post(anew, path, X_Slack_Signature=desk.post(body, "/healthz").request.headers["x-slack-signature"]),
        desk.post(body, path, X_Slack_Request_Timestamp="1"),
        desk.post(body, path, Authorization="Bearer x", X_Slack_Signature=""),
    ]
    assert {one.status_code for one in refused} == {401}
    assert desk.post(b"x" * 600_000, path).status_code == 413
    assert soon(lambda: not desk.waiting())
    assert desk.slack.workspace.ledger == []


def test_slack_is_answered_what_it_said_to_prove_the_address(desk: Counter) -> None:
    assert desk.slack.interactions.verify(f"{desk.url}/slack/events")
    asked = {"type": "url_verification", "challenge": "<script>alert(1)</script>"}
    assert desk.post(json.dumps(asked).encode(), "/slack/events").text == ""


def test_what_we_do_not_know_is_acknowledged(desk: Counter) -> None:
    for body in (b"", b"[" * 100_000, b"\xff", b'{"type":"event_callback","event":{"type":"message"}}'):
        answer = desk.post(body, "/slack/events")
        assert (answer.status_code, answer.content) == (200, b"")
    assert set(outcomes(desk)) == {"ignored"}


def test_what_was_acknowledged_by_a_process_that_died_is_shown_by_the_next(desk: Counter) -> None:
    here = desk.reception.attendant.inbox
    row = here.receive(Opened(user=desk.id("Sato"), event="Ev9")).work
    assert row is not None
    assert desk.reads_at_home("Sato") == ""  # killed here: Slack has its answer
    assert desk.reception.attendant.inbox.work() == ["shown"]
    assert "Acme" in desk.reads_at_home("Sato")
    assert here.receive(Opened(user=desk.id("Sato"), event="Ev9")).work is None


# ------------------------------------------------------------------------------------------------- the law


@pytest.mark.security
@given(managers=st.lists(st.integers(0, 7) | st.none(), min_size=8, max_size=8), mine=st.sets(st.integers(0, 7)))
def test_s9_who_is_shown_a_persons_deals_is_who_may_answer_for_them(managers: list[int | None], mine: set[int]) -> None:
    people = Directory(people={
        str(key): Person(key=str(key), name=f"P{key}", manager=None if above is None else str(above))
        for key, above in enumerate(managers)
    })  # fmt: skip
    somebody = Somebody(slack="U", actor="x", keys=frozenset(map(str, mine)))
    seen = seen_by(somebody, people)
    assert seen is not None
    assert seen.owners == somebody.keys | {key for key in people.people if somebody.keys & set(_upwards(key, people))}


def _upwards(key: str, people: Directory) -> list[str]:
    """Somebody and everybody above them."""
    line: list[str] = []
    above: str | None = key
    while above is not None and above not in line:
        line.append(above)
        above = people.people[above].manager
    return line


class Choosy:
    """Slack, but no view with more than a few blocks is good enough."""

    def __init__(self, slack: Any) -> None:
        self._slack = slack

    def call(self, method: str, **arguments: Any) -> Any:
        if method == "views.publish" and len(arguments["view"]["blocks"]) > 3:
            arguments["view"]["blocks"] *= 40
        if method == "chat.postEphemeral":
            raise TargetGone("nowhere")
        return self._slack.call(method, **arguments)
