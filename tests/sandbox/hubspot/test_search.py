"""What search answers, and what it never answers."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from stalewatch_sandbox.hubspot.filters import Filter, matching
from stalewatch_sandbox.hubspot.schema import Property, Type
from stalewatch_sandbox.hubspot.server import HubSpotServer
from tests.sandbox.hubspot.portals import NOON, Caller, deal, minutes, modified

AMOUNT = Property("amount", Type.NUMBER, "Amount")
NAME = Property("dealname", Type.STRING, "Name")
STAGE = Property("dealstage", Type.ENUMERATION, "Stage")
numbers = some.decimals(min_value=-(10**9), max_value=10**9, places=2)
held = some.one_of(some.none(), numbers)
words = some.text(alphabet="aAbBéÉ 商談", min_size=1, max_size=6)


def _keeps(filter_: Filter, value: object, of: Property = AMOUNT) -> bool:
    return matching(filter_, of)({of.name: "" if value is None else str(value)})


@given(held, numbers)
def test_orders_are_those_of_numbers_and_miss_what_is_empty(value: Decimal | None, bound: Decimal) -> None:
    kept = {name: _keeps(Filter("amount", name, str(bound)), value) for name in ("LT", "LTE", "GT", "GTE", "EQ", "NEQ")}
    if value is None:
        assert not any(kept.values())
    else:
        assert kept == {
            "LT": value < bound, "LTE": value <= bound, "GT": value > bound, "GTE": value >= bound,
            "EQ": value == bound, "NEQ": value != bound,
        }  # fmt: skip


@given(held, numbers, numbers)
def test_between_has_both_its_ends(value: Decimal | None, low: Decimal, high: Decimal) -> None:
    kept = _keeps(Filter("amount", "BETWEEN", str(low), str(high)), value)
    assert kept == (value is not None and low <= value <= high)


@given(some.one_of(some.none(), words), some.lists(words, min_size=1))
def test_enumerations_mind_case_and_text_is_asked_for_in_lower_case(value: str | None, wanted: list[str]) -> None:
    asked = Filter("x", "IN", values=tuple(wanted))
    assert _keeps(asked, value, STAGE) == (value in wanted)
    assert _keeps(asked, value, NAME) == (value is not None and value.lower() in wanted)
    assert _keeps(Filter("x", "NOT_IN", values=tuple(wanted)), value, STAGE) == (
        value is not None and value not in wanted
    )


@given(held)
def test_having_a_property_is_the_opposite_of_not_having_it(value: Decimal | None) -> None:
    has, lacks = (_keeps(Filter("amount", f"{word}HAS_PROPERTY"), value) for word in ("", "NOT_"))
    assert has is (value is not None)
    assert lacks is not has


def test_filters_of_a_group_are_all_meant_and_groups_are_alternatives(server: HubSpotServer, caller: Caller) -> None:
    small, big, other = deal(server, "a", amount=1), deal(server, "b", amount=9), deal(server, "c")
    above = {"propertyName": "amount", "operator": "GT", "value": "5"}
    below = {"propertyName": "amount", "operator": "LT", "value": "5"}
    none = {"propertyName": "amount", "operator": "NOT_HAS_PROPERTY"}
    assert caller.ids("deals", above, below) == []
    groups = [{"filters": [one]} for one in (above, below, none)]
    assert caller.ids("deals", filterGroups=groups) == [small, big, other]


def test_a_keyset_inside_a_window_reads_every_row_once(server: HubSpotServer, caller: Caller) -> None:
    ids = [deal(server, f"Deal {number}", at=NOON - timedelta(seconds=number)) for number in range(450)]
    window, last, found, calls = modified(NOON - minutes(60), NOON), "0", list[str](), 0
    while True:
        rest = {"propertyName": "hs_object_id", "operator": "GT", "value": last}
        page = caller.search("deals", window, rest, limit=200, sorts=[
            {"propertyName": "hs_object_id", "direction": "ASCENDING"}]).json()  # fmt: skip
        calls += 1
        found += [row["id"] for row in page["results"]]
        if len(page["results"]) >= page["total"]:
            break
        last = found[-1]
    assert (found, calls) == (ids, 3)


def test_contacts_have_a_modified_date_of_another_name(server: HubSpotServer, caller: Caller) -> None:
    contact = server.portal.create("contacts", {"email": "a@example.com"})
    window = (NOON - minutes(1), NOON + minutes(1))
    assert caller.ids("contacts", modified(*window)) == []
    assert caller.ids("contacts", modified(*window, "lastmodifieddate")) == [contact]


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"limit": 201}, "at most 200"),
        ({"after": "10000", "limit": 1}, "10000"),
        ({"after": "9900", "limit": 200}, "10000"),
        ({"sorts": ["amount", "dealname"]}, "only one sort"),
        ({"filterGroups": [{"filters": []}] * 6}, "too many filters"),
        ({"filterGroups": [{"filters": [{"propertyName": "amount", "operator": "HAS_PROPERTY"}] * 7}]}, "too many"),
        ({"filterGroups": [{"filters": [{"propertyName": "typo", "operator": "EQ", "value": "1"}]}]}, "does not exist"),
        ({"filterGroups": [{"filters": [{"propertyName": "amount", "operator": "SOUNDS_LIKE"}]}]}, "Invalid operator"),
        ({"filterGroups": [{"filters": [{"propertyName": "amount", "operator": "GT", "value": "x"}]}]}, "not a valid"),
        ({"filterGroups": [{"filters": [{"propertyName": "amount", "operator": "IN"}]}]}, "values is required"),
        (
            {"filterGroups": [{"filters": [{"propertyName": "amount", "operator": "BETWEEN", "value": "1"}]}]},
            "highValue",
        ),
        ({"filterGroups": "all"}, "must be a list"),
    ],
)
def test_a_search_beyond_its_limits_is_refused(caller: Caller, wish: dict[str, Any], said: str) -> None:
    answer = caller.search("deals", **wish)
    assert answer.status_code == 400
    assert answer.json()["category"] == "VALIDATION_ERROR"
    assert said in answer.json()["message"]


def test_unknown_properties_are_left_out_of_answers_and_empty_ones_are_null(
    server: HubSpotServer, caller: Caller
) -> None:
    deal(server)
    row = caller.search("deals", properties=["amount", "typo"]).json()["results"][0]
    assert row["properties"]["amount"] is None
    assert "typo" not in row["properties"]


def test_archived_records_are_neither_found_nor_listed(server: HubSpotServer, caller: Caller) -> None:
    gone = deal(server)
    server.portal.archive("deals", gone)
    assert caller.ids("deals") == []
    assert caller.read("deals", [gone]).status_code == 207
    told = caller.read("deals", [gone], archived=True).json()["results"][0]
    assert (told["archived"], told["archivedAt"]) == (True, "2026-04-01T12:00:00.000Z")
    server.portal.restore("deals", gone)
    assert caller.ids("deals") == [gone]


def test_hs01_search_learns_of_an_edit_minutes_later_and_shows_the_old_state_until_then(
    server: HubSpotServer, caller: Caller
) -> None:
    old = deal(server, "Old name")
    server.board.faults.arm("HS01", minutes=7)
    server.portal.update("deals", old, {"dealname": "New name"})
    new = deal(server)
    assert caller.search("deals", properties=["dealname"]).json()["results"][0]["properties"]["dealname"] == "Old name"
    assert (
        caller.read("deals", [old], properties=["dealname"]).json()["results"][0]["properties"]["dealname"]
        == "New name"
    )
    server.board.clock.advance(minutes(6.9))
    assert caller.ids("deals") == [old]
    server.board.clock.advance(minutes(0.1))
    rows = caller.search("deals", properties=["dealname"]).json()["results"]
    assert [(row["id"], row["properties"]["dealname"]) for row in rows] == [(old, "New name"), (new, "Acme")]


def test_hs01_search_forgets_a_record_for_two_minutes(server: HubSpotServer, caller: Caller) -> None:
    one, other = deal(server), deal(server)
    server.board.faults.arm("HS01", hidden=one)
    assert caller.ids("deals") == [other]
    server.board.clock.advance(minutes(2))
    assert caller.ids("deals") == [one, other]


@given(some.lists(some.tuples(some.integers(0, 5), some.integers(0, 600)), max_size=25))
def test_a_window_finds_what_was_modified_last_inside_of_it(edits: list[tuple[int, int]]) -> None:
    from tests.sandbox.hubspot.indexes import answered

    low, high = 100, 400
    last = {number: max(at for one, at in edits if one == number) for number, _ in edits}
    assert answered(edits, low, high) == sorted(number for number, at in last.items() if low <= at <= high)
