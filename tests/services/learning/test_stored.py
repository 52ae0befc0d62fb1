"""A history out of the store: what was synced, as columns, with the stages and the ends that were kept."""

from __future__ import annotations

from datetime import datetime

import pytest

from stalewatch.domain.learning.history import History, history
from stalewatch.sdk.records import Lead, Outcome, StageVisit
from stalewatch.services.learning import stored
from tests.services.conftest import Founder
from tests.services.world import World, at, deal, default_pack


@pytest.fixture
def world(found: Founder) -> World:
    return found(default_pack())


def lead(name: str, **attributes: object) -> Lead:
    return Lead(id=name, name=name, owner="sato", created_at=at("2026-02-01 09:00"), **attributes)  # type: ignore[arg-type]


def day(text: str) -> datetime:
    return at(f"{text} 09:00")


def seen(world: World) -> History:
    with world.db.read() as conn:
        return history(stored.deals(conn, ["crm"]), as_of=world.us)


def test_deals_come_with_their_ends_and_their_stages(world: World) -> None:
    world.has(
        deal("acme", stage="proposal", segment="smb"),
        deal("beta", outcome=Outcome.WON, closed_at=day("2026-02-27"), amount_in_project_currency=None),
        deal("gamma", outcome=Outcome.LOST, closed_at=day("2026-02-25"), created_at=None),
    )
    world.crm.visits = [
        StageVisit(deal="acme", stage="discovery", entered_at=day("2026-02-20")),
        StageVisit(deal="acme", stage="proposal", entered_at=day("2026-02-24")),
    ]
    world.syncs()
    one = seen(world)
    assert list(one.ids) == ["crm:acme", "crm:beta", "crm:gamma"]
    assert (one.won.tolist(), one.lost.tolist()) == ([False, True, False], [False, False, True])
    assert one.names["owner"].tolist() == ["sato@acme.example"] * 3
    assert one.names["segment"].tolist() == ["smb", None, None]
    assert one.deals().row.tolist() == [0, 1], "without a beginning there is no clock"
    assert one.deals().spells.age.tolist()[1] == 7.0
    ages = {(one.ids[row], stage): age for row, stage, age in zip(*_stays(one), strict=True)}
    assert ages["crm:acme", "discovery"] == 4.0
    assert ages["crm:beta", "discovery"] == 7.0, "its stage never changed: it was there from the start"


def _stays(one: History) -> tuple[list[int], list[str], list[float]]:
    stays = one.stays({"discovery": 0, "proposal": 1})
    return stays.row.tolist(), stays.stage.tolist(), stays.spells.age.tolist()


def test_what_vanished_while_it_was_open_is_counted_and_left_out(world: World) -> None:
    world.has(deal("acme"), deal("beta"), deal("gamma"), deal("delta"))
    world.syncs()
    del world.crm.deals["beta"]
    world.reaches("2026-03-03 09:00")
    one = seen(world)
    assert (len(one.ids), one.left_out) == (3, {stored.GONE: 1})


def test_leads_are_followed_to_the_deal_and_to_the_hand_off(world: World) -> None:
    ready = {"mql_at": day("2026-02-10")}
    world.crm.leads = {
        name: lead(name, status="mql", fields=fields)
        for name, fields in {
            "new": {},
            "ready": ready,
            "given": {**ready, "handed_off_at": day("2026-02-13")},
            "bad": ready,
            "deal": ready,
        }.items()
    }
    world.syncs()
    world.crm.leads["bad"] = lead("bad", status="disqualified", fields=ready, modified_at=day("2026-03-03"))
    world.crm.leads["deal"] = lead("deal", status="mql", is_open=False, fields=ready, modified_at=day("2026-03-04"))
    world.reaches("2026-03-05 09:00")
    with world.db.read() as conn:
        converted, given = stored.conversions(conn, ["crm"]), stored.hand_offs(conn, ["crm"])
    all_of = history(converted, as_of=world.us)
    assert dict(zip(all_of.ids, all_of.won.tolist(), strict=True)) == {
        "crm:bad": False, "crm:deal": True, "crm:given": False, "crm:new": False, "crm:ready": False,
    }  # fmt: skip
    assert all_of.deals().spells.age.tolist() == [30.0, 31.0, 32.0, 32.0, 32.0]
    handed = history(given, as_of=world.us)
    ages = dict(zip(handed.ids, handed.deals().spells.age.tolist(), strict=True))
    assert ages == {"crm:bad": 21.0, "crm:deal": 22.0, "crm:given": 3.0, "crm:ready": 23.0}
    assert handed.left_out == {"never ready for sales": 1}
