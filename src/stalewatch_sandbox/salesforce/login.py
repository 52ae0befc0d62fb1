"""The token endpoint, and which tokens are good."""

from __future__ import annotations

import base64
import binascii
import hmac
import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from stalewatch_sandbox.salesforce.errors import session_invalid
from stalewatch_sandbox.salesforce.org import INTEGRATION_USER, Org
from stalewatch_sandbox.salesforce.rsa import PublicKey
from stalewatch_sandbox.serving.exchange import Request, Response

_AUDIENCES: Final = frozenset({"https://login.salesforce.com", "https://test.salesforce.com"})
_LONGEST: Final = timedelta(minutes=3, seconds=1)
"""How far ahead of the server's clock an assertion may end; clients round to whole seconds."""
_JWT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"


@dataclass
class ConnectedApp:
    """An External Client App that an administrator has set up.

    Attributes:
        run_as: user of the client credentials flow; None: nobody was chosen.
        approved: users who are pre-authorised for the JWT flow.
        certificate: PEM of the registered certificate or public key.
        refresh_tokens: those that are good.
        rotates: each refresh token works once, and the answer brings the next.
        spent: refresh tokens that worked once; whoever shows one again is a thief, and everything is revoked.
    """

    client_id: str = "sandbox-client"
    client_secret: str = "sandbox-secret"  # noqa: S105  # everybody may know it
    run_as: str | None = INTEGRATION_USER
    approved: set[str] = field(default_factory=lambda: {INTEGRATION_USER})
    certificate: str | None = None
    refresh_tokens: set[str] = field(default_factory=lambda: {"sandbox-refresh"})
    rotates: bool = False
    spent: set[str] = field(default_factory=set)


