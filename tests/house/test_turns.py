"""A game day fits its hour because the longest of its tests begin first, and tells seconds because some run alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from threading import Thread
from typing import Any, cast

import pytest

from tests.patience import PATIENCE
from tests.turns import pytest_collection_modifyitems, taken


class Item:
    """A test with its marks."""

    def __init__(self, name: str, *marks: pytest.MarkDecorator) -> None:
        self.name = name
        self._marks = {mark.name: mark.mark for mark in marks}

    def get_closest_marker(self, name: str) -> pytest.Mark | None:
        return self._marks.get(name)


def ordered(*items: Item) -> Sequence[str]:
    given: Any = list(items)
    pytest_collection_modifyitems(given)
    return [cast("Item", one).name for one in given]


def test_the_longest_begin_first_and_who_wants_to_be_alone_comes_last() -> None:
    slow = pytest.mark.slow
    items = (
        Item("seconds", slow, pytest.mark.alone), Item("daily"), Item("five", slow(minutes=5)), Item("long", slow),
        Item("ten", slow(minutes=10)),
    )  # fmt: skip
    assert ordered(*items) == ["ten", "five", "daily", "long", "seconds"]


def test_who_wants_to_be_alone_waits_for_all_others(tmp_path: Path) -> None:
    heard: list[str] = []

    def waits() -> None:
        with taken(tmp_path / "turn", alone=True):
            heard.append("alone")

    with taken(tmp_path / "turn", alone=False), taken(tmp_path / "turn", alone=False):
        waiting = Thread(target=waits)
        waiting.start()
        waiting.join(0.2)
        heard.append("others")
    waiting.join(PATIENCE)
    assert heard == ["others", "alone"]
