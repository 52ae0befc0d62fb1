"""Every dependency is locked by hash, the lock covers pyproject.toml, and it names no host."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import distribution, distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.tree import ROOT

REQUIREMENTS = ROOT / "requirements"
LOCKS = sorted(REQUIREMENTS.glob("*.txt"))
ELSEWHERE = re.compile(r"https?://|file:|git\+|^\s*-(?!-hash=sha256:[0-9a-f]{64}( \\)?$)|^\s*\S+ @ ", re.MULTILINE)
OURS = "stalewatch"


def pins(path: Path) -> dict[str, list[Requirement]]:
    """Name -> its pins; a name has several where Python versions need different ones."""
    found: dict[str, list[Requirement]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith((" ", "#")):
            requirement = Requirement(line.removesuffix("\\"))
            found.setdefault(canonicalize_name(requirement.name), []).append(requirement)
    return found


def here(path: Path) -> dict[str, str]:
    """Name -> version that a lock installs on this machine."""
    return {
        name: str(pin.specifier).removeprefix("==")
        for name, each in pins(path).items()
        for pin in each
        if pin.marker is None or pin.marker.evaluate()
    }


def asked_for() -> dict[str, list[Requirement]]:
    """Lock file -> what pyproject.toml asks of it."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    run = settings["project"]["dependencies"]
    groups = settings["dependency-groups"]
    wanted = {"run.txt": run, "dev.txt": run + groups["dev"], "lock.txt": groups["lock"], "build.txt": groups["build"]}
    return {name: [Requirement(each) for each in lines] for name, lines in wanted.items()}


@pytest.mark.security
@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_s32_a_lock_names_no_host_and_no_option_but_hashes(lock: Path) -> None:
    assert ELSEWHERE.findall(lock.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "line", ["--index-url x", "--find-links wheels", "-e .", "a @ file:///a", "a @ https://h/a", "    --hash=md5:0"]
)
def test_the_search_sees_every_way_to_name_one(line: str) -> None:
    assert ELSEWHERE.search(f"click==8.2\n{line}\n")


@pytest.mark.security
@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_s32_every_pin_is_exact_and_has_hashes(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    for name, each in pins(lock).items():
        assert all(re.fullmatch(r"==[\w.!+]+", str(pin.specifier)) for pin in each), name
    blocks = re.split(r"^(?=\S)", text, flags=re.MULTILINE)[1:]
    assert all("--hash=sha256:" in block for block in blocks)


@pytest.mark.security
@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_s32_the_lock_covers_what_pyproject_asks_for(lock: Path) -> None:
    locked = here(lock)
    missed = [
        str(wanted)
        for wanted in asked_for()[lock.name]
        if not wanted.specifier.contains(locked.get(canonicalize_name(wanted.name), "0"), prereleases=True)
    ]
    assert missed == [], "run `make lock`"


def test_the_program_runs_on_the_versions_it_is_developed_on() -> None:
    run, dev = here(REQUIREMENTS / "run.txt"), here(REQUIREMENTS / "dev.txt")
    assert run.items() <= dev.items()


def test_the_lock_is_closed() -> None:
    """Whatever a locked package needs is locked too, so `--require-hashes` never meets a stranger."""
    locked = here(REQUIREMENTS / "run.txt")
    for name in locked:
        needs = (Requirement(line) for line in distribution(name).requires or ())
        plain = [each for each in needs if each.marker is None or each.marker.evaluate({"extra": ""})]
        assert {canonicalize_name(each.name) for each in plain} <= locked.keys(), name


def test_this_environment_is_the_locked_one() -> None:
    """Tests that pass on other versions than the locked ones prove nothing."""
    locked = here(REQUIREMENTS / "dev.txt")
    installed: dict[str, str] = {canonicalize_name(each.metadata["Name"]): each.version for each in distributions()}
    strangers = installed.keys() - locked.keys() - {OURS, "pip", "setuptools"}
    assert {name: installed.get(name) for name in locked} == locked, "run `make` to bring .venv up to date"
    assert strangers == set(), "these are installed and not locked; delete .venv and run make again"
