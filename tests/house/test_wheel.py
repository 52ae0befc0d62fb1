"""The wheel is the whole program: installed alone, away from the checkout, it finds its rules and its migrations."""

from __future__ import annotations

import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.house.tree import ROOT
from tests.house.wheels import build, install

SHIPPED = {"rules": "stalewatch/_shipped/rules", "alembic": "stalewatch/_shipped/alembic"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(ROOT, tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment with the wheel in it."""
    return install(wheel, tmp_path_factory.mktemp("installed") / "venv")


def ask(python: Path, question: str, cwd: Path) -> str:
    said = subprocess.run([python, "-c", question], cwd=cwd, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    return said.stdout.strip()


def tracked(folder: str) -> set[str]:
    """Files that are, or are about to be, under version control."""
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard", folder]
    listed = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True)
    return set(listed.stdout.split())


@pytest.mark.parametrize(
    ("folder", "inside"), [*SHIPPED.items(), ("src/", ""), ("connectors/", "")], ids=lambda name: name or "top"
)
def test_every_file_of_the_tree_is_in_the_wheel(wheel: Path, folder: str, inside: str) -> None:
    shipped = set(zipfile.ZipFile(wheel).namelist())
    expected = {f"{inside}/{name.removeprefix(folder).lstrip('/')}".lstrip("/") for name in tracked(folder)}
    assert expected
    assert expected - shipped == set()


def test_the_wheel_puts_only_packages_and_its_own_notes_at_the_top(wheel: Path) -> None:
    top = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    connectors = {folder.name for folder in (ROOT / "connectors").iterdir() if folder.is_dir()}
    notes = {name for name in top if name.endswith(".dist-info")}
    assert top - notes == {"stalewatch", "stalewatch_sandbox"} | connectors
    assert any(name.endswith("licenses/LICENSE") for name in zipfile.ZipFile(wheel).namelist())


@pytest.mark.parametrize(("name", "sample"), [("rules", "default.yaml"), ("migrations", "env.py")])
def test_an_installed_wheel_finds_what_it_ships(python: Path, tmp_path: Path, name: str, sample: str) -> None:
    found = Path(ask(python, f"from stalewatch import shipped; print(shipped.{name}())", tmp_path))
    assert found.is_relative_to(python.parents[1])
    assert (found / sample).is_file()


def test_an_installed_wheel_offers_its_connectors(python: Path, tmp_path: Path) -> None:
    said = ask(python, "from stalewatch import plugins; print(plugins.connector('csv').__module__)", tmp_path)
    assert said.startswith("stalewatch_csv")


def test_the_console_script_runs_from_an_empty_folder(python: Path, tmp_path: Path) -> None:
    said = subprocess.run(
        [python.with_name("stalewatch"), "--version"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert said.stdout.startswith("stalewatch ")
