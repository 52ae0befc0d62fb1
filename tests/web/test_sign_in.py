"""Signing in with the company's provider, and what must not let anybody in; numbered as in docs/security.md."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stalewatch.services.access import tokens
from stalewatch.services.access.oidc.provider import AT_ONCE
from stalewatch.services.access.sessions import end_all
from stalewatch.store import audit
from stalewatch_sandbox.oidc.signing import claims_of
from tests.altered import replace
from tests.patience import PATIENCE
from tests.services.world import World
from tests.web.dom import parse
from tests.web.office import Office
from tests.web.provider import SATO, STRANGER, TANAKA, Company, chooses, comes_back, employed, goes, signs_in
from tests.web.visits import HOME, Visitor, names

pytestmark = pytest.mark.security
SECURE = "https://stalewatch.example"
LETTERS = "".join(map(chr, range(0x21, 0x7F))).replace(";", "")


@pytest.fixture(scope="module")
def firm(april: World) -> Iterator[Company]:
    """One company for all stories that change nobody in it."""
    with employed(april, SECURE) as company:
        yield company


@pytest.fixture
def company(firm: Company) -> Company:
    """The same, with a provider that does nothing wrong yet."""
    firm.calm()
    return firm


def acts(world: World) -> list[tuple[str, str]]:
    """Who did what, the latest first."""
    with world.db.read() as conn:
        return [(row.actor, row.action) for row in audit.read(conn)]


def sessions(world: World) -> int:
    with world.db.read() as conn:
        return int(conn.exec_driver_sql("SELECT count(*) FROM sessions WHERE ended_at IS NULL").scalar_one())


# -------------------------------------------------------------------------------------------------- how it goes


def test_s5_somebody_signs_in_and_is_where_they_wanted_to_be(company: Company) -> None:
    visitor = company.browser()
    asked = visitor.page("/due-soon?within=5bd", status=401)
    link = next(one for one in asked.all("a") if "Continue with" in one.text)
    assert not asked.all("form", action="/sign-in")  # tokens are for programs
    answer = visitor.asks("GET", link.attributes["href"])
    there = answer.headers["location"]
    told = parse_qs(urlsplit(there).query)
    assert told["redirect_uri"] == [f"{HOME}/sign-in/return"]
    assert told["code_challenge_method"] == ["S256"]
    assert {"state", "nonce", "code_challenge"} <= set(told)
    assert SATO in httpx.get(there).text
    answer = comes_back(visitor, chooses(there, SATO))
    assert (answer.status_code, answer.headers["location"]) == (303, "/due-soon?within=5bd")
    assert acts(company.world)[0] == (f"person:{SATO}", "session.begin")
    assert visitor.page("/due-soon?within=5bd").one("form", action="/sign-out")


def test_s5_the_address_decides_what_somebody_sees(company: Company) -> None:
    rep, manager = company.browser(), company.browser()
    signs_in(rep, SATO)
    signs_in(manager, TANAKA)
    assert "=Zeta" not in rep.page("/stalled").text
    assert "=Zeta" in manager.page("/stalled").text


def test_s7_the_cookies_are_bound_to_the_host_and_the_session_is_a_new_one(company: Company) -> None:
    visitor = company.browser(home=SECURE)
    planted = "A" * 43
    visitor.cookies["__Host-stalewatch"] = planted
    away = visitor.asks("GET", "/sign-in/start")
    back = comes_back(visitor, chooses(away.headers["location"], SATO))
    for cookie, name, life in ((away, "__Host-stalewatch-login", 600), (back, "__Host-stalewatch", 7 * 86_400)):
        said = next(one for one in cookie.headers.get_list("set-cookie") if one.startswith(f"{name}="))
        flags = {part.strip().lower() for part in said.split(";")[1:]}
        assert flags == {"httponly", "secure", "path=/", "samesite=lax", f"max-age={life}"}
    assert visitor.cookies["__Host-stalewatch"] != planted
    first = visitor.cookies["__Host-stalewatch"]
    signs_in(visitor)
    assert visitor.cookies["__Host-stalewatch"] != first
    Visitor(visitor.office, cookies={"__Host-stalewatch": first}).page("/", status=401)


@pytest.mark.parametrize("after", ["//evil.example", "https:evil.example", "/\\evil.example", "%2f%2fevil.example"])
def test_s6_nobody_is_sent_elsewhere_on_the_way_back(company: Company, after: str) -> None:
    assert signs_in(company.browser(), next=after).headers["location"] == "/"


def test_s7_processes_share_an_attempt_and_its_session(company: Company) -> None:
    here, there = company.browser(), company.browser()
    back = chooses(goes(here), SATO)
    there.cookies.update(here.cookies)
    assert comes_back(there, back).status_code == 303
    here.cookies.update(there.cookies)
    here.page("/")


def test_s1_a_stolen_database_has_neither_the_session_nor_what_the_provider_signed(company: Company) -> None:
    visitor = company.browser()
    signs_in(visitor)
    folder = Path(str(company.world.db.url.database)).parent
    dump = b"".join(path.read_bytes() for path in folder.iterdir())
    assert visitor.cookies["stalewatch"].encode() not in dump
    assert b"eyJhbGciOi" not in dump  # how every signed token begins; three letters of it stand in noise as well


# ------------------------------------------------------------------------------------------ what lets nobody in

UNBELIEVED = (
    *("wrong_nonce", "no_nonce", "wrong_aud", "several_aud", "wrong_azp", "wrong_iss", "listed_iss", "expired"),
    *("future", "no_exp", "endless", "no_sub", "unverified", "unsaid", "alg_none", "alg_hs256", "unknown_key"),
    *("another_key", "tampered", "no_token", "wrong_state", "no_state", "no_code", "wrong_code", "from_elsewhere"),
)  # fmt: skip


@pytest.mark.parametrize("case", UNBELIEVED)
def test_s5_what_proves_nobody_begins_no_session(company: Company, case: str) -> None:
    visitor, before = company.browser(), sessions(company.world)
    company.arm(case)
    answer = signs_in(visitor)
    assert answer.status_code == 400
    assert "This sign-in could not be completed" in answer.text
    assert "stalewatch" not in visitor.cookies
    assert sessions(company.world) == before


def test_s5_who_presses_cancel_is_told_so(company: Company) -> None:
    company.arm("denied")
    answer = signs_in(company.browser())
    assert answer.status_code == 403
    assert "let nobody in" in answer.text


def test_s5_whom_nobody_knows_has_no_access_and_the_log_says_so(company: Company) -> None:
    visitor, before = company.browser(), sessions(company.world)
    answer = signs_in(visitor, STRANGER)
    assert answer.status_code == 403
    assert "You have no access" in answer.text
    assert STRANGER in answer.text
    assert "stalewatch" not in visitor.cookies
    assert sessions(company.world) == before
    assert acts(company.world)[0] == (f"person:{STRANGER}", "session.refuse")
    assert "prompt=select_account" in goes(visitor, another="true")


def test_s5_another_companys_people_stay_out(company: Company) -> None:
    assert signs_in(company.browser(hd=frozenset({"acme.example"})), SATO).status_code == 303
    assert signs_in(company.browser(hd=frozenset({"acme.example"})), TANAKA).status_code == 400
    company.arm("other_tenant")
    assert signs_in(company.browser(hd=frozenset({"acme.example"})), SATO).status_code == 400


def test_s5_an_answer_is_good_for_one_browser_and_once(company: Company) -> None:
    visitor, thief = company.browser(), company.browser()
    back = chooses(goes(visitor), SATO)
    assert comes_back(thief, back).status_code == 400  # who sees the address has not begun it
    goes(thief)
    assert comes_back(thief, back).status_code == 400
    attempt = dict(visitor.cookies)
    assert comes_back(visitor, back).status_code == 303
    visitor.cookies = attempt  # even a browser that forgets nothing
    assert comes_back(visitor, back).status_code == 400


def test_s5_a_provider_that_gives_tokens_twice_opens_one_session(company: Company) -> None:
    visitor = company.browser()
    back = chooses(goes(visitor), SATO)
    attempt, codes = dict(visitor.cookies), company.idp.provider._codes
    kept = dict(codes)
    assert comes_back(visitor, back).status_code == 303
    codes.update(kept)
    visitor.cookies = attempt
    assert comes_back(visitor, back).status_code == 400


def test_s5_whoever_comes_back_late_begins_again(company: Company) -> None:
    visitor = company.browser()
    back = chooses(goes(visitor), SATO)
    company.passes(minutes=11)
    assert comes_back(visitor, back).status_code == 400


def test_s5_an_altered_attempt_is_none(company: Company) -> None:
    visitor = company.browser()
    back = chooses(goes(visitor, next="/due-soon"), SATO)
    secret, began, after = visitor.cookies["stalewatch-login"].split(".")
    for bent in (
        f"{secret}.{int(began) - 1}.{after}",
        f"{secret}.{began}.",
        f"{'B' if secret[0] == 'A' else 'A'}{secret[1:]}.{began}.{after}",  # of its last letter some bits say nothing
        "x",
        "",
    ):
        visitor.cookies["stalewatch-login"] = bent
        assert comes_back(visitor, back).status_code == 400


def test_s5_where_there_is_no_provider_there_is_no_such_door(april: World) -> None:
    visitor = Visitor(Office.of(april))
    for path in ("/sign-in/start", "/sign-in/return?code=x&state=y"):
        visitor.page(path, status=404)


# --------------------------------------------------------------------------------------------- keys, words, hosts


def test_s5_new_keys_are_fetched_when_they_are_first_seen_and_old_ones_go(company: Company) -> None:
    office = company.office()
    assert signs_in(Visitor(office)).status_code == 303
    company.idp.provider.rotate()
    company.passes(seconds=20)
    assert signs_in(Visitor(office)).status_code == 303
    old = company.idp.provider.signing
    company.idp.provider.rotate(keep=False)
    company.passes(hours=2)
    assert signs_in(Visitor(office)).status_code == 303
    company.idp.provider.signing, new = old, company.idp.provider.signing
    assert signs_in(Visitor(office)).status_code == 400
    company.idp.provider.signing = new


def test_s5_forged_keys_do_not_make_us_ask_again_and_again(company: Company) -> None:
    office = company.office()
    assert signs_in(Visitor(office)).status_code == 303
    asked = company.idp.board.ledger.where(wanted=lambda call: call.path == "/keys")
    company.passes(seconds=20)
    company.arm("unknown_key")
    for _ in range(5):
        assert signs_in(Visitor(office)).status_code == 400
    again = company.idp.board.ledger.where(wanted=lambda call: call.path == "/keys")
    assert len(again) == len(asked) + 1


def test_s5_who_keeps_the_address_for_those_who_ask_once_more_is_asked(company: Company) -> None:
    company.idp.provider.tells_in_token = False
    assert signs_in(company.browser()).status_code == 303
    company.arm("another_person")
    assert signs_in(company.browser()).status_code == 400


def test_s5_a_minute_between_two_clocks_is_forgiven(company: Company) -> None:
    for seconds, status in ((50, 303), (-50, 303), (120, 400)):
        company.calm()
        visitor = company.browser()
        company.idp.board.clock.advance(timedelta(seconds=seconds))
        assert signs_in(visitor).status_code == status, seconds


@pytest.mark.parametrize(
    ("endpoint", "url"),
    [
        ("jwks_uri", "https://169.254.169.254/latest/meta-data/"),
        ("token_endpoint", "https://10.0.0.7/token"),
        ("token_endpoint", "https://localhost/token"),
        ("jwks_uri", "https://[::ffff:10.0.0.1]/keys"),
        ("jwks_uri", "https://2130706433/keys"),
        ("jwks_uri", "http://id.acme.example/keys"),
        ("userinfo_endpoint", "file:///etc/passwd"),
        ("authorization_endpoint", "javascript:alert(1)"),
        ("authorization_endpoint", "http://id.acme.example/authorize"),
        ("end_session_endpoint", "javascript:alert(1)"),
        ("token_endpoint", "https://user:pass@id.acme.example/"),
        ("jwks_uri", 7),
    ],
)
def test_s16_what_the_provider_names_leads_nobody_inside(company: Company, endpoint: str, url: object) -> None:
    """`allow_custom_host` is for the issuer's own host alone."""
    asked: list[str] = []

    def resolve(host: str, _: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1" if host in ("127.0.0.1", "localhost") else "::1" if ":" in host else "10.0.0.7"]

    visitor = company.browser(wire={"resolve": resolve})
    company.arm("names", endpoint=endpoint, url=url)
    answer = visitor.asks("GET", "/sign-in/start")
    if answer.status_code == 303:  # what is only asked for later
        answer = comes_back(visitor, chooses(answer.headers["location"], SATO))
    assert answer.status_code == 502
    assert "does not answer" in answer.text
    calls = [call for call in company.idp.board.ledger if call.path.startswith("/latest")]
    assert calls == []


@pytest.mark.parametrize("case", ["another_issuer", "error", "endless_answer"])
def test_a_provider_that_is_none_is_said_and_asked_again_later(company: Company, case: str) -> None:
    visitor = company.browser()
    company.arm(case)
    answer = visitor.asks("GET", "/sign-in/start")
    assert answer.status_code == 502
    assert "does not answer" in answer.text
    company.calm()
    assert signs_in(visitor).status_code == 303


def test_a_provider_that_takes_too_long_holds_nobody_for_long(company: Company) -> None:
    visitor = company.browser(wire={"patience": 0.3})
    company.arm("slow", seconds=1.0, path="/token")
    assert signs_in(visitor).status_code == 502


# -------------------------------------------------------------------------------------------------------- the way out


def test_s7_signing_out_ends_it_here_and_offers_to_end_it_there(company: Company) -> None:
    visitor = company.browser()
    signs_in(visitor)
    copy = dict(visitor.cookies)
    answer = visitor.posts("/sign-out", csrf=visitor.mark("/"))
    assert answer.status_code == 200
    assert "You are signed out" in answer.text
    Visitor(visitor.office, cookies=copy).page("/", status=401)
    assert acts(company.world)[0] == (f"person:{SATO}", "session.end")
    out = next(one for one in parse(answer.text).all("a") if "logout" in one.attributes["href"]).attributes["href"]
    hint = parse_qs(urlsplit(out).query)["id_token_hint"][0]
    assert claims_of(hint)["email"] == SATO
    gone = httpx.get(out, timeout=PATIENCE)
    assert gone.headers["location"] == f"{HOME}/sign-in"
    assert company.idp.provider.gone == [hint]


def test_s7_a_provider_without_a_way_out_or_a_word_keeps_nobody_in(company: Company) -> None:
    for case, options in (("names", {"endpoint": "end_session_endpoint", "url": None}), ("error", {})):
        company.calm()
        office = company.office()
        visitor = Visitor(office)
        if case == "names":
            company.arm(case, **options)
        signs_in(visitor)
        mark = visitor.mark("/")
        company.passes(hours=2)  # what is known of the provider is too old by then
        if case == "error":
            company.arm(case)
        answer = visitor.posts("/sign-out", csrf=mark)
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
        visitor.page("/", status=401)


# -------------------------------------------------------------------------------------------- tokens beside a provider


def test_s5_with_a_provider_a_token_opens_no_browser_unless_it_may(company: Company) -> None:
    token = tokens.create(company.world.db, "screen", ["deals:read", "reports:read"], company.world.us)
    strict, lenient = company.browser(), company.browser(with_tokens=True)
    answer = strict.signs_in(token)
    assert answer.status_code == 403
    assert "stalewatch" not in strict.cookies
    assert lenient.page("/sign-in").one("form", action="/sign-in")
    assert lenient.signs_in(token).status_code == 303
    lenient.page("/stalled")
    strict.cookies.update(lenient.cookies)  # one that began before there was a provider
    strict.page("/stalled", status=401)
    strict.headers["Authorization"] = f"Bearer {token}"
    assert strict.asks("GET", "/v1/deals/stalled").status_code == 200


def test_s3_whoever_has_left_is_out_at_the_next_click(own: World) -> None:
    with employed(own) as company:
        visitor = company.browser()
        signs_in(visitor)
        assert names(visitor.page("/stalled"))
        own.crm.people = [replace(one, active=False) if one.id == "sato" else one for one in own.crm.people]
        own.reaches("2026-04-01 13:00")
        visitor.page("/stalled", status=401)
        assert signs_in(visitor).status_code == 403


def test_s7_a_lost_laptop_is_signed_out_everywhere(company: Company) -> None:
    here, there, other = company.browser(), company.browser(), company.browser()
    for visitor, email in ((here, SATO), (there, SATO), (other, TANAKA)):
        signs_in(visitor, email)
    assert end_all(company.world.db, " Sato@acme.example", company.world.us, actor="cli:ops") >= 2
    assert end_all(company.world.db, SATO, company.world.us, actor="cli:ops") == 0
    assert acts(company.world)[0] == ("cli:ops", "session.end")
    for visitor, status in ((here, 401), (there, 401), (other, 200)):
        visitor.page("/sign-in")
        visitor.page("/stalled", status=status)


def test_a_provider_that_hangs_keeps_eight_of_our_threads_and_the_next_is_told_at_once(company: Company) -> None:
    visitor = company.browser()
    provider = visitor.office.app.state.provider
    for _ in range(AT_ONCE):
        assert provider._turns.acquire(blocking=False)
    answer = visitor.asks("GET", "/sign-in/start")
    assert answer.status_code == 502
    assert "does not answer" in answer.text


# ------------------------------------------------------------------------------------------------ whatever comes back

_NAMES = st.sampled_from(["state", "code", "error", "error_description", "iss", "session_state", "x", ""])
_TOLD = st.text(max_size=30) | st.sampled_from(["access_denied", "\x00", "x" * 5_000, "{state}", "{code}"])


@pytest.mark.fuzz
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=st.lists(st.tuples(_NAMES, _TOLD), max_size=5), begun=st.booleans(), cookie=st.text(LETTERS, max_size=80))
def test_s5_b27_whatever_a_browser_comes_back_with_is_answered(
    company: Company, told: list[tuple[str, str]], begun: bool, cookie: str
) -> None:
    """Nobody is in but for the provider's own answer, in the browser that began."""
    visitor = company.browser()
    true = dict(parse_qsl(urlsplit(chooses(goes(visitor), SATO)).query))
    if not begun:
        visitor.cookies = {"stalewatch-login": cookie}
    sent = [(name, text.format_map(true) if text in ("{state}", "{code}") else text) for name, text in told]
    answer = visitor.asks("GET", "/sign-in/return", params=sent)
    if not begun or not true.items() <= dict(sent).items():
        assert answer.status_code in (400, 403), (answer.status_code, answer.text)
        assert "stalewatch" not in answer.cookies
