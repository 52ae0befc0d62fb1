"""The authorization matrix (security, S2): every route and page against every scope, every role and nobody at all.

What the contract asks for stands here once more, by hand: a route that is added without a line fails.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Iterator, Mapping
from importlib import import_module
from pkgutil import iter_modules
from typing import Final

import httpx
import pytest

import stalewatch.services.answering
import stalewatch.services.measuring
import stalewatch.services.reporting
from stalewatch.services.access import tokens, users
from stalewatch.services.access.principals import SCOPES, Role
from stalewatch.store import people
from stalewatch.web.app import create_app
from stalewatch.web.routes import ROUTES
from stalewatch.web.slack import SIGNATURE
from stalewatch.wiring.live import Live
from tests.services.world import World
from tests.web.office import project_of

pytestmark = pytest.mark.security

READ, SEEN, ACT, FIGURES, RULES, TRIES = (
    *("deals:read", "alerts:read", "alerts:act", "reports:read", "rules:read", "rules:preview"),
)  # fmt: skip
CONTRACT: Final[Mapping[str, str | None]] = {
    "GET /v1/deals/stalled": READ,
    "GET /v1/deals/due-soon": READ,
    "GET /v1/deals/{id}": READ,
    "GET /v1/leads/stalled": READ,
    "GET /v1/leads/due-soon": READ,
    "GET /v1/leads/{id}": READ,
    "GET /v1/alerts": SEEN,
    **{f"POST /v1/alerts/{{id}}/{act}": ACT for act in ("acknowledge", "snooze", "hold", "claim", "lost")},
    **{f"POST /v1/alerts/{{id}}/{act}": ACT for act in ("loss-check", "false-alarm")},
    "DELETE /v1/alerts/{id}/hold": ACT,
    "GET /v1/kpis": FIGURES,
    "GET /v1/forecast": FIGURES,
    "GET /v1/leads/unobserved": FIGURES,
    "GET /v1/reports/{period}": FIGURES,
    "GET /v1/rules": RULES,
    "GET /v1/rules/{id}/backtest": RULES,
    "POST /v1/rules/check": TRIES,
    "POST /v1/rules/preview": TRIES,
    "GET /v1/connections": "admin",
    "POST /v1/connections/{id}/sync": "admin",
    "POST /v1/partners/{deal}/report": "partner:report",
    "POST /v1/partners/{deal}/links": ACT,
    "DELETE /v1/partners/{deal}/links": ACT,
    **{f"POST /slack/{door}": SIGNATURE for door in ("actions", "commands", "events")},
    **{f"GET {path}": None for path in ("/v1/openapi.json", "/healthz", "/readyz", "/metrics", "/static/{name}")},
    **{f"GET {path}{kind}": READ for path in ("/stalled", "/due-soon") for kind in ("", ".csv")},
    **{f"GET {path}": READ for path in ("/", "/deals/{id}", "/leads/{id}", "/undelivered")},
    **{f"GET {path}{kind}": FIGURES for path in ("/hygiene", "/forecast", "/unobserved") for kind in ("", ".csv")},
    "GET /review": FIGURES,
    **{f"GET {path}": RULES for path in ("/rules", "/rules.csv", "/rules/{id}")},
    "POST /rules/{id}": TRIES,
    "GET /connections": FIGURES,  # by which data figures are told, and how old it is
    "POST /connections/{id}/sync": "admin",
    "POST /answers/{kind}/{alert}": ACT,
    **{f"GET {path}": None for path in ("/look", "/sign-in", "/sign-in/start", "/sign-in/return")},
    **{f"POST {path}": None for path in ("/sign-in", "/sign-out")},
    **{f"{method} /{door}/{{token}}": None for method in ("GET", "HEAD", "POST") for door in "lp"},
}
"""contract.md, REST API; what is a page needs what its list or figure needs."""
_SELLING: Final = {READ, SEEN, ACT, FIGURES, RULES}
ROLES: Final[Mapping[str, set[str]]] = {
    "rep": _SELLING, "manager": _SELLING, "revops": _SELLING | {TRIES}, "admin": set(SCOPES), "partner": {
        "partner:report"
    },
}  # fmt: skip
"""contract.md, Roles."""
WHO: Final = {"rep": "sato", "manager": "tanaka", "revops": "abe", "admin": "ops"}


def named(method: str, path: str) -> str:
    return f"{method} {path.replace(':path', '')}"


def address(path: str) -> str:
    """A path whose ids nobody has."""
    for name in ("{id:path}", "{id}", "{deal}", "{kind}", "{alert}", "{period}"):
        path = path.replace(name, "crm:x")
    return path


@pytest.fixture
def staffed(empty: World) -> World:
    """Sato, who reports to Tanaka; Abe of RevOps; an admin whom nobody else knows."""
    row = {"connection": "crm", "active": True, "team": None, "zone": None, "language": None}
    with empty.db.write() as conn:
        for name, manager in (("sato", "crm:tanaka"), ("tanaka", None), ("abe", None)):
            known = {"id": f"crm:{name}", "external_id": name, "name": name, "email": f"{name}@acme.example"}
            people.upsert(conn, [{**row, **known, "manager": manager}])
    for name, role in (("abe", Role.REVOPS), ("ops", Role.ADMIN)):
        users.grant(empty.db, empty.speaking, f"{name}@acme.example", role, actor="test", now=empty.us)
    return empty


def callers(world: World) -> Iterator[tuple[str, str, set[str]]]:
    """(who, their token, what they may do): one for each scope, one for each role, which has them all if it may."""
    for scope in SCOPES:
        yield scope, tokens.create(world.db, scope, [scope], world.us), set(SCOPES) if scope == "admin" else {scope}
    for role, name in WHO.items():
        token = tokens.create(world.db, role, ["admin"], world.us, person=f"{name}@acme.example")
        yield role, token, ROLES[role]
    partner = tokens.create(world.db, "partner", ["partner:report"], world.us, deals=["crm:1"])
    yield "partner", partner, ROLES["partner"]


def test_s2_no_route_is_without_a_line_in_the_contract_and_no_line_without_a_route() -> None:
    assert {named(one.method, one.path): one.scope for one in ROUTES} == CONTRACT


def test_s38_nobody_without_a_token_can_bring_news_of_a_crm() -> None:
    """No webhook of a CRM is taken. Whoever adds one meets this test, and signs what it takes as Slack does (S11)."""
    posted = [one for one in ROUTES if one.method not in ("GET", "HEAD")]
    nameless = {one.path: one.scope for one in posted if one.scope in (None, SIGNATURE)}
    assert nameless == {
        "/slack/actions": SIGNATURE, "/slack/commands": SIGNATURE, "/slack/events": SIGNATURE,
        "/sign-in": None, "/sign-out": None,      # with the mark of the session's own form (S8)
        "/l/{token}": None, "/p/{token}": None,   # whose link is the secret (S1, S35)
    }  # fmt: skip


def test_s2_openapi_says_the_scope_of_every_route_and_what_comes_without_it(empty: World) -> None:
    for path, operations in create_app(Live(project_of(empty))).openapi()["paths"].items():
        for method, told in operations.items():
            scope = CONTRACT[named(method.upper(), path)]
            if scope in (None, SIGNATURE):
                assert told["security"] == ([] if scope is None else [{SIGNATURE: []}])
            else:
                assert told["security"] == [{"token": [scope]}], path
                assert {"401", "403", "429"} <= told["responses"].keys(), path


def test_s2_every_caller_opens_what_they_may_and_nothing_else(staffed: World) -> None:
    app = create_app(Live(project_of(staffed)))
    secret = [one for one in ROUTES if one.scope not in (None, SIGNATURE)]

    async def matrix() -> list[tuple[str, str, int]]:
        wrong = []
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://stalewatch.example") as client:
            for who, token, may in (*callers(staffed), ("nobody", "", set())):
                headers = {"Authorization": f"Bearer {token}"} if token else {}
                for one in secret:
                    answer = await client.request(one.method, address(one.path), json={}, headers=headers)
                    expected = CONTRACT[named(one.method, one.path)] in may
                    closed = 403 if token else 401
                    if (answer.status_code == closed) is expected or answer.status_code in {401, 403} - {closed}:
                        wrong.append((who, named(one.method, one.path), answer.status_code))
        return wrong

    assert asyncio.run(matrix()) == []


# ------------------------------------------------------------------------------------------- nothing is left out


def readers() -> Iterator[tuple[str, inspect.Signature]]:
    """Every public function and method of the services that people read."""
    for package in (stalewatch.services.reporting, stalewatch.services.measuring, stalewatch.services.answering):
        for module in iter_modules(package.__path__, f"{package.__name__}."):
            for name, found in vars(import_module(module.name)).items():
                if name.startswith("_") or getattr(found, "__module__", "") != module.name:
                    continue
                inner = vars(found).items() if inspect.isclass(found) else [(name, found)]
                for part, function in inner:
                    plain = getattr(function, "__func__", function)
                    if inspect.isfunction(plain) and not part.startswith("_"):
                        yield f"{module.name.rpartition('services.')[2]}.{part}", inspect.signature(plain)


def test_s9_whose_records_has_to_be_said_wherever_it_can_be() -> None:
    asked = {name: one.parameters["visible"] for name, one in readers() if "visible" in one.parameters}
    assert len(asked) > 20
    assert [name for name, one in asked.items() if one.default is not one.empty] == []


def test_s9_whatever_reads_the_reports_says_whose() -> None:
    def takes(signature: inspect.Signature, kind: str) -> bool:
        return any(kind in str(one.annotation) for one in signature.parameters.values())

    silent = {name for name, one in readers() if takes(one, "Reports") and not takes(one, "Visible")}
    assert silent == OF_EVERYBODY


OF_EVERYBODY: Final = {
    "measuring.forecast.today_of", "measuring.forecast.wanted", "measuring.kpi_names.group_name",
    "reporting.coming.today", "reporting.kept.pulse",
}  # fmt: skip
"""They tell nothing of any record: a date, a word, whether anything changed."""
