"""`notify.slack`: what is wrong with it is said before anything is called."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from stalewatch import plugins
from stalewatch.delivery.slack import HOSTS, connect, scopes
from stalewatch.delivery.slack.client import BASE_URL
from stalewatch.delivery.slack.errors import ScopeMissing
from stalewatch.delivery.slack.notifier import SlackNotifier
from stalewatch.delivery.slack.options import app_token
from stalewatch.delivery.slack.scopes import EVERY, OPTIONAL, SCOPES, TO_SPEAK
from stalewatch.sdk.errors import ConfigurationError
from stalewatch.sdk.notifier import Action, Entry, Notifier, NotifierSettings
from tests.delivery.slack.workspace import NINE, Stage, message

TOKEN = "xoxb-1-2-abc"  # noqa: S105  # opens nothing


def settings(**options: Any) -> NotifierSettings:
    return NotifierSettings(options={"bot_token": TOKEN, **options}, base=Path(), now=lambda: NINE)


def made(**options: Any) -> Notifier:
    return connect(settings(**options))


def test_it_is_found_by_its_name() -> None:
    assert plugins.notifier("slack") is connect
    assert plugins.hosts(plugins.NOTIFIERS, "slack") == HOSTS == ("slack.com",)


@pytest.mark.parametrize("token", [TOKEN, f" {TOKEN}\n", "xoxe.xoxb-1-abc"])
def test_a_bots_token_is_enough(token: str) -> None:
    notifier = made(bot_token=token)
    assert isinstance(notifier, SlackNotifier)
    assert repr(notifier.client) == f"SlackClient({BASE_URL})"


def test_socket_mode_has_a_token_of_its_own_kind() -> None:
    for told, token in (("xapp-1-A0-b", "xapp-1-A0-b"), (" xapp-1\n", "xapp-1"), (None, ""), ("", "")):
        assert app_token(settings(app_token=told)) == token
    with pytest.raises(ConfigurationError) as caught:
        app_token(settings(app_token=TOKEN))
    assert "xapp-…" in (caught.value.cure or "")
    assert TOKEN not in str(caught.value)


@pytest.mark.security
@pytest.mark.parametrize(
    "token", ["", None, "xoxp-1-a", "xapp-1-a", "Bearer xoxb-1", "xoxb-1\r\nX: y", "xoxb_1", "secret"]
)
def test_s28_a_token_of_another_kind_is_refused_and_not_repeated(token: str | None) -> None:
    """S28: the words of the error do not hold what was written."""
    with pytest.raises(ConfigurationError) as caught:
        made(bot_token=token)
    assert "xoxb-…" in (caught.value.cure or "")
    assert not token or token not in f"{caught.value} {caught.value!r}"
    assert TOKEN not in repr(NotifierSettings(options={"bot_token": TOKEN}, base=Path(), now=lambda: NINE))


def test_a_key_that_is_none_is_told() -> None:
    with pytest.raises(ConfigurationError, match="bot_tokens"):
        made(bot_tokens="x")


@pytest.mark.security
@pytest.mark.parametrize(
    "address",
    [
        "http://slack.com/api/", "https://slack.com.evil.example/api/", "https://evilslack.com/api/",
        "https://evil.example/slack.com/", "https://slack.com@evil.example/", "http://127.0.0.1:1/api/",
    ],
)  # fmt: skip
def test_s16_the_token_goes_to_slack_and_nobody_else(address: str) -> None:
    """S16: another host must be allowed by name."""
    with pytest.raises(ConfigurationError, match="host"):
        made(base_url=address)
    for allowed in (True, "true"):
        assert made(base_url=address, allow_custom_host=allowed)


@pytest.mark.parametrize("address", ["https://slack.com/api/", "https://acme.slack.com/api/", "", None])
def test_slacks_own_addresses_need_no_leave(address: str | None) -> None:
    assert made(base_url=address)


@pytest.mark.parametrize("address", ["slack.com", "file:///etc/passwd", "https://", "ftp://slack.com/"])
def test_what_is_no_address_is_told(address: str) -> None:
    with pytest.raises(ConfigurationError, match="not an address"):
        made(base_url=address, allow_custom_host=True)


@pytest.mark.parametrize(
    ("options", "drawn"),
    [
        ({"signing_secret": "s"}, True), ({"signing_secret": "", "app_token": "xapp-1"}, True),
        ({"signing_secret": "", "app_token": None}, False),
    ],
)  # fmt: skip
def test_buttons_are_drawn_where_somebody_hears_them(stage: Stage, options: dict[str, Any], drawn: bool) -> None:
    entry = Entry(record="c:1", headline="Acme", body="b", actions=(Action(kind="why", label="Why?", alert="a"),))
    stage.notifier(**options).send(message(entries=(entry,)))
    assert any(block["type"] == "actions" for block in stage.posts()[0].blocks) is drawn


def test_scopes_cover_every_method_that_is_called() -> None:
    core, declared = Path(scopes.__file__).parents[2], Path(scopes.__file__)
    spoken = (path for path in core.rglob("*.py") if path != declared and core / "settings" not in path.parents)
    said = " ".join(path.read_text() for path in spoken)  # keys of stalewatch.yaml look like methods: auth.admins
    methods = re.compile(r'"((?:auth|chat|conversations|users|views|dnd|files|reactions)\.[a-zA-Z]+)"')
    assert set(methods.findall(said)) == {*SCOPES, *OPTIONAL}
    assert TO_SPEAK < EVERY


@pytest.mark.parametrize("method", ["chat.postMessage", "conversations.open", "users.lookupByEmail"])
def test_a_method_without_its_scopes_is_refused_by_the_simulated_slack(stage: Stage, method: str) -> None:
    stage.server.api.tokens[stage.server.token] = EVERY - {SCOPES[method][0]}
    with pytest.raises(ScopeMissing, match=SCOPES[method][0].replace(".", r"\.")):
        stage.client().call(method, users=stage.sato, channel=stage.dm, email="sato@acme.example", text="t")
