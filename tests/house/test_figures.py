"""Nothing in the house is far too long, and errors are caught by name."""

from __future__ import annotations

from tests.house.figures import BROAD_LIMIT, measure


def test_nothing_is_too_long_to_read_and_few_places_catch_everything() -> None:
    figures = measure()
    assert figures.too_long() == []
    assert len(figures.broad) <= BROAD_LIMIT, figures.broad
