"""`notify.slack`: its keys, checked before anything is called."""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import urlsplit

from stalewatch.delivery.slack import HOSTS
from stalewatch.delivery.slack.client import BASE_URL, CALL_SECONDS, SlackClient
from stalewatch.sdk.errors import ConfigurationError
from stalewatch.sdk.notifier import NotifierSettings

KEYS: Final = ("bot_token", "signing_secret", "app_token", "base_url", "allow_custom_host")
_BOT: Final = re.compile(r"(xoxe\.)?xoxb-[A-Za-z0-9-]+")
_APP: Final = re.compile(r"xapp-[A-Za-z0-9-]+")
_WHERE: Final = "notify.slack"


def client(settings: NotifierSettings, *, timeout: float = CALL_SECONDS) -> SlackClient:
    """Who speaks to the workspace of `notify.slack`; `timeout` is in seconds for each step of a call.

    Raises:
        ConfigurationError: a key is unknown, the token is none of a bot, or the address is somebody else's.
    """
    _check_keys(settings)
    return SlackClient(_token(settings), base_url=_address(settings), timeout=timeout)


def hears_answers(settings: NotifierSettings) -> bool:
    """Whether anybody would notice a pressed button: by signed requests, or by Socket Mode."""
    return bool(_text(settings, "signing_secret") or _text(settings, "app_token"))


def signing_secret(settings: NotifierSettings) -> str:
    """What Slack signs its requests with; "" if none are taken."""
    return _text(settings, "signing_secret")


def app_token(settings: NotifierSettings) -> str:
    """The token of Socket Mode; "" without it.

    Raises:
        ConfigurationError: it is another kind of token.
    """
    token = _text(settings, "app_token")
    if token and not _APP.fullmatch(token):
        cure = "copy the App-Level Token (xapp-…) with the scope connections:write (docs/slack.md)"
        raise ConfigurationError("app_token is not the token of an app", where=_WHERE, cure=cure)
    return token


def base_url(settings: NotifierSettings) -> str:
    """Where the Web API is.

    Raises:
        ConfigurationError: it is no address, or somebody else's.
    """
    return _address(settings)


def _check_keys(settings: NotifierSettings) -> None:
    unknown = sorted(set(settings.options) - set(KEYS))
    if unknown:
        raise ConfigurationError(
            f"there is no key {unknown[0]!r}", where=_WHERE, cure=f"write one of: {', '.join(KEYS)}"
        )


def _token(settings: NotifierSettings) -> str:
    token, cure = _text(settings, "bot_token"), "copy the Bot User OAuth Token (xoxb-…) of your app (docs/slack.md)"
    if not token:
        raise ConfigurationError("there is no bot_token", where=_WHERE, cure=cure)
    if not _BOT.fullmatch(token):
        raise ConfigurationError("bot_token is not the token of a bot", where=_WHERE, cure=cure)
    return token


def _address(settings: NotifierSettings) -> str:
    address = _text(settings, "base_url") or BASE_URL
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigurationError("base_url is not an address", where=_WHERE, cure=f"leave it out, or write {BASE_URL}")
    is_own = parts.scheme == "https" and any(f".{parts.hostname}".endswith(f".{host}") for host in HOSTS)
    if not is_own and not _is_true(settings.options.get("allow_custom_host")):
        cure = "if you mean it, write `allow_custom_host: true` beside it: the token is sent there"
        raise ConfigurationError(f"{parts.hostname} is not Slack's own host", where=_WHERE, cure=cure)
    return address


def _text(settings: NotifierSettings, key: str) -> str:
    return str(settings.options.get(key) or "").strip()


def _is_true(value: Any) -> bool:
    """`true`, also where it came out of a variable and is text."""
    return value is True or str(value).lower() == "true"
