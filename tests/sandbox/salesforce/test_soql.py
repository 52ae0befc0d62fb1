"""SOQL means here what it means at Salesforce."""

from __future__ import annotations

import string
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stalewatch_sandbox.salesforce.errors import ApiError
from stalewatch_sandbox.salesforce.org import Org
from stalewatch_sandbox.salesforce.soql.projecting import Rendering
from stalewatch_sandbox.salesforce.soql.running import run
from stalewatch_sandbox.serving.clock import Clock
from tests.sandbox.salesforce.orgs import NOON, Rest, contact, deal

QUIET = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


def records(org: Org, soql: str, *, include_deleted: bool = False) -> list[dict[str, Any]]:
    """What a query answers, without HTTP around it."""
    answer = run(org, soql, include_deleted=include_deleted)
    rendering = Rendering("64.0", lambda rows, project: {"records": [project(row, rendering) for row in rows]})
    return [answer.project(row, rendering) for row in answer.rows]


def names(org: Org, where: str, *, include_deleted: bool = False) -> list[str]:
    """Names of the opportunities for which a condition holds."""
    found = records(org, " ".join(("SELECT Name FROM Opportunity", where)), include_deleted=include_deleted)
    return [one["Name"] for one in found]


@pytest.fixture
def org() -> Org:
    return Org(Clock(NOON))


@pytest.fixture
def pipeline(org: Org) -> Org:
    """Four deals: A 100, B 200 and next step, C 300 in another stage, D without an amount."""
    account = org.insert("Account", {"Name": "Acme"})
    deal(org, "A", Amount=100, AccountId=account, CloseDate=date(2026, 4, 1))
    deal(org, "B", Amount=200, NextStep="Call", CloseDate=date(2026, 4, 2))
    deal(org, "C", Amount=300, StageName="Negotiation/Review", CloseDate=date(2026, 5, 1))
    deal(org, "D", Amount=None, CloseDate=date(2026, 3, 1))
    return org


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("WHERE Amount > 100", "BC"),
        ("WHERE Amount >= 100 AND Amount < 300", "AB"),
        ("WHERE Amount != 100", "BCD"),
        ("WHERE Amount = NULL", "D"),
        ("WHERE Amount <> null", "ABC"),
        ("WHERE NOT Amount > 100", "AD"),
        ("WHERE NOT (Name = 'A' OR Name = 'B')", "CD"),
        ("WHERE Name = 'a'", "A"),
        ("WHERE Name IN ('a', 'D', 'zzz')", "AD"),
        ("WHERE Name NOT IN ('a', 'D')", "BC"),
        ("WHERE (Name = 'A' AND Amount = 100) OR StageName = 'Negotiation/Review'", "AC"),
        ("WHERE NextStep = ''", "ACD"),
        ("WHERE NextStep LIKE 'c_l%'", "B"),
        ("WHERE Account.Name = 'ACME'", "A"),
        ("WHERE Account.Name = null", "BCD"),
        ("WHERE AccountId IN (SELECT Id FROM Account WHERE Name = 'Acme')", "A"),
        ("WHERE Id NOT IN (SELECT OpportunityId FROM OpportunityHistory)", ""),
        ("WHERE CloseDate > 2026-04-01", "BC"),
        ("WHERE CloseDate = TODAY", "A"),
        ("WHERE CloseDate = TOMORROW", "B"),
        ("WHERE CloseDate = LAST_N_DAYS:31", "AD"),
        ("WHERE CloseDate > TODAY", "BC"),
        ("WHERE CloseDate = THIS_MONTH", "AB"),
        ("WHERE IsClosed = false AND Probability < 50", "ABD"),
        ("WHERE CreatedDate >= 2026-04-01T12:00:00Z", "ABCD"),
        ("WHERE CreatedDate > 2026-04-01T21:00:00+09:00", ""),
        ("ORDER BY Amount DESC", "DCBA"),
        ("ORDER BY Amount DESC NULLS LAST", "CBAD"),
        ("ORDER BY Amount", "DABC"),
        ("ORDER BY StageName DESC, Amount ASC NULLS LAST", "ABDC"),
        ("ORDER BY Name LIMIT 2 OFFSET 1", "BC"),
        ("ORDER BY Id LIMIT 3", "ABC"),
        ("o WHERE o.Amount = 100", "A"),
    ],
)
def test_conditions(pipeline: Org, where: str, found: str) -> None:
    got = names(pipeline, where)
    assert "".join(got if "ORDER" in where else sorted(got)) == found


