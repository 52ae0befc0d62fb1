"""The provider: where people are sent, what is made of the answer with which they come back, and the way out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import BoundedSemaphore
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from stalewatch.services.access.oidc.attempts import Attempt
from stalewatch.services.access.oidc.described import Described, Description
from stalewatch.services.access.oidc.id_tokens import address, key_named, verified
from stalewatch.services.access.oidc.refusals import ProviderSilent, SignInDenied, SignInRefused
from stalewatch.services.access.oidc.wire import Wire
from stalewatch.settings.project import Oidc

BACK: Final = "/sign-in/return"
"""Where people come back to, below `web.public_url`."""
OUT: Final = "/sign-in"
_SCOPE: Final = "openid email"
_FORM: Final = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
_OK: Final = 200
AT_ONCE: Final = 8
_NAMES: Final = (
    ("accounts.google.com", "Google"), ("login.microsoftonline.com", "Microsoft"), ("okta.com", "Okta"),
    ("okta-emea.com", "Okta"), ("auth0.com", "Auth0"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Arrived:
    """Who came back: a verified address, and the token that says so, for the way out."""

    address: str
    id_token: str = field(repr=False)


class Provider:
    """One provider, as one process knows it; safe to be used by several threads."""

    def __init__(self, oidc: Oidc, home: str, wire: Wire | None = None) -> None:
        """Nothing is asked yet.

        Args:
            home: `web.public_url`.
        """
        self._oidc, self._home = oidc, home.rstrip("/")
        self._wire = wire or Wire(oidc.issuer, allow_custom_host=oidc.allow_custom_host)
        self._described = Described(oidc.issuer, self._wire)
        self._turns = BoundedSemaphore(AT_ONCE)

    @property
    def name(self) -> str:
        """What people call it; of one that is not known, its host."""
        host = urlsplit(self._oidc.issuer).hostname or self._oidc.issuer
        return next((name for end, name in _NAMES if host == end or host.endswith(f".{end}")), host)

    def away(self, attempt: Attempt, now: int, *, another: bool = False) -> str:
        """The address that a browser is sent to.

        Args:
            another: let people choose with which account, also if there is only one.

        Raises:
            ProviderSilent: it cannot be asked where that is.
        """
        hosted = next(iter(self._oidc.hd)) if len(self._oidc.hd) == 1 else None
        with self._turn():
            there = self._described.description(now).authorization
        uri: str = prepare_grant_uri(
            there, self._oidc.client_id, "code",
            redirect_uri=self._home + BACK, scope=_SCOPE, state=attempt.state, nonce=attempt.nonce,
            code_challenge=create_s256_code_challenge(attempt.verifier), code_challenge_method="S256",
            prompt="select_account" if another else None, hd=hosted,
        )  # fmt: skip
        return uri

    def arrived(self, attempt: Attempt, answer: Mapping[str, str], now: int) -> Arrived:
        """Who came back with an answer to an attempt.

        Raises:
            SignInRefused: it proves nobody.
            SignInDenied: the provider let nobody in.
            ProviderSilent: it cannot be asked what it says.
        """
        if not attempt.is_answered_by(answer.get("state", "")):
            raise SignInRefused("the answer is not to what this browser asked (state)")
        with self._turn():
            return self._arrived(attempt, answer, now)

    def _arrived(self, attempt: Attempt, answer: Mapping[str, str], now: int) -> Arrived:
        description = self._described.description(now)
        from_whom = answer.get("iss", None if description.names_itself else self._oidc.issuer)
        if from_whom != self._oidc.issuer:
            raise SignInRefused("the answer is of another provider (iss)")
        if "error" in answer:
            raise SignInDenied(f"the provider let nobody in: {answer['error'][:200]!r}")
        if not answer.get("code"):
            raise SignInRefused("the answer has no code")
        told = self._redeemed(description, answer["code"], attempt)
        token = str(told["id_token"])
        claims = verified(token, self._described.keys(key_named(token), now), self._oidc, attempt.nonce, now)
        return Arrived(address(self._completed(description, claims, told), self._oidc), token)

    def out(self, id_token: str, now: int) -> str | None:
        """Where somebody ends the session that the provider has of them; None if it offers that nowhere.

        Raises:
            ProviderSilent: it cannot be asked.
        """
        with self._turn():
            there = self._described.description(now).out
        if there is None:
            return None
        said = {"id_token_hint": id_token, "client_id": self._oidc.client_id}
        mark = "&" if urlsplit(there).query else "?"
        query = urlencode({**said, "post_logout_redirect_uri": self._home + OUT})
        return f"{there}{mark}{query}"

    def check(self, now: int) -> None:
        """Ask for everything that a sign-in takes, for `doctor`.

        Raises:
            ProviderSilent: it is not to be had.
        """
        if not self._described.keys(None, now):
            raise ProviderSilent("the provider has no key by which a token could be checked")

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """A slow provider keeps some of our threads and never all of them: pages are answered meanwhile."""
        if not self._turns.acquire(timeout=1.0):
            raise ProviderSilent("more people sign in at once than the provider answers")
        try:
            yield
        finally:
            self._turns.release()

    def _redeemed(self, description: Description, code: str, attempt: Attempt) -> dict[str, Any]:
        """What the provider gives for a code."""
        way = "client_secret_post" if description.posts_secret else "client_secret_basic"
        body = prepare_token_request(
            "authorization_code", redirect_uri=self._home + BACK, code=code, code_verifier=attempt.verifier
        )
        client = ClientAuth(self._oidc.client_id, self._oidc.client_secret, way)
        url, headers, body = client.prepare("POST", description.token, dict(_FORM), body)
        status, told = self._wire.ask(url, body=body, headers=headers)
        if status != _OK or not isinstance(told.get("id_token"), str):
            raise SignInRefused(f"the provider gave nothing for the code: {str(told.get('error', status))[:200]!r}")
        return told

    def _completed(
        self, description: Description, claims: Mapping[str, Any], told: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """The claims with the address, which some providers keep for those who ask once more."""
        access = told.get("access_token")
        if "email" in claims or description.userinfo is None or not isinstance(access, str):
            return claims
        status, more = self._wire.ask(description.userinfo, headers={"Authorization": f"Bearer {access}"})
        if status != _OK or more.get("sub") != claims["sub"]:
            raise SignInRefused("what the provider says of the person is about somebody else (sub)")
        return {**claims, "email": more.get("email"), "email_verified": more.get("email_verified")}
