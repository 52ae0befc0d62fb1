"""Wheels, built and installed without a network: the backend and the dependencies are those of this environment."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import venv
from pathlib import Path


def build(source: Path, into: Path) -> Path:
    """Build a wheel with the backend that is installed here."""
    _run("-m", "build", "--wheel", "--no-isolation", "--outdir", str(into), str(source))
    [wheel] = into.glob("*.whl")
    return wheel


def install(wheel: Path, into: Path) -> Path:
    """Make an environment that holds the wheel and, behind it, the dependencies of this one; return its python.

    This environment's own stalewatch stays out of it: an editable install is a .pth file, and those are read only
    where packages are installed.
    """
    venv.create(into, with_pip=False)
    [packages] = into.glob("lib/python*/site-packages")
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    python = into / "bin" / "python"
    _run("-m", "pip", "--python", str(python), "install", "--no-deps", "--no-index", "--ignore-installed", str(wheel))
    return python


def _run(*arguments: str) -> None:
    said = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout + said.stderr
