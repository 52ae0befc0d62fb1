"""What `make mutants` changes, what it leaves alone, and between which bounds it says that a score lies."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mutation.__main__ import wilson
from tests.mutation.areas import AREAS, ROOT
from tests.mutation.changes import changes

CODE = '''
LIMIT = 3

class Shelf:
    def full(self, books: int) -> bool:
        """Whether there is no room."""
        return books > 40

def lend(name: str) -> str:
    if name == "nobody":
        raise ValueError("nobody borrows a book")
    return name
'''


def test_each_area_has_modules_and_tests_that_are_there() -> None:
    for area in AREAS.values():
        assert area.files()
        assert all((ROOT / test).exists() for test in area.tests)


def test_what_is_changed_is_named_as_mutmut_names_it_and_no_sentence_is_reworded() -> None:
    found = {change.name: change for change in changes(Path("src/house/shelf.py"), CODE)}
    assert [(change.place, change.before, change.after) for change in found.values()] == [
        ("shelf.py:Shelf.full", "> 40", ">= 40"),
        ("shelf.py:Shelf.full", "40", "41"),
        ("shelf.py:lend", '== "nobody"', '!= "nobody"'),
        ("shelf.py:lend", '"nobody"', '"XXnobodyXX"'),
        ("shelf.py:lend", '"nobody"', '"NOBODY"'),
        ("shelf.py:lend", 'ValueError("nobody borrows a book")', "ValueError(None)"),
    ]
    first = found["house.shelf.xǁShelfǁfull__mutmut_1"]
    assert str(first) == "shelf.py:Shelf.full 1: > 40  ->  >= 40"
    long = first._replace(before=f"call({'a, ' * 99}b{', c' * 99})", after=f"call({'a, ' * 99}None{', c' * 99})")
    assert "a, b, c" in str(long)
    assert len(str(long)) < 250


def test_the_interval_of_a_share_is_wilsons() -> None:
    assert wilson(50, 100) == pytest.approx((40.4, 59.6), abs=0.05)
    assert wilson(150, 150) == pytest.approx((97.5, 100.0), abs=0.05)
