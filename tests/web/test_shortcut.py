"""The short way to a page of the stalled list says what the long way would, and believes nothing that is over.

Two processes answer the same requests: one that goes on remembering, and one that forgets everything before each of
them. Meanwhile people, tokens, roles, records and the time change as dice say.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any, Final

import httpx
import pytest

from stalewatch.services.access import tokens
from stalewatch.settings.project import Web
from stalewatch.store import people, roles
from stalewatch.store.errors import DatabaseBusy
from stalewatch.web.answers import sheet_answer
from stalewatch.web.app import create_app
from stalewatch.web.desk import Desk
from stalewatch.web.remembering import MOST
from stalewatch.wiring.live import Live
from tests.altered import replace
from tests.services.company import dice
from tests.services.world import World
from tests.web.office import Office, project_of
from tests.web.organisation import Organisation, Stage, address_of, staged

pytestmark = pytest.mark.security
LIST: Final = "/v1/deals/stalled"
TREE: Final[dict[str, str | None]] = {
    **dict.fromkeys(("crm:p0", "crm:p3", "crm:p4", "crm:p5", "hs:p3", "hs:p4", "hs:p6")),
    "crm:p1": "crm:p0",
    "crm:p2": "crm:p1",
}
QUESTIONS: Final = (
    *(LIST, f"{LIST}?limit=2", f"{LIST}?limit=2&sort=amount&order=asc", f"{LIST}?owner=p1@acme.example"),
    *(f"{LIST}?q=late", f"{LIST}?severity=warning", f"{LIST}?lang=ja", "/v1/leads/stalled"),
)
LANGUAGES: Final[tuple[dict[str, str], ...]] = ({}, {}, {"Accept-Language": "ja"})
BOSS, REP = "p0@acme.example", "p1@acme.example"


@pytest.fixture(scope="module")
def stage(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    for made in staged(sqlite_template, tmp_path_factory.mktemp("shortcut")):
        made.becomes(Organisation(managers=TREE), phone=BOSS)
        yield made


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Counts what was answered on the short way."""
    taken: Counter[str] = Counter()
    answer = sheet_answer

    def counted(*given: Any) -> Any:
        taken["answers"] += 1
        return answer(*given)

    monkeypatch.setattr("stalewatch.web.shortcut.sheet_answer", counted)
    return taken


@dataclass
class Pair:
    """The process that remembers, and the one that does not."""

    stage: Stage
    random: Random
    mine: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.forgetful = create_app(Live(self.stage.live.project))
        self.mine |= self.stage.tokens
        self.mine["nobody"] = tokens.create(self.stage.world.db, "all", ["deals:read"], self.stage.world.us)

    def ask(self) -> None:
        who, question = (
            self.random.choice((BOSS, BOSS, REP, "nobody", "p5@acme.example")),
            self.random.choice(QUESTIONS),
        )
        headers = {"Authorization": f"Bearer {self.mine[who]}", **self.random.choice(LANGUAGES)}
        there = self.answers(self.stage.app, question, headers)
        assert there == self.anew(question, headers), f"{who} asks {question}"
        if there[0] == 200:
            headers["If-None-Match"] = dict(there[1])["etag"]
            again = self.answers(self.stage.app, question, headers)
            assert again == self.anew(question, headers)
            assert again[0] == 304

    def anew(self, question: str, headers: dict[str, str]) -> tuple[int, list[tuple[str, str]], bytes]:
        self.forgetful.state.desks._made = None  # a desk that was never asked anything
        return self.answers(self.forgetful, question, headers)

    @staticmethod
    def answers(app: Any, question: str, headers: dict[str, str]) -> tuple[int, list[tuple[str, str]], bytes]:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://stalewatch.example") as client:
                return await client.get(question, headers=headers)

        answer = asyncio.run(ask())
        return answer.status_code, answer.headers.multi_items(), answer.content

    # ------------------------------------------------------------------------------------------- what happens

    def happens(self) -> None:
        self.random.choice(
            (
                self.person_moves,
                self.role_changes,
                self.token_ends,
                self.record_changes,
                self.record_moves,
                self.time_passes,
            )
        )()

    def person_moves(self) -> None:
        key = self.random.choice(("crm:p1", "crm:p2", "crm:p5"))
        moved(self.stage.world, key, self.random.choice((None, "crm:p0", "crm:p5")))

    def role_changes(self) -> None:
        world, who = self.stage.world, self.random.choice((REP, "p5@acme.example"))
        with world.db.write() as conn:
            if not roles.take(conn, who):
                roles.give(conn, who, "revops", by="test", at=world.us)

    def token_ends(self) -> None:
        world = self.stage.world
        [last] = [one for one in tokens.listed(world.db) if one.name == "all" and one.revoked_at is None][-1:]
        tokens.revoke(world.db, last.id, world.us)
        if self.random.random() < 0.5:
            self.mine["nobody"] = tokens.create(world.db, "all", ["deals:read"], world.us)
        else:
            tokens.create(world.db, "all", ["deals:read"], world.us)

    def record_changes(self) -> None:
        crm = self.stage.world.crm
        key = self.random.choice(sorted(crm.deals))
        crm.deals[key] = replace(crm.deals[key], name=f"Zqcrmlate{self.random.randrange(99)}z")
        self.stage.world.syncs()

    def record_moves(self) -> None:
        crm = self.stage.world.crm
        key = self.random.choice(sorted(crm.deals))
        crm.deals[key] = replace(crm.deals[key], owner=self.random.choice(("p0", "p1", "p2", "p5")))
        self.stage.world.syncs()

    def time_passes(self) -> None:
        self.stage.world.clock.advance(timedelta(minutes=self.random.choice((1, 90, 24 * 60))))


