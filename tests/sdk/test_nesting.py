"""What is nested too deeply becomes null, and everything else stays what it is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stalewatch.sdk.nesting import DEEPEST, flattened

documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=20,
)


def cut(value: Any, deepest: int) -> Any:
    """The same, slowly."""
    if isinstance(value, list):
        return [cut(one, deepest - 1) for one in value] if deepest else None
    if isinstance(value, dict):
        return {name: cut(one, deepest - 1) for name, one in value.items()} if deepest else None
    return value


@given(documents, st.integers(min_value=1, max_value=4), st.booleans())
def test_what_stands_deeper_than_that_is_null(document: Any, deepest: int, plain: bool) -> None:
    body = json.dumps(document, ensure_ascii=plain).encode("utf-8", "replace")
    assert json.loads(flattened(body, deepest)) == cut(json.loads(body), deepest)


@pytest.mark.parametrize("cell", [b"[" * 9_000 + b"]" * 9_000, b'{"x":' * 9_000 + b"1" + b"}" * 9_000])
def test_one_cell_without_end_leaves_its_neighbours(cell: bytes) -> None:
    read = json.loads(flattened(b'{"a": 1, "b": ' + cell + b', "c": "]}\\"["}'))
    assert (read["a"], read["c"]) == (1, ']}"[')
    assert cell.count(b"[") > DEEPEST or cell.count(b"{") > DEEPEST


@pytest.mark.parametrize("body", [b"", b"[" * 500, b"]" * 500, b'{"a', b'"\\', b"\xff[["])
def test_what_is_no_json_stays_none(body: bytes) -> None:
    with pytest.raises(json.JSONDecodeError):
        json.loads(flattened(body).decode("utf-8", "replace"))
