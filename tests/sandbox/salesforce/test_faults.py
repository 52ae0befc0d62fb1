"""Every Salesforce case that can be armed does what the catalogue says; each test is named after its case."""

from __future__ import annotations

import json
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest

from stalewatch_sandbox.salesforce import removal
from stalewatch_sandbox.salesforce.ids import record_id
from stalewatch_sandbox.salesforce.org import Org
from stalewatch_sandbox.salesforce.sandbox import SalesforceSandbox
from stalewatch_sandbox.serving.faults import Faults
from tests.sandbox.salesforce.orgs import NOON, VERSION, Rest, contact, deal

ALL = "SELECT Id FROM Opportunity"


@pytest.fixture
def faults(sandbox: SalesforceSandbox) -> Faults:
    return sandbox.faults


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()[0]["errorCode"]


def test_sf01_a_commit_becomes_visible_behind_later_stamps(
    api: Rest, org: Org, faults: Faults, sandbox: SalesforceSandbox
) -> None:
    late = deal(org, "late")
    sandbox.clock.advance(timedelta(seconds=5))
    faults.arm("SF01", seconds=235)
    org.update(late, {"NextStep": "x"})
    faults.disarm("SF01")
    sandbox.clock.advance(timedelta(seconds=25))
    deal(org, "early")
    window = "SELECT Name FROM Opportunity WHERE SystemModstamp > 2026-04-01T12:00:00Z"
    assert [row["Name"] for row in api.rows(window)] == ["early"]
    sandbox.clock.set(NOON + timedelta(minutes=4))
    assert {row["Name"] for row in api.rows(window)} == {"early", "late"}


@pytest.mark.parametrize("minutes", [9, -9])
def test_sf02_the_date_header_is_wrong(minutes: int, api: Rest, faults: Faults) -> None:
    faults.arm("SF02", minutes=minutes)
    assert parsedate_to_datetime(api.get("/limits").headers["Date"]) == NOON + timedelta(minutes=minutes)
    faults.disarm()
    assert parsedate_to_datetime(api.get("/limits").headers["Date"]) == NOON


def test_sf04_everything_gets_one_stamp(api: Rest, org: Org, faults: Faults, sandbox: SalesforceSandbox) -> None:
    for number in range(5):
        deal(org, str(number))
        sandbox.clock.advance(timedelta(minutes=1))
    faults.arm("SF04")
    rows = api.rows("SELECT SystemModstamp, LastModifiedDate FROM Opportunity")
    assert len({row["SystemModstamp"] for row in rows}) == 1
    assert len({row["LastModifiedDate"] for row in rows}) == 5


def test_sf05_children_are_cut(api: Rest, org: Org, faults: Faults) -> None:
    org.update(deal(org), {"Amount": 2})
    faults.arm("SF05", size=1)
    [row] = api.query("SELECT Id, (SELECT Id FROM OpportunityHistories) FROM Opportunity")["records"]
    child = row["OpportunityHistories"]
    assert (child["done"], child["totalSize"]) == (False, 2)
    assert api.get(child["nextRecordsUrl"]).json()["done"] is True


def test_sf06_pages_shrink(api: Rest, org: Org, faults: Faults) -> None:
    for number in range(3_000):
        org.tables["Account"].put({"Id": record_id("Account", 100 + number), "IsDeleted": False})
    faults.arm("SF06")
    page, sizes = api.query("SELECT Id FROM Account"), []
    while True:
        sizes.append(len(page["records"]))
        if page["done"]:
            break
        page = api.get(page["nextRecordsUrl"]).json()
    assert sizes == [2_000, 731, 200, 69]


def test_sf08_a_page_names_itself_as_the_next(api: Rest, org: Org, faults: Faults) -> None:
    for number in range(4_500):
        org.tables["Account"].put({"Id": record_id("Account", 100 + number), "IsDeleted": False})
    faults.arm("SF08")
    first = api.query("SELECT Id FROM Account")
    assert api.get(first["nextRecordsUrl"]).json()["nextRecordsUrl"] == first["nextRecordsUrl"]


def test_sf10_long_windows_take_too_long(api: Rest, faults: Faults) -> None:
    faults.arm("SF10", days=7)
    window = ALL + " WHERE SystemModstamp >= 2026-03-{}T00:00:00Z AND SystemModstamp < 2026-03-31T00:00:00Z"
    assert code(api.get("/queryAll", q=window.format("01"))) == (400, "QUERY_TIMEOUT")
    assert api.get("/queryAll", q=window.format("25")).status_code == 200
    assert api.get("/query", q="SELECT Id FROM Task").status_code == 200


