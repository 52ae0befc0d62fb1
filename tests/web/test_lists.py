"""What is stalled and what soon will be, as the API tells it, on both databases."""

from __future__ import annotations

import csv
import io
from typing import Final

from tests.databases import SQLITE_DAILY
from tests.services.world import World, at, deal
from tests.web.office import Office

pytestmark = SQLITE_DAILY


def test_the_worst_deal_comes_first_and_says_why(office: Office) -> None:
    answer = office.get("/v1/deals/stalled").json()
    assert [item["name"] for item in answer["items"]] == ["=Zeta", "Acme"]
    assert answer["total"] == 2
    assert answer["next"] is None
    assert answer["data_age_seconds"] == 0
    worst = answer["items"][0]
    assert [reason["rule"] for reason in worst["reasons"]] == ["too-old", "no-next-meeting"]
    assert worst["severity"] == "critical"
    assert "limit " in worst["explain"]
    assert worst["due"] == "2026-01-20T18:00:00+09:00"


NARROWED: Final[list[tuple[dict[str, str], list[str]]]] = [
    ({"owner": "sato@acme.example"}, ["Acme"]),
    ({"owner": "SATO"}, ["Acme"]),
    ({"owner": "crm:tanaka"}, ["=Zeta"]),
    ({"owner": "nobody"}, []),
    ({"rule": "too-old"}, ["=Zeta"]),
    ({"severity": "critical"}, ["=Zeta"]),
    ({"stage": "proposal"}, ["=Zeta"]),
    ({"pipeline": "new_business"}, ["=Zeta", "Acme"]),
    ({"min_amount": "1200000"}, ["Acme"]),
    ({"min_amount": "1200000.01"}, []),
    ({"connection": "crm", "object": "deal"}, ["=Zeta", "Acme"]),
    ({"connection": "other"}, []),
    ({"q": "zet"}, ["=Zeta"]),
    ({"q": "%"}, []),
    ({"team": "", "owner": ""}, ["=Zeta", "Acme"]),
    ({"next": "", "min_amount": "", "sort": ""}, ["=Zeta", "Acme"]),
    ({"sort": "name", "order": "desc"}, ["Acme", "=Zeta"]),
    ({"sort": "amount"}, ["Acme", "=Zeta"]),
]


def test_a_list_is_narrowed_and_sorted(office: Office) -> None:
    found = [(asked, office.names("/v1/deals/stalled", **asked)) for asked, _ in NARROWED]
    assert found == NARROWED


def test_due_soon_shows_what_breaks_within_the_span(office: Office) -> None:
    assert office.names("/v1/deals/due-soon", within="7d") == []
    assert office.names("/v1/deals/due-soon", within="10bd") == ["Young"]
    [item] = office.get("/v1/deals/due-soon", within="20d").json()["items"]
    assert [reason["rule"] for reason in item["reasons"]] == ["no-next-meeting"]
    assert item["days_over"] < 0


def test_due_soon_is_narrowed_to_a_rule_with_its_own_total(office: Office) -> None:
    wanted: list[tuple[dict[str, str], list[str]]] = [
        ({"rule": "too-old"}, ["Acme", "Young"]),
        ({"severity": "warning"}, ["Young"]),
        ({"rule": "other"}, []),
    ]
    for asked, names in wanted:
        answer = office.asks("GET", "/v1/deals/due-soon", params={"within": "60d", "sort": "name", **asked}).json()
        assert [item["name"] for item in answer["items"]] == names
        assert answer["total"] == len(names)


def test_pages_follow_each_other_without_a_gap(world: World, office: Office) -> None:
    world.has(*(deal(f"d{number}", created_at=at("2026-03-03 10:00")) for number in range(5)))
    world.rounds()
    seen, asked = [], {"limit": "3"}
    while True:
        answer = office.asks("GET", "/v1/deals/stalled", params=asked).json()
        assert answer["total"] == 7
        seen += [item["id"] for item in answer["items"]]
        if answer["next"] is None:
            break
        asked["next"] = answer["next"]
    assert len(seen) == len(set(seen)) == 7


