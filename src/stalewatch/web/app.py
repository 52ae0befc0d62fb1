"""The web application of one project: `create_app(live)`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from stalewatch import __version__
from stalewatch.services.access.setup import Setup
from stalewatch.settings import Settings
from stalewatch.web.connections import counting as counting_records
from stalewatch.web.desk import Desk
from stalewatch.web.gate import Gate, handle_faults
from stalewatch.web.health import Work
from stalewatch.web.pace import Rates
from stalewatch.web.pages.errors import problem_page
from stalewatch.web.problems import handle_problems
from stalewatch.web.public.pace import Pace
from stalewatch.web.routes import add_routes, describe
from stalewatch.web.rules import counting
from stalewatch.web.shortcut import Shortcut
from stalewatch.web.turns import Turns
from stalewatch.wiring.live import Each, Live
from stalewatch.wiring.slack import Reception

if TYPE_CHECKING:
    from stalewatch.services.access.oidc.provider import Provider

_ABOUT = """Which opportunities have gone quiet, which soon will, and why.

Times are RFC 3339 with offset. Errors are `application/problem+json` (RFC 9457). Lists are paged by `next`."""


def create_app(
    live: Live, *, is_local: bool = False, engine: Callable[[], str | None] = lambda: None,
    slack: Reception | None = None, setup: Setup | None = None,
) -> FastAPI:  # fmt: skip
    """Make the application.

    Args:
        live: the project; each request is answered by the rules that are in force when it comes.
        is_local: only this machine can reach it; while no token was ever made, it then needs none.
        engine: says what is wrong with the engine that belongs to this process; None: nothing.
        slack: takes what people answer in Slack; None: nobody can.
        setup: lets the first admin in; None: there are other ways.
    """
    app = FastAPI(
        title="stalewatch", version=__version__, description=_ABOUT, redirect_slashes=False,
        openapi_url=None, docs_url=None, redoc_url=None,
    )  # fmt: skip
    app.state.desks = Each(live, lambda project: Desk(project, live, is_local, engine, slack))
    app.state.provider, app.state.setup = _provider(live.project.settings), setup
    app.state.pace = Pace()
    app.state.turns = Turns()
    app.state.rule_figures = counting()
    app.state.record_counts = counting_records()
    app.state.rates = Rates(live.project.settings.web.rate_limit)
    app.state.metrics = CollectorRegistry()
    app.state.metrics.register(Work(lambda: app.state.desks().health))
    app.add_middleware(Shortcut, desks=app.state.desks, rates=app.state.rates)
    app.add_middleware(Gate)
    handle_problems(app, problem_page)
    handle_faults(app)
    add_routes(app)
    describe(app)
    return app


def _provider(settings: Settings) -> Provider | None:
    """With whom people sign in; None: with tokens."""
    oidc, home = settings.signing_in.oidc, settings.web.public_url
    if oidc is None or home is None:
        return None
    from stalewatch.services.access.oidc.provider import Provider  # noqa: PLC0415  # who has none loads no library for it

    return Provider(oidc, home)
