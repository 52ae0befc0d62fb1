"""Finding the files of a project and reading them as text; what cannot be read is a finding, not a crash."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from stalewatch.domain.language.composing import MOST_BYTES
from stalewatch.domain.language.diagnostics import Findings
from stalewatch.domain.language.nodes import Source

TESTS: Final = (".test.yaml", ".test.yml")
_ENDINGS: Final = (".yaml", ".yml")
_CATALOGUE: Final = re.compile(rb"^fields:", re.MULTILINE)


def rule_files(paths: Sequence[Path]) -> list[Path]:
    """The files named, and of the folders named their YAML files by name, without tests; each once."""
    found: dict[Path, Path] = {}
    for path in paths:
        files = _inside(path, tests=False) if path.is_dir() else [path]
        for file in files:
            found.setdefault(file.resolve(), file)
    return list(found.values())


def trial_files(paths: Sequence[Path]) -> list[Path]:
    """The files named, and of the folders named the tests in them and in their `tests/`; each once."""
    found: dict[Path, Path] = {}
    for path in paths:
        files = [*_inside(path, tests=True), *_inside(path / "tests", tests=True)] if path.is_dir() else [path]
        for file in files:
            found.setdefault(file.resolve(), file)
    return list(found.values())


def is_catalogue(path: Path) -> bool:
    """True for a file of fields, which may lie among rules: it has `fields:` where rules have `rules:`."""
    try:
        with path.open("rb") as stream:
            return is_catalogue_text(stream.read(MOST_BYTES))
    except OSError:
        return False


def is_catalogue_text(text: bytes) -> bool:
    """True for the text of a file of fields."""
    return bool(_CATALOGUE.search(text))


def read_source(path: Path, findings: Findings) -> Source | None:
    """A file as text; None, and a finding, if it cannot be read or is no UTF-8."""
    name = shown(path)
    try:
        with path.open("rb") as stream:
            text = stream.read(MOST_BYTES + 4)
        # A character cut in two at the end belongs to a file that is refused for its size anyway.
        return Source(name, text.decode("utf-8", "ignore" if len(text) > MOST_BYTES else "strict"))
    except OSError as error:
        findings.report("unread_file", Source(name, "").whole, what=error.strerror or type(error).__name__)
    except UnicodeDecodeError as error:
        findings.report("unread_file", Source(name, "").whole, what=f"not UTF-8 (byte {error.start})")
    return None


def shown(path: Path) -> str:
    """The path as people would type it: from the working directory if it is below it."""
    try:
        return str(path.relative_to(Path.cwd())) if path.is_absolute() else str(path)
    except ValueError:
        return str(path)


def _inside(folder: Path, *, tests: bool) -> list[Path]:
    if not folder.is_dir():
        return []
    files = (path for path in sorted(folder.iterdir()) if path.name.endswith(_ENDINGS) and path.name[0] != ".")
    return [path for path in files if path.name.endswith(TESTS) is tests]
