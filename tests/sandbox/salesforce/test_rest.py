"""The REST API around the queries: logins, pages, composites, describe, limits, writing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from email.utils import format_datetime

import httpx
import pytest

from stalewatch_sandbox.salesforce import removal
from stalewatch_sandbox.salesforce.ids import NotAnId, long_id, record_id
from stalewatch_sandbox.salesforce.limits import Form
from stalewatch_sandbox.salesforce.org import Org
from stalewatch_sandbox.salesforce.sandbox import SalesforceSandbox
from stalewatch_sandbox.salesforce.schema import Field
from tests.network import NO_TLS
from tests.patience import PATIENCE
from tests.sandbox.salesforce.orgs import NOON, VERSION, Rest, contact, deal


@pytest.fixture
def http(sandbox: SalesforceSandbox) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=sandbox.url, timeout=PATIENCE, trust_env=False, verify=NO_TLS) as client:
        yield client


def test_who_follows_a_link_to_a_record_is_told_that_there_are_no_screens(
    http: httpx.Client, sandbox: SalesforceSandbox
) -> None:
    answer = http.get("/lightning/r/Opportunity/0065g000000000MAAQ/view")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html;charset=UTF-8")
    assert "no screens" in answer.text
    assert sandbox.ledger.weight() == 0


# ------------------------------------------------------------------------------------------------- logins


def test_a_login_names_the_instance_and_says_nothing_of_its_end(http: httpx.Client, sandbox: SalesforceSandbox) -> None:
    form = {"grant_type": "client_credentials"}
    answer = http.post("/services/oauth2/token", data=form, auth=("sandbox-client", "sandbox-secret")).json()
    assert answer["instance_url"] == sandbox.url
    assert {"expires_in", "refresh_token"}.isdisjoint(answer)
    assert sandbox.ledger.weight() == 0


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({"client_id": "sandbox-client", "client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "who", "client_secret": "sandbox-secret"}, 400, "invalid_client_id"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": "a.b.c"}, 400, "invalid_grant"),
    ],
)
def test_a_refused_login_opens_no_session(form: dict[str, str], status: int, error: str, http: httpx.Client) -> None:
    answer = http.post("/services/oauth2/token", data={"grant_type": "client_credentials"} | form)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    invented = {"Authorization": "Bearer 00D5g000000000!SANDBOX.00000001"}
    assert http.get(f"/services/data/{VERSION}/limits", headers=invented).status_code == 401


def test_without_a_run_as_user_there_are_no_client_credentials(http: httpx.Client, sandbox: SalesforceSandbox) -> None:
    sandbox.app.run_as = None
    form = {"grant_type": "client_credentials", "client_id": "sandbox-client", "client_secret": "sandbox-secret"}
    answer = http.post("/services/oauth2/token", data=form).json()
    assert answer["error_description"] == "no client credentials user enabled"


def test_a_rotating_refresh_token_works_once(http: httpx.Client, sandbox: SalesforceSandbox) -> None:
    """Each answer brings the one that follows, and only that one works."""
    sandbox.app.rotates = True
    form = {"grant_type": "refresh_token", "client_id": "sandbox-client", "refresh_token": "sandbox-refresh"}
    for _ in range(3):
        answer = http.post("/services/oauth2/token", data=form)
        assert answer.status_code == 200
        assert answer.json()["refresh_token"] != form["refresh_token"]
        form["refresh_token"] = answer.json()["refresh_token"]


def test_a_rotating_refresh_token_shown_twice_is_a_theft_and_nothing_works_any_more(
    http: httpx.Client, sandbox: SalesforceSandbox
) -> None:
    sandbox.app.rotates = True
    form = {"grant_type": "refresh_token", "client_id": "sandbox-client", "refresh_token": "sandbox-refresh"}
    taken = http.post("/services/oauth2/token", data=form).json()
    session = {"Authorization": f"Bearer {taken['access_token']}"}
    assert http.get("/services/data/v64.0/limits", headers=session).status_code == 200
    again = http.post("/services/oauth2/token", data=form)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    following = http.post("/services/oauth2/token", data=form | {"refresh_token": taken["refresh_token"]})
    assert (following.status_code, following.json()["error"]) == (400, "invalid_grant")
    assert http.get("/services/data/v64.0/limits", headers=session).status_code == 401


def test_an_old_session_is_refused(api: Rest, sandbox: SalesforceSandbox) -> None:
    sandbox.logins.expire()
    answer = api.get("/limits")
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (401, "INVALID_SESSION_ID")


# ------------------------------------------------------------------------------------------------- pages


def accounts(org: Org, count: int) -> None:
    """Many accounts, quickly."""
    for number in range(count):
        org.tables["Account"].put(
            {"Id": record_id("Account", 1_000 + number), "Name": f"A{number}", "IsDeleted": False}
        )


def test_the_client_says_how_big_a_page_is_within_limits(api: Rest, org: Org) -> None:
    accounts(org, 2_100)
    sizes = {wished: len(api.query("SELECT Id FROM Account", Sforce_Query_Options=f"batchSize={wished}")["records"])
             for wished in (1, 200, 500, 9_999)}  # fmt: skip
    assert sizes == {1: 200, 200: 200, 500: 500, 9_999: 2_000}


def test_an_eleventh_cursor_closes_the_oldest(api: Rest, org: Org, sandbox: SalesforceSandbox) -> None:
    accounts(org, 2_001)
    pages = [api.query("SELECT Id FROM Account")["nextRecordsUrl"] for _ in range(11)]
    gone = api.get(pages[0])
    assert (gone.status_code, gone.json()[0]["errorCode"]) == (400, "INVALID_QUERY_LOCATOR")
    assert len(api.get(pages[1]).json()["records"]) == 1
    assert sandbox.application.queries.open_cursors == 10


def test_an_open_query_keeps_what_it_saw(api: Rest, org: Org) -> None:
    accounts(org, 2_500)
    first = api.query("SELECT Id, Name FROM Account")
    for row in list(org.tables["Account"]):
        org.tables["Account"].remove(row["Id"])
    assert len(api.get(first["nextRecordsUrl"]).json()["records"]) == 500


def test_children_lose_their_cursor_when_the_parent_goes_on(api: Rest, org: Org, sandbox: SalesforceSandbox) -> None:
    for number in range(201):
        deal(org, str(number))
    many = deal(org, "many")
    sandbox.application.queries.children_size = 1
    org.update(many, {"Amount": 2})
    soql = "SELECT Id, (SELECT Amount FROM OpportunityHistories) FROM Opportunity ORDER BY Id DESC"
    page = api.query(soql, Sforce_Query_Options="batchSize=200")
    child = page["records"][0]["OpportunityHistories"]
    assert (child["totalSize"], child["done"], len(child["records"])) == (2, False, 1)
    assert [row["Amount"] for row in api.get(child["nextRecordsUrl"]).json()["records"]] == [2.0]
    api.get(page["nextRecordsUrl"])
    assert api.get(child["nextRecordsUrl"]).json()[0]["errorCode"] == "INVALID_QUERY_LOCATOR"


# ------------------------------------------------------------------------------------------------- composite


def test_a_composite_is_one_call_and_each_part_has_its_own_end(api: Rest, org: Org, sandbox: SalesforceSandbox) -> None:
    accounts(org, 2_001)
    base = f"/services/data/{VERSION}"
    parts = api.composite(
        f"{base}/queryAll/?q=SELECT+Id+FROM+Account", f"{base}/query?q=SELECT+Nope+FROM+Task", f"{base}/limits"
    ).json()["compositeResponse"]
    assert [part["httpStatusCode"] for part in parts] == [200, 400, 200]
    assert parts[0]["body"]["done"] is False
    [more] = api.composite(parts[0]["body"]["nextRecordsUrl"]).json()["compositeResponse"]
    assert len(more["body"]["records"]) == 1
    assert (sandbox.ledger.kinds()["composite"], sandbox.ledger.weight()) == (2, 2)


def test_a_batch_counts_every_part(api: Rest) -> None:
    body = {"batchRequests": [{"method": "GET", "url": "v64.0/limits"}] * 5}
    answer = api.http.post(f"/services/data/{VERSION}/composite/batch", json=body)
    assert [one["statusCode"] for one in answer.json()["results"]] == [200] * 5
    assert answer.headers["Sforce-Limit-Info"] == "api-usage=5/100000"


def test_a_composite_has_limits(api: Rest) -> None:
    query = f"/services/data/{VERSION}/query?q=SELECT+Id+FROM+Task"
    assert api.composite(*[query] * 5).status_code == 200
    assert api.composite(*[query] * 6).json()[0]["errorCode"] == "LIMIT_EXCEEDED"
    assert api.composite(*[f"/services/data/{VERSION}/limits"] * 26).status_code == 400


def test_a_part_may_use_what_an_earlier_one_made(api: Rest, org: Org) -> None:
    opportunity, base = deal(org), f"/services/data/{VERSION}/sobjects/Task"
    made = {"method": "POST", "referenceId": "made", "url": base, "body": {"WhatId": opportunity, "Subject": "call"}}
    read = {"method": "GET", "referenceId": "read", "url": base + "/@{made.id}?fields=Subject"}
    answer = api.http.post(f"/services/data/{VERSION}/composite", json={"compositeRequest": [made, read]})
    assert answer.json()["compositeResponse"][1]["body"]["Subject"] == "call"


# ------------------------------------------------------------------------------------------------- describe, limits


def test_describe_is_told_once(api: Rest, org: Org, sandbox: SalesforceSandbox) -> None:
    first = api.get("/sobjects/Opportunity/describe")
    known = {"If-Modified-Since": first.headers["Last-Modified"]}
    again = api.get("/sobjects/Opportunity/describe", headers=known)
    assert (again.status_code, again.content) == (304, b"")
    sandbox.clock.advance(timedelta(minutes=1))
    org.schema.add_field("Opportunity", Field(name="Pain__c", type="string"), sandbox.clock.now())
    fresh = api.get("/sobjects/Opportunity/describe", headers=known)
    pain = next(one for one in fresh.json()["fields"] if one["name"] == "Pain__c")
    assert (fresh.status_code, pain["custom"]) == (200, True)
    assert api.get("/sobjects/Nothing/describe").status_code == 404


@pytest.mark.parametrize(
    ("form", "header"),
    [
        (Form.PLAIN, "api-usage=1/100000"),
        (Form.WITH_APP, "api-usage=1/100000; per-app-api-usage=1/25000(appName=stalewatch)"),
        (Form.APP_FIRST, "per-app-api-usage=1/25000(appName=stalewatch); api-usage=1/100000"),
    ],
)
def test_the_limit_header_has_three_forms(form: Form, header: str, api: Rest, sandbox: SalesforceSandbox) -> None:
    sandbox.application.limits.form = form
    assert api.get("/limits").headers["Sforce-Limit-Info"] == header


def test_the_allowance_is_of_the_last_24_hours(api: Rest, sandbox: SalesforceSandbox) -> None:
    sandbox.application.limits.daily = 3
    assert [api.get("/limits").status_code for _ in range(4)] == [200, 200, 200, 403]
    sandbox.clock.advance(timedelta(hours=23))
    assert api.get("/limits").json()[0]["message"] == "TotalRequests Limit exceeded."
    sandbox.clock.advance(timedelta(hours=25))
    assert api.get("/limits").status_code == 200


def test_versions_and_addresses(api: Rest) -> None:
    assert {"label": "v64", "url": "/services/data/v64.0", "version": "64.0"} in api.get("/services/data/").json()
    assert api.get("/services/data/v30.0/limits").json()[0]["errorCode"] == "NOT_FOUND"
    assert api.http.put(f"/services/data/{VERSION}/limits").json()[0]["errorCode"] == "METHOD_NOT_ALLOWED"
    assert api.get("/services/oauth2/userinfo").json()["email"] == "integration@sandbox.example.com"


def test_times_and_dates_are_written_as_at_salesforce(api: Rest, org: Org) -> None:
    deal(org)
    [row] = api.rows("SELECT CloseDate, SystemModstamp, Amount, LastActivityDate FROM Opportunity")
    assert row == {
        "CloseDate": "2026-06-30", "SystemModstamp": "2026-04-01T12:00:00.000+0000", "Amount": 1_000_000.0,
        "LastActivityDate": None,
    }  # fmt: skip


# ------------------------------------------------------------------------------------------------- writing


def test_ids_have_two_lengths_and_are_the_same(api: Rest, org: Org) -> None:
    opportunity = deal(org)
    assert long_id(opportunity[:15]) == opportunity
    assert api.get(f"/sobjects/Opportunity/{opportunity[:15]}").json()["Id"] == opportunity
    short = "'" + opportunity[:15] + "'"
    assert api.rows(" ".join(("SELECT Id FROM Opportunity WHERE Id =", short))) == [{"Id": opportunity}]
    with pytest.raises(NotAnId):
        long_id(opportunity[:15] + "ZZZ")
    assert long_id("001D000000IRFma") == "001D000000IRFmaIAH"  # from Salesforce's own documentation


@pytest.mark.parametrize(
    ("values", "status", "code"),
    [
        ({"Nonsense": 1}, 400, "INVALID_FIELD"),
        ({"CreatedDate": "2020-01-01T00:00:00Z"}, 400, "INVALID_FIELD_FOR_INSERT_UPDATE"),
        ({"StageName": None}, 400, "REQUIRED_FIELD_MISSING"),
        ({"CloseDate": "soon"}, 400, "JSON_PARSER_ERROR"),
        ({"AccountId": "nobody"}, 400, "MALFORMED_ID"),
        ({"AccountId": record_id("Account", 99)}, 400, "INVALID_CROSS_REFERENCE_KEY"),
        ({"NextStep": "x" * 256}, 400, "STRING_TOO_LONG"),
        ({"Mood__c": "furious"}, 400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
        ({"Amount": -1}, 400, "FIELD_CUSTOM_VALIDATION_EXCEPTION"),
    ],
)
def test_writes_are_refused_in_salesforces_words(
    values: dict[str, object], status: int, code: str, api: Rest, org: Org
) -> None:
    opportunity = deal(org)
    mood = Field(name="Mood__c", type="picklist", values=("good",), is_restricted=True)
    org.schema.add_field("Opportunity", mood, NOON)
    org.validation.append(lambda _, row: "No debts, please." if (row.get("Amount") or 0) < 0 else None)
    answer = api.http.patch(f"/services/data/{VERSION}/sobjects/Opportunity/{opportunity}", content=json.dumps(values))
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (status, code)
    assert org.record(opportunity)["Amount"] == 1_000_000


def test_a_change_that_came_first_wins(api: Rest, org: Org, sandbox: SalesforceSandbox) -> None:
    opportunity = deal(org)
    seen = format_datetime(sandbox.clock.now(), usegmt=True)
    path = f"/services/data/{VERSION}/sobjects/Opportunity/{opportunity}"
    assert api.http.patch(path, json={"NextStep": "a"}, headers={"If-Unmodified-Since": seen}).status_code == 204
    org.update(opportunity, {"NextStep": "theirs"}, at=NOON + timedelta(minutes=1))
    assert api.http.patch(path, json={"NextStep": "b"}, headers={"If-Unmodified-Since": seen}).status_code == 412
    assert org.record(opportunity)["NextStep"] == "theirs"


def test_what_is_deleted_is_listed_for_fifteen_days(api: Rest, org: Org) -> None:
    soft, hard, kept = deal(org), deal(org), deal(org)
    removal.delete(org, soft)
    removal.hard_delete(org, hard)
    start, end = "2026-04-01T11:00:00+00:00", "2026-04-01T12:01:00+00:00"
    listed = api.get("/sobjects/Opportunity/deleted/", start=start, end=end).json()
    assert {one["id"] for one in listed["deletedRecords"]} == {soft, hard}
    assert api.get("/sobjects/Opportunity/updated/", start=start, end=end).json()["ids"] == [kept]
    early = api.get("/sobjects/Opportunity/deleted/", start="2026-03-01T00:00:00Z", end="2026-04-01T00:00:00Z")
    assert early.json()[0]["errorCode"] == "INVALID_REPLICATION_DATE"


def test_a_deleted_record_is_gone_for_writers(api: Rest, org: Org) -> None:
    opportunity = deal(org)
    removal.delete(org, opportunity)
    path = f"/services/data/{VERSION}/sobjects/Opportunity/{opportunity}"
    assert api.http.patch(path, json={"NextStep": "a"}).json()[0]["errorCode"] == "ENTITY_IS_DELETED"


def test_records_that_a_client_makes_have_consequences(api: Rest, org: Org) -> None:
    opportunity, person = deal(org), contact(org)
    body = {"WhatId": opportunity, "WhoId": person, "Subject": "Call back", "ActivityDate": "2026-04-09"}
    made = api.http.post(f"/services/data/{VERSION}/sobjects/Task", json=body)
    assert made.status_code == 201
    task = org.record(made.json()["id"])
    assert (task["Status"], task["IsClosed"], task["OwnerId"]) == ("Not Started", False, org.user)
