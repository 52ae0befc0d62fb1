"""Calls to Slack's Web API: once, never repeated by itself, and every way to fail has its name."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from http.client import HTTPException
from traceback import walk_tb
from typing import Any, Final
from urllib.error import URLError

from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.slack_response import SlackResponse

from stalewatch.delivery.slack.errors import UNASKED, refusal
from stalewatch.delivery.slack.waiting import retry_after
from stalewatch.delivery.slack.wire import Wire
from stalewatch.sdk.errors import NotAccepted, NotifierError, OutcomeUnknown, SlowDown

BASE_URL: Final = "https://slack.com/api/"
CALL_SECONDS: Final = 8.0
_PER_CHANNEL: Final = ("chat.postMessage", "chat.update")
"""Methods whose limit is of one channel; every other one is limited for the whole workspace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who a token is for: the workspace's name, the ids of the bot and of its user, and the scopes it was granted.

    `scopes` is None where the answer does not name them.
    """

    team: str
    bot: str
    user: str
    scopes: frozenset[str] | None


class SlackClient:
    """Speaks to one workspace; threads may share it. The token stands in no message and in no repr.

    Args:
        token: a bot token (`xoxb-…`).
        base_url: where the Web API is, with `/api/` at its end.
        timeout: seconds for each step of a call: to connect, to write, to wait for the answer.
    """

    def __init__(self, token: str, *, base_url: str = BASE_URL, timeout: float = CALL_SECONDS) -> None:
        self._wire = Wire(
            token=token,
            base_url=base_url,
            timeout=timeout,  # type: ignore[arg-type]  # passed on to urllib, which takes fractions
            retry_handlers=[],  # the default one posts again after a dropped connection, and doubles messages
            logger=logging.Logger("slack", logging.CRITICAL),  # it would log texts and answers; we raise instead
        )
        self._closed: dict[tuple[str, Any], float] = {}
        self._wire.proxy = None  # slack_sdk reads HTTPS_PROXY and forgets NO_PROXY; urllib itself knows both

    def __repr__(self) -> str:
        return f"SlackClient({self._wire.base_url})"

    def call(self, method: str, **arguments: Any) -> Mapping[str, Any]:
        """Call a method once and return its answer; arguments that are None are left out.

        A method that Slack asked us to leave alone for a while is not called before that is over.

        Raises:
            NotAccepted: and its kinds; Slack certainly did nothing.
            OutcomeUnknown: it may have done it.
        """
        door = method, arguments.get("channel") if method in _PER_CHANNEL else None
        left = self._closed.get(door, 0.0) - time.monotonic()
        if left > 0:
            raise SlowDown("Slack asked us to wait", after=timedelta(seconds=left), where=f"slack {method}")
        try:
            body, _ = self._answer(method, arguments)
        except SlowDown as error:
            self._closed[door] = time.monotonic() + error.after.total_seconds()
            raise
        self._closed.pop(door, None)
        return body

    def identity(self) -> Identity:
        """Who the token is for.

        Raises:
            NotifierError: as for `call`.
        """
        body, headers = self._answer("auth.test", {})
        said = {name.lower(): value for name, value in headers.items()}.get("x-oauth-scopes")
        scopes = None if said is None else frozenset(scope.strip() for scope in said.split(",") if scope.strip())
        team, bot, user = (str(body.get(name) or "") for name in ("team", "bot_id", "user_id"))
        return Identity(team=team, bot=bot, user=user, scopes=scopes)

    def _answer(self, method: str, arguments: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, str]]:
        given = {name: value for name, value in arguments.items() if value is not None}
        structured = any(isinstance(value, (list, dict)) for value in given.values())
        try:
            response = (
                self._wire.api_call(method, json=given) if structured else self._wire.api_call(method, params=given)
            )
        except SlackApiError as error:
            raise _refused(method, error.response) from None  # its words repeat the answer, whatever stands in it
        except (OSError, HTTPException) as error:
            raise _broken(method, error) from error
        except (ValueError, LookupError, AttributeError, TypeError, RecursionError, SlackClientError) as error:
            # the answer is no JSON object, is cut inside a letter, or names a charset that nobody knows
            raise OutcomeUnknown("Slack's answer cannot be read", where=f"slack {method}") from error
        return response.data, response.headers  # type: ignore[return-value]  # bytes come from methods we do not call


def _refused(method: str, response: SlackResponse) -> NotifierError:
    """What an answer without `ok: true` means."""
    where, status, wait = f"slack {method}", response.status_code, retry_after(response.headers)
    if status == 429:
        return SlowDown("Slack asks us to wait", after=wait or UNASKED, where=where)
    if status >= 500:
        return OutcomeUnknown(f"Slack failed on the way (HTTP {status})", where=where)
    return refusal(method, response.data if isinstance(response.data, dict) else {}, wait)


def _broken(method: str, error: OSError | HTTPException) -> NotifierError:
    """A call without an answer: harmless only while there was no connection yet that could carry the request."""
    where = f"slack {method}"
    if _was_connecting(error):
        cure = "look at the network, the proxy and its certificates; it is tried again by itself"
        return NotAccepted(f"Slack cannot be reached: {_reason(error)}", where=where, cure=cure)
    return OutcomeUnknown(f"the connection broke after the request: {_reason(error)}", where=where)


def _was_connecting(error: BaseException) -> bool:
    """Whether it failed to look up the name, to connect, or to agree on TLS.

    urllib wraps failures to connect and failures to write in the same URLError, and a timeout or a reset may be
    either; only the place where it was raised tells them apart.
    """
    reason = error.reason if isinstance(error, URLError) else None
    if not isinstance(reason, BaseException):
        return False
    return any(frame.f_code.co_name == "connect" for frame, _ in walk_tb(reason.__traceback__))


def _reason(error: BaseException) -> str:
    inner = error.reason if isinstance(error, URLError) else error
    said = str(inner) or type(inner).__name__
    return said.splitlines()[0][:200]
