"""Fields of the catalogue against what a connection tells of itself: fed, not fed and why, and what is offered."""

from __future__ import annotations

import pytest

from stalewatch.domain.language.catalogue import load_catalogue
from stalewatch.domain.language.diagnostics import Findings
from stalewatch.domain.language.model import Catalogue
from stalewatch.sdk.connector import Description, FieldInfo, SpareField, Unfed, Why
from stalewatch.services.operating.field_list import Listed, listed
from stalewatch.services.rules.likeness import alike
from stalewatch.services.rules.rulefiles import catalogue_sources


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    found = load_catalogue(catalogue_sources(None, Findings())).catalogue
    assert found is not None
    return found


def spare(name: str, label: str = "", holds: str = "text choice", type_: str = "string") -> SpareField:
    return SpareField(name=name, label=label or name, type=type_, holds=holds.split())


def rows(catalogue: Catalogue, **told: object) -> dict[str, Listed]:
    description = Description(**{"fields": {"deal": []}, **told})  # type: ignore[arg-type]
    return {row.ours: row for row in listed("sf", catalogue, description) if row.object == "deal"}


@pytest.mark.parametrize(
    ("ours", "name", "label"),
    [
        ("agenda", "Agenda__c", "Agenda"), ("agenda", "acme__MeetingAgenda__c", "x"), ("pain", "Pain_Points__c", "x"),
        ("agenda", "z01__c", "商談の議題"),
        ("budget", "x1", "予算額(税抜)"), ("decision_process", "decisionProcess", ""),
        ("competitors", "Competitor__c", ""), ("metrics", "m", "効果指標"),
    ],
)  # fmt: skip
def test_a_field_that_looks_like_ours_is_offered(catalogue: Catalogue, ours: str, name: str, label: str) -> None:
    one = spare(name, label)
    assert alike(catalogue.objects["deal"][ours], [spare("Region__c", "地域"), one]) == (one,)


@pytest.mark.parametrize(
    ("ours", "name", "label"),
    [("need", "Needle__c", "Needle"), ("pain", "Campaign__c", ""), ("budget", "b", "年間の予算編成会議の出席者名簿")],
)
def test_what_only_contains_the_letters_is_not(catalogue: Catalogue, ours: str, name: str, label: str) -> None:
    assert alike(catalogue.objects["deal"][ours], [spare(name, label)]) == ()


def test_what_cannot_feed_it_is_never_offered(catalogue: Catalogue) -> None:
    wrong, right = spare("Decision_Date__c", holds="text"), spare("Decided__c", "決裁日", "date datetime", "date")
    found = rows(catalogue, spare={"deal": [wrong, right]})["decision_date"]
    assert found.offers == (right,)
    assert found.cure("en") == "map.deal.fields: {decision_date: Decided__c}   # 決裁日 (date)"


def test_a_misfit_names_both_types_and_the_nearest_field_that_fits(catalogue: Catalogue) -> None:
    told = Unfed(ours="amount", why=Why.MISFIT, theirs="Deal_Size__c", theirs_type="string")
    nearest = spare("Deal_Size_Number__c", holds="money int", type_="currency")
    row = rows(catalogue, unfed={"deal": [told]}, spare={"deal": [spare("Deal_Size_Text__c"), nearest]})["amount"]
    assert (row.state, row.offers) == ("misfit", (nearest,))
    assert row.reason("en") == "Deal_Size__c is string, not money"
    assert row.reason("ja") == "Deal_Size__c は string で、money ではありません"


def test_a_permission_is_named_with_the_field_that_waits_for_it(catalogue: Catalogue) -> None:
    row = rows(catalogue, missing={"deal": {"next_meeting_at": ["Access Activities"]}})["next_meeting_at"]
    assert (row.state, row.cure("en")) == ("forbidden", "grant Access Activities")


def test_every_field_of_deals_and_leads_is_there_once_and_says_why(catalogue: Catalogue) -> None:
    fed = FieldInfo(ours="name", theirs="Name", type="text")
    found = listed("sf", catalogue, Description(fields={"deal": [fed], "lead": []}))
    assert {(row.object, row.ours) for row in found} == {
        (name, ours) for name in ("deal", "lead") for ours in catalogue.objects[name]
    }
    assert len(found) == len({(row.object, row.ours) for row in found})
    assert all(row.reason(language) for row in found if not row.is_fed for language in ("en", "ja"))
