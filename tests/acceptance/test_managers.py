"""What managers read, in a company of 40 reps: every route and page, for everybody who may ask, in both languages.

The company sells for four weeks in both CRMs, is warned and answers in Slack; then a rep, a manager, RevOps and an
admin look at everything there is, and somebody whom nobody knows at nothing.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import httpx
import pytest
import sqlalchemy as sa
from fastapi import FastAPI

from stalewatch.domain.instants import to_us
from stalewatch.services.access import tokens
from stalewatch.services.access.principals import SCOPES, Role, person
from stalewatch.store.tables import leads
from stalewatch.web.app import create_app
from stalewatch.web.routes import ROUTES, SIGNATURE, Route
from stalewatch.wiring.live import Live
from stalewatch_sandbox.pipeline import Size
from tests.acceptance.quarter import Quarter, departments, quarter

TOKYO: Final = ZoneInfo("Asia/Tokyo")
BEGIN, END = datetime(2026, 3, 9, 8, tzinfo=TOKYO), datetime(2026, 4, 6, 10, tzinfo=TOKYO)
FORTY: Final = Size(open=80, closed=40, later=40, leads=30, per_rep=2)
BROKEN: Final = re.compile(r"Traceback|\bNoneType\b|\bnan\b|\{[a-z_]+\}|&lt;stalewatch\.|: None\b", re.ASCII)
"""What no page says: Python's words, or a placeholder that nobody filled."""


@dataclass
class Company:
    """A company that has been watched for four weeks, and its doors.

    Attributes:
        ids: an example of what stands in a path, by its name there: a deal, a lead, an alert, ...
    """

    quarter: Quarter
    app: FastAPI
    ids: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    took: dict[str, float] = field(default_factory=dict)

    def ask(self, who: str, method: str, path: str, **more: Any) -> httpx.Response:
        """What the application answers to somebody; "stranger" shows a token that nobody made."""
        headers = {"Authorization": f"Bearer {self.tokens[who]}", **more.pop("headers", {})}

        async def once() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=True)
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8080") as client:
                return await client.request(method, path, headers=headers, **more)

        began = time.perf_counter()
        answer = asyncio.run(once())
        self.took[path] = max(self.took.get(path, 0.0), time.perf_counter() - began)
        return answer

    def items(self, who: str, path: str, **asked: Any) -> list[dict[str, Any]]:
        """Everything on a list of the API, page after page."""
        found: list[dict[str, Any]] = []
        after: str | None = ""
        while after is not None:
            answer = self.ask(who, "GET", path, params={**asked, "limit": 200, "next": after})
            assert answer.status_code == 200, answer.text
            found += answer.json()["items"]
            after = answer.json()["next"]
        return found

    def path(self, route: Route) -> str:
        """The route's path with an example of everything that stands in it."""
        here = {**self.ids, "id": self.ids["lead" if "/leads/" in route.path else _named(route.path)]}
        return re.sub(r"\{(\w+)(?::\w+)?\}", lambda found: here[found[1]], route.path)