def test_sf11_activities_are_too_many_also_within_a_composite(api: Rest, faults: Faults) -> None:
    faults.arm("SF11")
    base = f"/services/data/{VERSION}/queryAll?q=SELECT+Id+FROM+"
    parts = api.composite(base + "Task", base + "Event").json()["compositeResponse"]
    assert [part["httpStatusCode"] for part in parts] == [400, 200]
    assert parts[0]["body"][0]["errorCode"] == "OPERATION_TOO_LARGE"


def test_sf12_the_quota_is_used_up(api: Rest, faults: Faults) -> None:
    faults.arm("SF12")
    assert [code(api.get("/limits")) for _ in range(2)] == [(403, "REQUEST_LIMIT_EXCEEDED")] * 2


@pytest.mark.parametrize(
    ("form", "header"),
    [
        ("plain", "api-usage=81001/100000"),
        ("with_app", "api-usage=81001/100000; per-app-api-usage=1/25000(appName=stalewatch)"),
        ("app_first", "per-app-api-usage=1/25000(appName=stalewatch); api-usage=81001/100000"),
    ],
)
def test_sf14_others_use_the_quota_too(form: str, header: str, api: Rest, faults: Faults) -> None:
    faults.arm("SF14", form=form)
    assert api.get("/limits").headers["Sforce-Limit-Info"] == header


def test_sf15_the_session_ends_on_the_seventh_call_and_a_new_one_works(
    api: Rest, faults: Faults, sandbox: SalesforceSandbox
) -> None:
    faults.arm("SF15", after=6)
    assert [api.get("/limits").status_code for _ in range(8)] == [200] * 6 + [401, 401]
    assert Rest(sandbox, api.http).get("/limits").status_code == 200


def test_sf16_no_session_is_ever_good(api: Rest, faults: Faults, sandbox: SalesforceSandbox) -> None:
    faults.arm("SF16")
    answer = Rest(sandbox, api.http).get("/limits")
    assert code(answer) == (401, "INVALID_SESSION_ID")
    assert answer.json()[0]["message"] == "This session is not valid for use with the REST API"


@pytest.mark.parametrize(("shape", "begins"), [("html", b"<html>"), ("object", b"{")])
def test_sf17_unauthorised_in_odd_shapes(shape: str, begins: bytes, api: Rest, faults: Faults) -> None:
    faults.arm("SF17", shape=shape)
    answer = api.get("/limits")
    assert (answer.status_code, answer.content[: len(begins)]) == (401, begins)


@pytest.mark.parametrize(("status", "empty"), [(420, False), (406, True)])
def test_sf23_the_edge_answers_once(status: int, empty: bool, api: Rest, faults: Faults) -> None:
    faults.arm("SF23", status=status, empty=empty)
    answers = [api.get("/limits") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [status, 200]
    assert (answers[0].content == b"") is empty


@pytest.mark.parametrize("status", [200, 503])
def test_sf24_maintenance(status: int, api: Rest, faults: Faults) -> None:
    faults.arm("SF24", status=status)
    answer = api.get("/query", q=ALL)
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "text/html;charset=UTF-8")


@pytest.mark.parametrize("how", ["cut", "bad_chunk"])
def test_sf25_the_body_ends_too_early_on_the_wire(how: str, api: Rest, faults: Faults) -> None:
    faults.arm("SF25", how=how)
    with pytest.raises(httpx.RemoteProtocolError):
        api.get("/limits")


def test_sf25_the_body_ends_too_early_within(api: Rest, faults: Faults) -> None:
    faults.arm("SF25", how="json")
    with pytest.raises(json.JSONDecodeError):
        api.get("/limits").json()


@pytest.mark.parametrize("how", ["silence", "drip"])
def test_sf26_the_server_never_answers(how: str, api: Rest, faults: Faults) -> None:
    faults.arm("SF26", how=how)
    with pytest.raises(httpx.ReadTimeout):
        api.http.get(f"/services/data/{VERSION}/limits", timeout=0.2)


def test_sf28_a_field_is_hidden_and_comes_back(api: Rest, faults: Faults) -> None:
    faults.arm("SF28", field="NextStep")
    assert api.error("SELECT NextStep FROM Opportunity")[1] == "INVALID_FIELD"
    names = {one["name"] for one in api.get("/sobjects/Opportunity/describe").json()["fields"]}
    assert "NextStep" not in names
    faults.disarm("SF28")
    assert api.rows("SELECT NextStep FROM Opportunity") == []