def moved(world: World, key: str, manager: str | None) -> None:
    external, blank = key.partition(":")[2], {"team": None, "zone": None, "language": None}
    row = {"id": key, "connection": key.partition(":")[0], "external_id": external, "name": f"Wz{external}w"}
    with world.db.write() as conn:
        people.upsert(conn, [{**row, **blank, "email": address_of(key), "active": True, "manager": manager}])


def the_law(stage: Stage, seed: int, steps: int) -> None:
    pair = Pair(stage, dice(seed))
    for _ in range(steps):
        for _ in range(4):
            pair.ask()
        pair.happens()


def test_s10_the_short_way_says_what_the_long_way_says(stage: Stage, short: Counter[str]) -> None:
    the_law(stage, 1, 12)
    assert short["answers"] > 15, "it was hardly ever taken"


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 22))
def test_s10_many_days_on_the_short_way(stage: Stage, short: Counter[str], seed: int) -> None:
    the_law(stage, seed, 60)
    assert short["answers"] > 100


# ------------------------------------------------------------------------------------------------- what is over


def asked_twice(office: Office, short: Counter[str], path: str = LIST) -> httpx.Response:
    """Asks until the short way answers."""
    office.get(path)
    before = short["answers"]
    answer = office.get(path)
    assert short["answers"] == before + 1
    return answer


def test_s3_a_token_that_ends_ends_on_the_short_way(own: World, short: Counter[str]) -> None:
    office = Office.of(own, "deals:read")
    assert asked_twice(office, short).status_code == 200
    [token] = tokens.listed(own.db)
    tokens.revoke(own.db, token.id, own.us)
    assert office.get(LIST).status_code == 401
    short_lived = tokens.create(own.db, "short", ["deals:read"], own.us, own.us + 60_000_000)
    office.token = short_lived
    assert asked_twice(office, short).status_code == 200
    own.clock.advance(timedelta(seconds=60))
    assert office.get(LIST).status_code == 401


def test_s10_a_rep_who_moves_is_gone_at_once(stage: Stage, short: Counter[str]) -> None:
    stage.becomes(Organisation(managers=TREE), phone=BOSS)

    def names(who: str) -> set[str]:
        [answer] = stage.asks(who, f"{LIST}?sort=name")
        return {one["owner"] for one in answer.json()["items"]}

    for _ in range(2):
        assert "crm:p1" in names(BOSS)
    assert short["answers"] == 1
    moved(stage.world, "crm:p1", "crm:p5")
    assert "crm:p1" not in names(BOSS)
    moved(stage.world, "crm:p1", "crm:p0")
    assert "crm:p1" in names(BOSS)


