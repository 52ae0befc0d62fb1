"""Who reads the dashboard: sessions of browsers, numbered as in docs/security.md."""

from __future__ import annotations

from datetime import timedelta
from types import MappingProxyType
from typing import Any

import pytest

from stalewatch.services.operating import tokens
from stalewatch.settings.project import Web
from stalewatch.web.app import create_app
from stalewatch.web.pages.addresses import ours
from stalewatch.wiring.live import Live
from tests.services.world import World
from tests.web.office import Office, project_of
from tests.web.visits import HOME, Visitor

pytestmark = pytest.mark.security


def office_of(world: World, **settings: Any) -> Office:
    return Office(world, create_app(Live(project_of(world, **settings))))


@pytest.fixture
def token(empty: World) -> str:
    return tokens.create(empty.db, "browser", ["deals:read", "alerts:act"], empty.us)


@pytest.fixture
def visitor(empty: World, token: str) -> Visitor:
    """A browser that has not signed in where tokens are needed."""
    assert token
    return Visitor(office_of(empty))


def test_s7_a_token_opens_a_session_that_no_script_reads_and_no_other_site_sends(visitor: Visitor, token: str) -> None:
    asked = visitor.page("/due-soon?within=5bd", status=401)
    assert asked.one("input", name="next").attributes["value"] == "/due-soon?within=5bd"
    answer = visitor.signs_in(token, next="/due-soon?within=5bd")
    assert (answer.status_code, answer.headers["location"]) == (303, "/due-soon?within=5bd")
    flags = {part.strip().lower() for part in answer.headers["set-cookie"].split(";")[1:]}
    assert flags == {"httponly", "max-age=43200", "path=/", "samesite=strict"}
    assert token not in answer.headers["set-cookie"]
    visitor.page("/")


def test_s7_over_https_the_cookie_is_bound_to_the_host_and_to_https(empty: World, token: str) -> None:
    visitor = Visitor(office_of(empty, web=Web(public_url="https://stalewatch.example")))
    cookie = visitor.signs_in(token).headers["set-cookie"]
    assert cookie.startswith("__Host-stalewatch=")
    assert "secure" in cookie.lower()
    assert "domain" not in cookie.lower()
    visitor.page("/")


def test_s7_two_sessions_differ_and_signing_out_takes_the_cookie_back(
    empty: World, visitor: Visitor, token: str
) -> None:
    first = visitor.signs_in(token).cookies["stalewatch"]
    empty.clock.advance(timedelta(seconds=1))
    assert visitor.signs_in(token).cookies["stalewatch"] != first
    assert visitor.page("/").one("form", action="/sign-out")
    answer = visitor.posts("/sign-out", csrf=visitor.mark())
    assert answer.status_code == 303
    assert {one.partition("=")[0] for one in answer.headers.get_list("set-cookie")} == {
        "stalewatch", "__Host-stalewatch"
    }  # fmt: skip
    assert all("Max-Age=0" in one for one in answer.headers.get_list("set-cookie"))


def test_s7_a_session_ends_after_twelve_hours(empty: World, visitor: Visitor, token: str) -> None:
    visitor.signs_in(token)
    empty.clock.advance(timedelta(hours=11, minutes=59))
    visitor.page("/")
    empty.clock.advance(timedelta(minutes=2))
    visitor.page("/", status=401)


def test_s3_a_session_dies_with_its_token(empty: World, visitor: Visitor, token: str) -> None:
    visitor.signs_in(token)
    visitor.page("/")
    tokens.revoke(empty.db, tokens.listed(empty.db)[0].id, empty.us)
    visitor.page("/", status=401)


def test_s7_an_altered_or_foreign_cookie_opens_nothing(empty: World, visitor: Visitor, token: str) -> None:
    good = visitor.signs_in(token).cookies["stalewatch"]
    body, _, mark = good.rpartition(".")
    identity, _, end = body.partition(".")
    other = Visitor(office_of(empty)).signs_in(token).cookies["stalewatch"]  # another process, another key
    bent = [f"{body}.{mark[:-1]}{'0' if mark[-1] != '0' else '1'}" for _ in (0,)]
    bent += [f"{identity}.{int(end) + 1}.{mark}", f"x{body}.{mark}", body, f".{mark}", "..", "", "é.1.0", other, mark]
    for cookie in bent:
        visitor.cookies = {"stalewatch": cookie.encode().decode("latin-1")}
        visitor.page("/", status=401)
    visitor.cookies = {"stalewatch": good}
    visitor.page("/")


