"""Who reads the dashboard: sessions of browsers, numbered as in docs/security.md."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from stalewatch.services.access import tokens
from stalewatch.settings.project import Web
from stalewatch.store import audit
from stalewatch.web.app import create_app
from stalewatch.web.pages.addresses import ours
from stalewatch.wiring.live import Live
from tests.services.world import World
from tests.web.office import Office, project_of
from tests.web.visits import HOME, Visitor

pytestmark = pytest.mark.security


def office_of(world: World, **settings: Any) -> Office:
    return Office(world, create_app(Live(project_of(world, **settings))))


def acts(world: World) -> list[str]:
    """What the audit log says of sessions, in order."""
    with world.db.read() as conn:
        return [row.action for row in reversed(audit.read(conn, action="session"))]


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
    assert flags == {"httponly", "max-age=604800", "path=/", "samesite=lax"}
    assert token not in answer.headers["set-cookie"]
    visitor.page("/")


def test_s7_over_https_the_cookie_is_bound_to_the_host_and_to_https(empty: World, token: str) -> None:
    visitor = Visitor(office_of(empty, web=Web(public_url="https://stalewatch.example")))
    cookie = visitor.signs_in(token).headers["set-cookie"]
    assert cookie.startswith("__Host-stalewatch=")
    assert "secure" in cookie.lower()
    assert "domain" not in cookie.lower()
    visitor.page("/")
    visitor.cookies = {"stalewatch": visitor.cookies["__Host-stalewatch"]}  # which another host could have set
    visitor.page("/", status=401)


def test_s7_each_sign_in_has_another_session_and_ends_the_one_before(
    empty: World, visitor: Visitor, token: str
) -> None:
    visitor.cookies["stalewatch"] = "A" * 43  # what somebody else has planted
    first = visitor.signs_in(token).cookies["stalewatch"]
    second = visitor.signs_in(token).cookies["stalewatch"]
    assert len({first, second, "A" * 43}) == 3
    visitor.page("/")
    for planted in (first, "A" * 43):
        visitor.cookies = {"stalewatch": planted}
        visitor.page("/", status=401)
    assert acts(empty) == ["session.begin", "session.begin", "session.end"]


def test_s7_signing_out_ends_every_copy_of_the_cookie(empty: World, visitor: Visitor, token: str) -> None:
    copy = visitor.signs_in(token).cookies["stalewatch"]
    assert visitor.page("/").one("form", action="/sign-out")
    answer = visitor.posts("/sign-out", csrf=visitor.mark())
    assert answer.status_code == 303
    assert {one.partition("=")[0] for one in answer.headers.get_list("set-cookie")} == {
        "stalewatch", "__Host-stalewatch"
    }  # fmt: skip
    assert all("Max-Age=0" in one for one in answer.headers.get_list("set-cookie"))
    for process in (visitor.office, office_of(empty)):
        Visitor(process, cookies={"stalewatch": copy}).page("/", status=401)
    assert acts(empty) == ["session.begin", "session.end"]
    with empty.db.read() as conn:
        begun, ended = reversed(audit.read(conn, action="session"))
    assert begun.actor == ended.actor == f"token:{tokens.listed(empty.db)[0].id}"
    assert begun.object == ended.object
    assert copy not in str(begun)


def test_s7_a_session_ends_after_twelve_hours_without_a_visit(empty: World, visitor: Visitor, token: str) -> None:
    visitor.signs_in(token)
    for _ in range(3):
        empty.clock.advance(timedelta(hours=11, minutes=59))
        visitor.page("/")
    empty.clock.advance(timedelta(hours=12))
    visitor.page("/", status=401)


def test_s7_a_session_ends_after_seven_days_however_often_it_is_used(
    empty: World, visitor: Visitor, token: str
) -> None:
    visitor.signs_in(token)
    for _ in range(15):
        empty.clock.advance(timedelta(hours=11))
        visitor.page("/")
    empty.clock.advance(timedelta(hours=3))
    visitor.page("/", status=401)


def test_s7_visits_are_written_down_seldom(empty: World, visitor: Visitor, token: str) -> None:
    def seen() -> int:
        with empty.db.read() as conn:
            return int(conn.exec_driver_sql("SELECT seen_at FROM sessions").scalar_one())

    visitor.signs_in(token)
    began = seen()
    empty.clock.advance(timedelta(minutes=4))
    visitor.page("/")
    assert seen() == began
    empty.clock.advance(timedelta(minutes=1))
    visitor.page("/")
    assert seen() == empty.us


def test_s7_a_stolen_database_opens_no_session(empty: World, visitor: Visitor, token: str) -> None:
    shown = visitor.signs_in(token).cookies["stalewatch"]
    dump = b"".join(path.read_bytes() for path in Path(str(empty.db.url.database)).parent.iterdir())
    assert shown.encode() not in dump
    with empty.db.read() as conn:
        stored = str(conn.exec_driver_sql("SELECT hash FROM sessions").scalar_one())
    Visitor(visitor.office, cookies={"stalewatch": stored[:43]}).page("/", status=401)


def test_s3_a_session_dies_with_its_token(empty: World, visitor: Visitor, token: str) -> None:
    visitor.signs_in(token)
    visitor.page("/")
    tokens.revoke(empty.db, tokens.listed(empty.db)[0].id, empty.us)
    visitor.page("/", status=401)


def test_s7_an_altered_cookie_opens_nothing(visitor: Visitor, token: str) -> None:
    good = visitor.signs_in(token).cookies["stalewatch"]
    for cookie in ("", "x", good[:-1], good + "A", good[:-1] + ("A" if good[-1] != "A" else "B"), good.swapcase(), "é",
                   "A" * 43, "A" * 4000, "' OR 1=1 --"):  # fmt: skip
        visitor.cookies = {"stalewatch": cookie.encode().decode("latin-1")}
        visitor.page("/", status=401)
    visitor.cookies = {"stalewatch": good}
    visitor.page("/")


def test_s7_processes_share_sessions(empty: World, visitor: Visitor, token: str) -> None:
    after = Visitor(office_of(empty))
    after.cookies["stalewatch"] = visitor.signs_in(token).cookies["stalewatch"]
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
