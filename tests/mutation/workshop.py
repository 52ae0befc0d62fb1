"""A copy of the house in which mutmut works, so that nothing of it lies about in the tree."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from tests import databases
from tests.mutation import drawn
from tests.mutation.areas import ROOT, Area
from tests.mutation.changes import Change, changes

_NEEDED: Final = ("src", "tests", "connectors", "rules", "alembic", "docs")
_CACHE: Final = re.compile(r"^@cache\n", re.MULTILINE)


def build(area: Area, folder: Path) -> list[Change]:
    """Copy what the tests need into a folder and write mutmut's settings there; return the changes to choose from."""
    for name in _NEEDED:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    found: list[Change] = []
    for file in area.files():
        code = (ROOT / file).read_text(encoding="utf-8")
        if area.uncached:
            code = _CACHE.sub("", code)
            (folder / file).write_text(code, encoding="utf-8")
        found.extend(changes(file, code))
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (folder / "pyproject.toml").write_text(project + _settings(area), encoding="utf-8")
    databases._migrate(f"sqlite:///{folder / 'template.db'}")
    return found


def _settings(area: Area) -> str:
    """What mutmut is to do, for the end of pyproject.toml: JSON's texts and lists are TOML's."""
    chosen = " and ".join(f"not ({word})" for word in ("postgresql", *area.without))
    settings: dict[str, object] = {
        "source_paths": ["src"],
        "only_mutate": [str(file) for file in area.files()],
        "also_copy": list(_NEEDED[2:]),
        "pytest_add_cli_args": ["-p", "tests.mutation.quick", "-p", "no:cacheprovider", "-m", "not slow", "-k", chosen],
        "pytest_add_cli_args_test_selection": [test for test in area.tests if (ROOT / test).exists()],
        "process_isolation": "forkserver",  # each change begins with nothing that an earlier test has left
        "track_dependencies": False,
        "use_git_change_detection": False,
    }
    lines = (f"{name} = {json.dumps(value)}" for name, value in settings.items())
    return "\n".join(["\n[tool.mutmut]", *lines, ""])


def judge(folder: Path, chosen: Sequence[Change], children: int) -> dict[str, int | None]:
    """Make each change and run the tests that come past it; by name mutmut's exit code (0: nobody noticed).

    Raises:
        CalledProcessError: the tests fail without any change.
    """
    (folder / "tmp").mkdir()
    place = {"TMPDIR": str(folder / "tmp"), "STALEWATCH_MUTATION": str(folder)}
    mutmut = [sys.executable, str(Path(drawn.__file__)), "run", f"--max-children={children}"]
    subprocess.run([*mutmut, *(change.name for change in chosen)], cwd=folder, env=os.environ | place, check=True)
    codes = dict(_codes((folder / "mutants").rglob("*.py.meta")))
    return {change.name: codes[change.name] for change in chosen}


def _codes(files: Iterable[Path]) -> Iterable[tuple[str, int | None]]:
    for file in files:
        found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        yield from found["exit_code_by_key"].items()
