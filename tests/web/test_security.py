"""Threats to the API, numbered as in docs/security.md."""

from __future__ import annotations

import statistics
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.routing import APIRoute

from stalewatch.services.access import tokens
from stalewatch.services.access.door import Door
from stalewatch.store import people
from stalewatch.web.app import create_app
from stalewatch.web.routes import ROUTES
from stalewatch.wiring.live import Live
from tests.databases import opened
from tests.patience import Stopwatch
from tests.services.world import World
from tests.web.office import Office, project_of

pytestmark = pytest.mark.security
STALLED = "/v1/deals/stalled"


def test_s1_a_stolen_database_reveals_no_token(empty: World) -> None:
    token = tokens.create(empty.db, "one", ["deals:read"], empty.us)
    assert Office.of(empty).get(STALLED, headers={"Authorization": f"Bearer {token}"}).status_code == 200
    dump = b"".join(path.read_bytes() for path in Path(str(empty.db.url.database)).parent.iterdir())
    assert token.encode() not in dump
    assert token[4:20].encode() not in dump


def test_s2_no_route_is_without_an_entry_and_a_guard(empty: World) -> None:
    app = create_app(Live(project_of(empty)))
    registered = {}
    for route in app.routes:
        assert isinstance(route, APIRoute), f"{route} was added past web/routes.py"
        scopes = {getattr(one.dependency, "scope", None) for one in route.dependencies}
        registered.update({(method, route.path): scopes for method in route.methods or ()})
    assert registered == {(one.method, one.path): {one.scope} if one.scope else set() for one in ROUTES}
    described = {(method.upper(), path) for path, some in app.openapi()["paths"].items() for method in some}
    assert described == {(one.method, one.path.replace(":path", "")) for one in ROUTES if not one.page}
    public = {"/v1/openapi.json", "/healthz", "/readyz", "/metrics", "/sign-in", "/sign-out", "/static/{name}"}
    public |= {"/look"}  # keeps a language and a scheme for the browser that asks, and shows nothing
    public |= {"/sign-in/start", "/sign-in/return"}
    public |= {"/l/{token}", "/p/{token}"}  # whoever has one of our links, and nobody else, finds something there
    assert {one.path for one in ROUTES if one.scope is None} == public


def test_s3_a_revoked_or_expired_token_is_dead_at_once(empty: World) -> None:
    office = Office.of(empty, "deals:read")
    assert office.get(STALLED).status_code == 200
    tokens.revoke(empty.db, tokens.listed(empty.db)[0].id, empty.us)
    assert office.get(STALLED).status_code == 401
    office.token = tokens.create(empty.db, "short", ["deals:read"], empty.us, expires_at=empty.us + 1_000_000)
    assert office.get(STALLED).status_code == 200
    empty.clock.advance(timedelta(seconds=2))
    assert office.get(STALLED).status_code == 401


def test_s3_what_one_worker_revokes_is_dead_in_every_other_at_the_next_request(world: World) -> None:
    row = {"connection": "crm", "external_id": "sato", "name": "Sato", "email": "sato@acme.example", "active": True}
    told = {**row, "id": "crm:sato", "manager": None, "team": None, "zone": None, "language": None}
    of_sato = tokens.create(world.db, "hers", ["deals:read"], world.us, person="sato@acme.example")
    plain = tokens.create(world.db, "plain", ["deals:read"], world.us)
    other = opened(world.db.url.render_as_string(hide_password=False))  # another process has connections of its own
    try:
        workers = [Office(world, create_app(Live(project_of(replace(world, db=db))))) for db in (world.db, other)]
        for token in (plain, of_sato):
            assert [_status(one, token) for one in workers * 2] == [200] * 4, "kept, and asked again"
        watch = Stopwatch()
        tokens.revoke(other, next(one.id for one in tokens.listed(other) if one.name == "plain"), world.us)
        with other.write() as conn:
            people.upsert(conn, [{**told, "active": False}])
        assert [_status(one, token) for one in workers for token in (plain, of_sato)] == [401] * 4
        assert watch.seconds < 1
    finally:
        other.dispose()


def _status(office: Office, token: str) -> int:
    return office.get(STALLED, headers={"Authorization": f"Bearer {token}"}).status_code


@pytest.mark.parametrize("is_local", [True, False])
def test_s4_no_path_and_no_host_gets_past_the_guard(empty: World, is_local: bool) -> None:
    tokens.create(empty.db, "there is one", ["deals:read"], empty.us)
    office = Office.of(empty, is_local=is_local)
    paths = (
        *(STALLED, f"/{STALLED}", "/v1//deals/stalled", "/v1/./deals/stalled", "/healthz/../v1/deals/stalled"),
        *("/v1/deals/stalled;x", "/v1/deals/%2e/stalled", "/v1/deals%2fstalled", "/%2e%2e/v1/deals/stalled"),
        *("/V1/DEALS/STALLED", "/v1/deals/stalled/", "/v1/deals/stalled%00", "/healthz%2f..%2fv1/deals/stalled"),
    )
    hosts = ("localhost", "x/healthz?", "x/v1/openapi.json#", "evil.example", "localhost@evil.example", "", "[::1")
    for path in paths:
        for host in hosts:
            answer = office.get(path, headers={"Host": host})
            assert answer.status_code in (400, 401, 404), (path, host, answer.status_code)
            assert "location" not in answer.headers


