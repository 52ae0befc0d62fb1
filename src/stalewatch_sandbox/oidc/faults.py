"""What a provider, or somebody who plays one, can do wrong: each under a name, armed for the requests it is about."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from stalewatch_sandbox.oidc.provider import AUTHORIZE, DISCOVERY, KEYS, TOKEN, USERINFO, Provider
from stalewatch_sandbox.oidc.signing import SigningKey, shared, unsigned
from stalewatch_sandbox.serving.exchange import Request, Response
from stalewatch_sandbox.serving.faults import Catalogue, Fault

ELSEWHERE: Final = "https://login.evil.example"
_HOUR: Final = 3600


def catalogue(provider: Provider) -> Catalogue:
    """Every fault that can be armed against this provider."""
    wrong = _Wrong(provider)
    claims: Mapping[str, Mapping[str, Any]] = {
        "wrong_nonce": {"nonce": "of-another-attempt"},
        "no_nonce": {"nonce": None},
        "wrong_aud": {"aud": "another-client"},
        "several_aud": {"aud": [provider.client_id, "another-client"]},
        "wrong_azp": {"aud": [provider.client_id, "another-client"], "azp": "another-client"},
        "wrong_iss": {"iss": ELSEWHERE},
        "listed_iss": {"iss": [ELSEWHERE]},
        "no_exp": {"exp": None},
        "endless": {"exp": "never"},
        "no_sub": {"sub": None},
        "unverified": {"email_verified": False},
        "unsaid": {"email_verified": None},
        "no_address": {"email": None},
        "other_tenant": {"hd": "evil.example"},
        "someone": {"email": "stranger@evil.example"},
    }
    return {
        **{name: lambda told=told: wrong.claims(told) for name, told in claims.items()},
        "expired": wrong.expired, "future": wrong.future, "alg_none": wrong.none, "alg_hs256": wrong.hs256,
        "unknown_key": wrong.unknown_key, "another_key": wrong.another_key, "tampered": wrong.tampered,
        "no_token": lambda: _altered(TOKEN, lambda said: {**said, "id_token": None}),
        "wrong_state": lambda: _answered(state="of-another-browser"), "no_state": lambda: _answered(state=None),
        "no_code": lambda: _answered(code=None), "wrong_code": lambda: _answered(code="guessed"),
        "from_elsewhere": lambda: _answered(iss=ELSEWHERE),
        "denied": lambda: _answered(code=None, error="access_denied"),
        "another_issuer": lambda: _altered(DISCOVERY, lambda said: {**said, "issuer": ELSEWHERE}),
        "names": lambda endpoint, url: _altered(DISCOVERY, lambda said: {**said, endpoint: url}),
        "another_person": lambda: _altered(USERINFO, lambda said: {**said, "sub": "somebody else"}),
        "slow": lambda seconds=1.0, path="": Fault(
            on=_on(path), afterwards=lambda _, answer: replace(answer, delay=seconds)
        ),
        "error": lambda path="", status=500: Fault(
            on=_on(path), instead=lambda _: Response.text("<h1>Oops</h1>", status)
        ),
        "endless_answer": lambda path=KEYS: Fault(on=_on(path), instead=lambda _: Response.text("[" * 2**21)),
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Wrong:
    """Tokens that must not be believed."""

    provider: Provider

    def claims(self, told: Mapping[str, Any]) -> Fault:
        """The same with other claims; None leaves one out."""

        def alter(claims: dict[str, Any]) -> str:
            changed = {**claims, **told}
            return self.provider.signing.signed({name: value for name, value in changed.items() if value is not None})

        return self._token(alter)

    def expired(self, seconds: int = 120) -> Fault:
        """It ended so many seconds ago."""
        now = int(self.provider.clock.now().timestamp())
        return self.claims({"iat": now - seconds - _HOUR, "exp": now - seconds})

    def future(self, seconds: int = 120) -> Fault:
        """It will be made in so many seconds."""
        now = int(self.provider.clock.now().timestamp())
        return self.claims({"iat": now + seconds, "exp": now + seconds + _HOUR})

    def none(self) -> Fault:
        """Nobody has signed it, and it says so."""
        return self._token(unsigned)

    def hs256(self) -> Fault:
        """Signed with what everybody knows."""
        return self._token(lambda claims: shared(claims, self.provider.signing))

    def unknown_key(self) -> Fault:
        """Signed with a key that the provider never had."""
        key = SigningKey.ec(f"forged-{secrets.token_hex(2)}")
        return self._token(key.signed)

    def another_key(self) -> Fault:
        """Signed with another key under the name of the provider's."""
        key = SigningKey.rsa(self.provider.signing.kid)
        return self._token(key.signed)

    def tampered(self) -> Fault:
        """Somebody changed the address behind the signature's back."""

        def alter(claims: dict[str, Any]) -> str:
            signing = self.provider.signing
            head, _, mark = signing.signed(claims).split(".")
            body = signing.signed({**claims, "email": "boss@acme.example"}).split(".")[1]
            return f"{head}.{body}.{mark}"

        return self._token(alter)

    def _token(self, alter: Callable[[dict[str, Any]], str]) -> Fault:
        return Fault(on=_on(TOKEN), afterwards=lambda _, answer: self.provider.altered(answer, alter))


def _on(path: str) -> Callable[[Request], bool]:
    """Requests of one path; "" is every one."""
    return lambda request: path in ("", request.path)


def _altered(path: str, alter: Callable[[dict[str, Any]], dict[str, Any]]) -> Fault:
    return Fault(on=_on(path), afterwards=lambda _, answer: Response.json(alter(answer.value()), answer.status))


def _answered(**changed: str | None) -> Fault:
    """The browser goes back with another answer than the provider gave; None leaves a part out."""

    def alter(_: Request, answer: Response) -> Response:
        parts = urlsplit(answer.headers.get("Location", ""))
        where, told = parts._replace(query="").geturl(), {**dict(parse_qsl(parts.query)), **changed}
        return Provider.back(where, **{name: value for name, value in told.items() if value is not None})

    return Fault(on=lambda request: (request.method, request.path) == ("POST", AUTHORIZE), afterwards=alter)
