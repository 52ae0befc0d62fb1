"""The demo's project: it opens, its rules can be judged, and its files follow the clock."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from stalewatch import wiring
from stalewatch_sandbox.project import BEFORE, DEMO_AT, EXPORTS, Told, advance, world_of, write_demo_project
from tests.sandbox.worlds import SMALL


@pytest.mark.parametrize("language", ["en", "ja", "owner"])
def test_the_project_has_no_fault(tmp_path: Path, language: Told) -> None:
    project = write_demo_project(tmp_path, language=language, size=SMALL)
    examined = wiring.examine(project.config, DEMO_AT, {})
    assert examined.checked.diagnostics == ()
    assert examined.rulebook is not None
    assert {mode.value for mode in examined.rulebook.modes.values()} == {"live"}
    assert len(examined.rulebook.by_id) > 15


def test_the_files_begin_a_month_before(tmp_path: Path) -> None:
    project = write_demo_project(tmp_path, size=SMALL)
    assert project.began_at == DEMO_AT - BEFORE
    assert project.config == tmp_path / "stalewatch.yaml"
    newest = max(line.split(",")[2] for line in _lines(tmp_path, "stages.csv"))
    assert newest <= project.began_at.isoformat()


def test_advance_moves_the_files_to_another_moment(tmp_path: Path) -> None:
    project = write_demo_project(tmp_path, size=SMALL)
    before = _lines(tmp_path, "deals.csv")
    advance(tmp_path, project.moment)
    now = _lines(tmp_path, "deals.csv")
    assert len(now) > len(before)
    assert sum(",open," in line for line in now) == SMALL.open
    advance(tmp_path, project.began_at)
    assert _lines(tmp_path, "deals.csv") == before


def test_the_world_behind_the_files_can_be_asked(tmp_path: Path) -> None:
    project = write_demo_project(tmp_path, seed=4, size=SMALL)
    world = world_of(tmp_path)
    assert (world.seed, world.moment, world.home) == (4, project.moment, "en")
    assert len(world.truth_at(DEMO_AT)) == SMALL.open + SMALL.closed


def test_a_folder_without_a_demo_is_said_to_be_none(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        advance(tmp_path, DEMO_AT)


def test_the_demo_is_news_of_a_business_morning() -> None:
    assert (DEMO_AT.weekday(), DEMO_AT.hour, DEMO_AT.utcoffset()) == (2, 9, timedelta(hours=9))


def _lines(folder: Path, name: str) -> list[str]:
    return (folder / EXPORTS / name).read_text("utf-8").splitlines()[1:]
