"""Nothing in the house is far too long, and errors are caught by name."""

from __future__ import annotations

from tests.house.figures import BROAD_LIMIT, measure


def test_nothing_is_too_long_to_read() -> None:
    assert measure().too_long() == []


def test_few_places_catch_everything() -> None:
    broad = measure().broad
    assert len(broad) <= BROAD_LIMIT, broad