@pytest.mark.parametrize(
    ("soql", "code", "message"),
    [
        ("SELECT Id FORM Opportunity", "MALFORMED_QUERY", "unexpected token: 'FORM'"),
        ("SELECT Id FROM Opportunity WHERE", "MALFORMED_QUERY", "unexpected token: <EOF>"),
        ("SELECT Id FROM Opportunity WHERE Name = 'x", "MALFORMED_QUERY", "unexpected token: '''"),
        ("SELECT Id FROM Opportunity WHERE Name = 'x' AND Name = 'y' OR Name = 'z'", "MALFORMED_QUERY", "'OR'"),
        ("SELECT Id FROM Opportunity LIMIT many", "MALFORMED_QUERY", "unexpected token: 'many'"),
        ("SELECT Id FROM Nothing", "INVALID_TYPE", "sObject type 'Nothing' is not supported"),
        ("SELECT Nothing FROM Opportunity", "INVALID_FIELD", "No such column 'Nothing' on entity 'Opportunity'"),
        ("SELECT CurrencyIsoCode FROM Opportunity", "INVALID_FIELD", "No such column 'CurrencyIsoCode'"),
        ("SELECT Acount.Name FROM Opportunity", "INVALID_FIELD", "Didn't understand relationship 'Acount'"),
        ("SELECT Id, Id FROM Opportunity", "INVALID_FIELD", "duplicate field selected: Id"),
        ("SELECT Id FROM Opportunity WHERE Amount = '5'", "INVALID_FIELD", "should not be enclosed in quotes"),
        ("SELECT Id FROM Opportunity WHERE Name = 5", "INVALID_FIELD", "should be enclosed in quotes"),
        ("SELECT Id FROM Opportunity WHERE CloseDate = '2026-01-01'", "INVALID_FIELD", "must be of type date and"),
        ("SELECT Id FROM Opportunity WHERE SystemModstamp > 2026-01-01", "INVALID_FIELD", "must be of type dateTime"),
        ("SELECT Id FROM Opportunity WHERE Description = 'x'", "INVALID_FIELD", "can not be filtered"),
        ("SELECT Id FROM Opportunity WHERE Id = 'abc'", "INVALID_QUERY_FILTER_OPERATOR", "invalid ID field: abc"),
        ("SELECT Id FROM Opportunity LIMIT 5 OFFSET 2001", "NUMBER_OUTSIDE_VALID_RANGE", "offset"),
        ("SELECT Id, (SELECT Id FROM Nothings) FROM Opportunity", "INVALID_TYPE", "Didn't understand relationship"),
        ("SELECT Id FROM Opportunity WHERE CloseDate = 2026-13-01", "MALFORMED_QUERY", "no viable alternative"),
    ],
)
def test_errors_are_worded_as_at_salesforce(org: Org, soql: str, code: str, message: str) -> None:
    with pytest.raises(ApiError) as caught:
        run(org, soql, include_deleted=False)
    assert (caught.value.status, caught.value.code) == (400, code)
    assert message in caught.value.message


def test_an_error_shows_its_place(api: Rest) -> None:
    message = api.get("/query", q="SELECT Nothing FROM Task").json()[0]["message"]
    assert message.splitlines()[1:4] == ["SELECT Nothing FROM Task", "       ^", "ERROR at Row:1:Column:8"]


def test_parents_of_several_kinds(org: Org) -> None:
    lead = org.insert("Lead", {"LastName": "Mori", "Company": "Moon", "Email": "m@moon.example"})
    person, opportunity = contact(org), deal(org, "Deal")
    org.insert("Task", {"WhoId": person, "WhatId": opportunity, "Subject": "one"})
    org.insert("Task", {"WhoId": lead, "Subject": "two"})
    one, two = records(org, "SELECT Who.Name, Who.Type, What.Name, Owner.Name FROM Task ORDER BY Subject")
    assert (one["Who"]["Name"], one["Who"]["Type"], one["What"]["Name"]) == ("Suzuki", "Contact", "Deal")
    assert (two["Who"]["Name"], two["Who"]["Type"], two["What"]) == ("Mori", "Lead", None)
    assert records(org, "SELECT Id FROM Task WHERE Who.Type = 'Lead'") == records(
        org, "SELECT Id FROM Task WHERE Subject = 'two'"
    )


def test_children_come_within_their_parent(org: Org) -> None:
    one = deal(org, "Deal")
    org.update(one, {"StageName": "Needs Analysis"})
    [row] = records(
        org, "SELECT Id, (SELECT StageName FROM OpportunityHistories ORDER BY StageName DESC) FROM Opportunity"
    )
    assert [visit["StageName"] for visit in row["OpportunityHistories"]["records"]] == [
        "Qualification", "Needs Analysis",
    ]  # fmt: skip
    assert records(org, "SELECT Id, (SELECT Id FROM Tasks) FROM Opportunity")[0]["Tasks"] is None


def test_counting(pipeline: Org, api: Rest) -> None:
    assert run(pipeline, "SELECT COUNT() FROM Opportunity WHERE Amount > 100", include_deleted=False).total == 2
    [counted] = records(pipeline, "SELECT COUNT(Id) n, COUNT(Amount), MAX(Amount) FROM Opportunity")
    assert (counted["n"], counted["expr0"], counted["expr1"]) == (4, 3, 300)
    grouped = records(pipeline, "SELECT StageName, COUNT(Id) FROM Opportunity GROUP BY StageName")
    assert {one["StageName"]: one["expr0"] for one in grouped} == {"Qualification": 3, "Negotiation/Review": 1}
    assert api.query("SELECT COUNT() FROM Opportunity") == {"totalSize": 0, "done": True, "records": []}