def test_sf30_a_formula_changes_and_no_stamp_tells(
    api: Rest, org: Org, faults: Faults, sandbox: SalesforceSandbox
) -> None:
    deal(org)
    sandbox.clock.advance(timedelta(hours=1))
    faults.arm("SF30", value=7)
    [row] = api.rows("SELECT Score__c, SystemModstamp FROM Opportunity")
    assert row == {"Score__c": 7.0, "SystemModstamp": "2026-04-01T12:00:00.000+0000"}
    [score] = [one for one in api.get("/sobjects/Opportunity/describe").json()["fields"] if one["name"] == "Score__c"]
    assert score["calculated"] is True


def test_sf32_records_vanish_without_a_trace(api: Rest, org: Org, faults: Faults) -> None:
    gone, kept = deal(org), deal(org)
    faults.arm("SF32", ids=[gone])
    assert api.rows(ALL, "queryAll") == [{"Id": kept}]
    faults.disarm("SF32")
    removal.hard_delete(org, gone)
    assert api.rows(ALL, "queryAll") == [{"Id": kept}]


def test_sf32_a_share_of_all_records_vanishes(api: Rest, org: Org, faults: Faults) -> None:
    for number in range(10):
        deal(org, str(number))
    faults.arm("SF32", share=0.6)
    assert len(api.rows(ALL, "queryAll")) == 4


def test_sf33_the_list_of_the_deleted_is_behind(api: Rest, faults: Faults) -> None:
    faults.arm("SF33", hours=3)
    listed = api.get("/sobjects/Opportunity/deleted/", start="2026-04-01T00:00:00Z", end="2026-04-01T12:00:00Z").json()
    assert listed["latestDateCovered"] == "2026-04-01T09:00:00.000+0000"


def test_sf34_two_contacts_are_one(api: Rest, org: Org, faults: Faults) -> None:
    opportunity = deal(org)
    for name in ("Sato", "Satou"):
        org.insert("OpportunityContactRole", {"OpportunityId": opportunity, "ContactId": contact(org, name)})
    faults.arm("SF34")
    assert len({row["ContactId"] for row in api.rows("SELECT ContactId FROM OpportunityContactRole")}) == 1


def test_sf35_an_edited_amount_writes_history_in_the_same_stage(api: Rest, org: Org, faults: Faults) -> None:
    deal(org)
    faults.arm("SF35", amount=5)
    rows = api.rows("SELECT StageName, Amount FROM OpportunityHistory ORDER BY Id")
    assert [tuple(row.values()) for row in rows] == [("Qualification", 1_000_000), ("Qualification", 5)]


def test_sf37_history_cannot_be_read(api: Rest, faults: Faults) -> None:
    faults.arm("SF37")
    assert api.error("SELECT Id FROM OpportunityHistory")[1] == "INVALID_TYPE"
    assert api.get("/sobjects/OpportunityHistory/describe").status_code == 404


def test_sf38_history_is_dated_back_but_stamped_now(api: Rest, org: Org, faults: Faults) -> None:
    deal(org)
    faults.arm("SF38")
    [row] = api.rows("SELECT SystemModstamp FROM OpportunityHistory WHERE CreatedDate < 2026-01-01T00:00:00Z")
    assert row["SystemModstamp"].startswith("2026-04-01T12:00:00")


def test_sf39_the_last_activity_lies_ahead(api: Rest, org: Org, faults: Faults) -> None:
    deal(org)
    faults.arm("SF39", days=30)
    assert api.rows("SELECT LastActivityDate FROM Opportunity") == [{"LastActivityDate": "2026-05-01"}]


def test_sf40_one_mail_is_two_rows(api: Rest, org: Org, faults: Faults) -> None:
    deal(org)
    faults.arm("SF40")
    [mail] = api.rows("SELECT Incoming, ActivityId FROM EmailMessage")
    assert api.rows("SELECT Id, TaskSubtype FROM Task") == [{"Id": mail["ActivityId"], "TaskSubtype": "Email"}]
    assert mail["Incoming"] is True


def test_sf41_nobody_reads_the_mail(api: Rest, org: Org, faults: Faults) -> None:
    deal(org)
    faults.arm("SF41")
    rows = api.rows("SELECT Headers, FromAddress FROM EmailMessage")
    assert "Auto-Submitted: auto-replied" in rows[0]["Headers"]
    assert rows[1]["FromAddress"] == "integration@sandbox.example.com"