def _named(path: str) -> str:
    """What `{id}` stands for in a path."""
    kinds = {"/alerts/": "alert", "/rules/": "rule", "/connections/": "connection"}
    return next((name for part, name in kinds.items() if part in path), "deal")


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def company(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    shelf = request.getfixturevalue("postgres_shelf") if request.param == "postgresql" else None
    url = shelf.take() if shelf else ""
    folder, about = tmp_path_factory.mktemp("company"), BEGIN + timedelta(days=14)
    with quarter(folder, FORTY, BEGIN, about, database=url, packs=("default", "leads")) as lived:
        lived.until(END, every=timedelta(hours=12))
        assert lived.failures == []
        made = Company(lived, create_app(Live(lived.project)))
        made.tokens["admin"] = _token(lived, SCOPES, None)
        made.tokens["stranger"] = tokens.mint(bytes(range(32)))
        made.ids = _examples(made)
        for who, address in _who(made).items():
            known = person(lived.project.db, lived.project.speaking, address)
            assert known is not None
            assert known.role is Role(who)
            made.tokens[who] = _token(lived, known.scopes, address)
        yield made
    if shelf:
        shelf.put_back(url)


def _token(lived: Quarter, scopes: Any, address: str | None) -> str:
    return tokens.create(lived.project.db, "test", scopes, to_us(lived.project.clock.now()), person=address)


def _who(company: Company) -> dict[str, str]:
    """A rep with stalled deals whose manager has others who have some, too."""
    heads = {rep: told["manager"] for rep, told in departments(company.quarter.company).items()}
    late = Counter(one["owner_email"] for one in company.items("admin", "/v1/deals/stalled"))
    return next(
        {"rep": rep, "manager": heads[rep]}
        for rep, many in sorted(late.items())
        if many < sum(more for other, more in late.items() if heads.get(other) == heads[rep]) < late.total()
    )


def _examples(company: Company) -> dict[str, str]:
    deal = company.items("admin", "/v1/deals/stalled")[0]
    with company.quarter.project.db.read() as conn:
        lead = conn.execute(sa.select(leads.c.id).where(leads.c.gone_at.is_(None))).first()
    alert = company.items("admin", "/v1/alerts", state="open")[0]
    rule = deal["reasons"][0]["rule"]
    return {
        "deal": deal["id"], "lead": str(lead[0] if lead else ""), "alert": alert["id"], "rule": rule,
        "connection": deal["connection"],
        "name": "stalewatch.css", "token": "none", "period": "weekly",
    }  # fmt: skip


READ: Final = [route for route in ROUTES if route.method == "GET" and route.scope not in (None, SIGNATURE)]
PAGES: Final = [route for route in READ if route.page and not route.path.endswith(".csv")]


@pytest.mark.parametrize("who", ["rep", "manager", "admin"])
def test_every_route_answers_whoever_may_ask(company: Company, who: str) -> None:
    for route in READ:
        answer = company.ask(who, "GET", company.path(route))
        may = who == "admin" or route.scope != "admin"
        allowed = {200, 303, 307, 404} if who != "admin" and "{" in route.path else {200, 303, 307}
        assert answer.status_code in (allowed if may else {403}), f"{route.path}: {answer.text[:500]}"


def test_nobody_who_is_unknown_is_told_anything(company: Company) -> None:
    for route in READ:
        assert company.ask("stranger", "GET", company.path(route)).status_code in (401, 303), route.path


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("who", ["rep", "manager", "admin"])
def test_every_page_is_whole_in_both_languages_and_quick(company: Company, who: str, language: str) -> None:
    for route in PAGES:
        asked = {"params": {"lang": language}, "headers": {"Accept": "text/html"}}
        answer = company.ask(who, "GET", company.path(route), **asked)
        if answer.status_code != 200:
            continue
        text = re.sub(r"(?s)<(pre|textarea|code)\b.*?</\1>|<[^>]+>", " ", answer.text)  # what RevOps wrote may say it
        assert f'<html lang="{language}"' in answer.text, route.path
        assert not BROKEN.search(text), f"{route.path}: {BROKEN.search(text)}"


def test_the_three_questions_of_a_manager_are_answered_from_the_same_deals(company: Company) -> None:
    """Which deals are dying, is my pipeline healthy, how much of the forecast is hot air: each for one's own people."""
    everybody = company.items("admin", "/v1/deals/stalled")
    mine = company.items("manager", "/v1/deals/stalled")
    own = company.items("rep", "/v1/deals/stalled")
    seen = {one["id"] for one in everybody}
    assert len(everybody) > len(mine) > len(own) > 0
    assert {one["id"] for one in mine} < seen
    assert {one["id"] for one in own} < {one["id"] for one in mine}
    for who, items in (("admin", everybody), ("manager", mine), ("rep", own)):
        told = company.ask(who, "GET", "/v1/forecast").json()
        counted, left_out = told["total"]["stalled"]["deals"], told["left_out"]["deals"]
        assert len(items) - left_out <= counted <= len(items), who


def test_how_long_each_page_takes(company: Company, record_property: Callable[[str, object], None]) -> None:
    slowest = sorted(company.took.items(), key=lambda one: -one[1])[:5]
    record_property("figures", "slowest: " + ", ".join(f"{path} {took * 1000:.0f} ms" for path, took in slowest))
    assert slowest