def test_s4_every_form_of_a_header_that_is_no_token_is_refused(empty: World) -> None:
    good = tokens.create(empty.db, "one", ["deals:read"], empty.us)
    office = Office.of(empty)
    for header in (
        "",
        "Bearer",
        "Bearer ",
        good,
        f"Basic {good}",
        f"Bearer {good}x",
        f"Bearer {good[:-1]}",
        "Bearer ü",
    ):
        assert office.get(STALLED, headers={"Authorization": header.encode()}).status_code == 401, header
    assert office.get(f"{STALLED}?access_token={good}").status_code == 401
    assert office.get(STALLED, headers={"Authorization": f"bearer {good}"}).status_code == 200


def test_s34_a_long_body_is_refused_announced_or_not(empty: World) -> None:
    office = Office.of(empty, "alerts:act")
    path, long = "/v1/alerts/x/snooze", b'{"reason": "' + b"x" * 10_000_000 + b'"}'
    for announced in ({}, {"Transfer-Encoding": "chunked"}):
        answer = office.asks("POST", path, headers={"Content-Type": "application/json", **announced}, content=long)
        assert answer.status_code == 413
        assert answer.headers["content-type"] == "application/problem+json"

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(200):
            yield b"[" * 1000

    answer = office.asks("POST", path, headers={"Content-Type": "application/json"}, content=pieces())
    assert answer.status_code == 413


def test_s34_deep_json_and_huge_pages_are_the_callers_mistake(empty: World) -> None:
    office = Office.of(empty, "alerts:act", "deals:read")
    deep = office.asks(
        "POST", "/v1/alerts/x/snooze", headers={"Content-Type": "application/json"}, content=b"[" * 60_000
    )
    assert 400 <= deep.status_code < 500
    assert office.get(STALLED, limit=10**9).status_code == 422


def test_s35_an_unknown_token_and_a_wrong_one_get_the_same_answer(empty: World) -> None:
    real = tokens.create(empty.db, "one", ["deals:read"], empty.us)
    wrong = real[:-1] + ("a" if real[-1] != "a" else "b")
    office = Office.of(empty)
    answers = [
        office.get(STALLED, headers={"Authorization": f"Bearer {token}"})
        for token in (tokens.mint(b"\0" * 32), wrong, "swt_", "x")
    ]
    assert {(one.status_code, one.text, one.headers["www-authenticate"]) for one in answers} == {
        (401, answers[0].text, 'Bearer realm="stalewatch", error="invalid_token"')
    }


def test_s35_revoked_unknown_and_wrong_take_as_long(empty: World) -> None:
    door = Door(empty.db, empty.speaking)
    revoked = tokens.create(empty.db, "one", ["deals:read"], empty.us)
    tokens.revoke(empty.db, tokens.listed(empty.db)[0].id, empty.us)
    took: dict[str, list[float]] = {revoked: [], tokens.mint(b"\1" * 32): [], f"{revoked[:-1]}!": []}
    for _ in range(600):
        for token, times in took.items():
            began = time.perf_counter()
            assert door.by_token(token, empty.us) is None
            times.append(time.perf_counter() - began)
    medians = [statistics.median(times) for times in took.values()]
    assert max(medians) - min(medians) < 0.001


def test_s36_without_a_token_only_this_machine_reads_and_only_by_its_own_name(empty: World) -> None:
    assert Office.of(empty).get(STALLED).status_code == 401
    local = Office.of(empty, is_local=True)
    assert local.get(STALLED).status_code == 200
    assert local.get(STALLED, headers={"Host": "127.0.0.1:8080"}).status_code == 200
    assert local.get(STALLED, headers={"Host": "rebound.example:8080"}).status_code == 401
    assert local.get(STALLED, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 401


def test_s36_the_first_token_closes_the_open_door_for_good(empty: World) -> None:
    local = Office.of(empty, is_local=True)
    tokens.create(empty.db, "one", ["deals:read"], empty.us)
    assert local.get(STALLED).status_code == 401
    tokens.revoke(empty.db, tokens.listed(empty.db)[0].id, empty.us)
    assert local.get(STALLED).status_code == 401


@pytest.mark.parametrize("name", ["owner", "team", "pipeline", "stage", "rule", "connection", "q", "next"])
def test_s37_what_is_written_in_a_filter_is_a_value_and_no_statement(empty: World, name: str) -> None:
    office = Office.of(empty, "deals:read")
    for text in ("' OR 1=1 --", "'; DROP TABLE deals; --", '"', "\\", "%", "1) UNION SELECT 1", "{}", "\u2019"):
        answer = office.asks("GET", STALLED, params={name: text})
        assert answer.status_code == (422 if name == "next" else 200), (name, text)
        assert name == "next" or answer.json()["items"] == []
    assert office.get(STALLED, sort="amount, (SELECT 1)").status_code == 422
    assert office.get("/v1/deals/crm:x' OR '1'='1").status_code == 404
