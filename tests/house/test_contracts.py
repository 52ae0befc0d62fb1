"""The import contracts of pyproject.toml are kept, and each of them notices a breach."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.house.tree import ROOT

BREACHES = {
    "floors": ("stalewatch/store/breach.py", "import stalewatch.services"),
    "doors": ("stalewatch/cli/breach.py", "import stalewatch.store"),
    "sql": ("stalewatch/services/breach.py", "import sqlalchemy"),
    "tables": ("stalewatch/services/breach.py", "import stalewatch.store.tables"),
    "pure": ("stalewatch/domain/breach.py", "import time"),
    "sdk": ("stalewatch/sdk/breach.py", "import httpx"),
    "slack": ("stalewatch/delivery/breach.py", "import slack_sdk"),
    "web": ("stalewatch/services/breach.py", "import fastapi"),
    "engine": ("stalewatch/services/breach.py", "import apscheduler"),
    "sandbox": ("stalewatch_sandbox/breach.py", "import stalewatch.domain"),
    "demo": ("stalewatch/services/breach.py", "import stalewatch_sandbox"),
}


def contracts() -> dict[str, str]:
    """Id -> sentence."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return {each["id"]: each["name"] for each in settings["tool"]["importlinter"]["contracts"]}


def lint(root: Path) -> str:
    """What lint-imports says of a tree, on one line."""
    program = Path(sys.executable).with_name("lint-imports")
    said = subprocess.run(
        [program, "--no-logo", "--no-cache"],
        cwd=root,
        env={"PYTHONPATH": str(root / "src"), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    return re.sub(r"\s+", " ", said.stdout + said.stderr)


def test_every_contract_is_kept() -> None:
    said = lint(ROOT)
    assert f"Contracts: {len(contracts())} kept, 0 broken." in said, said


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The verdict on a copy of the tree in which every contract is broken once, and a stray module stands."""
    copy = tmp_path_factory.mktemp("broken")
    shutil.copy(ROOT / "pyproject.toml", copy)
    shutil.copytree(ROOT / "src", copy / "src", ignore=shutil.ignore_patterns("__pycache__"))
    for path, line in BREACHES.values():
        with (copy / "src" / path).open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")
    (copy / "src" / "stalewatch" / "helpers.py").touch()
    return lint(copy)


@pytest.mark.parametrize("contract", contracts())
def test_a_contract_notices_its_breach(broken: str, contract: str) -> None:
    assert f"{contracts()[contract]} BROKEN" in broken, broken


def test_a_module_on_no_floor_is_noticed(broken: str) -> None:
    assert "- stalewatch.helpers" in broken
