"""Every case of the catalogue that the connectors have to survive has a test that bears its id."""

from __future__ import annotations

import ast
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from stalewatch_sandbox.hubspot.server import HubSpotServer
from stalewatch_sandbox.salesforce.sandbox import SalesforceSandbox
from stalewatch_sandbox.serving.clock import Clock

NOON: Final = datetime(2026, 4, 1, 12, tzinfo=UTC)
TESTS: Final = Path(__file__).resolve().parents[1]
SALESFORCE: Final = (
    "SF01", "SF02", "SF04", "SF05", "SF06", "SF08", "SF10", "SF11", "SF12", "SF14", "SF15", "SF16",
    "SF17", "SF20", "SF21", "SF22", "SF23", "SF24", "SF25", "SF26", "SF28", "SF29", "SF30", "SF32",
    "SF33", "SF34", "SF35", "SF37", "SF38", "SF39", "SF40", "SF41", "SF43", "SF45", "SF46", "SF48",
    "SF49", "SF51", "SF52", "SF53", "SF54", "SF55", "SF57", "SF58",
)  # fmt: skip
HUBSPOT: Final = (
    "HS01", "HS02", "HS03", "HS05", "HS07", "HS09", "HS10", "HS12", "HS13", "HS14", "HS15", "HS16",
    "HS18", "HS22", "HS23", "HS24", "HS25", "HS26", "HS28", "HS29", "HS30", "HS32", "HS34", "HS35",
    "HS37", "HS39", "HS40", "HS41",
)  # fmt: skip
BOTH: Final = ("X02", "X03", "X04", "X05", "X06")
"""These happen with either CRM, and are tested with each."""

WANTED: Final = (
    *(("salesforce", one) for one in (*SALESFORCE, *BOTH)),
    *(("hubspot", one) for one in (*HUBSPOT, *BOTH)),
)  # fmt: skip


def cases_of(path: Path) -> list[tuple[str, ast.FunctionDef]]:
    """The tests of a file by the ids in their names: `test_sf04_hs30_...` has two."""
    functions = [node for node in ast.parse(path.read_text("utf-8")).body if isinstance(node, ast.FunctionDef)]
    return [
        (word.upper(), one)
        for one in functions
        if one.name.startswith("test_")
        for word in one.name.split("_")[1:]
        if word[:1].isalpha() and word[-2:].isdigit()
    ]


def with_each(test: ast.FunctionDef) -> bool:
    """Whether a test goes through both CRMs."""
    return any(isinstance(mark, ast.Name) and mark.id == "each_crm" for mark in test.decorator_list)


@pytest.fixture(scope="module")
def there() -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for crm in ("salesforce", "hubspot"):
        for path in (TESTS / "connectors" / crm).glob("test_*.py"):
            found |= {(crm, case) for case, _ in cases_of(path)}
    for path in (TESTS / "acceptance").glob("test_two_crms*.py"):
        for case, test in cases_of(path):
            found |= {("salesforce", case), ("hubspot", case)} if with_each(test) else set()
    return found


@pytest.mark.parametrize(("crm", "case"), WANTED, ids=lambda word: word)
def test_a_case_has_a_test_that_bears_its_id(there: set[tuple[str, str]], crm: str, case: str) -> None:
    assert (crm, case) in there


def test_every_case_can_be_armed_in_its_sandbox() -> None:
    """A bad month then lives through it, on each database: tests/acceptance/test_two_crms_bad_month.py."""
    salesforce, hubspot = SalesforceSandbox(NOON), HubSpotServer(Clock(NOON))
    try:
        assert {*SALESFORCE, *BOTH} <= set(salesforce.faults.cases)
        assert {*HUBSPOT, *BOTH} <= set(hubspot.board.faults.cases)
    finally:
        salesforce.stop()
        hubspot.stop()


def test_the_list_is_whole() -> None:
    assert len({*SALESFORCE, *HUBSPOT, *BOTH}) == 77
    assert len(WANTED) == len(set(WANTED)) == 44 + 28 + 2 * 5