@pytest.mark.parametrize(
    ("how", "subject", "status"), [("declined", "Review", "Declined"), ("canceled", "Canceled: Review", "Accepted")]
)
def test_sf43_the_meeting_is_off(how: str, subject: str, status: str, api: Rest, org: Org, faults: Faults) -> None:
    deal(org)
    faults.arm("SF43", how=how)
    [event] = api.rows("SELECT Subject, (SELECT Status FROM EventRelations) FROM Event WHERE StartDateTime > TODAY")
    assert (event["Subject"], event["EventRelations"]["records"][0]["Status"]) == (subject, status)


def test_sf45_old_meetings_are_archived(api: Rest, org: Org, faults: Faults) -> None:
    deal(org)
    faults.arm("SF45")
    assert api.rows("SELECT Id FROM Event") == []
    assert [row["IsArchived"] for row in api.rows("SELECT IsArchived FROM Event", "queryAll")] == [True]


def test_sf46_mails_are_kept_elsewhere(api: Rest, org: Org, faults: Faults) -> None:
    deal(org)
    faults.arm("SF46")
    faults.arm("SF40")  # a mail that comes later is no record, either
    assert api.rows("SELECT Id FROM EmailMessage", "queryAll") == api.rows("SELECT Id FROM Task", "queryAll") == []
    faults.disarm("SF46")
    assert len(api.rows("SELECT Id FROM EmailMessage")) == 1


def test_sf48_private_events_of_others_are_not_there(api: Rest, org: Org, faults: Faults) -> None:
    owner = org.insert("User", {"LastName": "Sato"})
    for values in ({"OwnerId": owner}, {"OwnerId": owner, "IsPrivate": True}, {"OwnerId": org.user, "IsPrivate": True}):
        org.insert("Event", {"StartDateTime": NOON} | values)
    faults.arm("SF48")
    assert [row["OwnerId"] for row in api.rows("SELECT OwnerId FROM Event", "queryAll")] == [owner, org.user]


def test_sf49_the_owner_is_gone(api: Rest, org: Org, faults: Faults) -> None:
    deal(org, OwnerId=org.insert("User", {"LastName": "Sato"}))
    faults.arm("SF49")
    assert api.query("SELECT Owner.IsActive FROM Opportunity")["records"][0]["Owner"]["IsActive"] is False


@pytest.mark.parametrize(
    ("error", "status"), [("FIELD_CUSTOM_VALIDATION_EXCEPTION", 400), ("INSUFFICIENT_ACCESS_OR_READONLY", 403)]
)
def test_sf53_a_write_is_refused(error: str, status: int, api: Rest, org: Org, faults: Faults) -> None:
    faults.arm("SF53", error=error)
    path = f"/services/data/{VERSION}/sobjects/Opportunity/{deal(org)}"
    assert code(api.http.patch(path, json={"NextStep": "x"})) == (status, error)


def test_sf54_a_row_is_locked_twice(api: Rest, org: Org, faults: Faults) -> None:
    path = f"/services/data/{VERSION}/sobjects/Opportunity/{deal(org)}"
    faults.arm("SF54")
    assert [api.http.patch(path, json={"NextStep": "x"}).status_code for _ in range(3)] == [400, 400, 204]


def test_sf55_a_task_is_made_and_nobody_hears_of_it(api: Rest, org: Org, faults: Faults) -> None:
    faults.arm("SF55")
    with pytest.raises(httpx.TransportError):
        api.http.post(f"/services/data/{VERSION}/sobjects/Task", json={"Subject": "once"})
    assert [row["Subject"] for row in org.tables["Task"]] == ["once"]


def test_sf58_a_composite_counts_once_and_a_batch_for_each(api: Rest) -> None:
    limits = f"/services/data/{VERSION}/limits"
    used = [api.composite(*[limits] * 5).headers["Sforce-Limit-Info"]]
    body: Any = {"batchRequests": [{"method": "GET", "url": "v64.0/limits"}] * 5}
    used.append(api.http.post(f"/services/data/{VERSION}/composite/batch", json=body).headers["Sforce-Limit-Info"])
    assert used == ["api-usage=1/100000", "api-usage=6/100000"]


def test_x04_the_error_repeats_the_token(api: Rest, faults: Faults) -> None:
    faults.arm("X04")
    assert api.http.headers["Authorization"] in api.get("/limits").json()[0]["message"]


def test_the_ledger_says_which_faults_were_at_work(api: Rest, faults: Faults, sandbox: SalesforceSandbox) -> None:
    faults.arm("SF24")
    api.get("/limits")
    assert [call.faults for call in sandbox.ledger][-1] == ("SF24",)
