"""`/rules` and `/rules/{id}`: what each rule does, its text, and what another text of it would do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from stalewatch.domain.language.nodes import Source
from stalewatch.services.access import tokens
from stalewatch.services.rules.written import Written, written
from stalewatch.web.counting import StillCounting
from tests import databases
from tests.services.world import World, at, deal, rulebook
from tests.web.dom import Element, parse
from tests.web.office import Office, project_of
from tests.web.pack import RULES
from tests.web.test_untrusted_pages import ATTACKS, without_links
from tests.web.visits import Visitor, names, rows

TOO_OLD = RULES[RULES.index("  - id: too-old") :].rstrip("\n")


def with_text(world: World, text: str = RULES, name: str = "0.yaml") -> World:
    """The same world, whose rules remember how they were written."""
    world.book = replace(rulebook(text), written=(Source(name, text),))
    return world


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """However busy the machine is: the figures are waited for."""
    monkeypatch.setattr("stalewatch.web.pages.rules.PATIENCE", 30.0)
    monkeypatch.setattr("stalewatch.web.pages.rule.PATIENCE", 30.0)


@pytest.fixture
def revops(own: World) -> Visitor:
    return Visitor(Office.of(with_text(own), "rules:read", "rules:preview", "alerts:read"))


def trial(visitor: Visitor, text: str, do: str) -> Element:
    """What the form answers, without any script."""
    answer = visitor.posts("/rules/too-old", text=text, do=do)
    assert answer.status_code == 200, answer.text[:300]
    return parse(answer.text).one("section", id="trial")


def test_the_list_says_what_each_rule_did_and_is_sorted_by_its_heads(revops: Visitor) -> None:
    page = revops.page("/rules")
    assert page.one("h1").text == "3 problems were told this week; somebody acted on 0"
    assert names(page) == ["No next meeting", "Open for too long"]
    first = rows(page)[0]
    assert "no-next-meeting · 0.yaml:5" in first.one("th").text
    assert [cell.text for cell in first.all("td", class_="did")][:2] == ["Told 2", "Acted on –"]
    assert names(revops.page("/rules?sort=title&order=desc")) == ["Open for too long", "No next meeting"]
    assert names(revops.page("/rules?q=long")) == ["Open for too long"]
    assert "See all rules" in revops.page("/rules?mode=off").one("main").text
    assert revops.asks("GET", "/rules.csv?sort=title").text.splitlines()[1].startswith("no-next-meeting,")


def test_figures_that_take_long_are_waited_for_elsewhere(revops: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    def counts(*_: object, **__: object) -> None:
        raise StillCounting

    monkeypatch.setattr("stalewatch.web.counting.Counting.of", counts)
    for path in ("/rules", "/rules/too-old"):
        page = revops.page(path)
        [again] = [one for one in page.all("a") if one.text == "Look again"]
        assert again.attributes["href"].startswith(path)
        assert again.attributes["hx-trigger"] == "load delay:3s, click"
        assert page.all("meta", http_equiv="refresh") == []  # nobody's page moves while they read
        assert "being counted" in page.one("main").text
    assert revops.office.get("/v1/rules").status_code == 503


def test_a_rule_is_told_in_words_and_as_it_is_written(revops: Visitor) -> None:
    page = revops.page("/rules/too-old")
    assert "within 60 days" in page.one("dl", class_="said-by").text.replace("within60", "within 60")
    assert page.one("pre", class_="code").one("code").text == " ".join(TOO_OLD.split())
    assert [one.text for one in page.all("a") if one.attributes["href"] == "/deals/crm:%3Dzeta"] == ["=Zeta"]
    late = page.one("main").text
    assert "late 1" in late
    assert page.one("textarea").text == " ".join(TOO_OLD.split())
    assert revops.asks("GET", "/rules/nothing").status_code == 404


def test_a_mistake_is_shown_at_its_line_of_what_was_typed(revops: Visitor) -> None:
    typed = TOO_OLD.replace("created_at", "createdd")
    found = trial(revops, typed.replace("\n", "\r\n"), "check")
    assert "line 4 SW104 deal has no field `createdd` did you mean `created_at`?" in found.one("ol").text
    assert found.one("ol").one("pre").text == "start: createdd ^^^^^^^^"
    assert found.one("textarea").text == " ".join(typed.split())
    assert not found.all("table")
    assert "line 4" in trial(revops, typed, "preview").one("ol").text


def test_a_preview_says_who_is_newly_told_and_nothing_is_saved(revops: Visitor) -> None:
    found = trial(revops, TOO_OLD.replace("60d", "25d"), "preview")
    assert found.one("h3").text == "1 deadline would newly be told, 0 would fall silent"
    assert [one.attributes["href"] for one in found.all("a")] == ["/deals/crm:acme"]
    assert "too-old: limit: 60 days → 25 days" in found.text
    assert "60d" in revops.page("/rules/too-old").one("pre", class_="code").text
    same = trial(revops, TOO_OLD, "preview")
    assert same.one("h3").text == "Nobody would be told anything else"
    with revops.office.app.state.turns.previews:
        assert "Try again" in trial(revops, TOO_OLD, "preview").one("p", class_="notice").text


def test_the_whole_file_can_be_taken_along(revops: Visitor) -> None:
    answer = revops.posts("/rules/too-old", text=TOO_OLD.replace("60d", "25d").replace("\n", "\r\n"), do="download")
    assert answer.text.strip() == RULES.replace("60d", "25d").strip()
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''0.yaml"


def test_only_who_may_try_rules_finds_the_form(own: World) -> None:
    reader = Visitor(Office.of(with_text(own), "rules:read"))
    assert not reader.page("/rules/too-old").all("textarea")
    assert reader.posts("/rules/too-old", text=TOO_OLD, do="check").status_code == 403
    assert Visitor(Office.of(own, "deals:read")).asks("GET", "/rules").status_code == 403


def test_everybody_reads_the_rules_and_figures_are_of_what_they_may_see(own: World) -> None:
    """S9: Sato owns Acme and Young, Tanaka is his manager and owns Zeta."""
    scopes = ("rules:read", "rules:preview", "alerts:read")
    office = Office.of(with_text(own), *scopes)

    def sees(person: str) -> Visitor:
        office.token = tokens.create(own.db, person, ["rules:read", "alerts:read"], own.us, person=person)
        return Visitor(office)

    manager = sees("tanaka@acme.example").page("/rules/too-old")
    assert [one.text for one in manager.all("td")][:1] == ["Tanaka"]
    rep = sees("sato@acme.example")
    page = rep.page("/rules/too-old").one("main")
    assert "zeta" not in page.text.lower()
    assert "Nobody whose records you may see." in page.text
    assert names(rep.page("/rules")) == ["No next meeting", "Open for too long"]
    assert rep.page("/rules").one("h1").text == "1 problem was told this week; somebody acted on 0"
    [rule] = [one for one in office.get("/v1/rules").json()["items"] if one["id"] == "too-old"]
    assert (rule["states"], rule["week"]["told"]) == ({"watching": 2}, 0)


def test_a_rule_that_was_read_from_no_file_has_no_form(visitor: Visitor) -> None:
    plain = Visitor(Office.of(visitor.office.world, "rules:read", "rules:preview"))
    assert not plain.page("/rules/too-old").all("textarea")
    assert plain.posts("/rules/too-old", text=TOO_OLD, do="check").status_code == 409


@pytest.mark.parametrize(
    ("text", "first", "own"),
    [
        (RULES, 12, TOO_OLD),
        (RULES.replace("  - id: no-next", "  # before\n  - id: no-next") + "  # behind\n\n# end\n", 13, TOO_OLD),
        (RULES.replace("    severity: critical", "    # inside\n    severity: critical"), 12,
         TOO_OLD.replace("    severity: critical", "    # inside\n    severity: critical")),
        (RULES.replace("\n", "\r\n"), 12, TOO_OLD),
        (RULES + "exceptions: []\n", 12, TOO_OLD),
    ],
    ids=["last", "remarks", "inside", "crlf", "before-a-key"],
)  # fmt: skip
def test_a_rule_is_cut_out_of_its_file_and_put_back(empty: World, text: str, first: int, own: str) -> None:
    place = place_of(empty, text)
    assert (place.first, place.text) == (first, own)
    assert place.put_in(place.text) == "\n".join(place.lines)
    assert rulebook(place.put_in(own.replace("60d", "61d"))).by_id["too-old"].within[0].duration.amount == 61


def test_a_rule_that_shares_its_line_is_its_whole_file(empty: World) -> None:
    text = """stalewatch: 1
