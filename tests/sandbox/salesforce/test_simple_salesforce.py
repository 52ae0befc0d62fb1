"""simple-salesforce, a client that other people wrote, runs unchanged against the simulated Salesforce."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import (
    SalesforceAuthenticationFailed,
    SalesforceGeneralError,
    SalesforceMalformedRequest,
    SalesforceResourceNotFound,
)
from simple_salesforce.format import format_soql
from simple_salesforce.login import SalesforceLogin

from stalewatch_sandbox.salesforce.org import Org
from stalewatch_sandbox.salesforce.sandbox import SalesforceSandbox
from tests.sandbox.salesforce.orgs import contact, deal, session


@pytest.fixture
def client(sandbox: SalesforceSandbox) -> Iterator[Any]:
    with session(sandbox) as to_sandbox:
        yield Salesforce(
            consumer_key="sandbox-client",
            consumer_secret=sandbox.app.client_secret,
            domain="acme.my",
            session=to_sandbox,
            version="64.0",
        )


def test_it_queries(client: Any, org: Org) -> None:
    account = org.insert("Account", {"Name": "Acme"})
    deal(org, "Renewal", AccountId=account)
    found = client.query("SELECT Id, Name, Account.Name, CloseDate, IsClosed FROM Opportunity")
    assert (found["totalSize"], found["done"]) == (1, True)
    [record] = found["records"]
    assert (record["Name"], record["Account"]["Name"], record["CloseDate"], record["IsClosed"]) == (
        "Renewal", "Acme", "2026-06-30", False,
    )  # fmt: skip
    assert record["attributes"]["url"].endswith(f"/sobjects/Opportunity/{record['Id']}")


def test_it_reads_page_after_page(client: Any, org: Org) -> None:
    for number in range(4_321):
        org.tables["Account"].put({"Id": org._next_id("Account"), "Name": f"Account {number}", "IsDeleted": False})
    everything = client.query_all("SELECT Id, Name FROM Account")
    assert (len(everything["records"]), everything["totalSize"]) == (4_321, 4_321)
    one_by_one = [row["Id"] for row in client.query_all_iter("SELECT Id FROM Account")]
    assert len(set(one_by_one)) == 4_321


def test_it_sees_deleted_records_when_it_asks_for_them(client: Any, org: Org) -> None:
    kept, gone = deal(org, "kept"), deal(org, "gone")
    client.Opportunity.delete(gone)
    assert [row["Id"] for row in client.query("SELECT Id FROM Opportunity")["records"]] == [kept]
    rows = client.query("SELECT Id, IsDeleted FROM Opportunity", include_deleted=True)["records"]
    assert {row["Id"]: row["IsDeleted"] for row in rows} == {kept: False, gone: True}


def test_it_creates_reads_changes_and_deletes(client: Any, org: Org) -> None:
    id_ = client.Opportunity.create({"Name": "New", "StageName": "Prospecting", "CloseDate": "2026-05-01"})["id"]
    assert client.Opportunity.update(id_, {"NextStep": "call", "Amount": 5}) == 204
    read = client.Opportunity.get(id_)
    assert (read["NextStep"], read["Amount"], read["Probability"]) == ("call", 5, 10)
    assert client.Opportunity.delete(id_) == 204
    with pytest.raises(SalesforceResourceNotFound):
        client.Opportunity.get(id_)
    assert org.record(id_)["IsDeleted"]


def test_it_describes(client: Any) -> None:
    names = {field["name"]: field for field in client.Opportunity.describe()["fields"]}
    assert names["StageName"]["type"] == "picklist"
    assert names["AccountId"]["relationshipName"] == "Account"
    assert "Opportunity" in {one["name"] for one in client.describe()["sobjects"]}


def test_it_lists_what_was_deleted(client: Any, sandbox: SalesforceSandbox) -> None:
    gone = deal(sandbox.org)
    client.Opportunity.delete(gone)
    now = sandbox.clock.now()
    listed = client.Opportunity.deleted(now - timedelta(hours=1), now + timedelta(minutes=2))
    assert [one["id"] for one in listed["deletedRecords"]] == [gone]


def test_it_sends_composites(client: Any, org: Org) -> None:
    deal(org)
    asked = {"deals": "queryAll/?q=SELECT+Id+FROM+Opportunity", "nothing": "query/?q=SELECT+Nothing+FROM+Task"}
    parts = [
        {"method": "GET", "referenceId": name, "url": f"/services/data/v64.0/{rest}"} for name, rest in asked.items()
    ]
    answers = client.restful("composite", method="POST", json={"compositeRequest": parts})["compositeResponse"]
    assert [(one["referenceId"], one["httpStatusCode"]) for one in answers] == [("deals", 200), ("nothing", 400)]
    assert answers[0]["body"]["totalSize"] == 1
    assert answers[1]["body"][0]["errorCode"] == "INVALID_FIELD"


def test_it_understands_the_limits(client: Any, sandbox: SalesforceSandbox) -> None:
    client.limits()
    client.query("SELECT Id FROM Task")
    assert client.api_usage["api-usage"].used == sandbox.ledger.weight() == 2


def test_it_understands_the_errors(client: Any) -> None:
    with pytest.raises(SalesforceMalformedRequest, match="No such column 'Nmae' on entity 'Opportunity'"):
        client.query("SELECT Nmae FROM Opportunity")


@pytest.mark.parametrize("name", ["O'Reilly", 'say "hi"', "back\\slash", "100%_sure", "two\nlines", "東京'; --"])
def test_what_it_quotes_is_found(name: str, client: Any, org: Org) -> None:
    wanted, _ = deal(org, name), deal(org, "other")
    found = client.query(format_soql("SELECT Id FROM Opportunity WHERE Name = {}", name))["records"]
    assert [row["Id"] for row in found] == [wanted]


def test_it_asks_for_dates(client: Any, org: Org) -> None:
    contact(org)
    moment = datetime(2026, 4, 1, tzinfo=UTC)
    assert client.query(format_soql("SELECT Id FROM Contact WHERE CreatedDate >= {}", moment))["totalSize"] == 1


def test_it_logs_in_with_a_signed_assertion(sandbox: SalesforceSandbox, tmp_path: Path) -> None:
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    sandbox.app.certificate = public.decode()
    sandbox.clock.set(datetime.now(UTC))  # the client stamps its assertion with the machine's clock
    sandbox.clock.run()
    file = tmp_path / "key.pem"
    file.write_bytes(secret)

    def login(user: str) -> tuple[str, str]:
        with session(sandbox) as to_sandbox:
            return SalesforceLogin(
                username=user, consumer_key="sandbox-client", privatekey_file=str(file), session=to_sandbox
            )

    token, host = login("integration@sandbox.example.com")
    assert token.startswith("00D")
    assert host == sandbox.url.removeprefix("http://")
    with (
        pytest.warns(UserWarning, match="may need to authorize this"),
        pytest.raises(SalesforceAuthenticationFailed, match="hasn't approved this consumer"),
    ):
        login("nobody@sandbox.example.com")


def test_it_changes_what_nobody_has_changed_since_and_nothing_else(client: Any, org: Org) -> None:
    id_, before = deal(org, "Renewal"), {"If-Unmodified-Since": "Thu, 01 Jan 2015 00:00:00 GMT"}
    with pytest.raises(SalesforceGeneralError) as refused:
        client.Opportunity.update(id_, {"NextStep": "Mine"}, headers=before)
    assert refused.value.status == 412
    since = {"If-Unmodified-Since": format_datetime(org.record(id_)["LastModifiedDate"], usegmt=True)}
    assert client.Opportunity.update(id_, {"NextStep": "Mine"}, headers=since) == 204
    task = client.Task.create({"WhatId": id_, "Subject": "Call", "Description": "[stalewatch:7f3a]"})["id"]
    query = format_soql("SELECT Id, Description FROM Task WHERE WhatId = {} ORDER BY CreatedDate DESC", id_)
    [found] = client.query(query)["records"]
    assert (found["Id"], found["Description"]) == (task, "[stalewatch:7f3a]")
