"""A command line to call: what it printed, what it complained of, and its exit status."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from stalewatch.cli.main import run


@dataclass(frozen=True)
class Said:
    """What came of one call."""

    status: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


Call = Callable[..., Said]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    """Calls `stalewatch` with these words."""

    def calling(*words: str | Path) -> Said:
        capsys.readouterr()
        status = run([str(word) for word in words])
        said = capsys.readouterr()
        return Said(status, said.out, said.err)

    return calling


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("STALEWATCH_DATABASE_URL", raising=False)
    return tmp_path
