"""The source tree as the house tests read it: files, and what they import."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
CORE: Final = ROOT / "src" / "stalewatch"
CONNECTORS: Final = ROOT / "connectors"


def sources(*folders: Path, saying: Collection[str] = ("",)) -> Iterator[tuple[Path, ast.Module]]:
    """Every Python file below the folders in whose text one of these words stands, parsed."""
    for folder in folders:
        for path in sorted(folder.rglob("*.py")):
            text = path.read_text(encoding="utf-8")
            if any(word in text for word in saying):
                yield path, ast.parse(text, filename=str(path))


def imports(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and dotted name of every absolute import, wherever it stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.lineno, node.module or ""


def place(path: Path, line: int) -> str:
    """`src/stalewatch/x.py:12`, as an editor opens it."""
    return f"{path.relative_to(ROOT)}:{line}"
