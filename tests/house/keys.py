"""The keys that files of ours may hold, read off the code that reads them: no list here can fall behind."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Final

from tests.house.tree import CORE, sources

_LISTS: Final = {"only", "need"}
_READERS: Final = (
    {"text", "names", "scalars", "word", "whole", "flag", "is_off", "duration", "share", "address", "inner"}
    | {"rows", "get", "only", "need", "lists", "zone"}
)  # fmt: skip
"""Methods of a section of stalewatch.yaml whose first argument is a key; `only` and `need` take several."""


def of_settings() -> set[str]:
    """Every key of stalewatch.yaml that settings/ reads."""
    return {key for path, tree in sources(CORE / "settings") for key in _read_in(path, tree)}


def of_connector(folder: Path) -> set[str]:
    """Every option of a connector: constants whose names end in KEYS, and what its sections say they `only` have."""
    found: set[str] = set()
    for _, tree in sources(folder):
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.AnnAssign)
                and isinstance(node.target, ast.Name)
                and node.target.id.endswith("KEYS")
            ):
                found |= set(_texts(node))
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "only":
                found |= {word for arg in node.args for word in _texts(arg)}
    return found


def of_rules() -> set[str]:
    """Every key that rule files, test files and catalogues may hold: the second argument of each `check_keys`."""
    found: set[str] = set()
    for path, tree in sources(CORE / "domain" / "language"):
        for call in _calls(tree):
            if isinstance(call.func, ast.Name) and call.func.id == "check_keys" and len(call.args) > 1:
                found |= set(_words(call.args[1], path))
    return found


def _read_in(path: Path, tree: ast.Module) -> Iterator[str]:
    for call in _calls(tree):
        if isinstance(call.func, ast.Attribute) and call.func.attr in _READERS:
            args = call.args if call.func.attr in _LISTS else call.args[:1]
            for arg in args:
                yield from _words(arg, path)
        elif isinstance(call.func, ast.Name) and call.func.id == "_only":
            for arg in call.args[1:]:
                yield from _words(arg, path)


def _calls(tree: ast.Module) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _words(node: ast.expr, path: Path) -> Iterator[str]:
    """The texts of an argument: written there, or in the constant that it names."""
    if isinstance(node, ast.Starred):
        node = node.value
    if isinstance(node, ast.Name):
        name = ".".join(path.relative_to(CORE.parent).with_suffix("").parts)
        value = getattr(import_module(name), node.id, ())
        yield from ([value] if isinstance(value, str) else [one for one in value if isinstance(one, str)])
    else:
        yield from _texts(node)


def _texts(node: ast.AST) -> Iterator[str]:
    return (one.value for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str))
