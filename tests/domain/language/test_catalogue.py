"""The field catalogue and what a company adds to it."""

from __future__ import annotations

import pytest

from stalewatch.domain.language.catalogue import LoadedCatalogue, load_catalogue
from stalewatch.domain.language.model import Catalogue, Field, FieldType, Origin
from stalewatch.domain.language.nodes import Source

CORE = """fields:
  deal:
    stage: {type: choice, from: crm, values: [a, b], title: {en: Stage, ja: フェーズ}}
    status: {type: choice, from: crm, values: [new, old]}
    amount: {type: money, from: crm}
  partner_deal:
    extends: deal
    partner: {type: text, from: crm}
events: [meeting]
"""


def with_company(text: str) -> LoadedCatalogue:
    return load_catalogue([Source("core.yaml", CORE), Source("ours.yaml", text)])


def sound(text: str) -> Catalogue:
    loaded = with_company(text)
    assert loaded.catalogue is not None, loaded.render("en")
    return loaded.catalogue


def test_a_company_adds_fields_and_partner_deals_have_them_too() -> None:
    catalogue = sound("fields: {deal: {churn_risk: {type: int, title: {en: Churn risk, ja: 解約リスク}}}}\n")
    expected = Field("churn_risk", FieldType.INT, Origin.CRM, title={"en": "Churn risk", "ja": "解約リスク"})
    assert catalogue.objects["deal"]["churn_risk"] == expected
    assert catalogue.objects["partner_deal"]["churn_risk"] == expected
    assert catalogue.ancestry("partner_deal") == ("partner_deal", "deal")


def test_a_company_has_its_own_stages() -> None:
    catalogue = sound("fields: {deal: {stage: {values: [x, y, z], value_titles: {x: {en: X, ja: X}}}}}\n")
    stage = catalogue.objects["partner_deal"]["stage"]
    assert stage.values == ("x", "y", "z")
    assert stage.title["ja"] == "フェーズ"
    assert stage.value_titles["x"]["en"] == "X"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("fields: {deal: {status: {values: [x]}}}", "SW107"),
        ("fields: {deal: {amount: {type: text}}}", "SW107"),
        ("fields: {deal: {x: {type: numbr}}}", "SW105"),
        ("fields: {deal: {x: {from: crm}}}", "SW102"),
        ("fields: {deal: {x: {type: int, form: crm}}}", "SW101"),
        ("fields: {deal: {filled: {type: int}}}", "SW125"),
        ("fields: {deals2: {extends: nothing}}", "SW108"),
        ("felds: {}", "SW101"),
        ("fields: [", "SW001"),
    ],
)
def test_what_a_company_may_not_say(text: str, code: str) -> None:
    loaded = with_company(text + "\n")
    assert loaded.catalogue is None
    assert [(found.code, found.file) for found in loaded.diagnostics] == [(code, "ours.yaml")]
