"""The YAML files of a project as they were at a revision of its git repository, in a folder of their own."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Final

from stalewatch.domain.language.composing import MOST_BYTES
from stalewatch.sdk.errors import ConfigurationError

_ENDINGS: Final = (".yaml", ".yml")
_REGULAR: Final = ("100644", "100755")
_PATIENCE: Final = 60
"""Seconds that git may take."""


class NoRevision(ConfigurationError):
    """Git cannot give us the files: there is no such revision, no repository, or no git."""


@contextmanager
def at_revision(config: Path, revision: str) -> Iterator[Path]:
    """Where the configuration lies as it was at a revision, with all YAML files of its repository beside it.

    The working tree stays as it is: files are read out of the repository, not checked out.

    Raises:
        NoRevision: see there; or the configuration was not in the repository then.
    """
    folder = config.absolute().parent
    top = Path(_git(folder, "rev-parse", "--show-toplevel").decode().strip())
    commit = _commit(folder, revision)
    inside = PurePosixPath(config.resolve().relative_to(top.resolve()).as_posix())
    names = _yaml_files(top, commit)
    if str(inside) not in names:
        raise NoRevision(f"{inside} was not there at {revision}", cure="name the configuration of then with --config")
    with TemporaryDirectory(prefix="stalewatch-") as there:
        for name, content in zip(names, _contents(top, commit, names), strict=True):
            path = Path(there, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        yield Path(there, inside)


def _commit(folder: Path, revision: str) -> str:
    """The id of the commit, so that no other command sees what was typed."""
    try:
        found = _git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    except NoRevision:
        cure = "a branch, tag or commit of this repository; in CI, fetch it first (`fetch-depth: 0`)"
        raise NoRevision(f"git knows no revision {revision!r} here", cure=cure) from None
    return found.decode().strip()


def _yaml_files(top: Path, commit: str) -> list[str]:
    """Regular files only, none of them too large to be one of ours; links lead out of the revision."""
    names = []
    for line in _git(top, "ls-tree", "-r", "-z", "--long", commit).decode("utf-8", "surrogateescape").split("\0"):
        facts, _, name = line.partition("\t")
        mode, _, _, size = facts.split() if facts else ("", "", "", "0")
        if mode in _REGULAR and name.endswith(_ENDINGS) and "\n" not in name and int(size) <= MOST_BYTES:
            names.append(name)
    return names


def _contents(top: Path, commit: str, names: Sequence[str]) -> Iterator[bytes]:
    """The content of each file, through one process however many there are."""
    asked = "".join(f"{commit}:{name}\n" for name in names).encode("utf-8", "surrogateescape")
    answer = _git(top, "cat-file", "--batch", given=asked)
    at = 0
    for _ in names:
        head = answer.index(b"\n", at)
        size = int(answer[at:head].split()[-1])
        yield answer[head + 1 : head + 1 + size]
        at = head + size + 2


def _git(folder: Path, *words: str, given: bytes = b"") -> bytes:
    try:
        done = subprocess.run(  # noqa: S603 - words of ours and the id of a commit
            ["git", *words],  # noqa: S607 - the git that the user would call
            cwd=folder, input=given, capture_output=True, timeout=_PATIENCE, check=False,
        )  # fmt: skip
    except FileNotFoundError as error:
        raise NoRevision("git is not installed", cure="name two files or folders instead of --git") from error
    except subprocess.TimeoutExpired as error:
        raise NoRevision(f"git took longer than {_PATIENCE} seconds", where=str(folder)) from error
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise NoRevision(f"git: {said[-1] if said else 'failed'}", where=str(folder))
    return done.stdout