def test_s7_with_a_key_of_the_project_sessions_outlive_the_process(empty: World, token: str) -> None:
    key = MappingProxyType({"key": "a long secret of the project"})
    before, after = (Visitor(office_of(empty, secrets=key)) for _ in range(2))
    after.cookies["stalewatch"] = before.signs_in(token).cookies["stalewatch"]
    after.page("/")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": HOME},
        {"Sec-Fetch-Site": "none"},
    ],
    ids=str,
)
def test_s8_only_our_own_pages_post(visitor: Visitor, token: str, headers: dict[str, str]) -> None:
    assert visitor.posts("/sign-in", headers=headers, token=token).status_code == 403
    visitor.signs_in(token)
    assert visitor.posts("/sign-out", headers=headers).status_code == 403
    answer = visitor.asks("POST", "/v1/alerts/x/snooze", headers=headers, json={"until": "2030-01-01T00:00:00Z"})
    assert answer.status_code == 403


def test_s8_our_own_pages_post_by_either_sign_and_bearers_need_none(visitor: Visitor, token: str) -> None:
    assert visitor.posts("/sign-in", headers={"Origin": HOME}, token=token).status_code == 303
    body = {"until": "2030-01-01T00:00:00Z", "reason": "x"}
    for headers in ({"Origin": HOME}, {"Sec-Fetch-Site": "same-origin"}):
        marked = {**headers, "X-CSRF-Token": visitor.mark()}
        assert visitor.asks("POST", "/v1/alerts/x/snooze", headers=marked, json=body).status_code == 404
    bearer = Visitor(visitor.office)
    bearer.headers["Authorization"] = f"Bearer {token}"
    assert bearer.asks("POST", "/v1/alerts/x/snooze", json=body).status_code == 404


def test_s8_without_a_mark_of_its_own_session_nothing_is_done(visitor: Visitor, token: str) -> None:
    visitor.signs_in(token)
    own, again = visitor.mark(), visitor.mark()
    assert own != again
    other = Visitor(visitor.office)
    visitor.office.world.clock.advance(timedelta(seconds=1))
    other.signs_in(token)
    salt, _, mark = own.partition(".")
    for wrong in ("", "x", ".", "é", other.mark(), mark, f"{salt}.", f"{salt}x.{mark}", own.upper(), own + "0"):
        assert visitor.posts("/sign-out", csrf=wrong).status_code == 403, wrong
        headers = {"Origin": HOME, "X-CSRF-Token": wrong.encode().decode("latin-1")}
        answer = visitor.asks("POST", "/v1/alerts/x/acknowledge", headers=headers, json={})
        assert answer.status_code == 403, wrong
    for good in (own, again):
        headers = {"Origin": HOME, "X-CSRF-Token": good}
        assert visitor.asks("POST", "/v1/alerts/x/acknowledge", headers=headers, json={}).status_code == 404
    assert visitor.posts("/sign-out", csrf=own).status_code == 303


def test_s35_every_token_that_is_not_valid_gets_the_same_answer(empty: World, visitor: Visitor, token: str) -> None:
    tokens.revoke(empty.db, tokens.listed(empty.db)[0].id, empty.us)
    unknown = (tokens.mint(b"\0" * 32), token, token[:-1], "swt_", "x", "", "é", "\0")
    answers = {(one.status_code, one.text) for one in (visitor.signs_in(text) for text in unknown)}
    assert len(answers) == 1
    status, text = answers.pop()
    assert status == 401
    assert "This token is not valid" in text
    assert not visitor.cookies


ELSEWHERE = (
    "//evil.example", "https://evil.example", "https:evil.example", "/\\evil.example", "%2f%2fevil.example", "\\/evil",
    "javascript:alert(1)", "evil", "", "/\t/evil.example", "/\n//evil.example", " //evil.example", "/é",
    "/" + "a" * 3000,
)  # fmt: skip


@pytest.mark.parametrize("after", ELSEWHERE)
def test_s6_nobody_is_sent_elsewhere(visitor: Visitor, token: str, after: str) -> None:
    assert visitor.signs_in(token, next=after).headers["location"] == "/"
    assert ours(after) == "/"
    if len(after) <= 2000:
        assert visitor.page("/sign-in", next=after).one("input", name="next").attributes["value"] == "/"


def test_s36_at_home_no_sign_in_is_needed_and_a_link_from_elsewhere_is_asked_to_come_again(empty: World) -> None:
    visitor = Visitor(Office.of(empty, is_local=True))
    visitor.page("/")
    for site in ("cross-site", "same-site"):
        visitor.headers["Sec-Fetch-Site"] = site
        assert visitor.page("/", status=401).one("meta", http_equiv="refresh").attributes["content"] == "0"
    visitor.headers["Sec-Fetch-Site"] = "same-origin"
    visitor.page("/")
    tokens.create(empty.db, "one", ["deals:read"], empty.us)
    assert not visitor.page("/", status=401).all("meta", http_equiv="refresh")