def test_query_leaves_deleted_and_archived_records_out_and_query_all_does_not(org: Org) -> None:
    one = deal(org)
    org.insert("Event", {"WhatId": one, "StartDateTime": NOON - timedelta(days=400), "Subject": "old"})
    org.insert("Event", {"WhatId": one, "StartDateTime": NOON - timedelta(days=300), "Subject": "young"})
    org.settle()
    assert [row["Subject"] for row in records(org, "SELECT Subject FROM Event")] == ["young"]
    rows = records(org, "SELECT Subject, IsArchived FROM Event", include_deleted=True)
    assert [(row["Subject"], row["IsArchived"]) for row in rows] == [("old", True), ("young", False)]


def test_times_are_compared_in_whole_seconds(org: Org) -> None:
    deal(org, "A")
    for operator, found in ((">=", ["A"]), (">", []), ("=", ["A"]), ("<=", ["A"]), ("<", [])):
        assert names(org, f"WHERE SystemModstamp {operator} 2026-04-01T12:00:00.731Z") == found


# ------------------------------------------------------------------------------------------------- laws

texts = st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)


@QUIET
@given(texts)
def test_a_quoted_text_is_one_literal_and_finds_what_it_names(name: str) -> None:
    org = Org(Clock(NOON))
    deal(org, name)
    deal(org, "something else")
    escaped = name.replace("\\", "\\\\").replace("'", "\\'")
    assert name in names(org, f"WHERE Name = '{escaped}'")


numbers = st.one_of(st.none(), st.integers(-3, 3))
comparisons = st.tuples(st.sampled_from(["=", "!=", "<", "<=", ">", ">="]), st.integers(-3, 3))
SIGNS: dict[str, Any] = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a is not None and a < b,
    "<=": lambda a, b: a is not None and a <= b,
    ">": lambda a, b: a is not None and a > b,
    ">=": lambda a, b: a is not None and a >= b,
}
conditions: Any = st.recursive(
    comparisons.map(lambda one: (f"Amount {one[0]} {one[1]}", lambda value: SIGNS[one[0]](value, one[1]))),
    lambda inner: st.one_of(
        inner.map(lambda one: (f"(NOT {one[0]})", lambda value: not one[1](value))),
        st.tuples(inner, inner).map(
            lambda two: (f"({two[0][0]} AND {two[1][0]})", lambda value: two[0][1](value) and two[1][1](value))
        ),
        st.tuples(inner, inner).map(
            lambda two: (f"({two[0][0]} OR {two[1][0]})", lambda value: two[0][1](value) or two[1][1](value))
        ),
    ),
    max_leaves=6,
)


@QUIET
@given(st.lists(numbers, max_size=8), conditions)
def test_conditions_mean_what_logic_says(values: list[int | None], condition: tuple[str, Any]) -> None:
    org = Org(Clock(NOON))
    for number, value in enumerate(values):
        deal(org, str(number), Amount=value)
    expected = [str(number) for number, value in enumerate(values) if condition[1](value)]
    assert names(org, f"WHERE {condition[0]} ORDER BY Id") == expected


@QUIET
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 50)), max_size=15), st.integers(0, 50), st.integers(0, 50))
def test_the_window_of_stamps_finds_every_edit_in_it(edits: list[tuple[int, int]], low: int, high: int) -> None:
    clock = Clock(NOON)
    org = Org(clock)
    ids = [deal(org, str(number)) for number in range(6)]
    for number, second in sorted(edits, key=lambda edit: edit[1]):
        org.update(ids[number], {"NextStep": str(second)}, at=NOON + timedelta(seconds=second))
        names(org, f"WHERE SystemModstamp >= {stamp(low)} AND SystemModstamp < {stamp(high)}")  # makes the index
    last = dict.fromkeys(range(6), 0) | dict(sorted(edits, key=lambda edit: edit[1]))
    found = names(org, f"WHERE SystemModstamp >= {stamp(low)} AND SystemModstamp < {stamp(high)}")
    assert sorted(found) == [str(number) for number, second in last.items() if low <= second < high]


@QUIET
@given(st.text(alphabet=string.ascii_letters + string.digits + " '\\().,<>=!:-%_*", max_size=60))
def test_nothing_that_is_sent_breaks_it(text: str) -> None:
    org = Org(Clock(NOON))
    for begin, end in (("", ""), ("SELECT Id FROM Opportunity WHERE ", ""), ("SELECT ", " FROM Task")):
        with suppress(ApiError):
            run(org, begin + text + end, include_deleted=True)


def stamp(second: int) -> str:
    return f"{NOON + timedelta(seconds=second):%Y-%m-%dT%H:%M:%SZ}"


def test_the_offset_of_a_literal_counts() -> None:
    org = Org(Clock(datetime(2026, 4, 1, 12, tzinfo=UTC)))
    deal(org, "A")
    assert names(org, "WHERE CreatedDate = 2026-04-01T21:00:00+0900") == ["A"]
