"""S8 of docs/security.md: nothing is changed for a session but by a page of the dashboard, whatever the route."""

from __future__ import annotations

from pathlib import Path

import pytest

from stalewatch.services.access import tokens
from stalewatch.web.routes import ROUTES, Route
from stalewatch.web.slack import SIGNATURE
from tests.services.world import World
from tests.web.dom import parse
from tests.web.office import Office
from tests.web.visits import HOME, Visitor

pytestmark = pytest.mark.security
TEMPLATES = Path(__file__).parents[2] / "src" / "stalewatch" / "web" / "templates"
CHANGING = [one for one in ROUTES if one.method not in ("GET", "HEAD") and one.scope not in (None, SIGNATURE)]
"""Every route that changes something for whoever has come in."""
WITHOUT = {"/sign-in", "/sign-out", "/l/{token}", "/p/{token}"}
"""Those that take no scope: signing in has no session yet, signing out asks by itself, links are no sessions."""
FOREIGN = (
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site", "Origin": HOME},
    {"Sec-Fetch-Site": "same-site"},
    {},
)


@pytest.fixture
def token(empty: World) -> str:
    return tokens.create(empty.db, "everything", ["admin"], empty.us)


@pytest.fixture
def visitor(empty: World, token: str) -> Visitor:
    """Somebody who may do everything, signed in."""
    visitor = Visitor(Office.of(empty))
    assert visitor.signs_in(token).status_code == 303
    return visitor


def address(route: Route) -> str:
    path = route.path.replace(":path", "")
    while "{" in path:
        path = path.partition("{")[0] + "x" + path.partition("}")[2]
    return path


def test_s8_every_route_that_changes_something_is_known() -> None:
    assert CHANGING
    assert {one.path for one in ROUTES if one.method not in ("GET", "HEAD") and one.scope is None} == WITHOUT


def test_s8_without_a_mark_or_from_elsewhere_no_route_does_anything(visitor: Visitor) -> None:
    mark = visitor.mark()
    for route in CHANGING:
        for headers in FOREIGN:
            told = {**headers, "X-CSRF-Token": mark}
            answer = visitor.asks(route.method, address(route), headers=told, json={})
            assert answer.status_code == 403, (route.path, headers)
        for wrong in ({}, {"X-CSRF-Token": "0123456789abcdef.0"}):
            answer = visitor.asks(route.method, address(route), headers={"Origin": HOME, **wrong}, json={})
            assert answer.status_code == 403, route.path
            answer = visitor.asks(route.method, address(route), headers={"Origin": HOME, **wrong}, data={"csrf": "x"})
            assert answer.status_code == 403, route.path


def test_s8_with_both_every_route_answers_and_a_bearer_needs_neither(visitor: Visitor, token: str) -> None:
    marked = {"Origin": HOME, "X-CSRF-Token": visitor.mark()}
    bearer = Visitor(visitor.office, headers={"Authorization": f"Bearer {token}"})
    for route in CHANGING:
        for who, headers in ((visitor, marked), (bearer, {}), (bearer, {"Origin": "https://evil.example"})):
            answer = who.asks(route.method, address(route), headers=headers, json={})
            assert answer.status_code not in (401, 403), (route.path, answer.status_code, answer.text[:200])


def test_s8_a_cookie_beside_a_bearer_is_no_session(visitor: Visitor) -> None:
    """Whoever sends a header of their own is no page of somebody else's."""
    visitor.headers["Authorization"] = "Bearer nonsense"
    assert visitor.asks("GET", "/v1/deals/stalled").status_code == 401


def test_s8_every_form_that_posts_bears_the_mark() -> None:
    lacking = []
    for template in sorted(TEMPLATES.rglob("*.html")):
        if template.parent.name == "public":
            continue
        for form in template.read_text("utf-8").lower().split("<form")[1:]:
            head, _, rest = form.partition(">")
            inside = rest.partition("</form>")[0]
            if 'method="post"' in head and 'action="/sign-in"' not in head and "csrf(" not in inside:
                lacking.append((template.name, head))
    assert lacking == []


def test_s8_the_mark_of_a_page_is_for_htmx_as_well(visitor: Visitor) -> None:
    page = parse(visitor.asks("GET", "/").text)
    told = page.one("body").attributes["hx-headers"]
    assert told is not None
    assert '"X-CSRF-Token"' in told
