"""A deal in another currency: compared in the project's, shown in both, and unreadable where nobody knows the rate."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from stalewatch.delivery.wording.money import both
from stalewatch.delivery.wording.reader import Reader
from stalewatch.services.reporting.reports import Reports
from tests.altered import replace
from tests.services.conftest import Founder
from tests.services.world import World, deal, default_pack


@pytest.fixture
def world(found: Founder) -> World:
    return found(default_pack())


def record(world: World, name: str) -> dict[str, object]:
    found = Reports(world.db, world.book, {"crm": None}).record(f"crm:{name}", world.us, visible=None)
    assert found is not None
    return dict(found)


def test_what_the_crm_has_stands_beside_what_it_is_worth(world: World) -> None:
    world.has(
        deal("euro", amount=Decimal(9), currency="EUR", amount_in_project_currency=Decimal(1500)),
        deal("francs", amount=Decimal(9), currency="CHF", amount_in_project_currency=None),
        deal("yen", amount=Decimal(9), currency="JPY", amount_in_project_currency=Decimal(9)),
    )
    world.syncs()
    euro, francs, yen = (record(world, name) for name in ("euro", "francs", "yen"))
    assert euro["amount_original"] == {"amount": 9.0, "currency": "EUR"}
    assert (francs["amount_original"], francs["unreadable"]) == ({"amount": 9.0, "currency": "CHF"}, ["amount"])
    assert yen["amount_original"] is None
    world.has(replace(world.crm.deals["euro"], amount_in_project_currency=Decimal(1600)))
    world.syncs()
    assert record(world, "euro")["fields"]["amount"] == 1600.0  # type: ignore[index]


def test_both_are_said_in_one_breath() -> None:
    english = Reader("en", datetime(2026, 3, 2, tzinfo=UTC), "Asia/Tokyo")
    assert both(1500, "JPY", {"amount": 9, "currency": "EUR"}, english) == "¥1,500 (€9)"
    assert both(None, "JPY", {"amount": 9, "currency": "EUR"}, english) == "€9"
    assert (both(1500, "JPY", None, english), both(None, "JPY", None, english)) == ("¥1,500", "")
