"""`/stalewatch`, typed for real: what it answers to whom, by either door, and where an answer never goes."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlencode

import pytest

from stalewatch.delivery.slack.responding import Responder
from stalewatch.sdk.errors import OutcomeUnknown, SlowDown, TargetGone
from stalewatch.store import inbox
from stalewatch_sandbox.slack.api import APP_TOKEN
from tests.patience import soon
from tests.sandbox.slack.workspaces import listening
from tests.services.world import World
from tests.web.reception import Counter, opened


def used(desk: Counter, name: str, text: str = "", answer_to: str = "", trigger: str = "1.2") -> bytes:
    """The command as a request; its answer would go anywhere."""
    channel = desk.slack.workspace.direct(desk.id(name)).id
    return urlencode({
        "command": "/stalewatch", "text": text, "user_id": desk.id(name), "channel_id": channel, "trigger_id": trigger,
        "response_url": answer_to,
    }).encode()  # fmt: skip


def test_it_shows_a_rep_what_is_late_what_comes_and_what_it_understands(desk: Counter) -> None:
    mine = desk.types("Sato", "")
    assert mine.startswith("1 deal needs a next step from you\n*Acme · Discovery*")
    assert "On hold until…" in mine, "what is shown can be answered"
    assert "1 deal falls due within 14 days\n*Young · Discovery*" in desk.types("Sato", "due soon 14d")
    assert desk.types("Sato", "まもなく").startswith("Nothing falls due within 7 days")
    assert "*/stalewatch due soon*" in desk.types("Sato", "help")
    assert "*/stalewatch team*" not in desk.types("Sato", "help"), "who has no team is not told of one"
    assert "That word is not known here." in desk.types("Sato", "<!channel> delete")
    assert "Nobody reports to you in the CRM" in desk.types("Sato", "team")
    said = [one for one in desk.slack.workspace.ledger if one.kind in ("post", "ephemeral")]
    assert {one.kind for one in said} == {"ephemeral"}, "only who typed sees it"


def test_a_manager_asks_for_the_team_and_one_who_sells_nothing_need_not_say_so(desk: Counter) -> None:
    for text in ("team", "チーム", ""):
        assert desk.types("Tanaka", text).startswith("Your team: 1 deal needs a next step\n*Sato* · 1 without")
    assert desk.types("Ops", "team").startswith("Everybody: 1 deal")
    assert "*/stalewatch team*" in desk.types("Tanaka", "help")


def test_it_is_answered_in_the_language_of_whoever_types(desk: Counter) -> None:
    desk.slack.workspace.users[desk.id("Sato")].locale = "ja-JP"
    assert desk.types("Sato", "自分").startswith("次の一歩が必要な案件が1件あります")
    assert "/stalewatch の使い方" in desk.types("Sato", "help")


@pytest.mark.security
def test_s13_a_stranger_learns_nothing(desk: Counter) -> None:
    desk.slack.workspace.users[desk.id("Sato")].is_guest = True
    for text in ("", "due soon 90d", "team", "help"):
        said = desk.types("Sato", text)
        assert said.startswith("We have not met yet")
        assert "Acme" not in said
    assert "No open deal or lead in the CRM is in your name." in desk.types("Kim", "")


@pytest.mark.security
@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/commands/T/1/x", "https://hooks.slack.com.evil.example/x", "https://hooks.slack.com@evil.example/x",
        "http://hooks.slack.com/x", "https://hooks.slack.com:8443/x", "file:///etc/passwd", "http://169.254.169.254/latest",
        "gopher://hooks.slack.com/", "https://[::1", "",
    ],
)  # fmt: skip
def test_s16_an_answer_goes_to_slack_and_nowhere_else(address: str) -> None:
    with pytest.raises(TargetGone):
        Responder("https://slack.com/api/")(address, {"text": "Acme"})


@pytest.mark.security
def test_s16_an_answer_is_not_sent_on_to_where_the_address_leads(desk: Counter) -> None:
    with listening() as elsewhere:
        assert desk.post(used(desk, "Sato", answer_to=elsewhere.url), "/slack/commands").status_code == 200
        assert soon(lambda: not desk.waiting())
        assert elsewhere.heard == []
    assert len(desk.whispers("Sato")) == 1, "who typed is told where they did"


def test_an_answer_that_comes_too_late_for_its_address_is_whispered(desk: Counter) -> None:
    gone = f"{desk.slack.url}/response/never-given"
    assert desk.post(used(desk, "Sato", answer_to=gone), "/slack/commands").status_code == 200
    assert soon(lambda: not desk.waiting())
    assert desk.whispers("Sato")[0].startswith("1 deal needs a next step from you")


def test_each_answer_of_slack_to_an_answer_has_its_name() -> None:
    with listening() as app:
        own = Responder(f"{app.url}/")
        for status, error in ((429, SlowDown), (500, OutcomeUnknown), (404, TargetGone), (302, TargetGone)):
            app.status = status
            with pytest.raises(error):
                own(app.url, {"text": "x"})
        app.status = 200
        own(app.url, {"text": "x"})
    with pytest.raises(OutcomeUnknown):
        own(app.url, {"text": "x"})


@pytest.mark.security
def test_s12_a_command_sent_again_has_one_answer(desk: Counter) -> None:
    body = used(desk, "Sato")
    for _ in range(2):
        assert desk.post(body, "/slack/commands").status_code == 200
    desk.later("2026-04-01 12:01")
    assert desk.post(body, "/slack/commands").status_code == 200
    assert soon(lambda: not desk.waiting())
    assert len(desk.whispers("Sato")) == 1
    with desk.world.db.read() as conn:
        assert inbox.counts(conn) == {"answered": 1}


def test_slack_looking_whether_anybody_is_there_is_acknowledged(desk: Counter) -> None:
    for body in (b"ssl_check=1&token=x", b"", b"\xff\xfe"):
        answer = desk.post(body, "/slack/commands")
        assert (answer.status_code, answer.content) == (200, b"")


def test_all_of_it_works_over_the_socket(late: World) -> None:
    late.speaking = replace(late.speaking, public_url="https://watch.acme.example")
    with opened(late, signing_secret="", app_token=APP_TOKEN) as desk:
        assert soon(lambda: desk.slack.api.sockets.is_connected)
        assert desk.types("Sato", "").startswith("1 deal needs a next step from you")
        assert "*Acme · Discovery*" in desk.goes_home("Sato")
        assert "Everybody: 1 deal" in desk.goes_home("Ops")
        assert "Sato: 1 deal" in desk.chooses("Ops", "person:sato@acme.example")
        assert desk.slack.interactions.untold == [], "each envelope is acknowledged"
        assert desk.post(b"payload=%7B%7D", "/slack/events").status_code == 404
