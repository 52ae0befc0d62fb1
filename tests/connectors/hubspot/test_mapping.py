"""Properties of every type against the catalogue's: what fits is read, what does not feeds nothing and says why."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest

from stalewatch.sdk.connector import FieldInfo, Unfed, Why
from stalewatch_hubspot.fitting import Fit, choices, fit
from stalewatch_hubspot.rows import OptionRow, PropertyRow
from stalewatch_sandbox.hubspot.kinds import DEALS
from stalewatch_sandbox.hubspot.schema import Type
from tests.connectors.hubspot.portals import Reader, Story, opened


@pytest.fixture
def story() -> Iterator[Story]:
    with opened() as made:
        yield made


def mapped(**fields: str) -> dict[str, object]:
    return {"map": {"deal": {"fields": fields}}}


def fed(reader: Reader) -> dict[str, FieldInfo]:
    return {info.ours: info for info in reader.connector.describe().fields["deal"]}


def unfed(reader: Reader) -> dict[str, Unfed]:
    return {one.ours: one for one in reader.connector.describe().unfed["deal"]}


@pytest.mark.parametrize(
    ("type_", "wanted", "how"),
    [
        ("number", "money", Fit.WELL), ("string", "money", Fit.NOT), ("string", "int", Fit.NOT),
        ("bool", "bool", Fit.WELL), ("bool", "text", Fit.NOT), ("enumeration", "choice", Fit.WELL),
        ("enumeration", "money", Fit.NOT), ("enumeration", "text", Fit.WELL), ("number", "text", Fit.WELL),
        ("date", "datetime", Fit.WELL), ("datetime", "date", Fit.WELL), ("number", "date", Fit.NOT),
        ("string", "date", Fit.LOOSELY), ("string", "bool", Fit.LOOSELY), ("string", "person", Fit.NOT),
        ("object_coordinates", "text", Fit.NOT),
    ],
)  # fmt: skip
def test_what_a_property_can_feed(type_: str, wanted: str, how: Fit) -> None:
    assert fit(PropertyRow(name="x", type=type_), wanted) is how


def test_a_property_that_names_an_owner_feeds_a_person_and_nothing_else() -> None:
    owner = PropertyRow(name="x", type="enumeration", referencedObjectType="OWNER")
    assert [fit(owner, wanted) for wanted in ("person", "text", "choice")] == [Fit.WELL, Fit.NOT, Fit.NOT]
    assert choices(owner, {}) is None


def test_a_text_is_no_money_and_never_read_as_such(story: Story) -> None:
    story.portal.schema.add_own(DEALS, "price_text", Type.STRING)
    story.portal.schema.add_own(DEALS, "price", Type.NUMBER)
    deal = story.deal(price_text="300", price="250", amount="9")
    reader = story.reader(**mapped(amount="price_text"))
    reader.pull()
    assert (reader.deals[deal].amount, "amount" in fed(reader)) == (None, False)
    assert unfed(reader)["amount"] == Unfed(ours="amount", why=Why.MISFIT, theirs="price_text", theirs_type="string")
    assert [one.name for one in reader.connector.describe().spare["deal"] if "money" in one.holds] == ["price"]
    again = story.reader(**mapped(amount="price"))
    again.pull()
    assert again.deals[deal].amount == Decimal(250)


def test_a_list_of_several_is_one_text_and_at_most_one_choice(story: Story) -> None:
    rivals = PropertyRow(name="rivals", type="enumeration", fieldType="checkbox", options=[OptionRow("Acme")])
    assert fit(rivals, "text") is Fit.WELL
    story.portal.schema.add_own(DEALS, "rivals", Type.ENUMERATION, options=("Acme", "Bolt"))
    story.portal.schema.tick_several(DEALS, "rivals")
    both, one = story.deal(rivals="Acme;Bolt"), story.deal(rivals="Bolt")
    reader = story.reader(**mapped(competitors="rivals", segment="rivals"))
    reader.pull()
    assert reader.deals[both].fields["competitors"] == "Acme, Bolt"
    assert reader.deals[both].unreadable == {"segment"}
    assert reader.deals[one].fields["segment"] == "Bolt"
    assert reader.rejected() == ["rivals is several choices"]


def test_a_list_tells_what_may_be_chosen_in_our_words(story: Story) -> None:
    story.portal.schema.add_own(DEALS, "size", Type.ENUMERATION, options=("Tier 1", "Tier 2"))
    words = {"map": {"deal": {"fields": {"segment": "size"}, "values": {"segment": {"enterprise": ["Tier 1"]}}}}}
    info = fed(story.reader(**words))["segment"]
    assert (info.choices, info.theirs_type) == (("enterprise", "Tier 2"), "enumeration")


def test_a_date_in_a_text_is_read_where_it_is_one(story: Story) -> None:
    story.portal.schema.add_own(DEALS, "decided", Type.STRING)
    good, bad = story.deal(decided="2026-05-01"), story.deal(decided="soon")
    reader = story.reader(**mapped(decision_date="decided"))
    reader.pull()
    assert reader.deals[good].fields["decision_date"] == date(2026, 5, 1)
    assert reader.deals[bad].unreadable == {"decision_date"}
    assert fed(reader)["decision_date"].is_loose


def test_an_amount_in_another_currency_is_what_hubspot_makes_of_it_or_unreadable(story: Story) -> None:
    story.portal.set_rates({"USD": 150.0})
    dollars, francs = (
        story.deal(amount="10", deal_currency_code="USD"),
        story.deal(amount="5", deal_currency_code="CHF"),
    )
    reader = story.reader()
    reader.pull()
    found = {id_: (deal.amount, deal.currency, deal.amount_in_project_currency) for id_, deal in reader.deals.items()}
    assert found[dollars] == (Decimal(10), "USD", Decimal(1500))
    assert found[francs] == (Decimal(5), "CHF", None)
    story.passes(minutes=20)
    story.portal.set_rates({"USD": 160.0})
    story.passes(minutes=1)
    reader.pull()
    assert reader.deals[dollars].amount_in_project_currency == Decimal(1600)
