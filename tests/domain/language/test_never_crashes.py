"""Whatever is written, the loader answers with diagnostics."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stalewatch.domain.language.loading import load_rules
from stalewatch.domain.language.model import Catalogue
from stalewatch.domain.language.nodes import Source

pytestmark = pytest.mark.fuzz


def words(*lines: str) -> list[str]:
    return [word for line in lines for word in line.split(" ")]


WORDS = words(
    "stalewatch pack rules include bands scores exceptions id title watch where start within until pause warn message",
    "mutes use was tags deal lead stage amount next_step close_date proposal all any none filled entered expr since",
    "each meeting latest_of is by else of rows name below items from while max set empty true 14d 10bd 3 1.10 today",
    "あ 2026-01-01",
)
SIGNS = [
    ": ",
    ":",
    ", ",
    "[",
    "]",
    "{",
    "}",
    "- ",
    "\n",
    "\n  ",
    "\n    ",
    "'",
    '"',
    "&a ",
    "*a ",
    "!!x ",
    "|",
    ">",
    "#",
]
SIGNS += ["\t", "\uff1a", "\u3000", "(", ")", " == ", " and ", "\\", "%", "@", "\r\n", "\x00", "\ufeff", "\ud800"]
TEXTS = st.lists(st.sampled_from([*WORDS, *SIGNS]) | st.text(max_size=3), max_size=60).map("".join)
RULE = "stalewatch: 1\nrules:\n  - id: a\n    title: A\n    watch: deal\n    start: created_at\n    within: 1bd\n    "
OFTEN = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def check(text: str, catalogue: Catalogue) -> None:
    loaded = load_rules([Source("x.yaml", text)], catalogue)
    assert (loaded.ruleset is None) is any(found.is_error for found in loaded.diagnostics)
    for language in ("en", "ja"):
        assert loaded.render(language).endswith("warning(s)\n")


@OFTEN
@given(text=TEXTS)
def test_any_text(catalogue: Catalogue, text: str) -> None:
    check(text, catalogue)


@OFTEN
@given(text=TEXTS, key=st.sampled_from(["where", "until", "pause", "message", "start", "within", "use", "x"]))
def test_any_text_in_a_rule(catalogue: Catalogue, key: str, text: str) -> None:
    check(f"{RULE}{key}: {text}\n", catalogue)


EXPRESSION = st.lists(
    st.sampled_from(
        words(
            "amount stage next_step created_at is_open score.x ( ) [ ] , == != < <= > >= = + - * / and or not in is",
            "empty set true 3 0 'proposal' 'x ' \uff1e && now",
        )
    ),
    max_size=25,
).map(" ".join)


@OFTEN
@given(text=EXPRESSION)
def test_any_expression(catalogue: Catalogue, text: str) -> None:
    check(f'{RULE}where: {{expr: "{text}"}}\n', catalogue)


def nested(inner: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4)


@OFTEN
@given(node=st.recursive(st.sampled_from(WORDS), nested, max_leaves=12))
def test_any_structure(catalogue: Catalogue, node: object) -> None:
    check(f"stalewatch: 1\nrules: [{flow(node)}]\n", catalogue)
    check(f"{RULE}where: {flow(node)}\n", catalogue)


def flow(node: object) -> str:
    if isinstance(node, list):
        return f"[{', '.join(flow(item) for item in node)}]"
    if isinstance(node, dict):
        return f"{{{', '.join(f'{key}: {flow(value)}' for key, value in node.items())}}}"
    return str(node)
