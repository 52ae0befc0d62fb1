"""Rule files in a line or two, for the tests of the language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from textwrap import dedent, indent
from typing import Any

import pytest

from stalewatch.domain.language.catalogue import load_catalogue
from stalewatch.domain.language.loading import Loaded, load_rules
from stalewatch.domain.language.model import Catalogue, Condition, Rule
from stalewatch.domain.language.nodes import Source

ROOT = Path(__file__).parents[3]
SUITE = ROOT / "tests" / "rules"

_PARTS = {
    "id": "a",
    "title": "{en: A, ja: あ}",
    "watch": "deal",
    "start": "created_at",
    "within": "10bd",
}


def source(path: Path, name: str | None = None) -> Source:
    return Source(name or path.name, path.read_text(encoding="utf-8"))


def a_rule(**parts: str | None) -> str:
    """A sound rule with parts replaced, added, or (None) left out; `_` in a name stands for a sign after it."""
    written = {**_PARTS, **{name.replace("plus", "+"): text for name, text in parts.items()}}
    lines = [f"{name}: {text}" for name, text in written.items() if text is not None]
    return "  - " + indent("\n".join(lines), "    ").lstrip() + "\n"


def a_file(*rules: str, head: str = "", tail: str = "") -> str:
    """A rule file of these rules; the first rule begins on line 4 if there is no head."""
    return f"stalewatch: 1\npack: p\n{dedent(head)}rules:\n{''.join(rules)}{dedent(tail)}"


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    loaded = load_catalogue([source(ROOT / "rules" / "fields.yaml")])
    assert loaded.catalogue is not None, loaded.render("en")
    return loaded.catalogue


Check = Callable[..., Loaded]


@pytest.fixture
def check(catalogue: Catalogue) -> Check:
    """Check the text of one rule file, named rules.yaml, or several by name."""

    def _check(text: str | Mapping[str, str], **options: Any) -> Loaded:
        files = {"rules.yaml": text} if isinstance(text, str) else text
        return load_rules([Source(name, body) for name, body in files.items()], catalogue, **options)

    return _check


@pytest.fixture
def the_rule(check: Check) -> Callable[..., Rule]:
    """The one rule of a file with these parts, which must be sound."""

    def _rule(**parts: str | None) -> Rule:
        loaded = check(a_file(a_rule(**parts)))
        assert loaded.ruleset is not None, loaded.render("en")
        return loaded.ruleset.rules[0]

    return _rule


@pytest.fixture
def where(the_rule: Callable[..., Rule]) -> Callable[[str], Condition | None]:
    """The condition that a `where` lowers to."""
    return lambda text: the_rule(where=text).where
