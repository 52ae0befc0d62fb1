"""The first start: who gets in where nobody can say yet who they are (security, S36)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from stalewatch.services.access import tokens
from stalewatch.services.access.setup import Setup
from stalewatch.settings.project import Oidc, SigningIn, Web
from stalewatch.store import audit
from stalewatch.web.app import create_app
from stalewatch.web.serving import Exposed, check_exposure, is_at_home, setup_of
from stalewatch.wiring.live import Live
from tests.services.world import World
from tests.web.office import Office, project_of
from tests.web.visits import HOME, Visitor

pytestmark = pytest.mark.security
OIDC = SigningIn(oidc=Oidc(issuer="https://id.acme.example", client_id="x", client_secret="y"))  # noqa: S106
PROXIED = Web(public_url="https://stalewatch.acme.example")
ADMINS = "/v1/connections"
EVERYBODY = "0.0.0.0"  # noqa: S104 - what is asked about


def needs_setup(world: World, host: str = "127.0.0.1", **settings: Any) -> bool:
    return setup_of(project_of(world, **settings), host) is not None


def test_s36_a_fresh_install_opens_no_address_to_others_without_a_token_or_a_provider(empty: World) -> None:
    for settings in ({}, {"web": PROXIED}, {"web": Web(public_url="http://localhost:8080")}):
        with pytest.raises(Exposed, match=r"docs/sign-in\.md"):
            check_exposure(project_of(empty, **settings), EVERYBODY)
    check_exposure(project_of(empty, web=PROXIED, signing_in=OIDC), EVERYBODY)
    check_exposure(project_of(empty), "127.0.0.1")
    tokens.create(empty.db, "one", ["deals:read"], empty.us)
    check_exposure(project_of(empty), EVERYBODY)


@pytest.mark.parametrize(
    ("host", "settings", "at_home"),
    [
        ("127.0.0.1", {}, True),
        ("::1", {"web": Web(public_url="http://127.0.0.1:8080")}, True),
        ("localhost", {"web": Web(public_url="http://[::1]:8080")}, True),
        ("127.0.0.1", {"web": PROXIED}, False),
        ("127.0.0.1", {"web": Web(public_url="http://10.0.0.7")}, False),
        ("127.0.0.1", {"web": Web(public_url="http://localhost:8080"), "signing_in": OIDC}, False),
        (EVERYBODY, {}, False),
    ],
)
def test_s36_nobody_is_at_home_who_may_have_come_through_a_proxy(
    empty: World, host: str, settings: dict[str, Any], at_home: bool
) -> None:
    assert is_at_home(project_of(empty, **settings).settings, host) is at_home


def test_s36_a_setup_token_is_there_only_where_nobody_else_gets_in(empty: World) -> None:
    assert not needs_setup(empty)
    assert needs_setup(empty, web=PROXIED)
    assert not needs_setup(empty, web=PROXIED, signing_in=OIDC)
    tokens.create(empty.db, "short", ["deals:read"], empty.us, expires_at=empty.us + 1_000_000)
    assert not needs_setup(empty, web=PROXIED)
    empty.clock.advance(timedelta(seconds=2))
    assert needs_setup(empty, web=PROXIED)
    assert needs_setup(empty)  # the open door is closed for good once there was a token


def test_s36_the_setup_token_lets_the_first_admin_in_once_and_for_twelve_hours(empty: World) -> None:
    setup = Setup()
    office = Office(empty, create_app(Live(project_of(empty)), setup=setup))
    first, second = Visitor(office), Visitor(office)
    for wrong in ("", "setup-", setup.token[:-1], setup.token + "x", "é"):
        assert first.signs_in(wrong).status_code == 401
    assert first.signs_in(setup.token).status_code == 303
    assert first.asks("GET", ADMINS).status_code == 200
    assert second.signs_in(setup.token).status_code == 401
    with empty.db.read() as conn:
        made, begun = reversed(audit.read(conn))
    assert (made.action, made.actor, begun.action) == ("token.create", "setup", "session.begin")
    assert setup.token not in str(made)
    for _ in range(2):
        empty.clock.advance(timedelta(hours=5, minutes=59))
        assert first.asks("GET", ADMINS).status_code == 200
    empty.clock.advance(timedelta(minutes=3))
    assert first.asks("GET", ADMINS).status_code == 401


def test_s36_the_setup_token_is_nothing_once_there_is_another_way_in(empty: World) -> None:
    setup = Setup()
    visitor = Visitor(Office(empty, create_app(Live(project_of(empty)), setup=setup)))
    tokens.create(empty.db, "one", ["deals:read"], empty.us)
    assert visitor.signs_in(setup.token).status_code == 401


def test_s36_two_setup_tokens_let_one_admin_in(empty: World) -> None:
    """Two servers that start at once have one each."""
    one, two = Setup(), Setup()
    assert one.token != two.token
    first = Visitor(Office(empty, create_app(Live(project_of(empty)), setup=one)))
    second = Visitor(Office(empty, create_app(Live(project_of(empty)), setup=two)))
    assert first.signs_in(one.token).status_code == 303
    assert second.signs_in(two.token).status_code == 401


def test_s36_s8_at_home_no_page_of_anybody_elses_changes_anything(empty: World) -> None:
    """A browser that says nothing of sites still says from where it posts."""
    visitor = Visitor(Office.of(empty, is_local=True))
    path = "/v1/alerts/x/acknowledge"
    for origin in ("https://evil.example", "http://localhost:9999", "null"):
        assert visitor.asks("POST", path, headers={"Origin": origin}, json={}).status_code == 401, origin
    for headers in ({"Origin": HOME}, {}):
        assert visitor.asks("POST", path, headers=headers, json={}).status_code == 404
