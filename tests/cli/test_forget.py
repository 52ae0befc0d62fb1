"""`stalewatch forget`: shown, asked, erased, and what is not in its hands is told."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest

from stalewatch.store.engine import Database
from tests.cli.company import Company
from tests.cli.conftest import Call


@pytest.fixture
def company(here: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> Company:
    """An export that knows its owners by their addresses; nobody sits at the terminal."""
    monkeypatch.setattr("sys.stdin", StringIO(""))
    company = Company(here, call)
    company.has("acme", owner="sato@acme.example")
    company.has("globex", owner="mori@acme.example")
    assert company.does("run", "--once").status == 0
    return company


def found(here: Path) -> bool:
    database = Database(f"sqlite:///{here}/stalewatch.db")
    database.dispose()
    return b"sato@acme.example" in (here / "stalewatch.db").read_bytes()


@pytest.mark.security
def test_s31_it_asks_and_without_an_answer_nothing_happens(company: Company, here: Path) -> None:
    said = company.does("forget", "--email", "sato@acme.example")
    assert said.status == 1
    assert "sato@acme.example" in said.err
    assert "deals" in said.out
    assert found(here)


@pytest.mark.security
def test_s31_it_erases_and_says_what_is_left_to_do(company: Company, here: Path) -> None:
    said = company.does("forget", "--email", "Sato@acme.example", "--also", "Sato", "--yes", "--json")
    assert said.status == 0
    told = json.loads(said.out)
    assert told["pseudonym"].startswith("erased-")
    assert told["rows"]["deals"] >= 1
    assert not found(here)
    again = company.does("forget", "--email", "sato@acme.example", "--yes", "--lang", "ja")
    assert again.status == 0
    assert "バックアップ" in again.out
    assert company.does("run", "--once", now="2026-03-17T18:00:00Z").status == 0
    assert not found(here)
    whole = json.loads(company.does("audit", "ls", "--json").out)
    assert "person.forget" in {one["action"] for one in whole}
    first = json.loads(company.does("audit", "ls", "--json", "--limit", "1").out)
    rest = json.loads(company.does("audit", "ls", "--json", "--below", str(first[-1]["id"])).out)
    assert first + rest == whole, "page after page it is the same log"


def test_what_is_no_address_is_not_understood(company: Company) -> None:
    said = company.does("forget", "--email", "sato", "--yes")
    assert (said.status, "no e-mail address" in said.err) == (2, True)