class Refused(Exception):
    """A login that fails: OAuth's word for it, and Salesforce's explanation."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(f"{error}: {description}")
        self.error, self.description = error, description


class Logins:
    """Gives out tokens and knows which are good.

    Attributes:
        instance_url: what token responses name; the server's own address.
        skew: by how much the clock that judges assertions is ahead of the one on the records.
    """

    def __init__(self, org: Org, app: ConnectedApp) -> None:
        self._org, self.app = org, app
        self.instance_url = ""
        self.skew = timedelta()
        self._good: set[str] = set()
        self._count = itertools.count(1)

    def expire(self) -> None:
        """End every session."""
        self._good.clear()

    def revoke(self, token: str | None = None) -> None:
        """A refresh token or a session is worth nothing any more; None: all of them, with every session."""
        if token is None:
            self.app.refresh_tokens.clear()
            self.expire()
        self.app.refresh_tokens.discard(token or "")
        self._good.discard(token or "")

    def revoked(self, request: Request) -> Response:
        """Answer the revocation endpoint, which tells nobody whether a token was good."""
        self.revoke(request.form.get("token", ""))
        return _token_response({})

    def require(self, request: Request) -> None:
        """Let pass whoever brings a good token.

        Raises:
            ApiError: 401 INVALID_SESSION_ID.
        """
        scheme, _, token = (request.header("authorization") or "").partition(" ")
        if scheme.lower() not in ("bearer", "oauth") or token not in self._good:
            raise session_invalid()

    def token(self, request: Request) -> Response:
        """Answer the token endpoint."""
        form = request.form
        flows: dict[str, Callable[[dict[str, str], Request], dict[str, Any]]] = {
            "client_credentials": self._client_credentials, _JWT: self._jwt, "refresh_token": self._refresh,
        }  # fmt: skip
        flow = flows.get(form.get("grant_type", ""))
        try:
            if flow is None:
                raise Refused("unsupported_grant_type", "grant type not supported")
            granted = flow(form, request)
        except Refused as refused:
            told = {"error": refused.error, "error_description": refused.description}
            return _token_response(told, 401 if refused.error == "invalid_client" else 400)
        return _token_response(self._session() | granted)

    def _client_credentials(self, form: dict[str, str], request: Request) -> dict[str, Any]:
        self._check_client(form, request)
        if self.app.run_as is None:
            raise Refused("invalid_grant", "no client credentials user enabled")
        return {"scope": "api"}

    def _refresh(self, form: dict[str, str], request: Request) -> dict[str, Any]:
        self._check_client(form, request, needs_secret="client_secret" in form)
        given = form.get("refresh_token", "")
        if given not in self.app.refresh_tokens:
            if given in self.app.spent:
                self.revoke()
            raise Refused("invalid_grant", "expired access/refresh token")
        if not self.app.rotates:
            return {"scope": "refresh_token api"}
        self.app.refresh_tokens.remove(given)
        self.app.spent.add(given)
        fresh = f"sandbox-refresh-{next(self._count)}"
        self.app.refresh_tokens.add(fresh)
        return {"scope": "refresh_token api", "refresh_token": fresh}

    def _jwt(self, form: dict[str, str], request: Request) -> dict[str, Any]:
        claims = self._claims(form.get("assertion", ""))
        if claims.get("iss") != self.app.client_id:
            raise Refused("invalid_client_id", "client identifier invalid")
        audience = str(claims.get("aud", "")).rstrip("/")
        left = _number(claims.get("exp")) - (self._org.clock.now() + self.skew).timestamp()
        is_timely = 0 < left <= _LONGEST.total_seconds()
        if audience not in _AUDIENCES | {self.instance_url} or not is_timely:
            raise Refused("invalid_grant", "invalid assertion")
        if claims.get("sub") not in self.app.approved:
            raise Refused("invalid_grant", "user hasn't approved this consumer")
        return {"scope": "api"}

    def _claims(self, assertion: str) -> dict[str, Any]:
        """The claims of an assertion whose signature is good."""
        try:
            head, body, signature = assertion.split(".")
            header, claims = json.loads(_decoded(head)), json.loads(_decoded(body))
            signed = _decoded(signature)
        except (ValueError, binascii.Error):
            raise Refused("invalid_grant", "invalid assertion") from None
        if self.app.certificate is None or not isinstance(claims, dict) or header.get("alg") != "RS256":
            raise Refused("invalid_grant", "invalid assertion")
        if not PublicKey.from_pem(self.app.certificate).verifies(f"{head}.{body}".encode(), signed):
            raise Refused("invalid_grant", "invalid assertion")
        return claims

    def _check_client(self, form: dict[str, str], request: Request, *, needs_secret: bool = True) -> None:
        """Client id and secret, from the form or from basic authentication."""
        name, secret = form.get("client_id", ""), form.get("client_secret", "")
        scheme, _, given = (request.header("authorization") or "").partition(" ")
        if scheme.lower() == "basic":
            name, _, secret = base64.b64decode(given).decode().partition(":")
        if name != self.app.client_id:
            raise Refused("invalid_client_id", "client identifier invalid")
        if needs_secret and not hmac.compare_digest(secret.encode(), self.app.client_secret.encode()):
            raise Refused("invalid_client", "invalid client credentials")

    def _session(self) -> dict[str, Any]:
        """A new session. JWT and client credentials say nothing of when it ends."""
        organization = next(iter(self._org.tables["Organization"]))["Id"]
        token = f"{organization[:15]}!SANDBOX.{next(self._count):08}"
        self._good.add(token)
        return {
            "access_token": token,
            "instance_url": self.instance_url,
            "id": f"{self.instance_url}/id/{organization}/{self._org.user}",
            "token_type": "Bearer",
            "issued_at": str(int(self._org.clock.now().timestamp() * 1000)),
        }


def _number(value: object) -> float:
    """A time in a claim; clients are known to send it as text."""
    try:
        return float(str(value))
    except ValueError:
        return 0.0


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _token_response(document: dict[str, Any], status: int = 200) -> Response:
    made = Response.json(document, status, kind="token")
    return made.with_headers(Cache_Control="no-store", Pragma="no-cache")
