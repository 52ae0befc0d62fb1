"""An exception that reads what nobody can tell: its rules say nothing until it is known, or until it has ended."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from stalewatch.delivery.news import CannotJudge
from stalewatch.delivery.wording.explained import explanation_text
from stalewatch.domain.instants import to_us
from stalewatch.sdk.records import Deal
from stalewatch.services.alerting import blind
from stalewatch.services.reporting.reports import Reports
from stalewatch.store import connections
from tests.services.conftest import Founder
from tests.services.heard import called_for, next_at
from tests.services.world import World, at, deal, default_pack

RULE = "too-few-people"
SMALL, LARGE = Decimal(495_000), Decimal(3_000_000)
NOBODY_KNOWS: dict[str, Any] = {"amount": SMALL, "currency": "CHF", "amount_in_project_currency": None}
PACK = """
stalewatch: 1
pack: small
rules:
  - {id: agreed, title: Agreed, watch: deal, start: created_at, within: 30d, until: {next_step: set}}
exceptions:
  - {watch: deal, where: {any: [{pipeline: renewal}, {amount: {below: 10}}]}, rules: [agreed], until: 2026-03-31}
"""


def renewal(name: str = "acme", **attributes: Any) -> Deal:
    return deal(name, **{"pipeline": "renewal", "stage": "proposal", **worth(SMALL), **attributes})


def worth(amount: Decimal) -> dict[str, Any]:
    return {"amount": amount, "currency": "JPY", "amount_in_project_currency": amount}


def said(world: World, rule: str = RULE, language: str = "en") -> str:
    found = Reports(world.db, world.book, {"crm": None}).explain("crm:acme", world.us, visible=None) or []
    [one] = [one for one in found if one.rule_id == rule]
    return f"{one.state}: {explanation_text(one, language, world.clock.now())}"


def in_the_dark(world: World) -> list[tuple[bool, CannotJudge | None]]:
    """Of the connection and of single records: whether the operator has news, and what is said."""
    with world.db.read() as conn:
        fed = connections.one(conn, "crm").coverage
    is_new = [
        blind.note_unfed(world.db, world.book, "crm", fed, world.us),
        blind.note_unreadable(world.db, world.book, "crm", world.us),
    ]
    with world.db.read() as conn:
        told = [tell(conn, world.book, "crm", world.us) for tell in (blind.unfed, blind.unreadable)]
    return list(zip(is_new, told, strict=True))


def test_an_amount_that_becomes_unreadable_gives_no_rule_a_voice(found: Founder) -> None:
    world = found(default_pack())
    entered = at("2026-03-02 10:00")
    world.has(renewal(stage_entered_at=entered), renewal("new", pipeline="new_business", stage_entered_at=entered))
    world.reaches("2026-03-02 13:00")
    assert said(world).startswith("excepted: ")
    for name in ("acme", "new"):
        world.changes(name, **NOBODY_KNOWS)
    world.reaches("2026-03-10 10:00")
    world.reaches("2026-03-25 10:00")
    assert called_for(world, rule=RULE) == []
    assert said(world).startswith(
        "cannot_judge: cannot be judged: Amount cannot be read from crm, and an exception depends on it"
        " · exception: Small renewals are handled by the renewal desk."
    )
    assert "対象外の条件に当てはまるか分かりません" in said(world, language="ja")
    assert called_for(world, "new", RULE) == ["1:breach"], "an exception for renewals is none of its business"
    world.changes("acme", **worth(LARGE))
    world.reaches("2026-03-25 11:00")
    assert called_for(world, rule=RULE) == ["1:breach"]


def test_what_is_small_after_all_is_excepted_again(found: Founder) -> None:
    world = found(default_pack())
    world.has(renewal(stage_entered_at=at("2026-03-02 10:00"), **NOBODY_KNOWS))
    world.reaches("2026-03-25 10:00")
    assert said(world).startswith("cannot_judge: ")
    world.changes("acme", **worth(SMALL))
    world.reaches("2026-03-25 11:00")
    assert said(world).startswith("excepted: ")
    assert called_for(world, rule=RULE) == []


def test_a_field_that_the_connection_does_not_feed_leaves_it_open_until_the_exception_has_ended(found: Founder) -> None:
    world = found(PACK)
    world.crm.unfed = {"amount"}
    world.has(deal("acme"))
    world.reaches("2026-03-31 23:00")
    assert said(world, "agreed").startswith("cannot_judge: ")
    assert called_for(world) == []
    assert next_at(world) == to_us(at("2026-04-01 00:00"))
    world.reaches("2026-04-01 00:00")
    assert said(world, "agreed").startswith("breached: ")
    assert called_for(world) == ["1:breach"]


def test_what_is_done_is_looked_at_again_when_the_exception_has_ended(found: Founder) -> None:
    world = found(PACK)
    world.has(deal("acme", next_step="Call", **NOBODY_KNOWS))
    world.reaches("2026-03-03 10:00")
    assert said(world, "agreed").startswith("cannot_judge: ")
    assert next_at(world) == to_us(at("2026-04-01 00:00"))
    world.reaches("2026-04-01 00:00")
    assert said(world, "agreed").startswith("satisfied: ")


@pytest.mark.parametrize("amount", [NOBODY_KNOWS, {}])
def test_one_that_holds_whatever_the_amount_excuses(found: Founder, amount: dict[str, Any]) -> None:
    world = found(PACK)
    world.has(renewal(**amount))
    world.reaches("2026-03-25 10:00")
    assert said(world, "agreed").startswith("excepted: excepted through 31 Mar · ")


def test_the_operator_hears_of_a_field_that_only_an_exception_reads_until_it_has_ended(found: Founder) -> None:
    world = found(PACK)
    world.crm.unfed = {"amount"}
    world.has(deal("acme"), renewal("excused"))
    world.reaches("2026-03-31 12:00")
    [(is_new, told), nothing] = in_the_dark(world)
    assert nothing == (False, None)
    assert is_new
    assert told is not None
    assert ([dict(one)["en"] for one in told.fields], told.records, len(told.rules)) == (["Amount"], 1, 1)
    world.reaches("2026-04-02 12:00")
    assert in_the_dark(world) == [(False, None), (False, None)]


def test_the_operator_hears_only_of_records_for_which_the_exception_might_hold(found: Founder) -> None:
    world = found(PACK)
    world.has(deal("acme", **NOBODY_KNOWS), renewal("excused", **NOBODY_KNOWS), deal("known"))
    world.reaches("2026-03-03 10:00")
    [nothing, (is_new, told)] = in_the_dark(world)
    assert nothing == (False, None)
    assert is_new
    assert told is not None
    assert ([dict(one)["en"] for one in told.fields], told.records, len(told.rules)) == (["Amount"], 1, 1)
    world.changes("acme", **worth(LARGE))
    world.reaches("2026-03-03 11:00")
    assert in_the_dark(world) == [(False, None), (False, None)], "whether a renewal is worth much does not matter"
