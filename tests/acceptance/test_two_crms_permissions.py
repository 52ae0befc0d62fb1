"""A permission that is taken away from the integration: nobody but the operator hears of it, once, with its name."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from tests.acceptance.two_desks_office import opened

SELLERS = {"sf": "sato@acme.com", "hs": "sato@other.example"}
CALLED = {"sf": "Salesforce (sf)", "hs": "HubSpot (hs)"}
TAKEN = {"sf": ("SF37", {"sobject": "Event"}, "Access Activities"), "hs": ("HS24", {}, "sales-email-read")}
HALF_AN_HOUR = timedelta(minutes=30)


@pytest.mark.parametrize("crm", ["sf", "hs"])
def test_while_a_permission_is_missing_nothing_is_judged_by_what_it_showed_and_the_operator_hears_its_name_once(
    crm: str, tmp_path: Path, sqlite_template: Path
) -> None:
    shutil.copyfile(sqlite_template, tmp_path / "stalewatch.db")
    fault, options, name = TAKEN[crm]
    with opened(f"sqlite:///{tmp_path / 'stalewatch.db'}") as office:
        office.rounds()
        assert (office.told(crm), office.operator_heard()) == ([(SELLERS[crm], "late")], [])
        office.crms[crm].faults.arm(fault, **options)
        office.restarts()
        office.rounds(timedelta(hours=6), every=HALF_AN_HOUR)
        assert (office.alert(crm, "late"), office.alert(crm, "soon")) == ("open", "none")
        assert office.told(crm) == [(SELLERS[crm], "late")], "no rep is told anything"
        assert office.operator_heard() == [
            f"{CALLED[crm]}: Last customer activity cannot be read, scope {name} is missing"
        ]

        office.crms[crm].mends()
        office.restarts()
        office.rounds(timedelta(hours=1), every=HALF_AN_HOUR)
        assert office.alert(crm, "soon") == "open", "it is judged again"
        assert office.told(crm)[1:] == [(SELLERS[crm], "soon")]
        assert len(office.operator_heard()) == 1
