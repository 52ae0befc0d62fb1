"""Every route with the scope that its caller needs. Nothing else adds routes, so none can be without an entry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.routing import BaseRoute

from stalewatch.web import acting, alerts, connections, health, lists, measured, partners, slack
from stalewatch.web.asking import DealsDueSoon, LeadsDueSoon, Reading, StalledDeals, StalledLeads
from stalewatch.web.auth import needs
from stalewatch.web.backtested import Backtesting, backtest_of
from stalewatch.web.documented import (
    FIGURES,
    HEALTH,
    LINK,
    LIST,
    RECORD,
    REPORTED,
    REVOKED,
    TAKEN,
    answers,
    schemas,
)
from stalewatch.web.documented_alerts import (
    ACKNOWLEDGED,
    ALERTS,
    CHECKED,
    CLAIMED,
    DISMISSED,
    HELD,
    LOST,
    RESUMED,
    SNOOZED,
)
from stalewatch.web.documented_connections import CONNECTIONS, SYNC_ASKED
from stalewatch.web.documented_kpis import KPIS
from stalewatch.web.documented_measured import FORECAST, REVIEW, UNOBSERVED
from stalewatch.web.documented_rules import BACKTESTED, RULES, SENT, TRIED
from stalewatch.web.documented_rules import CHECKED as RULES_CHECKED
from stalewatch.web.kpis import AskedKpis, kpis_of
from stalewatch.web.pages import (
    act,
    files,
    forecast,
    look,
    overview,
    provider,
    record,
    signing,
    undelivered,
    unobserved,
)
from stalewatch.web.pages import lists as pages
from stalewatch.web.pages.asking import DueSoonPage, RecordPage, SignInPage, StalledPage, StartPage
from stalewatch.web.pages.connections import ConnectionsPage, connections_page, sync_page
from stalewatch.web.pages.hygiene import AskedHygiene, hygiene_file, hygiene_page
from stalewatch.web.pages.review import review_page
from stalewatch.web.pages.rule import rule_page, try_rule
from stalewatch.web.pages.rules import RulesPage, rules_csv, rules_page
from stalewatch.web.public import loss, partner
from stalewatch.web.reviewed import AskedReview, AskedReviewPage, report
from stalewatch.web.rule_trials import Checking, Previewing, check_rules, preview_rules
from stalewatch.web.rules import Rules, rules
from stalewatch.web.slack import SIGNATURE

Answers = dict[int | str, dict[str, Any]]
ACT: Final = "alerts:act"


@dataclass(frozen=True, slots=True)
class Route:
    """One route.

    Attributes:
        scope: what its caller's token must allow; `SIGNATURE`: Slack must have signed; None: everybody may ask.
        asks: the query parameters it understands.
        page: of the dashboard: it is for people, and OpenAPI does not describe it.
        body: what OpenAPI says of a body that the endpoint reads by itself.
    """

    method: str
    path: str
    scope: str | None
    endpoint: Callable[..., Any]
    answers: Answers
    asks: type[BaseModel] | None = None
    page: bool = False
    body: dict[str, Any] | None = None


async def described(request: Request) -> Response:
    """This description."""
    return JSONResponse(request.app.openapi())


_LIST: Final = answers(LIST, 401, 403, 422, 503)
_RECORD: Final = answers(RECORD, 401, 403, 404, 422, 503)
_ANSWER: Final = (401, 403, 404, 409, 413, 422, 503)
_ALERTS: Final = answers(ALERTS, 401, 403, 422, 503)
_SLACK: Final = answers(TAKEN, 401, 404, 413, 503)
_PARTNER: Final = (401, 403, 404, 409, 413, 422, 503)
_PUBLIC: Final = answers(HEALTH)
_FORECAST: Final = answers(FORECAST, 401, 403, 422, 503)
_REVIEW: Final = answers(REVIEW, 401, 403, 422, 503)
_UNOBSERVED: Final = answers(UNOBSERVED, 401, 403, 422, 503)

ROUTES: Final = (
    Route("GET", "/v1/deals/stalled", "deals:read", lists.stalled_deals, _LIST, StalledDeals),
    Route("GET", "/v1/deals/due-soon", "deals:read", lists.deals_due_soon, _LIST, DealsDueSoon),
    Route("GET", "/v1/deals/{id:path}", "deals:read", lists.deal, _RECORD, Reading),
    Route("GET", "/v1/leads/stalled", "deals:read", lists.stalled_leads, _LIST, StalledLeads),
    Route("GET", "/v1/leads/due-soon", "deals:read", lists.leads_due_soon, _LIST, LeadsDueSoon),
    Route(
        "GET", "/v1/leads/unobserved", "reports:read", measured.unobserved_leads, _UNOBSERVED, measured.AskedUnobserved
    ),
    Route("GET", "/v1/leads/{id:path}", "deals:read", lists.lead, _RECORD, Reading),
    Route("GET", "/v1/kpis", "reports:read", kpis_of, answers(KPIS, 401, 403, 422, 503), AskedKpis),
    Route("GET", "/v1/forecast", "reports:read", measured.forecast_of, _FORECAST, measured.AskedForecast),
    Route("GET", "/v1/reports/{period}", "reports:read", report, _REVIEW, AskedReview),
    Route("GET", "/v1/alerts", "alerts:read", alerts.alerts, _ALERTS, alerts.Alerts),
    Route("POST", "/v1/alerts/{id}/acknowledge", ACT, acting.acknowledge_alert, answers(ACKNOWLEDGED, *_ANSWER)),
    Route("POST", "/v1/alerts/{id}/snooze", ACT, acting.snooze_alert, answers(SNOOZED, *_ANSWER)),
    Route("POST", "/v1/alerts/{id}/hold", ACT, acting.hold_alert, answers(HELD, *_ANSWER)),
    Route("DELETE", "/v1/alerts/{id}/hold", ACT, acting.resume_alert, answers(RESUMED, *_ANSWER)),
    Route("POST", "/v1/alerts/{id}/claim", ACT, acting.claim_alert, answers(CLAIMED, *_ANSWER)),
    Route("POST", "/v1/alerts/{id}/lost", ACT, acting.lose_alert, answers(LOST, *_ANSWER)),
    Route("POST", "/v1/alerts/{id}/loss-check", ACT, acting.check_alert, answers(CHECKED, *_ANSWER)),
    Route("POST", "/v1/alerts/{id}/false-alarm", ACT, acting.dismiss_alert, answers(DISMISSED, *_ANSWER)),
    Route("GET", "/v1/rules", "rules:read", rules, answers(RULES, 401, 403, 422, 503), Rules),
    Route(
        "GET",
        "/v1/rules/{id}/backtest",
        "rules:read",
        backtest_of,
        answers(BACKTESTED, 401, 403, 404, 422, 503),
        Backtesting,
    ),
    Route(
        "POST",
        "/v1/rules/check",
        "rules:preview",
        check_rules,
        answers(RULES_CHECKED, 401, 403, 413, 415, 422, 503),
        Checking,
        body=SENT,
    ),
    Route(
        "POST",
        "/v1/rules/preview",
        "rules:preview",
        preview_rules,
        answers(TRIED, 401, 403, 413, 415, 422, 503),
        Previewing,
        body=SENT,
    ),
    Route(
        "GET", "/v1/connections", "admin", connections.connections, answers(CONNECTIONS, 401, 403, 422, 503), Reading
    ),
    Route(
        "POST",
        "/v1/connections/{id}/sync",
        "admin",
        connections.sync_connection,
        answers(SYNC_ASKED, 401, 403, 404, 409, 422, 503, status=202),
        connections.Syncing,
    ),
    Route("POST", "/v1/partners/{deal}/report", "partner:report", partners.report_deal, answers(REPORTED, *_PARTNER)),
    Route("POST", "/v1/partners/{deal}/links", "alerts:act", partners.make_link, answers(LINK, *_PARTNER)),
    Route("DELETE", "/v1/partners/{deal}/links", "alerts:act", partners.revoke_links, answers(REVOKED, *_PARTNER)),
    Route("POST", "/slack/actions", SIGNATURE, slack.slack_actions, _SLACK),
    Route("POST", "/slack/commands", SIGNATURE, slack.slack_commands, _SLACK),
    Route("POST", "/slack/events", SIGNATURE, slack.slack_events, _SLACK),
    Route("GET", "/v1/openapi.json", None, described, _PUBLIC),
    Route("GET", "/healthz", None, health.healthz, _PUBLIC),
    Route("GET", "/readyz", None, health.readyz, answers(HEALTH, is_readyz=True)),
    Route("GET", "/metrics", None, health.metrics, answers(FIGURES)),
    Route("GET", "/", "deals:read", overview.overview, {}, StalledPage, page=True),
    Route("GET", "/stalled", "deals:read", pages.stalled, {}, StalledPage, page=True),
    Route("GET", "/stalled.csv", "deals:read", pages.stalled_csv, {}, StalledPage, page=True),
    Route("GET", "/due-soon", "deals:read", pages.due_soon, {}, DueSoonPage, page=True),
    Route("GET", "/due-soon.csv", "deals:read", pages.due_soon_csv, {}, DueSoonPage, page=True),
    Route("GET", "/hygiene", "reports:read", hygiene_page, {}, AskedHygiene, page=True),
    Route("GET", "/hygiene.csv", "reports:read", hygiene_file, {}, AskedHygiene, page=True),
    Route("GET", "/forecast", "reports:read", forecast.forecast_page, {}, measured.AskedForecast, page=True),
    Route("GET", "/forecast.csv", "reports:read", forecast.forecast_file, {}, measured.AskedForecast, page=True),
    Route("GET", "/unobserved", "reports:read", unobserved.unobserved_page, {}, measured.AskedUnobserved, page=True),
    Route(
        "GET", "/unobserved.csv", "reports:read", unobserved.unobserved_file, {}, measured.AskedUnobserved, page=True
    ),
    Route("GET", "/review", "reports:read", review_page, {}, AskedReviewPage, page=True),
    Route("GET", "/deals/{id:path}", "deals:read", record.deal, {}, RecordPage, page=True),
    Route("GET", "/leads/{id:path}", "deals:read", record.lead, {}, RecordPage, page=True),
    Route("POST", "/answers/{kind}/{alert}", ACT, act.answer, {}, page=True),
    Route("GET", "/rules", "rules:read", rules_page, {}, RulesPage, page=True),
    Route("GET", "/rules.csv", "rules:read", rules_csv, {}, RulesPage, page=True),
    Route("GET", "/rules/{id}", "rules:read", rule_page, {}, Reading, page=True),
    Route("POST", "/rules/{id}", "rules:preview", try_rule, {}, page=True),
    Route("GET", "/connections", "reports:read", connections_page, {}, ConnectionsPage, page=True),
    Route("POST", "/connections/{id}/sync", "admin", sync_page, {}, page=True),
    Route("GET", "/undelivered", "deals:read", undelivered.undelivered_page, {}, Reading, page=True),
    Route("GET", "/look", None, look.look, {}, look.Look, page=True),
    Route("GET", "/sign-in", None, signing.sign_in_form, {}, SignInPage, page=True),
    Route("POST", "/sign-in", None, signing.sign_in, {}, page=True),
    Route("GET", "/sign-in/start", None, provider.start, {}, StartPage, page=True),
    Route("GET", "/sign-in/return", None, provider.come_back, {}, page=True),
    Route("POST", "/sign-out", None, signing.sign_out, {}, page=True),
    Route("GET", "/l/{token}", None, loss.ask_customer, {}, page=True),
    Route("HEAD", "/l/{token}", None, loss.ask_customer, {}, page=True),
    Route("POST", "/l/{token}", None, loss.take_answer, {}, page=True),
    Route("GET", "/p/{token}", None, partner.ask_partner, {}, page=True),
    Route("HEAD", "/p/{token}", None, partner.ask_partner, {}, page=True),
    Route("POST", "/p/{token}", None, partner.take_report, {}, page=True),
    Route("GET", "/static/{name}", None, files.static, {}, page=True),
)


def add_routes(app: FastAPI) -> None:
    """Register every route with the guard of its scope."""
    app.router.routes.extend(_guarded())


@cache
def _guarded() -> tuple[BaseRoute, ...]:
    """Every route as FastAPI serves it: of no application in particular, and 0.1 s of a processor to work out."""
    router = APIRouter(redirect_slashes=False)
    for route in ROUTES:
        router.add_api_route(
            route.path,
            route.endpoint,
            methods=[route.method],
            dependencies=[] if route.scope is None else [Depends(_guard(route.scope))],
            responses=route.answers,
            response_class=Response,
            include_in_schema=not route.page,
            summary=(route.endpoint.__doc__ or "").partition("\n")[0].rstrip("."),
            tags=[_tag(route.path)],
            openapi_extra={"security": _security(route.scope), **({"requestBody": route.body} if route.body else {})},
            route_class_override=_class_of(route),
        )
    return tuple(router.routes)


def describe(app: FastAPI) -> None:
    """Let OpenAPI know the schemas and how to authenticate."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            components = plain().setdefault("components", {})
            components.setdefault("schemas", {}).update(schemas())
            components["securitySchemes"] = {
                "token": {"type": "http", "scheme": "bearer", "description": "`stalewatch token create` makes one."},
                SIGNATURE: {
                    "type": "apiKey", "in": "header", "name": "X-Slack-Signature",
                    "description": "Slack signs its requests with the app's signing secret.",
                },
            }  # fmt: skip
        return plain()

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's own way to extend it


def _guard(scope: str) -> Callable[..., Any]:
    return slack.signed if scope == SIGNATURE else needs(scope)


def _security(scope: str | None) -> list[dict[str, list[str]]]:
    if scope is None:
        return []
    return [{SIGNATURE: []}] if scope == SIGNATURE else [{"token": [scope]}]


def _class_of(route: Route) -> type[APIRoute]:
    """A route that knows its query parameters, so that a misspelt one can be answered with the nearest."""

    class Knowing(APIRoute):
        query_names = tuple(route.asks.model_fields) if route.asks else ()

    return Knowing


def _tag(path: str) -> str:
    if path.startswith("/slack/"):
        return "slack"
    return path.split("/")[2].partition(".")[0] if path.startswith("/v1/") else "health"
