"""The one token of a connection: however many threads meet an expired session, one of them logs in."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

from stalewatch.sdk.errors import NeedsReconnect
from stalewatch_salesforce.auth import Token

Login = Callable[[int], Token]
"""Logs in and answers the token, which gets the number that is given."""


class Session:
    """Keeps a token until it is refused."""

    def __init__(self, login: Login) -> None:
        self._login = login
        self._lock = Lock()
        self._token: Token | None = None

    @property
    def known(self) -> Token | None:
        """The present token, without asking for one."""
        return self._token

    def token(self) -> Token:
        """The present token; logs in if there is none. Raises what the login raises."""
        with self._lock:
            return self._token or self._renewed(1)

    def instead_of(self, stale: Token) -> Token:
        """A token newer than this one, which was refused. Raises what the login raises."""
        with self._lock:
            current = self._token
            if current is not None and current.number > stale.number:
                return current
            return self._renewed(stale.number + 1)

    def reject(self, fresh: Token, words: str) -> NeedsReconnect:
        """A token that had just been issued was refused: logging in again would only lock the user."""
        return NeedsReconnect(
            f"Salesforce refuses a session that it has just issued: {words}",
            cure="The integration user needs “API Enabled”, and the app the scope “api”.",
        )

    def _renewed(self, number: int) -> Token:
        self._token = self._login(number)
        return self._token
