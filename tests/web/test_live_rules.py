"""What was saved and is not in force: the page says so and why, and so does `/readyz`; everything else goes on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from stalewatch.services.rules.refusal import Refused
from stalewatch.web.app import create_app
from stalewatch.wiring.live import Live, State
from tests.databases import SQLITE_DAILY
from tests.services.world import World, rulebook
from tests.web.office import Office, project_of
from tests.web.pack import RULES

pytestmark = SQLITE_DAILY
REFUSED = Refused(
    place="rules/acme.yaml:12:5", code="SW104", errors=3,
    what={"en": "`<b>stagee</b>` is not a field", "ja": "`<b>stagee</b>` という項目はありません"},
)  # fmt: skip


@pytest.fixture
def live(world: World) -> Live:
    return Live(project_of(world))


@pytest.fixture
def office(world: World, live: Live) -> Office:
    return Office(world, create_app(live, is_local=True))


def holds(live: Live, **changes: Any) -> None:
    live.state = replace(live.state, **changes)


def warnings(office: Office) -> list[str]:
    answer = office.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "ok"), "work goes on by the rules from before"
    return list(answer.json()["warnings"])


def test_all_is_in_force(office: Office) -> None:
    assert warnings(office) == []
    assert "not in force" not in office.get("/").text


def test_refused_rules_are_told_with_their_place_and_reason(office: Office, live: Live) -> None:
    holds(live, refused=REFUSED)
    [warning] = warnings(office)
    assert warning.startswith("rules: rules/acme.yaml:12:5: error SW104: `<b>stagee</b>` is not a field (3 errors); ")
    assert warning.endswith("the rules from before stay in force")
    for path in ("/", "/due-soon", "/undelivered"):
        text = office.get(path, lang="en").text
        assert "The saved rules are not in force" in text
        assert "rules/acme.yaml:12:5 SW104: <code>&lt;b&gt;stagee&lt;/b&gt;</code> is not a field. There are 3" in text
        assert "<b>stagee" not in text
    text = office.get("/", lang="ja").text
    assert "保存されたルールは適用されていません" in text
    assert "という項目はありません。誤りは3件です。" in text


@pytest.mark.security
def test_s28_who_may_not_read_the_lists_is_told_nothing_of_the_rules(world: World, live: Live) -> None:
    holds(live, refused=REFUSED, waiting=("web",))
    stranger = Office(world, create_app(live))
    for path in ("/", "/sign-in"):
        text = stranger.get(path, headers={"Accept": "text/html"}).text
        assert "stagee" not in text
        assert "not in force" not in text


def test_keys_that_wait_for_a_restart_are_named(office: Office, live: Live) -> None:
    holds(live, waiting=("connections", "web"))
    assert warnings(office) == ["stalewatch.yaml: restart to apply what was changed under connections, web"]
    text = office.get("/", lang="en").text
    assert "Restart stalewatch to apply what was changed in stalewatch.yaml under connections, web." in text


def test_a_request_is_answered_by_the_rules_that_are_in_force_when_it_comes(
    office: Office, world: World, live: Live
) -> None:
    first = office.app.state.desks()
    book = rulebook(RULES.replace("Quiet", "Silent"), judging=world.book.judging)
    live.state = State(live.project.following(live.project.settings, book))
    second = office.app.state.desks()
    assert second is not first
    assert (second.project.rulebook, first.project.rulebook) == (book, world.book)
    assert office.get("/").status_code == 200
