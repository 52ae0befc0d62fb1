"""`make coverage` judges each area by its own branches, and a bar is not rounded up to."""

from __future__ import annotations

from typing import Any

from tests.house.covered import BARS, Files, areas, missing


def _file(*, branches: int, taken: int) -> dict[str, Any]:
    counts = {"num_branches": branches, "covered_branches": taken, "num_statements": 100, "covered_lines": 100}
    return {"summary": counts, "missing_branches": [[7, -1]] * (branches - taken)}


def _house(**taken: int) -> Files:
    """A file of 10,000 branches in each area, and one as large elsewhere."""
    return {
        f"src/stalewatch/{area}/all.py": _file(branches=10_000, taken=taken.get(area, 10_000))
        for area in ("domain", "store", "delivery", "web")
    }


def test_an_area_is_judged_by_its_own_branches() -> None:
    under = [area.folder for area in areas(_house(store=9_499)) if not area.holds()]
    assert under == ["src/stalewatch/store/"]


def test_a_bar_is_reached_and_not_rounded_up_to() -> None:
    assert all(area.holds() for area in areas(_house(domain=9_500, store=9_500, delivery=9_500)))
    assert [area.folder for area in areas(_house(domain=9_499)) if not area.holds()] == ["src/stalewatch/domain/"]


def test_everything_has_a_bar_of_its_own() -> None:
    assert [area.folder for area in areas(_house(web=5_999)) if not area.holds()] == [""]


def test_an_area_that_nobody_measured_is_under_its_bar() -> None:
    assert not any(area.holds() for area in areas({}))
    assert len(areas({})) == len(BARS)


def test_what_nobody_took_is_named_by_file_and_line() -> None:
    files = _house(delivery=9_999)
    assert list(missing(files)) == ["src/stalewatch/delivery/all.py: 7->exit"]
