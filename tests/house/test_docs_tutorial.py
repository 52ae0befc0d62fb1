"""The tutorial of docs/rules.md, followed word by word; what it says of the deals is what is true of the company."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from stalewatch_sandbox.pipeline import Size, generate
from stalewatch_sandbox.project import DEMO_AT
from tests.house.pages import Block, doc
from tests.house.transcript import Reader, shows
from tests.sandbox.silence import silent_in_negotiation

PORTS = ("8101", "8102", "8103")
FROM_HERE_ON_SLOW = "Save it"
TUTORIAL = doc("rules.md").section("Twenty minutes")


@pytest.fixture
def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reader]:
    monkeypatch.delenv("STALEWATCH_DATABASE_URL", raising=False)
    someone = Reader(tmp_path, dict(zip(PORTS, free_ports(len(PORTS)), strict=True)))
    yield someone
    someone.leaves()


def free_ports(count: int) -> list[str]:
    taken = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    numbers = [str(one.getsockname()[1]) for one in taken]
    for one in taken:
        one.close()
    return numbers


def blocks(until: str = "") -> list[Block]:
    """What there is to do, up to a heading of the tutorial."""
    steps = TUTORIAL.blocks
    if until:
        [later] = [one for one in doc("rules.md").sections if one.title == until]
        steps = tuple(one for one in steps if int(one.place.rpartition(":")[2]) < later.line)
    return list(steps)


def test_its_first_half_is_what_the_program_does(reader: Reader) -> None:
    for block in blocks(until=FROM_HERE_ON_SLOW):
        reader.does(block)
    assert reader.status == 0, reader.printed


@pytest.mark.slow
def test_all_of_it_is_what_the_program_does(reader: Reader) -> None:
    for block in blocks():
        reader.does(block)
    assert reader.status == 0, reader.printed


def test_the_deals_that_it_names_are_those_of_the_company() -> None:
    world = generate(1, Size(open=30, closed=7, later=15, leads=7, silent=8), DEMO_AT, "en")
    late = silent_in_negotiation(world, DEMO_AT, 4).keys() - silent_in_negotiation(world, DEMO_AT, 5).keys()
    evening = silent_in_negotiation(world, DEMO_AT.replace(hour=18, minute=5), 4).keys()
    previewed, compared, shown = (
        shown_under(title) for title in ("Ask what it would do", "Show it to others", "Let the day pass")
    )
    assert {name for name in evening if name in previewed} == late
    assert {name for name in evening if name in compared} == late
    assert {name for name in evening if name in shown} == evening - silent_in_negotiation(world, DEMO_AT, 4).keys()


def shown_under(title: str) -> str:
    """What the program printed in a part of the tutorial."""
    return "".join(one.text for one in doc("rules.md").section(title).blocks if one.language == "text")


@pytest.mark.parametrize(
    ("printed", "shown", "holds"),
    [
        ("a\nb\nc\n", "a\nb\n", True),
        ("a\nb\nc\n", "a\nc\n", False),
        ("a\nb\nc\n", "a\n...\nc\n", True),
        ("a\nb\nc\n", "c\n...\na\n", False),
        ("a\n", "a\nb\n", False),
    ],
)
def test_what_is_shown_must_be_printed_in_its_order(printed: str, shown: str, holds: bool) -> None:
    assert shows(printed, shown) is holds
