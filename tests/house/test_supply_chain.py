"""Only what is locked by hash is ever installed."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.tree import ROOT
from tests.house.wheels import build

FLAGS = ("--require-hashes", "--only-binary :all:")


def recipe(target: str) -> str:
    """What make would run, nothing being there yet."""
    said = subprocess.run(
        ["make", "--dry-run", "--always-make", target, f"PYTHON={sys.executable}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return said.stdout


@pytest.mark.security
@pytest.mark.parametrize("target", ["demo", "test", "check", "bench", "lock"])
def test_s32_make_installs_from_hashes_and_wheels_alone(target: str) -> None:
    """The one exception is the checkout itself, which brings no dependency and builds with what is locked."""
    installs = re.findall(r"pip install .*", recipe(target))
    assert installs
    for line in installs:
        ours = line.endswith("--editable .") and "--no-deps --no-build-isolation" in line
        assert ours or all(flag in line for flag in FLAGS), line


@pytest.mark.security
def test_s32_a_package_whose_hash_is_not_the_locked_one_is_refused(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "tests" / "connectors" / "third_party", tmp_path / "source")
    wheel = build(tmp_path / "source", tmp_path)
    (tmp_path / "lock.txt").write_text(f"acme-crm-connector==1.0 --hash=sha256:{'0' * 64}\n")
    said = subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "--dry-run", "--no-index", f"--find-links={wheel.parent}"),
            *("--require-hashes", "--only-binary", ":all:", "-r", "lock.txt"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode != 0
    assert "DO NOT MATCH THE HASHES" in said.stderr
