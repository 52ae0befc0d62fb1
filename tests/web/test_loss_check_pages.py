"""`/l/{token}`: a customer is asked, looks, answers, changes their mind, comes late. Numbers as in docs/security.md."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stalewatch.sdk.records import Outcome
from stalewatch.services.access import tokens
from stalewatch.services.answering.link_tokens import Purpose, Signer
from stalewatch.settings.project import Linking
from stalewatch.store import answers, audit, links, notices
from tests.databases import SQLITE_DAILY
from tests.services.world import World
from tests.web.dom import parse
from tests.web.outside import HOME, KEY, SECRETS, Outside, copied, template
from tests.web.test_untrusted_pages import ATTACKS

DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def before(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return template(sqlite_template, tmp_path_factory.mktemp("before") / "stalewatch.db")


@pytest.fixture
def outside(before: Path, tmp_path: Path) -> Iterator[Outside]:
    with copied(before, tmp_path / "stalewatch.db", "deals:read", "alerts:act") as outside:
        yield outside


@pytest.fixture
def everywhere(world: World) -> Outside:
    """The same on both databases."""
    return Outside.of(world, "deals:read", "alerts:act")


def chosen(outside: Outside, path: str) -> list[str]:
    return [one.attributes["value"] for one in outside.page(path).all("input") if "checked" in one.attributes]


# --------------------------------------------------------------------------------------------------- the mail


@pytest.mark.parametrize(("language", "stop"), [("en", "."), ("ja", "。")])
def test_the_mail_is_three_sentences_and_three_links_to_one_page(outside: Outside, language: str, stop: str) -> None:
    letter = outside.letter(language=language)
    greeting, said, *answers, _ = letter.text.strip().split("\n\n")
    assert greeting
    assert said.count(stop) == 3
    words = ("priority", "another_way", "later")
    assert [one.split("\n")[1] for one in answers] == [f"{letter.link}?a={word}" for word in words]
    assert letter.link.startswith(f"{HOME}/l/")
    assert not any(secret in letter.text for secret in SECRETS)
    assert "!" not in letter.text + letter.subject


def test_the_same_check_has_the_same_link_and_another_one_its_own(outside: Outside) -> None:
    first, second = outside.letter(check="one"), outside.letter(check="two")
    assert outside.letter(check="one").link == first.link != second.link


def test_from_the_reps_word_to_the_customers(everywhere: Outside) -> None:
    outside = everywhere
    [reason] = [item["reasons"][0] for item in outside.office.get("/v1/deals/stalled", q="hikari").json()["items"]]
    answer = outside.office.post(f"/v1/alerts/{reason['alert']}/loss-check", {"language": "ja"})
    assert answer.status_code == 200, answer.text
    assert outside.record().loss_check_sent_at == outside.world.us  # the attempt counts, whatever comes of it
    path = urlsplit(answer.json()["mail"]["link"]).path
    assert outside.page(path).one("html").attributes["lang"] == "ja"
    assert outside.sends(path, answer="another_way").status_code == 303
    told = outside.office.get("/v1/deals/crm:hikari").json()["loss"]
    assert told == {
        "source": "reported_by_customer", "tag": "competitor", "note": None, "answer": "another_way",
        "at": "2026-04-01T12:00:00+09:00",
    }  # fmt: skip
    page = outside.asks("GET", "/deals/crm:hikari", headers={"Authorization": f"Bearer {outside.office.token}"})
    assert "We chose another way" in page.text


def test_where_nobody_could_open_a_link_no_mail_is_made(outside: Outside) -> None:
    [reason] = [item["reasons"][0] for item in outside.office.get("/v1/deals/stalled", q="hikari").json()["items"]]
    outside.configured(secrets={})
    answer = outside.office.post(f"/v1/alerts/{reason['alert']}/loss-check", {"language": "en"})
    assert answer.status_code == 409, answer.text
    assert outside.record().loss_check_sent_at is None


def test_an_answer_about_a_deal_that_nobody_owns_waits_where_an_operator_sees_it(outside: Outside) -> None:
    outside.world.changes("hikari", owner=None)
    outside.world.syncs()
    outside.configured(notify={"mailboxes": {}})  # the console would show it to whoever runs it
    outside.sends(outside.link(), answer="priority")
    with outside.world.db.read() as conn:
        [held] = [row for row in notices.held(conn) if row.kind == "customer_answer"]
    assert (held.target, held.record_id) == ("undelivered", "crm:hikari")
    page = outside.asks("GET", "/undelivered", headers={"Authorization": f"Bearer {outside.office.token}"})
    assert page.status_code == 200
    assert "Hikari" in page.text


# -------------------------------------------------------------------------------------------------- the page


@pytest.mark.parametrize(("language", "name"), [("en", "Acme"), ("ja", "アクメ株式会社")])
def test_the_page_greets_in_the_language_of_the_mail_and_can_be_switched(
    outside: Outside, language: str, name: str
) -> None:
    path = outside.link(language=language)
    page = outside.page(path)
    assert page.one("html").attributes["lang"] == language
    assert name in page.one("main").text
    [other] = page.one("nav").all("a")
    switched = outside.page(other.attributes["href"])
    assert switched.one("html").attributes["lang"] == other.attributes["hreflang"] != language
    assert switched.one("form").attributes["action"].endswith(f"lang={other.attributes['hreflang']}")


def test_each_link_of_the_mail_has_its_answer_chosen_and_later_asks_when(outside: Outside) -> None:
    path = outside.link()
    assert chosen(outside, f"{path}?a=priority") == ["priority"]
    assert chosen(outside, f"{path}?a=another_way") == ["another_way"]
    assert chosen(outside, f"{path}?a=later") == []
    assert "wanted" in outside.page(f"{path}?a=later").one("div", role="group").attributes["class"]
    assert chosen(outside, f"{path}?a=%3Cscript%3E") == chosen(outside, path) == []


def test_without_a_configured_name_the_page_asks_without_one(outside: Outside) -> None:
    outside.configured(links=Linking())
    assert outside.page(outside.link()).one("p", class_="company").text == ""


@pytest.mark.security
def test_s27_the_page_shows_nothing_of_the_deal_and_lets_nothing_run(outside: Outside) -> None:
    path = outside.link()
    outside.sends(path, answer="priority")
    for where in (path, f"{path}?lang=ja", "/l/nothing"):
        answer = outside.asks("GET", where)
        assert not any(secret in answer.text for secret in SECRETS)
        policy = answer.headers.get_list("content-security-policy")
        assert len(policy) == 1
        assert "default-src 'none'" in policy[0]
        assert "script" not in policy[0]
        assert "<script" not in answer.text
        assert answer.headers.get_list("referrer-policy") == ["no-referrer"]
        assert "noindex" in answer.headers["x-robots-tag"]
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-frame-options"] == "DENY"
        assert "set-cookie" not in answer.headers


# --------------------------------------------------------------------------------------------------- answers


@pytest.mark.security
@pytest.mark.parametrize("times", [100, pytest.param(1000, marks=pytest.mark.slow)])
def test_s12_scanners_look_and_nothing_is_stored(outside: Outside, times: int) -> None:
    path = outside.link()
    before = outside.stored()
    for n in range(times):
        if n % 50 == 49:
            outside.world.clock.advance(timedelta(minutes=1))  # the page is not so fast for one link
        assert outside.asks(("GET", "HEAD")[n % 2], f"{path}?a={('priority', 'later')[n % 3 > 0]}").status_code == 200
    assert outside.stored() == before


@SQLITE_DAILY
def test_an_answer_is_kept_shown_and_told_to_the_owner_once(everywhere: Outside) -> None:
    outside = everywhere
    path = outside.link()
    answer = outside.sends(f"{path}?a=later", answer="later-3")
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    assert "Later – ask us in 3 months" in outside.page(path).one("p", class_="kept").text
    log, [said], [_], _ = outside.stored()
    assert (said.answer, said.months) == ("later", 3)
    assert (log[0].actor, log[0].action, log[0].object) == ("customer", "loss_check.answer", "crm:hikari")
    outside.world.reaches("2026-04-02 10:00")
    outside.world.reaches("2026-04-03 10:00")
    told = [one for one in outside.world.nudges_to("sato") if "loss check" in one]
    [said] = told
    assert "“Later – ask us in 3 months”. Put the deal on hold until a date" in said
    assert outside.record().is_open  # nothing is closed by itself


@pytest.mark.security
def test_s12_the_same_answer_again_is_one_answer(everywhere: Outside) -> None:
    outside = everywhere
    path = outside.link()
    outside.sends(path, answer="priority")
    before = outside.stored()
    for _ in range(3):
        assert outside.sends(path, answer="priority").status_code == 303
    assert outside.stored() == before


@SQLITE_DAILY
def test_for_a_day_the_answer_can_be_changed_and_the_owner_hears_the_last_one(everywhere: Outside) -> None:
    outside = everywhere
    path = outside.link()
    outside.sends(path, answer="priority")
    outside.world.clock.advance(timedelta(hours=2))
    assert outside.sends(path, answer="another_way").status_code == 303
    assert "We chose another way" in outside.page(path).one("p", class_="kept").text
    outside.world.reaches("2026-04-02 10:00")
    outside.world.reaches("2026-04-03 10:00")
    told = [one for one in outside.world.nudges_to("sato") if "loss check" in one]
    assert len(told) == 1
    assert "We chose another way" in told[0]
    log, *_ = outside.stored()
    changes = [row for row in log if row.action == "loss_check.answer"]
    assert [row.before for row in changes] == [{"answer": "priority", "months": None}, None]


def test_after_a_day_the_page_thanks_and_another_answer_changes_nothing(everywhere: Outside) -> None:
    outside = everywhere
    path = outside.link()
    outside.sends(path, answer="priority")
    outside.world.clock.advance(DAY)
    page = outside.page(path)
    assert page.all("form") == []
    assert "The priority changed" in page.one("p", class_="kept").text
    before = outside.stored()
    late = outside.sends(path, answer="another_way")
    assert late.status_code == 409
    assert "the first one stays" in late.text
    assert outside.sends(path, answer="priority").status_code == 303  # it says what is so
    assert outside.stored() == before


def test_every_link_of_a_deal_has_its_own_answer_and_the_last_word_counts(outside: Outside) -> None:
    first, second = outside.link(), outside.link()
    outside.sends(first, answer="later-6")
    outside.world.clock.advance(3 * DAY)
    outside.sends(second, answer="another_way")
    _, [said], _, _ = outside.stored()
    assert said.answer == "another_way"
    assert "6 months" in outside.page(first).one("p", class_="kept").text


@pytest.mark.parametrize("form", [{}, {"answer": ""}, {"answer": "later"}, {"answer": "later-2"}, {"answer": "won"}])
def test_a_form_without_an_answer_of_ours_is_asked_again(outside: Outside, form: dict[str, str]) -> None:
    path = outside.link()
    before = outside.stored()
    answer = outside.sends(path, **form)
    assert answer.status_code == 422
    assert "Choose one of the answers" in answer.text
    assert outside.stored() == before


# ------------------------------------------------------------------------------------- links that lead nowhere


def bent(outside: Outside, path: str) -> dict[str, str]:
    """Addresses that are almost one of ours."""
    token, now = path.rpartition("/")[2], outside.world.us
    day, other = 86_400_000_000, Signer(["another key, of somebody else altogether"])
    own = Signer([KEY])
    return {
        "cut": path[:-1], "longer": f"{path}A", "upper": f"/l/{token.upper()}",
        "swapped": f"/l/{token[24:]}{token[:24]}",
        "forged": f"/l/{other.mint(Purpose.LOSS_CHECK, 'check1', now + day)}",
        "for partners": f"/l/{own.mint(Purpose.PARTNER, 'check1', now + 30 * day)}",
        "never made": f"/l/{own.mint(Purpose.LOSS_CHECK, 'never', now + day)}",
        "empty": "/l/%20", "nul": "/l/%00", "path": f"{path}%2f..", "long": "/l/" + "A" * 500, "deep": "/l/a/b",
    }  # fmt: skip


@pytest.mark.security
def test_s35_every_link_that_is_not_ours_gets_the_same_friendly_page(outside: Outside) -> None:
    path = outside.link()
    before = outside.stored()
    pages = set()
    for name, where in bent(outside, path).items():
        for answer in (outside.asks("GET", where), outside.sends(where, answer="priority")):
            assert answer.status_code in (404, 422), (name, answer.status_code)
            if answer.status_code == 404 and "long" not in name:
                pages.add(answer.text.replace(where, ""))
            assert "text/html" in answer.headers["content-type"]
            assert "stalewatch" not in answer.text.replace("stalewatch.acme", "")
    assert len({one.partition("<main>")[2] for one in pages}) == 1
    assert outside.stored() == before
    assert outside.sends(path, answer="priority").status_code == 303


@pytest.mark.security
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(codec="ascii", categories=("L", "N", "P", "S")), min_size=1, max_size=60))
def test_s35_no_invented_address_opens_anything(outside: Outside, text: str) -> None:
    outside.world.clock.advance(timedelta(minutes=1))
    token = text.replace("/", "_").replace(".", "-").replace("?", "-").replace("#", "-").replace("%", "-")
    assert outside.asks("GET", f"/l/{token}").status_code == 404


def test_a_link_ends_by_time_by_the_deal_that_was_won_and_by_the_deal_that_is_gone(outside: Outside) -> None:
    path = outside.link()
    world = outside.world
    world.clock.advance(timedelta(days=30, seconds=-1))
    outside.page(path)
    world.clock.advance(timedelta(seconds=1))
    ended = outside.page(path, status=410)
    assert "This link has ended" in ended.one("h1").text
    assert outside.sends(path, answer="priority").status_code == 410
    fresh = outside.link()
    world.changes("hikari", outcome=Outcome.WON)
    world.syncs()
    assert outside.page(fresh, status=410).one("main").text == ended.one("main").text
    assert outside.sends(fresh, answer="priority").status_code == 410
    _, said, keys, _ = outside.stored()
    assert (said, keys) == ([], [])


@SQLITE_DAILY
def test_a_lost_deal_can_still_be_explained_and_says_so_in_its_loss(everywhere: Outside) -> None:
    outside = everywhere
    path = outside.link()
    outside.world.changes("hikari", outcome=Outcome.LOST)
    outside.world.syncs()
    outside.sends(path, answer="later-1")
    with outside.world.db.read() as conn:
        [loss] = answers.losses_of(conn, ["crm:hikari"])
    assert (loss.tag, loss.source, loss.by) == ("timing", "reported_by_customer", "customer")


def test_links_of_the_key_before_still_open_and_without_a_key_none_does(outside: Outside) -> None:
    path = outside.link()
    new = "the key that this company will have next"
    for secrets, status in (({"key": new, "previous": KEY}, 200), ({"key": new}, 404), ({}, 404)):
        outside.configured(secrets=secrets)
        outside.page(path, status=status)


# ------------------------------------------------------------------------------------------------- threats


@pytest.mark.security
@SQLITE_DAILY
def test_s1_a_stolen_database_opens_no_link(everywhere: Outside) -> None:
    token = everywhere.link().rpartition("/")[2]
    with everywhere.world.db.read() as conn:
        row = links.by_id(conn, "check1")
        log = audit.read(conn)
    assert row is not None
    assert token not in repr(row) + repr(log)
    assert token[:16] not in repr(row) + repr(log)


@pytest.mark.security
def test_s34_a_long_body_and_a_thousand_fields_are_refused(outside: Outside) -> None:
    path = outside.link()
    before = outside.stored()
    assert outside.asks("POST", path, content=b"answer=" + b"x" * 100_000).status_code == 413
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert outside.asks("POST", path, headers=form, content="&".join(f"a{n}=1" for n in range(900))).status_code == 422
    assert outside.asks("POST", path, headers=form, content=b"\xff\xfe answer=priority").status_code == 422
    assert outside.asks("POST", path, json={"answer": "priority"}).status_code == 422
    assert outside.stored() == before


@pytest.mark.security
def test_s34_one_link_is_asked_for_sixty_times_a_minute_and_others_do_not_wait_for_it(outside: Outside) -> None:
    path, other = outside.link(), outside.link()
    answers = [outside.asks("GET", path) for _ in range(61)]
    assert [one.status_code for one in answers] == [200] * 60 + [429]
    assert 0 < int(answers[-1].headers["retry-after"]) <= 60
    assert "try again in a minute" in answers[-1].text
    guesses = [outside.asks("GET", f"/l/guess{n}").status_code for n in range(61)]
    assert guesses == [404] * 60 + [429]
    outside.page(other)  # from the same address
    outside.world.clock.advance(timedelta(minutes=1))
    outside.page(path)


@pytest.mark.security
def test_s8_another_site_can_do_nothing_that_its_visitor_could_not(outside: Outside) -> None:
    """There is no session that it could use: whoever knows the address may answer, whoever does not may not."""
    foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    assert outside.asks("POST", "/l/guess", headers=foreign, data={"answer": "priority"}).status_code == 404
    path = outside.link()
    token = tokens.create(outside.world.db, "rep", ["admin"], outside.world.us)
    signed = {"Authorization": f"Bearer {token}"}
    assert outside.asks("GET", path, headers=signed).text == outside.asks("GET", path).text


@pytest.mark.security
def test_s27_names_and_addresses_that_are_alive_are_only_text(outside: Outside) -> None:
    path = outside.link()
    plain = outside.page(path).structure()
    for alive in ATTACKS:
        outside.configured(links=Linking(company={"en": alive, "ja": alive}))
        outside.world.clock.advance(timedelta(seconds=2))
        answer = outside.asks("GET", path, params={"a": alive, "x": alive})
        assert parse(answer.text).structure() == plain, alive
