"""The provider's endpoints: discovery, authorization, token, keys, userinfo, and the way out."""

from __future__ import annotations

import hashlib
import secrets
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from urllib.parse import unquote, urlencode

from stalewatch_sandbox.oidc.accounts import Account
from stalewatch_sandbox.oidc.pages import choosing, told
from stalewatch_sandbox.oidc.signing import SigningKey, claims_of, encoded
from stalewatch_sandbox.serving.clock import Clock
from stalewatch_sandbox.serving.exchange import Request, Response

DISCOVERY: Final = "/.well-known/openid-configuration"
AUTHORIZE, TOKEN, KEYS, USERINFO, LOGOUT = "/authorize", "/token", "/keys", "/userinfo", "/logout"
_LIFE: Final = timedelta(minutes=1)
_HOUR: Final = 3600
_NEEDED: Final = ("client_id", "redirect_uri", "state", "nonce", "code_challenge")


@dataclass(frozen=True, slots=True)
class Granted:
    """A code that waits to be turned into tokens, once."""

    account: Account
    asked: Mapping[str, str]
    at: float


class Provider:
    """State and endpoints.

    Attributes:
        issuer: its address.
        redirects, parting: where people may be sent back to, when they came and when they went.
        signing: the key in use; published: those that anybody can fetch.
        tells_in_token: the address stands in the token; else only behind `userinfo`.
        gone: ID tokens with which somebody ended their session here.
    """

    def __init__(
        self, clock: Clock, accounts: Sequence[Account], *, client_id: str, client_secret: str,
        redirects: Sequence[str], parting: Sequence[str], key: SigningKey,
    ) -> None:  # fmt: skip
        self.clock, self.accounts, self.issuer = clock, list(accounts), ""
        self.client_id, self.client_secret = client_id, client_secret
        self.redirects, self.parting = list(redirects), list(parting)
        self.signing, self.published = key, [key]
        self.tells_in_token, self.gone = True, list[str]()
        self._codes: dict[str, Granted] = {}
        self._access: dict[str, Account] = {}
        self._routes: Mapping[tuple[str, str], Callable[[Request], Response]] = {
            ("GET", DISCOVERY): lambda _: self._said(self.description()),
            ("GET", AUTHORIZE): self._asked, ("POST", AUTHORIZE): self._chosen,
            ("POST", TOKEN): self._redeemed, ("GET", USERINFO): self._userinfo, ("GET", LOGOUT): self._logged_out,
            ("GET", KEYS): lambda _: self._said({"keys": [one.public for one in self.published]}),
        }  # fmt: skip

    def handle(self, request: Request) -> Response:
        """Answer one request."""
        route = self._routes.get((request.method, request.path))
        return Response.text(told("Nothing is here."), 404) if route is None else route(request)

    def description(self) -> dict[str, Any]:
        """What discovery says."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": self.issuer + AUTHORIZE,
            "token_endpoint": self.issuer + TOKEN,
            "jwks_uri": self.issuer + KEYS,
            "userinfo_endpoint": self.issuer + USERINFO,
            "end_session_endpoint": self.issuer + LOGOUT,
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "ES256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
        }

    def rotate(self, *, keep: bool = True) -> SigningKey:
        """Sign with a new key from now on; the one before stays published, or is withdrawn."""
        number = len(self.published) + 1
        self.signing = SigningKey.ec(f"key-{number}-{secrets.token_hex(2)}")
        self.published = [*(self.published if keep else ()), self.signing]
        return self.signing

    # ---------------------------------------------------------------------------------------------- the browser

    def _asked(self, request: Request) -> Response:
        asked = {name: values[0] for name, values in request.query.items()}
        wrong = self._wrong(asked)
        return Response.text(told(wrong), 400) if wrong else Response.text(choosing(self.accounts, asked))

    def _chosen(self, request: Request) -> Response:
        asked = {name: value for name, value in request.form.items() if name != "account"}
        wrong = self._wrong(asked)
        account = next((one for one in self.accounts if one.email == request.form.get("account")), None)
        if wrong or account is None:
            return Response.text(told(wrong or "Nobody has this address."), 400)
        code = secrets.token_urlsafe(16)
        self._codes[code] = Granted(account, asked, self.clock.now().timestamp())
        return self.back(asked["redirect_uri"], code=code, state=asked["state"], iss=self.issuer)

    def _wrong(self, asked: Mapping[str, str]) -> str:
        """What is wrong with a request, "" if nothing is."""
        if missing := [name for name in _NEEDED if not asked.get(name)]:
            return f"{missing[0]} is missing."
        if asked["client_id"] != self.client_id or asked["redirect_uri"] not in self.redirects:
            return "No such client, or it may not send people there."
        scopes = asked.get("scope", "").split()
        fits = asked.get("response_type") == "code" and asked.get("code_challenge_method") == "S256"
        return "" if fits and {"openid", "email"} <= set(scopes) else "This provider speaks the code flow with PKCE."

    @staticmethod
    def back(where: str, **answer: str) -> Response:
        """The browser goes back with an answer."""
        return Response(302, headers={"Location": f"{where}?{urlencode(answer)}"}, kind="back")

    def _logged_out(self, request: Request) -> Response:
        where = request.parameter("post_logout_redirect_uri")
        self.gone.append(request.parameter("id_token_hint") or "")
        if where in self.parting and request.parameter("client_id") == self.client_id:
            return Response(302, headers={"Location": where}, kind="gone")
        return Response.text(told("You are signed out."))

    # ----------------------------------------------------------------------------------------------- the program

    def _redeemed(self, request: Request) -> Response:
        form = request.form
        if self._client(request) != (self.client_id, self.client_secret):
            return self._said({"error": "invalid_client"}, 401)
        granted = self._codes.pop(form.get("code", ""), None)
        now = self.clock.now().timestamp()
        challenge = encoded(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if (
            granted is None
            or form.get("grant_type") != "authorization_code"
            or form.get("redirect_uri") != granted.asked["redirect_uri"]
            or challenge != granted.asked["code_challenge"]
            or now - granted.at > _LIFE.total_seconds()
        ):
            return self._said({"error": "invalid_grant"}, 400)
        access = secrets.token_urlsafe(16)
        self._access[access] = granted.account
        token = self.signing.signed(self._claims(granted, int(now)))
        return self._said({"access_token": access, "token_type": "Bearer", "expires_in": _HOUR, "id_token": token})

    def _claims(self, granted: Granted, now: int) -> dict[str, Any]:
        who = granted.account
        always = {"iss": self.issuer, "sub": who.subject, "aud": self.client_id, "iat": now, "exp": now + _HOUR}
        return {**always, "nonce": granted.asked["nonce"], **(_person(who) if self.tells_in_token else {})}

    def _client(self, request: Request) -> tuple[str, str]:
        kind, _, text = (request.header("authorization") or "").partition(" ")
        if kind == "Basic":
            name, _, secret = b64decode(text).decode().partition(":")
            return unquote(name), unquote(secret)
        return request.form.get("client_id", ""), request.form.get("client_secret", "")

    def _userinfo(self, request: Request) -> Response:
        who = self._access.get((request.header("authorization") or "").removeprefix("Bearer "))
        if who is None:
            return self._said({"error": "invalid_token"}, 401)
        return self._said({"sub": who.subject, **_person(who)})

    def altered(self, response: Response, alter: Callable[[dict[str, Any]], str]) -> Response:
        """An answer of the token endpoint with another token in the place of its own, made of the same claims."""
        body = response.value()
        if "id_token" not in body:
            return response
        return self._said({**body, "id_token": alter(claims_of(body["id_token"]))})

    @staticmethod
    def _said(body: Mapping[str, Any], status: int = 200) -> Response:
        return Response.json(body, status).with_headers(Cache_Control="no-store")


def _person(who: Account) -> dict[str, Any]:
    told = {"email": who.email, "email_verified": who.verified, "name": who.name}
    return {**told, "hd": who.hosted} if who.hosted else told
