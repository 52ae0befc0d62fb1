"""A person signs in with the company's provider, in a real browser: out, back, and out again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Event, Thread

import pytest
from playwright.sync_api import Browser, Page

from stalewatch.settings.project import Oidc, SigningIn, Web
from stalewatch.web.app import create_app
from stalewatch.web.serving import Server, listen, url_of
from stalewatch.wiring.live import Live
from stalewatch_sandbox.oidc.accounts import Account
from stalewatch_sandbox.oidc.server import OidcServer
from stalewatch_sandbox.serving.clock import Clock
from tests.patience import PATIENCE
from tests.services.world import World
from tests.web.browser.conftest import Visit
from tests.web.office import project_of

AXE = Path(__file__).with_name("axe.min.js")
PEOPLE = (Account("sato@acme.example", "Sato"), Account("stranger@elsewhere.example", "A stranger"))


@pytest.fixture(scope="module")
def door(company: World) -> Iterator[str]:
    """The dashboard of a company with a provider, where everybody has to sign in."""
    ready = Event()
    with closing(listen("127.0.0.1", 0)) as listener:
        home = url_of(listener).replace("127.0.0.1", "localhost")
        back, parting = [f"{home}/sign-in/return"], [f"{home}/sign-in"]
        with OidcServer(Clock(company.clock.now()), PEOPLE, redirects=back, parting=parting) as idp:
            oidc = Oidc(
                issuer=idp.issuer, client_id=idp.client_id, client_secret=idp.client_secret, allow_custom_host=True
            )  # fmt: skip
            project = project_of(company, web=Web(public_url=home), signing_in=SigningIn(oidc=oidc))
            server = Server(create_app(Live(project)), ready.set)
            thread = Thread(target=server.run, kwargs={"sockets": [listener]})
            thread.start()
            assert ready.wait(PATIENCE)
            yield home
            server.end()
            thread.join(PATIENCE)


@pytest.fixture
def visit(chromium: Browser, door: str) -> Iterator[Visit]:
    context = chromium.new_context(locale="en-GB")
    context.set_default_timeout(1000 * PATIENCE)
    made = Visit(context.new_page(), door, [])
    made.page.on("pageerror", lambda error: made.complaints.append(str(error)))
    made.page.on("console", lambda said: made.complaints.append(said.text) if "Security Policy" in said.text else None)
    yield made
    context.close()


def signs_in(page: Page, who: str) -> None:
    page.get_by_role("link", name="Continue with").click()
    page.get_by_role("button", name=who).click()


@pytest.mark.security
def test_s5_s7_s8_somebody_signs_in_works_and_signs_out_here_and_there(visit: Visit) -> None:
    page = visit.goes("/stalled?q=Kumo")
    signs_in(page, "Sato")
    assert page.url == f"{visit.home}/stalled?q=Kumo"  # where they wanted to be, by a cookie that came from elsewhere
    cookies = {one["name"]: one for one in page.context.cookies()}
    assert cookies["stalewatch"]["httpOnly"]
    assert cookies["stalewatch"]["sameSite"] == "Lax"
    assert "stalewatch-login" not in cookies
    assert page.evaluate("document.cookie") == ""
    page.get_by_role("button", name="Sign out").click()
    assert page.get_by_role("heading", name="You are signed out").is_visible()
    page.get_by_role("link", name="too").click()
    assert page.url == f"{visit.home}/sign-in"
    page.goto(f"{visit.home}/stalled")
    assert page.get_by_role("link", name="Continue with").is_visible()
    assert visit.complaints == []


@pytest.mark.security
def test_s5_whom_nobody_knows_stays_outside_and_may_be_somebody_else(visit: Visit) -> None:
    page = visit.goes("/sign-in")
    signs_in(page, "stranger")
    assert page.get_by_role("heading", name="You have no access").is_visible()
    assert "stranger@elsewhere.example" in page.inner_text("main")
    page.get_by_role("link", name="another account").click()
    page.get_by_role("button", name="Sato").click()
    assert page.get_by_role("button", name="Sign out").is_visible()
    assert visit.complaints == []


@pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("ja", "dark")])
def test_everybody_can_read_the_pages_before_the_door(chromium: Browser, door: str, scheme: str, language: str) -> None:
    context = chromium.new_context(color_scheme=scheme, locale=language, viewport={"width": 390, "height": 800})
    context.set_default_timeout(1000 * PATIENCE)
    page = context.new_page()
    for path in ("/sign-in", "/sign-in/return?state=x"):
        page.goto(door + path)
        page.evaluate(AXE.read_text("utf-8"))
        found = page.evaluate("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']})")
        assert [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]] == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
    context.close()
