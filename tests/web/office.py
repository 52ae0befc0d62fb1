"""An application over a small world, asked the way its callers ask it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from stalewatch.domain.language.nodes import Source
from stalewatch.services.access import tokens
from stalewatch.settings import Connecting, Settings
from stalewatch.web.app import create_app
from stalewatch.wiring import Stalewatch
from stalewatch.wiring.live import Live
from tests.services.world import World


def project_of(world: World, **settings: Any) -> Stalewatch:
    """The world as the doors know it."""
    told = Settings(
        path=Path("stalewatch.yaml"),
        source=Source("stalewatch.yaml", ""),
        base=Path(),
        database="",
        judging=world.book.judging,
        **{"speaking": world.speaking, "connections": (Connecting(id="crm", type="memory"),), **settings},
    )
    project = Stalewatch(told, world.clock, world.book, {"crm": world.crm})
    project.__dict__.update(db=world.db, notifier=world.mail)
    return project


@dataclass
class Office:
    """One application and a caller with a token."""

    world: World
    app: FastAPI
    token: str | None = None
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls, world: World, *scopes: str, is_local: bool = False, engine: Callable[[], str | None] | None = None
    ) -> Office:
        app = create_app(Live(project_of(world)), is_local=is_local, engine=engine or (lambda: None))
        token = tokens.create(world.db, "test", scopes, world.us) if scopes else None
        return cls(world, app, token)

    def get(self, path: str, headers: Mapping[str, str | bytes] | None = None, **asked: Any) -> httpx.Response:
        return self.asks("GET", path, headers=headers, params=asked or None)

    def post(self, path: str, body: Any = None, **more: Any) -> httpx.Response:
        return self.asks("POST", path, json=body, **more)

    def asks(
        self, method: str, path: str, headers: Mapping[str, str | bytes] | None = None, **more: Any
    ) -> httpx.Response:
        bearer = {"Authorization": f"Bearer {self.token}"} if self.token else {}

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8080") as client:
                return await client.request(method, path, headers=_encoded({**bearer, **(headers or {})}), **more)

        return asyncio.run(ask())

    def names(self, path: str, **asked: Any) -> list[str]:
        """Names on a list."""
        answer = self.get(path, **asked)
        assert answer.status_code == 200, answer.text
        return [item["name"] for item in answer.json()["items"]]


def _encoded(headers: Mapping[str, str | bytes]) -> dict[bytes, bytes]:
    return {
        name.encode(): value if isinstance(value, bytes) else value.encode("latin-1") for name, value in headers.items()
    }
