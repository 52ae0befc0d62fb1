"""Bulk API 2.0 of the simulated Salesforce, as simple-salesforce, written by other people, uses it unchanged."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

import pytest
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceMalformedRequest, SalesforceOperationError

from stalewatch_sandbox.salesforce.org import Org
from stalewatch_sandbox.salesforce.sandbox import SalesforceSandbox
from tests.sandbox.salesforce.orgs import Rest, deal, session


@pytest.fixture
def client(sandbox: SalesforceSandbox) -> Iterator[Any]:
    with session(sandbox) as to_sandbox:
        yield Salesforce(
            consumer_key="sandbox-client", consumer_secret=sandbox.app.client_secret, domain="acme.my",
            session=to_sandbox, version="64.0",
        )  # fmt: skip


def rows_of(*pages: str) -> list[dict[str, str]]:
    return [row for page in pages for row in csv.DictReader(io.StringIO(page, newline=""))]


def test_simple_salesforce_reads_a_job_to_its_end(client: Any, org: Org) -> None:
    account = org.insert("Account", {"Name": "Acme"})
    made = [deal(org, f"Deal {number}", AccountId=account, Amount=None if number % 2 else 5) for number in range(25)]
    soql = "SELECT Id, Name, Amount, IsClosed, CloseDate, CreatedDate, Account.Name FROM Opportunity"
    pages = list(client.bulk2.Opportunity.query(soql, max_records=10, wait=0.01))
    rows = rows_of(*pages)
    assert [len(rows_of(page)) for page in pages] == [10, 10, 5]
    assert [row["Id"] for row in rows] == made
    assert rows[1] == {
        "Id": made[1], "Name": "Deal 1", "Amount": "", "IsClosed": "false", "CloseDate": "2026-06-30",
        "CreatedDate": "2026-04-01T12:00:00.000Z", "Account.Name": "Acme",
    }  # fmt: skip


def test_simple_salesforce_sees_deleted_records_when_it_asks_for_them(client: Any, org: Org) -> None:
    deal(org), client.Opportunity.delete(gone := deal(org))
    shown = {
        kind: len(rows_of(*getattr(client.bulk2.Opportunity, kind)("SELECT Id FROM Opportunity", wait=0.01)))
        for kind in ("query", "query_all")
    }
    assert (shown, bool(gone)) == ({"query": 1, "query_all": 2}, True)


def test_simple_salesforce_hears_why_a_job_failed(client: Any, sandbox: SalesforceSandbox) -> None:
    sandbox.application.bulk.failure = "too many retries"
    with pytest.raises(SalesforceOperationError, match="too many retries"):
        list(client.bulk2.Opportunity.query("SELECT Id FROM Opportunity", wait=0.01))


@pytest.mark.parametrize(
    ("soql", "words"),
    [
        ("SELECT Id, (SELECT Id FROM Tasks) FROM Opportunity", "Nested"),
        ("SELECT COUNT(Id) FROM Opportunity", "Aggregate"),
        ("SELECT Id FROM Opportunity OFFSET 5", "Aggregate"),
        ("SELECT StageName, COUNT(Id) FROM Opportunity GROUP BY StageName", "Aggregate"),
        ("SELECT Id FROM OpportunityStage", "not supported by the Bulk API"),
        ("SELECT Nothing FROM Opportunity", "No such column"),
    ],
)
def test_what_bulk_cannot_do_is_refused(soql: str, words: str, client: Any) -> None:
    with pytest.raises(SalesforceMalformedRequest, match=words):
        list(client.bulk2.Opportunity.query(soql, wait=0.01))


def create(api: Rest, soql: str = "SELECT Id FROM Opportunity", version: str = "64.0") -> Any:
    body = {"operation": "queryAll", "query": soql}
    return api.http.post(f"/services/data/v{version}/jobs/query", json=body)


def test_a_job_has_its_states_and_its_end(api: Rest, sandbox: SalesforceSandbox) -> None:
    job = create(api).json()
    path = f"/jobs/query/{job['id']}"
    assert (job["state"], api.get(path + "/results").status_code) == ("UploadComplete", 400)
    assert [api.get(path).json()["state"] for _ in range(2)] == ["InProgress", "JobComplete"]
    page = api.get(path + "/results")
    assert (page.text, page.headers["Sforce-Locator"], page.headers["Sforce-NumberOfRecords"]) == (
        '"Id"\n',
        "null",
        "0",
    )
    assert api.get(f"/services/data/v63.0{path}/results").status_code == 409
    assert api.http.delete(f"/services/data/v64.0{path}").status_code == 204
    assert (api.get(path).status_code, sandbox.application.bulk.jobs) == (404, {})


def test_an_order_ends_the_cutting_into_chunks(api: Rest) -> None:
    assert create(api).json()["isPkChunkingSupported"]
    assert not create(api, "SELECT Id FROM Opportunity ORDER BY Name").json()["isPkChunkingSupported"]


def test_jobs_are_counted_for_a_day(api: Rest, sandbox: SalesforceSandbox) -> None:
    sandbox.application.bulk.daily = 2
    assert [create(api).status_code for _ in range(3)] == [200, 200, 400]
    assert api.get("/limits").json()["DailyBulkV2QueryJobs"] == {"Max": 2, "Remaining": 0}


def test_a_result_stays_as_it_was_when_the_job_was_made(api: Rest, org: Org) -> None:
    kept = deal(org, 'He said "yes",\nand left')
    job = create(api, "SELECT Id, Name FROM Opportunity").json()["id"]
    org.update(kept, {"Name": "other"})
    deal(org)
    for _ in range(2):
        api.get(f"/jobs/query/{job}")
    assert rows_of(api.get(f"/jobs/query/{job}/results").text) == [{"Id": kept, "Name": 'He said "yes",\nand left'}]