def test_a_cursor_of_another_list_is_refused(office: Office) -> None:
    cursor = office.get("/v1/deals/stalled", limit=1).json()["next"]
    answer = office.get("/v1/deals/stalled", limit=1, sort="name", next=cursor)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["name"] == "next"
    assert office.get("/v1/deals/stalled", next="tampered").status_code == 422


def test_leads_have_lists_of_their_own(office: Office) -> None:
    assert office.names("/v1/leads/stalled") == []
    assert office.names("/v1/leads/due-soon") == []
    assert office.get("/v1/leads/stalled", object="deal").status_code == 422
    assert office.get("/v1/leads/crm:acme").status_code == 404


def test_a_reader_who_has_it_already_is_told_so_until_it_changes(world: World, office: Office) -> None:
    first = office.get("/v1/deals/stalled")
    tag = first.headers["etag"]
    world.clock.move_to(at("2026-04-01 12:01"))
    again = office.get("/v1/deals/stalled", headers={"If-None-Match": f'"other", {tag}'})
    assert again.status_code == 304
    assert again.content == b""
    assert again.headers["etag"] == tag
    assert office.get("/v1/deals/stalled", headers={"If-None-Match": tag, "Accept-Language": "ja"}).status_code == 200
    world.has(deal("more", created_at=at("2026-03-02 10:00")))
    world.rounds()
    changed = office.get("/v1/deals/stalled", headers={"If-None-Match": tag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag


def test_titles_and_explanations_come_in_the_language_asked_for(office: Office) -> None:
    plain = office.get("/v1/deals/stalled").json()["items"][0]["reasons"][0]["title"]
    asked = office.get("/v1/deals/stalled", lang="ja").json()["items"][0]["reasons"][0]["title"]
    accepted = office.get("/v1/deals/stalled", headers={"Accept-Language": "fr, ja-JP;q=0.8, en;q=0.5"}).json()
    assert (plain, asked) == ("Open for too long", "長期化")
    assert accepted["items"][0]["reasons"][0]["title"] == "長期化"


def test_csv_is_the_same_list_and_no_cell_is_a_formula(office: Office) -> None:
    answer = office.get("/v1/deals/stalled", headers={"Accept": "text/csv"}, limit=1)
    assert answer.headers["content-type"].startswith("text/csv; charset=utf-8")
    [row] = csv.DictReader(io.StringIO(answer.text))
    assert row["name"] == "'=Zeta"
    assert row["rules"] == "too-old no-next-meeting"
    assert answer.headers["x-total-count"] == "2"
    following = answer.headers["link"].removeprefix("<").partition(">")[0]
    [second] = csv.DictReader(io.StringIO(office.get(following, headers={"Accept": "text/csv"}).text))
    assert second["name"] == "Acme"
    assert float(second["amount"]) == 1_200_000
    assert office.get("/v1/deals/stalled", headers={"Accept": "text/csv;q=0.5, application/json"}).json()["total"] == 2


def test_a_program_may_have_the_very_texts(office: Office) -> None:
    guarded = office.get("/v1/deals/stalled", headers={"Accept": "text/csv"})
    raw = office.get("/v1/deals/stalled", headers={"Accept": "text/csv; raw=true"})
    assert {row["name"] for row in csv.DictReader(io.StringIO(raw.text))} == {"=Zeta", "Acme"}
    assert raw.headers["etag"] != guarded.headers["etag"]


def test_a_deal_tells_everything_about_itself(office: Office) -> None:
    answer = office.get("/v1/deals/crm:acme")
    told = answer.json()
    assert told["name"] == "Acme"
    assert {one["rule"] for one in told["deadlines"]} == {"no-next-meeting", "too-old"}
    assert [one["state"] for one in told["alerts"]] == ["open"]
    assert told["said"]
    again = office.get("/v1/deals/crm:acme", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


def test_what_is_not_there_is_404(office: Office) -> None:
    for unknown in ("crm:none", "acme", "", "a/b", "%00", "%ff", "x" * 5000):
        answer = office.get(f"/v1/deals/{unknown}")
        assert answer.status_code == 404, unknown
        assert answer.headers["content-type"] == "application/problem+json"
