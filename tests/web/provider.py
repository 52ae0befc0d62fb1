"""People who sign in with the company's provider: browsers without a script, a real provider, an application."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
from fastapi import FastAPI

from stalewatch.services.access.oidc.provider import Provider
from stalewatch.services.access.oidc.wire import Wire
from stalewatch.settings.project import Oidc, SigningIn, Web
from stalewatch.web.app import create_app
from stalewatch.wiring.live import Live
from stalewatch_sandbox.oidc.accounts import Account
from stalewatch_sandbox.oidc.server import OidcServer
from stalewatch_sandbox.serving.clock import Clock
from tests.patience import PATIENCE
from tests.services.world import World
from tests.web.office import Office, project_of
from tests.web.visits import HOME, Visitor

SATO, TANAKA, STRANGER = "sato@acme.example", "tanaka@acme.example", "stranger@elsewhere.example"
PEOPLE = (Account(SATO, "Sato", hosted="acme.example"), Account(TANAKA, "Tanaka"), Account(STRANGER, "A stranger"))


Wiring = dict[str, Any]


@dataclass
class Company:
    """A world whose people sign in with a provider."""

    world: World
    idp: OidcServer
    _apps: dict[Any, FastAPI] = field(default_factory=dict)

    def oidc(self, **more: Any) -> Oidc:
        """What stalewatch.yaml says of the provider."""
        told = {"issuer": self.idp.issuer, "client_id": self.idp.client_id, "client_secret": self.idp.client_secret}
        return Oidc(**{**told, "allow_custom_host": True, **more})

    def office(self, home: str = HOME, *, with_tokens: bool = False, wire: Wiring | None = None, **more: Any) -> Office:
        """An application that has not asked the provider anything yet.

        Args:
            wire: how it speaks to the provider. more: what else the file says of it.
        """
        oidc = self.oidc(**more)
        key = (home, with_tokens, oidc)
        if key not in self._apps:
            told = {"web": Web(public_url=home), "signing_in": SigningIn(oidc=oidc, with_tokens=with_tokens)}
            self._apps[key] = create_app(Live(project_of(self.world, **told)))
        own = self._apps[key]
        own.state.provider = Provider(oidc, home, Wire(oidc.issuer, allow_custom_host=True, **(wire or {})))
        return Office(self.world, own)

    def browser(self, **more: Any) -> Visitor:
        """Somebody who comes for the first time, to an application of their own."""
        return Visitor(self.office(**more))

    def arm(self, case: str, **options: Any) -> None:
        """Let the provider do something wrong, until `calm`."""
        self.idp.board.faults.arm(case, **options)

    def calm(self) -> None:
        """Everything is as it should be, and the provider's time is ours."""
        self.idp.board.faults.disarm()
        self.idp.board.clock.set(self.world.clock.now())
        self.idp.provider.tells_in_token = True

    def passes(self, **span: float) -> None:
        """Time passes, here and there."""
        self.world.clock.advance(timedelta(**span))
        self.idp.board.clock.set(self.world.clock.now())


@contextmanager
def employed(world: World, *homes: str) -> Iterator[Company]:
    """The company with a provider at work; `homes` are the public addresses that it knows."""
    known = (HOME, *homes)
    with OidcServer(
        Clock(world.clock.now()), PEOPLE, redirects=[f"{one}/sign-in/return" for one in known],
        parting=[f"{one}/sign-in" for one in known],
    ) as idp:  # fmt: skip
        yield Company(world, idp)


def goes(visitor: Visitor, **asked: str) -> str:
    """The browser is sent to the provider; where exactly."""
    answer = visitor.asks("GET", "/sign-in/start", params=asked or None)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def chooses(there: str, email: str) -> str:
    """Somebody chooses at the provider who they are; where the browser is sent back to."""
    parts = urlsplit(there)
    answer = _elsewhere().post(
        parts._replace(query="").geturl(), data={**dict(parse_qsl(parts.query)), "account": email},
        headers={"Connection": "close"},
    )  # fmt: skip
    assert answer.status_code == 302, answer.text
    return answer.headers["location"]


@cache
def _elsewhere() -> httpx.Client:
    """What a browser is on other hosts; it keeps nothing open."""
    return httpx.Client(timeout=PATIENCE)


def comes_back(visitor: Visitor, back: str) -> httpx.Response:
    """The browser arrives with what the provider answered."""
    parts = urlsplit(back)
    return visitor.asks("GET", f"{parts.path}?{parts.query}", headers={"Sec-Fetch-Site": "cross-site"})


def signs_in(visitor: Visitor, email: str = SATO, **asked: str) -> httpx.Response:
    """All of it."""
    return comes_back(visitor, chooses(goes(visitor, **asked), email))