rules: [{id: too-old, title: {en: Old, ja: 古い}, watch: deal, start: created_at, within: 9d}]
"""
    assert place_of(empty, text).text == text.rstrip("\n") + "\n"


def place_of(world: World, text: str) -> Written:
    with_text(world, text)
    found = written(world.book.by_id["too-old"], world.book, project_of(world).settings)
    assert found is not None
    return found


# ------------------------------------------------------------------------------------------------ S27


def hostile(attack: str) -> str:
    """The rules with an attack for everything that a file may say freely."""
    said = attack.replace("\\", "\\\\").replace('"', '\\"')
    return RULES.replace(
        "title: {en: Open for too long, ja: 長期化}",
        f'title: {{en: "{said}", ja: "{said}"}}\n    because: {{en: "{said}", ja: "{said}"}}\n    owner: "{said}"\n'
        f'    tags: ["{said}"]  # </textarea></pre><script>alert(1)</script>',
    )


@pytest.fixture(scope="module")
def quiet_world(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    path = tmp_path_factory.mktemp("quiet") / "stalewatch.db"
    path.write_bytes(sqlite_template.read_bytes())
    world = World(databases.opened(f"sqlite:///{path}"), rulebook(RULES))
    world.has(deal("acme", created_at=at("2026-01-02 10:00")))
    world.reaches("2026-04-01 12:00")
    yield world
    world.db.dispose()


@pytest.mark.security
def test_s27_what_a_rule_file_says_is_text_on_every_page(quiet_world: World) -> None:
    def pages(attack: str) -> list[list[tuple[str, tuple[str, ...]]]]:
        text = hostile(attack)
        visitor = Visitor(Office.of(with_text(quiet_world, text), "rules:read", "rules:preview", "alerts:read"))
        shown = [visitor.page("/rules"), visitor.page("/rules/too-old")]
        broken = visitor.posts("/rules/too-old", text=f"  - id: too-old\n    watch: '{attack}'\n", do="check")
        return [without_links(one) for one in (*shown, parse(broken.text))]

    usual = pages("Plain name")
    for attack in ATTACKS[:24:2]:
        mine = pages(attack)
        assert mine[:2] == usual[:2], attack
        assert {tag for tag, _ in mine[2]} <= {tag for tag, _ in usual[2]} | {"ol", "li", "pre", "em", "code"}, attack


def test_the_past_says_what_other_limits_would_have_done(revops: Visitor) -> None:
    """Each chart has its table; a young company hears that its history is too short, and no number."""
    part = revops.page("/rules/too-old").one("section", id="past")
    assert part.one("p", class_="answer").text.startswith("Not enough history: this rule (too-old) flags")
    table = part.all("table")[-1]
    assert [row.one("th").text for row in table.one("tbody").all("tr")] == [
        "15 days", "30 days", "45 days", "60 days (as written)", "75 days", "90 days", "120 days", "180 days",
    ]  # fmt: skip
    assert [one.text for one in table.all("th")][1:5] == ["Flagged", "Known", "Not won", "95 %"]
    assert len(part.all("figure")) == len(part.all("details")) == 2
    assert "not enough history: 0 won, fewer than 50" in part.text
    assert "an association, not an effect" in part.text
    japanese = revops.page("/rules/too-old?lang=ja").one("section", id="past")
    assert japanese.one("h2").text == "過去の記録での成績"
    assert "60日(現在)" in japanese.text


@pytest.mark.security
def test_s9_the_past_of_what_nobody_may_see_is_not_told(own: World) -> None:
    """Tanaka owns Zeta, which was late; Sato may not see it."""
    office = Office.of(with_text(own), "rules:read")
    office.token = tokens.create(own.db, "sato@acme.example", ["rules:read"], own.us, person="sato@acme.example")
    part = Visitor(office).page("/rules/too-old").one("section", id="past")
    assert "of 2 records" in part.text
    assert "of 3 records" in Visitor(Office.of(with_text(own), "rules:read")).page("/rules/too-old").one("main").text
