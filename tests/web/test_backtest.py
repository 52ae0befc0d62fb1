"""`GET /v1/rules/{id}/backtest`: what a rule would have said, over what the caller may see."""

from __future__ import annotations

from typing import Any

import pytest

from stalewatch.services.access.principals import Visible
from stalewatch.services.learning.lessons import Asked
from stalewatch.services.learning.rules_tried import Tried, tried_on
from tests.services.world import World, at, deal
from tests.web.office import Office

RULE = "too-old"


def told(office: Office, rule: str = RULE, **asked: Any) -> Any:
    answer = office.get(f"/v1/rules/{rule}/backtest", **asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_rule_is_tried_on_what_is_kept(world: World) -> None:
    found = told(Office.of(world, "rules:read"))
    assert (found["rule"], found["cannot_be_tried"]) == (RULE, None)
    assert found["backtest"]["flagged"]["all"] + found["backtest"]["late_entries"] >= 1
    assert found["backtest"]["horizon_days"] == 60
    assert told(Office.of(world, "rules:read"), horizon=90)["backtest"]["horizon_days"] == 90


def test_one_that_is_not_there_and_a_horizon_that_cannot_be(world: World) -> None:
    office = Office.of(world, "rules:read")
    assert office.get("/v1/rules/nothing/backtest").status_code == 404
    assert office.get(f"/v1/rules/{RULE}/backtest", horizon=0).status_code == 422


@pytest.mark.security
def test_s9_figures_are_over_what_may_be_seen_and_add_up(world: World) -> None:
    world.has(deal("omega", owner="tanaka", created_at=at("2026-01-05 09:00")))
    world.rounds()

    def tried(visible: Visible | None) -> Tried:
        return tried_on(world.db, world.book, ["crm"], Asked(as_of=world.us), {RULE}, visible)

    whole, sato, tanaka = (
        tried(who) for who in (None, *(Visible(frozenset({f"crm:{name}"})) for name in ("sato", "tanaka")))
    )
    assert sato.told | tanaka.told == whole.told
    assert not sato.told & tanaka.told
    assert "crm:omega" in tanaka.told
    assert {load.owner for load in sato.found[RULE].load} <= {"sato@acme.example"}
    assert not tried(Visible(frozenset())).told
