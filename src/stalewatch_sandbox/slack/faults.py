"""Faults of Slack by name: refusals with any word, limits, and answers that never arrive."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Final

from stalewatch_sandbox.serving.exchange import Delivery, Request, Response
from stalewatch_sandbox.serving.faults import Catalogue, Fault
from stalewatch_sandbox.slack.api import PREFIX, SlackApi
from stalewatch_sandbox.slack.socket import LINK
from stalewatch_sandbox.slack.workspace import User

POST: Final = "chat.postMessage"
_PAGE: Final = "<html><head><title>Slack</title></head><body><h1>Server Error</h1></body></html>"


def catalogue(api: SlackApi) -> Catalogue:
    """Every fault that can be armed against this workspace."""
    return {
        "error": refused, "ratelimited": limited, "ratelimited_200": limited_in_body, "html": page,
        "accept_and_drop": accepted_and_dropped, "accept_and_hold": accepted_and_held, "drop": dropped, "late": late,
        "cut": cut, "token": _Switches(api).token, "history_lag": _Switches(api).history,
        "deactivated": _Switches(api).deactivated, "socket_drop": _Switches(api).socket_drop,
        "socket_warning": _Switches(api).socket_warning, "socket_closed": _Switches(api).socket_closed,
    }  # fmt: skip


def on(method: str) -> Callable[[Request], bool]:
    """Calls of one method; "" is every method."""
    return lambda request: request.path == PREFIX + method or (not method and request.path.startswith(PREFIX))


def refused(error: str, method: str = POST, status: int = 200, times: int | None = 1) -> Fault:
    """The method fails with that word."""
    return Fault(on=on(method), instead=lambda _: _said({"ok": False, "error": error}, status), times=times)


def limited(retry_after: str | None = "1", method: str = POST, times: int | None = 1) -> Fault:
    """429 with a Retry-After as given: seconds, a fraction, a date, nonsense, or None for none at all."""
    headers: Mapping[str, str] = {} if retry_after is None else {"Retry-After": retry_after}

    def answer(_: Request) -> Response:
        response = _said({"ok": False, "error": "ratelimited"}, 429)
        return replace(response, headers={**response.headers, **headers})

    return Fault(on=on(method), instead=answer, times=times)


def limited_in_body(error: str = "ratelimited", method: str = POST, times: int | None = 1) -> Fault:
    """200 with ratelimited or message_limit_exceeded in the body, and no header."""
    return refused(error, method, 200, times)


def page(status: int = 200, method: str = POST, times: int | None = 1) -> Fault:
    """A page for people in place of an answer."""
    return Fault(on=on(method), instead=lambda _: Response.text(_PAGE, status), times=times)


def accepted_and_dropped(method: str = POST, times: int | None = 1) -> Fault:
    """The message is there, and the connection is reset before the answer."""
    return _delivered(Delivery.RESET, method, times)


def accepted_and_held(method: str = POST, times: int | None = 1) -> Fault:
    """The message is there, and the answer never comes."""
    return _delivered(Delivery.SILENCE, method, times)


def cut(method: str = POST, times: int | None = 1) -> Fault:
    """The message is there, and the answer breaks off in the middle."""
    return _delivered(Delivery.CUT, method, times)


def dropped(method: str = POST, times: int | None = 1) -> Fault:
    """Nothing happens, and the connection is reset: to a client this looks like accept_and_drop."""
    return Fault(on=on(method), instead=lambda _: Response(delivery=Delivery.RESET, kind="dropped"), times=times)


def late(seconds: float = 1.0, method: str = POST, times: int | None = 1) -> Fault:
    """The answer comes so many seconds later; the message is there at once."""
    return Fault(on=on(method), afterwards=lambda _, response: replace(response, delay=seconds), times=times)


class _Switches:
    """Faults that lie in the workspace itself."""

    def __init__(self, api: SlackApi) -> None:
        self._api = api

    def token(self, error: str = "token_revoked") -> Fault:
        """Every token gets that word: token_revoked, token_expired, account_inactive, invalid_auth, …"""
        bad = self._api.bad_tokens

        def switch() -> Callable[[], None]:
            bad.update(dict.fromkeys([*self._api.tokens, *self._api.app_tokens], error))
            return bad.clear

        return Fault(switch=switch)

    def history(self, seconds: float = 10.0) -> Fault:
        """Messages are not in the history before they are that old."""

        def switch() -> Callable[[], None]:
            before, self._api.history_lag = self._api.history_lag, timedelta(seconds=seconds)
            return lambda: setattr(self._api, "history_lag", before)

        return Fault(switch=switch)

    def deactivated(self, user: str) -> Fault:
        """Somebody's account is closed."""
        member: User = self._api.workspace.users[user]

        def switch() -> Callable[[], None]:
            member.is_deleted = True
            return lambda: setattr(member, "is_deleted", False)

        return Fault(switch=switch)

    def socket_drop(self, times: int | None = 0) -> Fault:
        """Every connection of Socket Mode is reset, and so many new ones as well."""
        return replace(self._socket(self._api.sockets.drop), times=times)

    def socket_warning(self, reason: str = "warning") -> Fault:
        """Every connection is told that it ends soon: warning, refresh_requested or link_disabled."""
        return self._socket(lambda: self._api.sockets.warn(reason))

    def socket_closed(self) -> Fault:
        """Every connection is closed politely."""
        return self._socket(self._api.sockets.close)

    def _socket(self, end: Callable[[], None]) -> Fault:
        def switch() -> Callable[[], None]:
            end()
            return _nothing

        reset = Response(delivery=Delivery.RESET, kind="dropped")
        return Fault(on=lambda request: request.path == LINK, instead=lambda _: reset, switch=switch, times=0)


def _nothing() -> None:
    """What is broken is opened anew by the app."""


def _delivered(delivery: Delivery, method: str, times: int | None) -> Fault:
    return Fault(on=on(method), afterwards=lambda _, response: replace(response, delivery=delivery), times=times)


def _said(body: dict[str, object], status: int) -> Response:
    return replace(Response.json(body, status), weight=1, kind="refused")
