"""`/p/{token}` and `/v1/partners/...`: a partner reports by a link or by the API. Numbers as in docs/security.md."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from stalewatch.sdk.records import Outcome
from stalewatch.services.access import tokens
from stalewatch.services.answering.link_tokens import Purpose, Signer
from stalewatch.settings.project import Web
from stalewatch.store import links
from tests.services.world import World, default_pack, rulebook
from tests.web.office import Office
from tests.web.outside import HOME, KEY, Outside, copied, template
from tests.web.test_untrusted_pages import ATTACKS

REPORT = {"reason": "Stock is counted by hand.\r\nIt costs two days.", "phase": "comparing", "champion": "Showed it."}
BODY = {"reason_to_propose": "Counted by hand.", "phase": "approval", "champion_activity": "Signs on Friday."}


@pytest.fixture(scope="module")
def before(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return template(sqlite_template, tmp_path_factory.mktemp("before") / "stalewatch.db")


@pytest.fixture
def outside(before: Path, tmp_path: Path) -> Iterator[Outside]:
    with copied(before, tmp_path / "stalewatch.db", "alerts:act", "partner:report") as outside:
        yield outside


@pytest.fixture
def everywhere(world: World) -> Outside:
    return Outside.of(world, "alerts:act", "partner:report")


def link(outside: Outside, language: str = "en") -> str:
    made = outside.office.post("/v1/partners/crm:kumo/links", {"language": language})
    assert made.status_code == 200, made.text
    return urlsplit(made.json()["url"]).path


def kept(outside: Outside) -> list[Any]:
    with outside.world.db.read() as conn:
        return links.reports(conn, "crm:kumo")


# ---------------------------------------------------------------------------------------------------- the form


def test_a_partner_reports_again_and_again_by_one_link(everywhere: Outside) -> None:
    outside = everywhere
    path = link(outside)
    assert outside.page(path).one("p", class_="kept").text == "Deal Kumo"
    answer = outside.sends(path, **REPORT)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{path}?sent=1")
    thanks = outside.page(f"{path}?sent=1")
    assert "Thank you" in thanks.one("h1").text
    form = outside.page(thanks.one("main").one("a").attributes["href"])
    assert "1 Apr" in form.one("p", class_="lead").text
    assert REPORT["champion"] not in form.text  # what was reported before is not shown to whoever has the link
    outside.world.clock.advance(timedelta(days=200))
    assert outside.sends(path, **{**REPORT, "phase": "approval"}).status_code == 303
    deal = outside.record("crm:kumo")
    assert (deal.report_phase, deal.report_reason_to_propose) == (
        "approval",
        "Stock is counted by hand.\nIt costs two days.",
    )
    assert [one.phase for one in kept(outside)] == ["comparing", "approval"]


@pytest.mark.security
def test_s12_a_form_that_is_sent_twice_is_one_report(outside: Outside) -> None:
    path = link(outside)
    for _ in range(3):
        assert outside.sends(path, **REPORT).status_code == 303
        outside.page(path)
        outside.asks("HEAD", path)
    assert len(kept(outside)) == 1


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({**REPORT, "reason": "one\ntwo\nthree\nfour"}, "These are 4 lines."),
        ({**REPORT, "reason": "x" * 601}, "600 characters are enough"),
        ({**REPORT, "champion": "x" * 601}, "600 characters are enough"),
        ({**REPORT, "phase": "won"}, "Choose one of these."),
        ({"reason": " \r\n ", "champion": "", "phase": "unknown"}, "There is nothing in it yet."),
        ({}, "There is nothing in it yet."),
    ],
)
def test_what_cannot_be_taken_is_said_kindly_and_every_word_is_still_there(
    outside: Outside, form: dict[str, str], says: str
) -> None:
    path = link(outside)
    answer = outside.sends(path, **form)
    assert answer.status_code == 422
    assert says in answer.text
    assert form.get("champion", "") in answer.text
    assert form.get("reason", "").replace("\r", "").strip() in answer.text
    assert kept(outside) == []


def test_the_form_speaks_the_language_of_its_link_and_has_no_script(outside: Outside) -> None:
    page = outside.page(link(outside, "ja"))
    assert page.one("html").attributes["lang"] == "ja"
    assert [one.text for one in page.all("label")][1:5] == ["関心あり", "比較検討", "決裁", "不明"]
    assert page.all("script") == []


def test_a_link_ends_with_the_deal_the_partner_and_by_word(outside: Outside) -> None:
    world, first = outside.world, link(outside)
    second = link(outside)
    world.changes("kumo", partner="Somebody else")
    world.syncs()
    outside.page(first, status=410)
    world.changes("kumo", partner="Minato")
    world.syncs()
    outside.page(first)
    assert outside.office.asks("DELETE", "/v1/partners/crm:kumo/links").json()["revoked"] == 2
    for path in (first, second):
        outside.page(path, status=410)
        assert outside.sends(path, **REPORT).status_code == 410
    third = link(outside)
    world.changes("kumo", outcome=Outcome.LOST)
    world.syncs()
    outside.page(third, status=410)
    world.changes("kumo", outcome=Outcome.OPEN)
    world.syncs()
    world.clock.advance(timedelta(days=366))
    outside.page(third, status=410)
    assert kept(outside) == []


def test_while_other_rules_are_in_force_every_word_is_kept_and_can_be_sent_again(outside: Outside) -> None:
    path, own = link(outside), outside.world.book
    outside.world.book = rulebook(default_pack())
    outside.configured()
    answer = outside.sends(path, **REPORT)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
    assert "It costs two days." in answer.text
    assert outside.office.post("/v1/partners/crm:kumo/report", BODY).status_code == 503
    assert kept(outside) == []
    outside.world.book = own
    outside.configured()
    assert outside.sends(path, **REPORT).status_code == 303


@pytest.mark.security
def test_s35_a_link_of_another_purpose_key_or_making_opens_no_form(outside: Outside) -> None:
    path, now = link(outside), outside.world.us
    customers = outside.letter("crm:kumo").link.rpartition("/")[2]
    made = Signer(["another key, of somebody else altogether"]).mint(Purpose.PARTNER, "x", now + 1_000_000_000)
    never = Signer([KEY]).mint(Purpose.PARTNER, "never", now + 1_000_000_000)
    for token in (customers, made, never, path[3:-1], path[3:] + "A", path[3:].lower()):
        assert outside.asks("GET", f"/p/{token}").status_code == 404
        assert outside.sends(f"/p/{token}", **REPORT).status_code == 404
    assert kept(outside) == []


@pytest.mark.security
def test_s27_what_a_partner_writes_is_only_text_wherever_it_is_shown(outside: Outside) -> None:
    path = link(outside)
    plain = outside.sends(path, reason="a\nb\nc\nd", phase="comparing", champion="plain").text
    for alive in ATTACKS[::3]:
        outside.world.clock.advance(timedelta(seconds=5))
        answer = outside.sends(path, reason=f"a\nb\nc\n{alive}", phase="comparing", champion=alive)
        assert answer.status_code == 422
        assert answer.text.count("<") == plain.count("<"), alive


# ---------------------------------------------------------------------------------------------------- the API


@pytest.mark.security
def test_s2_a_partners_token_reports_of_its_deals_and_does_nothing_else(outside: Outside) -> None:
    world, app = outside.world, outside.office.app
    scope = ["partner:report"]
    theirs, others = (
        Office(world, app, tokens.create(world.db, "partner", scope, world.us, deals=[deal]))
        for deal in ("crm:kumo", "crm:else")
    )
    assert theirs.post("/v1/partners/crm:kumo/report", BODY).status_code == 200
    refused, unknown = (others.post(f"/v1/partners/{deal}/report", BODY) for deal in ("crm:kumo", "crm:nobody"))
    assert (refused.status_code, refused.text) == (unknown.status_code, unknown.text) == (404, unknown.text)
    for path in ("/v1/deals/crm:kumo", "/deals/crm:kumo", "/v1/deals/stalled", "/v1/alerts"):
        assert theirs.get(path).status_code == 403


def test_a_partners_system_reports_by_the_api(everywhere: Outside) -> None:
    office = everywhere.office
    answer = office.post("/v1/partners/crm:kumo/report", BODY)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told.pop("last_partner_report_at").startswith("2026-04-01T12:00:00")
    assert told == {"record": "crm:kumo", **BODY, "repeated": False}
    assert office.post("/v1/partners/crm:kumo/report", BODY).json()["repeated"]
    assert len(kept(everywhere)) == 1


@pytest.mark.parametrize(
    ("deal", "body", "status", "says"),
    [
        ("crm:kumo", {}, 422, "at least one of the three"),
        ("crm:kumo", {"phase": "won"}, 422, "one of unknown, interest, comparing, approval"),
        ("crm:kumo", {"reason_to_propose": "1\n2\n3\n4"}, 422, "at most 3 lines"),
        ("crm:kumo", {"champion_activity": "x" * 601}, 422, "at most 600 characters"),
        ("crm:kumo", {"champion_activity": "x" * 60_000}, 422, "champion_activity"),
        ("crm:kumo", {"surprise": 1}, 422, "no such member"),
        ("crm:hikari", BODY, 409, "no partner deal"),
        ("crm:nobody", BODY, 404, "no such deal"),
        ("crm:%00", BODY, 404, "no such deal"),
    ],
)
def test_what_the_api_does_not_take_it_says(outside: Outside, deal: str, body: Any, status: int, says: str) -> None:
    answer = outside.office.post(f"/v1/partners/{deal}/report", body)
    assert answer.status_code == status
    assert says in answer.json()["detail"]
    assert kept(outside) == []


def test_a_closed_deal_takes_no_report_and_gives_no_link(outside: Outside) -> None:
    outside.world.changes("kumo", outcome=Outcome.WON)
    outside.world.syncs()
    for path in ("report", "links"):
        answer = outside.office.post(f"/v1/partners/crm:kumo/{path}", BODY if path == "report" else {})
        assert (answer.status_code, answer.json()["reason"]) == (409, "closed")


@pytest.mark.parametrize("lacking", [{"secrets": {}}, {"web": Web()}])
def test_where_nobody_could_open_a_link_none_is_made(outside: Outside, lacking: dict[str, Any]) -> None:
    outside.configured(**lacking)
    answer = outside.office.post("/v1/partners/crm:kumo/links", {})
    assert (answer.status_code, answer.json()["reason"]) == (409, "no_links")


def test_a_link_tells_whose_it_is_and_until_when(outside: Outside) -> None:
    told = outside.office.post("/v1/partners/crm:kumo/links", {}).json()
    assert told["url"].startswith(f"{HOME}/p/")
    assert (told["partner"], told["expires_at"][:10]) == ("Minato", "2027-04-01")
