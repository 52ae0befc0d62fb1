"""docs/security.md and the tests marked `security` tell the same: what is claimed is tested, what is tested is told."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.house.pages import Section, doc
from tests.house.tree import ROOT, sources

THREATS: Final = frozenset(range(1, 42))
_IN_NAME: Final = re.compile(r"(?<=_)s(\d{1,2})(?=_)")
_IN_WORDS: Final = re.compile(r"\bS(\d{1,2})\b")
_FILE: Final = re.compile(r"`(tests/[\w/]+\.py)`")


def marked(path: Path, tree: ast.Module) -> Iterator[ast.FunctionDef]:
    """The tests of a file that bear the mark, be it on the file, the class or the test."""
    whole = any(isinstance(node, ast.Assign) and _is_mark(node.value) for node in tree.body)
    for node in ast.walk(tree):
        inside = node.body if isinstance(node, ast.ClassDef) else [node]
        bears = whole or (isinstance(node, ast.ClassDef) and any(map(_is_mark, node.decorator_list)))
        for one in inside:
            if isinstance(one, ast.FunctionDef) and one.name.startswith("test_"):
                if bears or any(map(_is_mark, one.decorator_list)):
                    yield one
                else:
                    assert not _IN_NAME.search(one.name), f"{path.name}: {one.name} bears a number and no mark"


def _is_mark(node: ast.expr) -> bool:
    return any(isinstance(one, ast.Attribute) and one.attr == "security" for one in ast.walk(node))


def numbers(test: ast.FunctionDef) -> set[int]:
    """The threats that a test is about, by its name or its docstring."""
    named = {int(one) for one in _IN_NAME.findall(test.name)}
    return named or {int(one) for one in _IN_WORDS.findall(ast.get_docstring(test) or "")}


def at_work() -> dict[int, set[str]]:
    """Files of tests by the number of the threat."""
    found: dict[int, set[str]] = {}
    for path, tree in sources(ROOT / "tests", saying=("security",)):
        for test in marked(path, tree):
            for number in numbers(test):
                found.setdefault(number, set()).add(str(path.relative_to(ROOT)))
    return found


def rows(section: Section) -> Iterator[tuple[list[int], str]]:
    """Numbers and the rest of each row of a section's table."""
    for line in section.prose.splitlines():
        first, _, rest = line.removeprefix("|").partition("|")
        if line.startswith("|") and (told := _IN_WORDS.findall(first)):
            yield [int(one) for one in told], rest


def test_every_threat_that_is_tested_is_told_with_its_files_and_no_other() -> None:
    told = {ids[0]: set(_FILE.findall(rest)) for ids, rest in rows(doc("security.md").section("What is defended"))}
    there = at_work()
    differing = {f"S{one}" for one in told.keys() | there.keys() if told.get(one) != there.get(one)}
    assert differing == set(), "each needs a row with the files of its tests in docs/security.md"


def test_every_threat_of_the_list_is_told() -> None:
    assert {one for ids, _ in rows(doc("security.md").section("What is defended")) for one in ids} == THREATS
