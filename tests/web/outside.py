"""A company with links for people outside, and those people: a customer with a mail, a partner with a link."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
from fastapi import FastAPI

from stalewatch.domain.instants import DAY
from stalewatch.services.access import tokens
from stalewatch.services.answering.link_tokens import Purpose, Signer
from stalewatch.services.answering.loss_check import LossChecks
from stalewatch.services.answering.outcomes import Letter
from stalewatch.services.answering.public_links import PublicLinks
from stalewatch.settings.project import Linking, Web
from stalewatch.store import audit, links, notices, records, writebacks
from stalewatch.web.app import create_app
from stalewatch.web.desk import Desk
from stalewatch.web.public.pace import Pace
from stalewatch.wiring.live import Live
from tests import databases
from tests.services.world import World, at, deal, rulebook
from tests.web.dom import Element, parse
from tests.web.office import Office, project_of
from tests.web.pack import RULES
from tests.web.visits import ACCEPTS

KEY: Final = "a key of this company that nobody guesses"
HOME: Final = "https://stalewatch.acme.example"
COMPANY: Final = {"en": "Acme", "ja": "アクメ株式会社"}
SECRETS: Final = ("Hikari", "12,400,000", "12400000", "Sato", "sato@acme.example", "crm:")


_APPLICATIONS: Final[list[FastAPI]] = []
"""The one of all stories, once it was made, which takes half a second; each story has its own desk."""


def _application(world: World) -> FastAPI:
    if not _APPLICATIONS:
        _APPLICATIONS.append(create_app(Live(project_of(world))))
    return _APPLICATIONS[0]


def template(empty: Path, path: Path) -> Path:
    """A database in which the company has lived until the morning of the story."""
    path.write_bytes(empty.read_bytes())
    world = World(databases.opened(f"sqlite:///{path}"), rulebook(RULES))
    Outside.of(world)
    world.db.dispose()
    return path


@contextmanager
def copied(before: Path, path: Path, *scopes: str) -> Iterator[Outside]:
    """The company on a copy of that database, to do as one likes with it."""
    path.write_bytes(before.read_bytes())
    world = World(databases.opened(f"sqlite:///{path}"), rulebook(RULES))
    yield Outside.of(world, *scopes, anew=False)
    world.db.dispose()


@dataclass
class Outside:
    """An application, and what people outside see of it."""

    world: World
    office: Office
    links: PublicLinks
    language: str = "en"
    checks: int = 0

    @classmethod
    def of(cls, world: World, *scopes: str, anew: bool = True) -> Outside:
        """Args:
        anew: False: the database of this world is a copy of one in which all of this has happened.
        """
        world.has(
            deal("hikari", amount_in_project_currency=Decimal(12_400_000)),
            deal("kumo", is_partner_deal=True, fields={"partner": "Minato"}),
        )  # fmt: skip
        world.clock.move_to(at("2026-04-01 12:00"))
        if anew:
            world.rounds()
        lives = {Purpose.LOSS_CHECK: 30 * DAY, Purpose.PARTNER: 365 * DAY}
        own = PublicLinks(signer=Signer([KEY]), home=HOME, lives=lives)
        token = tokens.create(world.db, "test", scopes, world.us) if scopes else None
        outside = cls(world, Office(world, _application(world), token), own)
        outside.configured()
        return outside

    def configured(self, **settings: Any) -> None:
        """The project says something else."""
        told: dict[str, Any] = {
            "web": Web(public_url=HOME), "secrets": {"key": KEY}, "links": Linking(company=COMPANY), **settings,
        }  # fmt: skip
        project = project_of(self.world, **told)
        desk = Desk(project, Live(project), False, lambda: None)
        self.office.app.state.desks, self.office.app.state.pace = lambda: desk, Pace()

    def letter(self, name: str = "crm:hikari", language: str = "en", check: str | None = None) -> Letter:
        """Somebody sends a loss check."""
        self.checks += 1
        with self.world.db.write() as conn:
            return LossChecks(self.links).letter(
                conn, self.record(name), check or f"check{self.checks}", language,
                actor="sato@acme.example", now=self.world.us,
            )  # fmt: skip

    def record(self, name: str = "crm:hikari") -> Any:
        """A deal's row as it is now."""
        with self.world.db.read() as conn:
            return records.read_by_ids(conn, "deal", [name])[0]

    def link(self, name: str = "crm:hikari", **told: Any) -> str:
        """The path of a customer's link."""
        return urlsplit(self.letter(name, **told).link).path

    # ------------------------------------------------------------------------------------------------- visits

    def asks(self, method: str, path: str, headers: dict[str, str] | None = None, **more: Any) -> httpx.Response:
        """As browsers ask: without cookies, and without a token."""
        told = {"Accept": ACCEPTS, "Accept-Language": self.language, **(headers or {})}
        self.office.token, token = None, self.office.token
        answer = self.office.asks(method, path, headers=told, **more)
        self.office.token = token
        return answer

    def page(self, path: str, status: int = 200) -> Element:
        answer = self.asks("GET", path)
        assert answer.status_code == status, (answer.status_code, answer.text)
        return parse(answer.text)

    def sends(self, path: str, **form: str) -> httpx.Response:
        """A form is sent."""
        return self.asks("POST", path, data=form)

    # ------------------------------------------------------------------------------------------------- traces

    def stored(self) -> tuple[list[Any], list[Any], list[Any], list[Any]]:
        """Everything that an answer leaves: the log, the answers, what is to be told, what is to be written."""
        with self.world.db.read() as conn:
            said = links.answered(conn, ["crm:hikari", "crm:kumo"])
            told = notices.by_key(conn, self.keys())
            asked = writebacks.of_record(conn, "crm:hikari")
            return audit.read(conn), sorted(said.values()), sorted(told), sorted(row.id for row in asked)

    def keys(self) -> list[str]:
        """The notices of what customers answered."""
        with self.world.db.read() as conn:
            found = [
                row.key
                for target in notices.targets(conn, self.world.us + 30 * DAY)
                for row in notices.pending(conn, target, self.world.us + 30 * DAY)
            ]
        return [key for key in found if key.startswith("customer_answer:")]