def test_an_answer_through_this_process_shows_at_once(own: World, short: Counter[str]) -> None:
    office = Office.of(own, "deals:read", "alerts:act")
    asked_twice(office, short)
    [item] = asked_twice(office, short, f"{LIST}?owner=sato").json()["items"]
    alert = item["reasons"][0]["alert"]
    answer = office.post(f"/v1/alerts/{alert}/snooze", {"until": "2026-04-03T09:00:00+09:00", "reason": "Friday"})
    assert answer.status_code == 200, answer.text
    again = {one["id"]: one for one in office.get(LIST).json()["items"]}
    assert again[item["id"]]["reasons"][0]["state"] == "snoozed"


def test_s34_the_short_way_counts_as_the_long_one_does(empty: World, short: Counter[str]) -> None:
    app = create_app(Live(project_of(empty, web=Web(rate_limit=3))))
    office = Office(empty, app, tokens.create(empty.db, "quick", ["deals:read"], empty.us))
    left = [office.get(LIST).headers["ratelimit"] for _ in range(3)]
    assert left == ['"caller";r=2;t=20', '"caller";r=1;t=40', '"caller";r=0;t=60']
    assert short["answers"] == 2
    refused = office.get(LIST)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "20")
    empty.clock.advance(timedelta(seconds=20))
    assert [office.get(LIST).status_code for _ in range(2)] == [200, 429]


def test_a_database_that_is_away_is_told_and_counted_once(
    empty: World, short: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = create_app(Live(project_of(empty, web=Web(rate_limit=10))))
    office = Office(empty, app, tokens.create(empty.db, "quick", ["deals:read"], empty.us))
    asked_twice(office, short)
    with empty.db.write() as conn:
        conn.exec_driver_sql("UPDATE stalled_versions SET number = number + 1")

    async def busy(*_: Any) -> None:
        raise DatabaseBusy("busy")

    with monkeypatch.context() as patch:
        patch.setattr(Desk, "renewed", busy)
        assert office.get(LIST).status_code == 503
    assert office.get(LIST).headers["ratelimit"] == '"caller";r=6;t=24'


@pytest.mark.parametrize(
    "unusual",
    [
        {"Cookie": "lang=ja"},
        {"Authorization": "bearer {token}"},
        {"Authorization": "Bearer  {token}"},
        {"Accept": "text/csv"},
    ],
)
def test_what_is_not_understood_goes_the_long_way(own: World, short: Counter[str], unusual: dict[str, str]) -> None:
    office = Office.of(own, "deals:read")
    asked_twice(office, short)
    before = short["answers"]
    told = {name: value.format(token=office.token) for name, value in unusual.items()}
    answers = [office.get(LIST, told) for _ in range(2)]
    assert [one.status_code for one in answers] == [200, 200]
    assert short["answers"] == before or "csv" in answers[0].headers["content-type"]


def test_a_field_that_stands_there_twice_is_judged_on_the_long_way(own: World, short: Counter[str]) -> None:
    office = Office.of(own, "deals:read")
    asked_twice(office, short)

    async def ask() -> int:
        transport = httpx.ASGITransport(office.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8080") as client:
            both = [("Authorization", f"Bearer {office.token}"), ("Authorization", "Bearer x")]
            return (await client.get(LIST, headers=both)).status_code

    assert asyncio.run(ask()) == 401


def test_other_rules_are_other_answers(stage: Stage, short: Counter[str]) -> None:
    stage.becomes(Organisation(managers=TREE, admins=frozenset({REP})), phone=BOSS)
    before = [len(stage.asks(REP, LIST)[0].json()["items"]) for _ in range(2)]
    stage.becomes(Organisation(managers=TREE), phone=BOSS)
    [after] = stage.asks(REP, LIST)
    assert before == [before[0]] * 2
    assert len(after.json()["items"]) < before[0]
    assert short["answers"] == 1, "other rules have another memory"


def test_only_so_many_questions_are_remembered(own: World) -> None:
    office = Office.of(own, "deals:read")
    office.get(LIST)
    known = office.app.state.desks().shortcuts
    assert len(known._known) == 1
    office.get(LIST, q="x" * 200, next="y" * 1900)
    [(words, question)] = known._known.items()
    for number in range(MOST):
        known.note(words._replace(query=b"%d" % number), question)
    assert len(known._known) <= MOST
    known.note(words._replace(query=b"x" * 4000), question)
    assert known.known(words._replace(query=b"x" * 4000)) is None
