"""What is posted for a token, by client credentials, JWT bearer or refresh token, and what a refusal means."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final

import msgspec
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from stalewatch.sdk.errors import ConfigurationError, NeedsReconnect
from stalewatch_salesforce.options import REFRESH, Auth

TOKEN_PATH: Final = "/services/oauth2/token"  # noqa: S105  # an address
_LIFE: Final = timedelta(minutes=2)
"""How long a JWT is good for; Salesforce takes at most three minutes, by its own clock."""
_GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_CURES: Final = (
    ("hasn't approved", "In the app's OAuth policies set “Admin approved users are pre-authorized” and add the user."),
    ("invalid assertion", "Three causes: the clock of this machine, the audience, or the certificate of the app."),
    ("audience", "Use https://login.salesforce.com as `audience`, or https://test.salesforce.com for a sandbox."),
    ("no client credentials user", "Enable the client credentials flow of the app and choose its run-as user."),
    ("request not supported on this domain", "client_credentials needs your My Domain address as login_url."),
    (
        "expired access/refresh token",
        "It was revoked, has expired, or was used twice: authorize the app again, and write the new `refresh_token`.",
    ),
    ("invalid_client", "client_id or client_secret is wrong, or the secret was rotated."),
)


@dataclass(frozen=True, slots=True)
class Token:
    """What a login brought.

    Attributes:
        base: the instance that takes it; every token response names it anew.
        user: id of the integration user, "" if the response did not tell.
        org: id of the org, likewise.
    """

    value: str = field(repr=False)
    base: str
    user: str
    number: int
    org: str = ""

    @property
    def account(self) -> str:
        """What all connections to one org have in common."""
        return f"salesforce:{self.org or self.base}"

    def __repr__(self) -> str:
        return f"Token(number {self.number} for {self.base})"


class TokenAnswer(msgspec.Struct):
    """The part of a token response that we read."""

    access_token: str
    instance_url: str
    id: str = ""
    refresh_token: str | None = None

    def token(self, base: str, number: int) -> Token:
        """The token, for an instance whose address was checked. `id` is an address that ends in org and user."""
        *_, org, user = ("", "", *self.id.split("/"))
        return Token(self.access_token, base, user, number, org)


def form(auth: Auth, now: float, refresh_token: str) -> dict[str, str]:
    """What to post for a token.

    Args:
        now: the server's time in seconds since 1970.
        refresh_token: the present one, for the flow of that name.

    Raises:
        ConfigurationError: the private key cannot be used.
    """
    if auth.flow == "client_credentials":
        return {
            "grant_type": "client_credentials", "client_id": auth.client_id, "client_secret": auth.client_secret,
        }  # fmt: skip
    if auth.flow == REFRESH:
        secret = {"client_secret": auth.client_secret} if auth.client_secret else {}
        return {"grant_type": REFRESH, "client_id": auth.client_id, "refresh_token": refresh_token, **secret}
    return {"grant_type": _GRANT, "assertion": _assertion(auth, now)}


def refused(code: str, message: str) -> NeedsReconnect:
    """A login that was refused, with the cure where the words of the refusal are known."""
    said = f"{code}: {message}".casefold()
    cure = next((cure for words, cure in _CURES if words in said), "Check the app and the `auth` of this connection.")
    return NeedsReconnect(f"Salesforce refuses the login: {code}: {message}", cure=cure)


def is_about_time(message: str) -> bool:
    """Whether a login may have failed only because the clocks differ."""
    return "invalid assertion" in message.casefold() or "expired" in message.casefold()


def _assertion(auth: Auth, now: float) -> str:
    claims: Mapping[str, str | int] = {
        "iss": auth.client_id, "sub": auth.username, "aud": auth.audience, "exp": int(now + _LIFE.total_seconds()),
    }  # fmt: skip
    signed = f"{_packed({'alg': 'RS256', 'typ': 'JWT'})}.{_packed(claims)}"
    signature = _key(auth.private_key).sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{signed}.{_base64(signature)}"


def _key(source: Path | str) -> rsa.RSAPrivateKey:
    where = str(source) if isinstance(source, Path) else "private_key"
    try:
        text = source.read_bytes() if isinstance(source, Path) else source.encode()
        key = serialization.load_pem_private_key(text, password=None)
    except (OSError, ValueError, TypeError) as error:
        cure = "It must be an unencrypted PEM file that this user may read."
        raise ConfigurationError("the private key cannot be read", where=where, cure=cure) from error
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ConfigurationError("the private key is no RSA key", where=where, cure="Salesforce takes RS256 only.")
    return key


def _packed(value: Mapping[str, str | int]) -> str:
    return _base64(json.dumps(value, separators=(",", ":")).encode())


def _base64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
