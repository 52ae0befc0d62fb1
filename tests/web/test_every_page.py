"""What holds for every page: errors that help, both languages, few queries, files that browsers may keep."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
import sqlalchemy as sa
from babel.messages.extract import extract_from_dir

from stalewatch.web import counting
from tests.delivery.test_catalogues import SPEAKERS, SPOKEN
from tests.services.world import World, at, deal
from tests.web.office import Office
from tests.web.visits import Visitor, rows

PAGES = (
    *(
        "/",
        "/stalled",
        "/due-soon?within=30d",
        "/deals/crm:acme",
        "/deals/nothing",
        "/stalled?sort=sideways",
        "/sign-in",
    ),
    *("/rules?sort=title", "/rules/too-old", "/rules/nothing", "/connections"),
    *(
        "/stalled?q=nobody",
        "/undelivered",
        "/hygiene",
        "/hygiene?show=losses&group=owner",
        "/forecast",
        "/forecast?period=Q4",
        "/unobserved",
        "/review",
    ),
)


def test_browsers_get_errors_as_pages_and_programs_as_problems(visitor: Visitor) -> None:
    wrong = visitor.page("/stalled?sort=sideways", status=422)
    assert wrong.one("code").text == "sort"
    assert visitor.office.get("/stalled?sort=sideways").headers["content-type"] == "application/problem+json"
    assert visitor.asks("GET", "/v1/deals/nobody").headers["content-type"] == "application/problem+json"
    poor = Visitor(Office.of(visitor.office.world, "alerts:act")).page("/", status=403)
    assert "deals:read" in poor.one("main").text


def test_a_fault_of_ours_is_a_page_with_its_number(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise KeyError("customers.acme.secret")

    monkeypatch.setattr("stalewatch.services.reporting.reports.Reports.stalled", fail)
    page = visitor.page("/stalled", status=500)
    assert "urn:request:" in page.one("main").text
    assert "secret" not in page.text


def test_every_page_is_whole_in_japanese(visitor: Visitor) -> None:
    visitor.language = "ja"
    english = {
        message[0] if isinstance(message, tuple) else message
        for _, _, message, _, _ in extract_from_dir(str(SPEAKERS[2]), method_map=SPOKEN)
    }
    sentences = {one for one in english if " " in one and "{" not in one}
    assert len(sentences) > 20
    for path in PAGES:
        answer = visitor.asks("GET", path)
        assert answer.headers["content-language"] == "ja"
        page = visitor.page(path, status=answer.status_code)
        assert page.one("html").attributes["lang"] == "ja"
        assert [one for one in sentences if one in page.text] == [], path
        assert page.one("a", hreflang="en").attributes["href"].endswith("lang=en")


def test_the_language_of_the_address_goes_before_the_browsers(visitor: Visitor) -> None:
    visitor.language = "ja"
    page = visitor.page("/stalled?lang=en")
    assert page.one("html").attributes["lang"] == "en"
    assert all("lang=en" in one.attributes["href"] for one in page.one("nav", aria_label="Pages").all("a"))
    assert "lang=en" in rows(page)[0].one("th").one("a").attributes["href"]


def test_a_page_costs_the_same_number_of_queries_however_long_the_list(
    world: World, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "CHEAP", math.inf)  # on a busy machine a sum may take so long that it is kept

    def queries(path: str) -> int:
        seen: list[str] = []

        def note(_conn: object, _cursor: object, statement: str, *_: object) -> None:
            seen.append(statement)

        sa.event.listen(world.db._reader, "before_cursor_execute", note)
        Visitor(office).page(path)
        sa.event.remove(world.db._reader, "before_cursor_execute", note)
        return len(seen)

    paths = (
        "/",
        "/stalled",
        "/due-soon?within=30d",
        "/due-soon?within=30d&severity=warning",
        "/deals/crm:acme",
        "/undelivered",
        "/hygiene",
        "/forecast",
        "/unobserved",
        "/review",
    )
    queries("/")  # a token is looked up once
    before = [queries(path) for path in paths]
    world.has(*(deal(f"d{n}", created_at=at("2026-03-03 10:00"), amount=Decimal(n)) for n in range(60)))
    assert [queries(path) for path in paths] == before
    assert max(before) <= 32  # the review: what rules did, what else the past would have them say


def test_files_are_kept_by_name_of_their_content(visitor: Visitor) -> None:
    for one in visitor.page("/").all("link"):
        answer = visitor.asks("GET", one.attributes["href"])
        assert "immutable" in answer.headers["cache-control"]
        assert answer.content
    assert "immutable" not in visitor.asks("GET", "/static/stalewatch.css?v=old").headers["cache-control"]
    assert visitor.asks("GET", "/static/../app.py").status_code == 404
    assert visitor.asks("GET", "/static/app.py").status_code == 404
