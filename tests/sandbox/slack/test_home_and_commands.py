"""The Home tab, slash commands and events, as slack_sdk and an app behind an address meet them."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import Clock, SignatureVerifier
from slack_sdk.webhook import WebhookClient

from tests.sandbox.slack.workspaces import NINE, Stage, listening, section

HOME: dict[str, Any] = {"type": "home", "blocks": [section("*Mine*")]}


def refused(call: Any, **named: Any) -> SlackApiError:
    with pytest.raises(SlackApiError) as caught:
        call(**named)
    return caught.value


def test_who_goes_home_is_told_of_and_finds_what_the_app_published(stage: Stage) -> None:
    with listening() as app:
        stage.server.interactions.reach(app.url)
        first = httpx.get(f"{stage.server.url}/home", params={"as": stage.rep}, follow_redirects=True)
        stage.client.views_publish(user_id=stage.rep, view=HOME)
        again = httpx.get(f"{stage.server.url}/home", params={"as": stage.rep}, follow_redirects=True)
        seen = httpx.get(stage.server.url, params={"as": stage.rep, "home": "1"})
    assert "まだ何もありません" in first.text
    assert "<strong>Mine</strong>" in again.text
    assert "<strong>Mine</strong>" in seen.text
    assert len(app.heard) == 2, "to look at it again is no opening"
    events = [json.loads(body)["event"] for _, body in app.heard]
    assert [(one["type"], one["user"], one["tab"], one["channel"]) for one in events] == [
        ("app_home_opened", stage.rep, "home", stage.dm)
    ] * 2
    assert "view" not in events[0]
    assert events[1]["view"]["blocks"] == HOME["blocks"]


def test_a_home_that_cannot_be_published_is_refused_by_name(stage: Stage) -> None:
    publish, workspace = stage.client.views_publish, stage.server.workspace
    shown = publish(user_id=stage.rep, view=HOME)["view"]
    assert publish(user_id=stage.rep, view=HOME, hash=shown["hash"])["view"]["id"] == shown["id"]
    assert refused(publish, user_id=stage.rep, view=HOME, hash=shown["hash"]).response["error"] == "hash_conflict"
    gone = workspace.join("Gone", "gone@example.com")
    gone.is_deleted = True
    for user in (gone.id, "U404", "U0STALEBOT"):
        answer = refused(publish, user_id=user, view=HOME).response
        assert (answer["error"], answer["response_metadata"]["messages"]) == (
            "invalid_arguments", ["[ERROR] invalid `user_id`"]
        )  # fmt: skip
    many = {**HOME, "blocks": [section("x")] * 101}
    assert "no more than 100" in str(refused(publish, user_id=stage.rep, view=many).response["errors"])
    large = {**HOME, "blocks": [section("x" * 2_900)] * 90}
    assert refused(publish, user_id=stage.rep, view=large).response["error"] == "view_too_large"
    workspace.has_home = False
    assert refused(publish, user_id=stage.rep, view=HOME).response["error"] == "not_enabled"


def test_a_command_is_answered_at_its_own_address_five_times_in_half_an_hour(stage: Stage) -> None:
    with listening() as app:
        stage.server.interactions.reach(app.url)
        stage.server.interactions.command(stage.rep, stage.dm, "/stalewatch", "due soon")
    headers, body = app.heard[0]
    assert SignatureVerifier(stage.server.signing_secret, _Then()).is_valid_request(body, headers)
    said = {name: values[0] for name, values in parse_qs(body.decode()).items()}
    assert (said["command"], said["text"], said["user_id"]) == ("/stalewatch", "due soon", stage.rep)
    hook = WebhookClient(said["response_url"], retry_handlers=[])
    answers = [hook.send(text=f"answer {number}", response_type="ephemeral").status_code for number in range(6)]
    assert answers == [200] * 5 + [404]
    seen = [one for one in stage.server.workspace.ledger if one.kind == "ephemeral"]
    assert [(one.text, one.user, one.channel) for one in seen] == [
        (f"answer {number}", stage.rep, stage.dm) for number in range(5)
    ]


def test_an_address_for_answers_grows_old(stage: Stage) -> None:
    with listening() as app:
        stage.server.interactions.reach(app.url)
        stage.server.interactions.command(stage.rep, stage.dm, "/stalewatch", "")
    url = parse_qs(app.heard[0][1].decode())["response_url"][0]
    stage.server.board.clock.advance(timedelta(minutes=31))
    assert (httpx.post(url, json={"text": "late"}).json()["error"]) == "expired_url"


def test_an_event_that_nobody_acknowledges_is_told_again_three_times(stage: Stage) -> None:
    people, clock = stage.server.interactions, stage.server.board.clock
    with listening() as app:
        people.reach(app.url)
        app.status = 500
        assert people.open_home(stage.rep).status == 500
        told = [people.tell_again()]
        for minutes in (0, 1, 5, 60):
            clock.advance(timedelta(minutes=minutes))
            told.append(people.tell_again())
    assert told == [1, 0, 1, 1, 0]
    marks = [(headers.get("X-Slack-Retry-Num"), headers.get("X-Slack-Retry-Reason")) for headers, _ in app.heard]
    assert marks == [(None, None), ("1", "http_error"), ("2", "http_error"), ("3", "http_error")]
    assert len({json.loads(body)["event_id"] for _, body in app.heard}) == 1
    assert len({headers["X-Slack-Signature"] for headers, _ in app.heard}) > 1
    assert people.untold == []


def test_an_address_of_events_is_verified_by_what_it_says_back(stage: Stage) -> None:
    people = stage.server.interactions
    with listening() as app:
        app.answer = b"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"
        assert people.verify(app.url)
        app.answer = b'{"challenge": "another"}'
        assert not people.verify(app.url)
    assert json.loads(app.heard[0][1])["type"] == "url_verification"


def test_guests_and_strangers_are_told_as_such(stage: Stage) -> None:
    guest = stage.server.workspace.join("Guest", "guest@example.com", zone="Europe/Berlin", locale="de-DE")
    guest.is_guest = True
    stranger = stage.server.workspace.join("Other", "other@elsewhere.example")
    stranger.is_stranger = True
    told = stage.client.users_info(user=guest.id, include_locale=True)["user"]
    assert (told["is_restricted"], told["is_stranger"], told["locale"], told["tz"]) == (
        True, False, "de-DE", "Europe/Berlin"
    )  # fmt: skip
    assert stage.client.users_info(user=stranger.id)["user"]["is_stranger"]


class _Then(Clock):
    """The verifier's clock, at the time that the stage has."""

    def now(self) -> float:
        return NINE.timestamp()
