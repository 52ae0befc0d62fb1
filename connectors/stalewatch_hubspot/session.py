"""The token of a connection: one that lasts, or one of an OAuth app that is renewed by one thread for all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Final

import msgspec

from stalewatch.sdk.errors import TryLater
from stalewatch.sdk.network import is_sendable
from stalewatch.sdk.vault import RefreshToken, Vault
from stalewatch_hubspot.options import Auth

EARLY: Final = 300.0
"""Seconds before its end at which a token is renewed."""

Exchange = Callable[[Mapping[str, str]], bytes]
"""Posts a form to the token endpoint and returns the answer."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token; `number` counts the renewals, `ends` is on the monotonic clock."""

    value: str
    number: int
    ends: float = float("inf")

    def __repr__(self) -> str:
        return f"Token({self.number})"


class _Granted(msgspec.Struct):
    access_token: str
    expires_in: float = 1800.0
    refresh_token: str | None = None


class Session:
    """Keeps the present token.

    Attributes:
        refresh: what it is renewed with; the operator's, or what came in its place.
    """

    def __init__(self, auth: Auth, exchange: Exchange, monotonic: Callable[[], float], vault: Vault) -> None:
        self._auth, self._exchange, self._monotonic = auth, exchange, monotonic
        self.refresh = RefreshToken(vault, auth.refresh_token, is_lenient=True)
        self._lock = Lock()
        self._token = None if auth.is_renewable else Token(auth.token, 0)

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not be shown to anybody."""
        token = self._token
        return (self._auth.token, self._auth.client_secret, *self.refresh.known, token.value if token else "")

    @property
    def can_renew(self) -> bool:
        """Whether a refused token can be exchanged for another."""
        return self._auth.is_renewable

    def token(self) -> Token:
        """A token that is good for a while. Raises what the exchange raises."""
        with self._lock:
            if self._token is None or self._monotonic() >= self._token.ends - EARLY:
                self._token = self._renewed((self._token.number if self._token else 0) + 1)
            return self._token

    def instead_of(self, stale: Token) -> Token:
        """A token newer than this one, which was refused. Raises what the exchange raises."""
        with self._lock:
            if self._token is None or self._token.number <= stale.number:
                self._token = self._renewed(stale.number + 1)
            return self._token

    def _renewed(self, number: int) -> Token:
        """Another token. HubSpot rarely replaces the refresh token; if it does, that is kept before anything else."""
        with self.refresh.alone():
            form = {
                "grant_type": "refresh_token", "client_id": self._auth.client_id,
                "client_secret": self._auth.client_secret, "refresh_token": self.refresh.read(),
            }  # fmt: skip
            try:
                granted = msgspec.json.decode(self._exchange(form), type=_Granted)
            except (msgspec.DecodeError, RecursionError) as error:
                raise TryLater("HubSpot answered half a token") from error
            self.refresh.keep(granted.refresh_token)
            if not is_sendable(granted.access_token):
                raise TryLater("HubSpot answered a token that is none")
        return Token(granted.access_token, number, self._monotonic() + granted.expires_in)
