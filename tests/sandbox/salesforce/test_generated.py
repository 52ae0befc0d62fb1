"""Records that are made while they are read are records like any others."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from stalewatch_sandbox.salesforce.org import Org
from stalewatch_sandbox.salesforce.sandbox import SalesforceSandbox
from tests.sandbox.salesforce.orgs import Rest, deal

MANY = 3_000


@pytest.fixture
def many(org: Org, sandbox: SalesforceSandbox) -> SalesforceSandbox:
    at = sandbox.clock.now() - timedelta(days=3)
    stamps = {"CreatedDate": at, "SystemModstamp": at, "LastModifiedDate": at, "IsDeleted": False}

    def made(number: int, id_: str) -> dict[str, Any]:
        told = {"Name": f"Deal {number}", "StageName": "Qualification", "ForecastCategoryName": "Pipeline"}
        return stamps | told | {"Id": id_, "IsClosed": False, "Probability": 10.0}

    org.make_up("Opportunity", MANY, made)
    ids = [row["Id"] for row in org.tables["Opportunity"]]
    org.make_up(
        "OpportunityHistory", MANY, lambda n, id_: stamps | {"Id": id_, "OpportunityId": ids[n]}, parent="OpportunityId"
    )
    return sandbox


@pytest.mark.usefixtures("many")
def test_all_of_them_are_counted_and_read_in_the_order_of_ids(api: Rest) -> None:
    assert api.query("SELECT COUNT() FROM Opportunity")["totalSize"] == MANY
    rows = api.rows("SELECT Id, Name FROM Opportunity ORDER BY Id")
    assert [row["Name"] for row in rows] == [f"Deal {number}" for number in range(MANY)]
    behind = api.rows(f"SELECT Name FROM Opportunity WHERE Id > '{rows[-3]['Id']}' ORDER BY Id")  # noqa: S608
    newest = api.rows("SELECT Name FROM Opportunity ORDER BY Id DESC LIMIT 2")
    assert behind == newest[::-1] == [{"Name": f"Deal {MANY - 2}"}, {"Name": f"Deal {MANY - 1}"}]


def test_edits_and_new_ones_stand_beside_them(many: SalesforceSandbox, api: Rest) -> None:
    org, now = many.org, many.clock.now()
    edited = next(row["Id"] for row in org.tables["Opportunity"] if row["Name"] == "Deal 77")
    org.update(edited, {"NextStep": "call"})
    added = deal(org, "new")
    assert len(org.tables["Opportunity"]) == MANY + 1
    changed = api.rows(f"SELECT Id, NextStep FROM Opportunity WHERE SystemModstamp >= {now:%Y-%m-%dT%H:%M:%SZ}")  # noqa: S608
    assert changed == [{"Id": edited, "NextStep": "call"}, {"Id": added, "NextStep": None}]
    whole = api.rows(f"SELECT Name, (SELECT Id FROM OpportunityHistories) FROM Opportunity WHERE Id = '{edited}'")  # noqa: S608
    assert (whole[0]["Name"], whole[0]["OpportunityHistories"]["totalSize"]) == ("Deal 77", 1)
    assert len(api.rows("SELECT Id FROM Opportunity WHERE SystemModstamp < TOMORROW")) == MANY + 1
