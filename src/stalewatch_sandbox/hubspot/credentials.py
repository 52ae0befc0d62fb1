"""Who may call: private-app tokens and service keys, which look the same, and OAuth apps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Final

from stalewatch_sandbox.hubspot.errors import Json, Refused, missing_scopes, refusal

READ_ALL: Final = frozenset(
    {
        "crm.objects.deals.read", "crm.objects.contacts.read", "crm.objects.leads.read", "crm.objects.owners.read",
        "crm.schemas.deals.read", "crm.schemas.contacts.read", "sales-email-read", "oauth",
    }
)  # fmt: skip
WRITE: Final = frozenset({"crm.objects.deals.write", "crm.objects.contacts.write", "crm.objects.leads.write"})
_LIFE: Final = timedelta(seconds=1800)


@dataclass(slots=True)
class Grant:
    """What the bearer of a token may do; `expires_at` is None for tokens that last."""

    token: str
    scopes: set[str]
    expires_at: datetime | None = None
    app: str = ""

    def require(self, *any_of: str) -> None:
        """Raise Refused (403) unless one of the scopes was granted."""
        if any_of and not self.scopes.intersection(any_of):
            raise missing_scopes(any_of[:1])


@dataclass(slots=True)
class App:
    """An OAuth app that was installed in the portal; `rotates`: each answer brings another refresh token."""

    client_id: str
    secret: str
    refresh_token: str
    scopes: set[str] = field(default_factory=lambda: set(READ_ALL))
    rotates: bool = False


class Credentials:
    """Every token and app of the portal."""

    def __init__(self, now: Callable[[], datetime], portal: int) -> None:
        self._now, self._portal = now, portal
        self._grants: dict[str, Grant] = {}
        self._apps: dict[str, App] = {}
        self._numbers = count(1)

    @property
    def grants(self) -> Sequence[Grant]:
        """All of them, spent ones too."""
        return tuple(self._grants.values())

    @property
    def apps(self) -> Sequence[App]:
        """The installed OAuth apps."""
        return tuple(self._apps.values())

    def add_token(self, token: str, scopes: set[str] | frozenset[str] = READ_ALL) -> str:
        """A private app or a service key; returns the token."""
        self._grants[token] = Grant(token, set(scopes))
        return token

    def add_app(self, app: App) -> App:
        """Install an OAuth app."""
        self._apps[app.client_id] = app
        return app

    def revoke(self, token: str) -> None:
        """The token is worth nothing any more."""
        self._grants.pop(token, None)

    def expire(self, token: str) -> None:
        """The token's time is over at this moment."""
        if token in self._grants:
            self._grants[token].expires_at = self._now()

    def check(self, authorization: str | None) -> Grant:
        """Who calls.

        Raises:
            Refused: 401, and why.
        """
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise refusal(
                401, "INVALID_AUTHENTICATION",
                "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find "
                "more details at https://developers.hubspot.com/docs/methods/auth/oauth-overview",
            )  # fmt: skip
        grant = self._grants.get(token.strip())
        if grant is None:
            raise refusal(401, "INVALID_AUTHENTICATION", "Invalid access token. Check that it was copied in full.")
        if grant.expires_at is not None and grant.expires_at <= self._now():
            ago = int((self._now() - grant.expires_at).total_seconds() // 60)
            raise refusal(
                401, "EXPIRED_AUTHENTICATION", f"The OAuth token used to make this call expired {ago} minute(s) ago.",
                context={"expireTime": [grant.expires_at.isoformat()]},
            )  # fmt: skip
        return grant

    def told(self, token: str) -> Json:
        """What is known of a lasting token.

        Raises:
            Refused: 404, if there is none of this name.
        """
        grant = self._grants.get(token)
        if grant is None or grant.expires_at is not None:
            raise refusal(404, "OBJECT_NOT_FOUND", "no such private app")
        return {"userId": 4711, "hubId": self._portal, "appId": 22338811, "scopes": sorted(grant.scopes)}

    def exchange(self, form: Mapping[str, str]) -> Json:
        """Answer a request to the token endpoint.

        Raises:
            Refused: 400, if the app or its refresh token is unknown.
        """
        app = self._apps.get(form.get("client_id", ""))
        if app is None or app.secret != form.get("client_secret"):
            raise Refused(400, {"status": "BAD_CLIENT_ID", "message": "missing or unknown client id"})
        if form.get("grant_type") not in ("refresh_token", "authorization_code", "client_credentials"):
            raise Refused(400, {"status": "BAD_GRANT_TYPE", "message": "missing or unknown grant type"})
        if form["grant_type"] == "refresh_token" and form.get("refresh_token") != app.refresh_token:
            raise Refused(400, {"status": "BAD_REFRESH_TOKEN", "message": "missing or unknown refresh token"})
        if app.rotates:
            app.refresh_token = f"sandbox-refresh-{next(self._numbers)}"
        token = f"CJ{next(self._numbers):06}sandbox-access-token"
        self._grants[token] = Grant(token, app.scopes, self._now() + _LIFE, app.client_id)
        return {
            "access_token": token,
            "refresh_token": app.refresh_token,
            "expires_in": int(_LIFE.total_seconds()),
            "token_type": "bearer",
            "hub_id": self._portal,
            "scopes": sorted(app.scopes),
        }
