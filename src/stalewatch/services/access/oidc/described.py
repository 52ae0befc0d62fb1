"""What the provider says of itself: where to go, and the keys by which it signs. Asked for once an hour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, RSAKey, import_key

from stalewatch.domain.instants import HOUR, SECOND
from stalewatch.services.access.oidc.refusals import ProviderSilent
from stalewatch.services.access.oidc.wire import Wire

FRESH: Final = HOUR
"""Microseconds for which description and keys are believed: so long may a key live on that the provider withdrew."""
AGAIN: Final = 10 * SECOND
"""A token that names an unknown key lets the keys be fetched anew, at most this often: anybody can name a key."""
_OK: Final = 200


@dataclass(frozen=True, slots=True)
class Description:
    """Where to go. `out` and `userinfo` are None where there is no such thing.

    Attributes:
        posts_secret: the client's secret goes into the body; else into a header.
        names_itself: its answers say from whom they are (RFC 9207).
    """

    authorization: str
    token: str
    keys: str
    userinfo: str | None
    out: str | None
    posts_secret: bool
    names_itself: bool


@dataclass(slots=True)
class _Kept:
    description: Description
    keys: tuple[Key, ...]
    at: int
    keys_at: int


class Described:
    """One provider's word, kept in this process."""

    def __init__(self, issuer: str, wire: Wire) -> None:
        self._issuer, self._wire = issuer, wire
        self._lock = Lock()
        self._kept: _Kept | None = None

    def description(self, now: int) -> Description:
        """Where to go.

        Raises:
            ProviderSilent: it cannot be asked, or it is another provider than the one that is configured.
        """
        return self._fresh(now).description

    def keys(self, named: str | None, now: int) -> Sequence[Key]:
        """The keys that a token may be signed with: of that name, or, if it names none, every one.

        Raises:
            ProviderSilent: they cannot be asked for.
        """
        kept = self._fresh(now)
        found = _named(kept.keys, named)
        if not found and abs(now - kept.keys_at) >= AGAIN:
            with self._lock:
                kept.keys, kept.keys_at = self._read_keys(kept.description), now
            found = _named(kept.keys, named)
        return found

    def _fresh(self, now: int) -> _Kept:
        with self._lock:
            if self._kept is None or not 0 <= now - self._kept.at < FRESH:
                description = self._read()
                self._kept = _Kept(description, self._read_keys(description), now, now)
            return self._kept

    def _read(self) -> Description:
        where = f"{self._issuer.rstrip('/')}/.well-known/openid-configuration"
        status, said = self._wire.ask(self._wire.address(where, "issuer"))
        if status != _OK:
            raise ProviderSilent(f"{where} answered with status {status}: is the issuer right?")
        if said.get("issuer") != self._issuer:
            raise ProviderSilent(f"the provider calls itself {said.get('issuer')!r}, not {self._issuer!r}")
        methods = said.get("token_endpoint_auth_methods_supported")
        return Description(
            authorization=self._wire.address(said.get("authorization_endpoint"), "authorization_endpoint"),
            token=self._wire.address(said.get("token_endpoint"), "token_endpoint"),
            keys=self._wire.address(said.get("jwks_uri"), "jwks_uri"),
            userinfo=self._optional(said, "userinfo_endpoint"),
            out=self._optional(said, "end_session_endpoint"),
            posts_secret=isinstance(methods, list) and "client_secret_post" in methods,
            names_itself=said.get("authorization_response_iss_parameter_supported") is True,
        )

    def _optional(self, said: dict[str, Any], name: str) -> str | None:
        return self._wire.address(said[name], name) if said.get(name) is not None else None

    def _read_keys(self, description: Description) -> tuple[Key, ...]:
        status, said = self._wire.ask(description.keys)
        rows = said.get("keys")
        if status != _OK or not isinstance(rows, list):
            raise ProviderSilent(f"{description.keys} answered with status {status}, and no keys")
        return tuple(key for row in rows if (key := _key(row)) is not None)


def _key(row: object) -> Key | None:
    """A public key to check signatures with; None for everything else that stands among them."""
    if not isinstance(row, dict) or row.get("use", "sig") != "sig" or row.get("kty") not in ("RSA", "EC"):
        return None
    try:
        key = import_key(row)
    except (JoseError, ValueError, TypeError, KeyError):  # one that we cannot read takes nothing from the others
        return None
    return key if isinstance(key, RSAKey | ECKey) else None


def _named(keys: Sequence[Key], name: str | None) -> list[Key]:
    return [key for key in keys if name is None or key.kid == name]
