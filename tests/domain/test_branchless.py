"""Choosing by arithmetic says what choosing under masks says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stalewatch.domain.branchless import constant, lowest, only, somewhere
from stalewatch.domain.instants import NEVER, OUTSIDE

MASKS = st.lists(st.lists(st.booleans(), min_size=5, max_size=5), max_size=6)


@given(MASKS, st.sampled_from([9, 127, 128, 200]))
def test_the_first_case_that_holds_is_taken(masks: list[list[bool]], otherwise: int) -> None:
    cases = [(np.array(mask), number * 30 % otherwise) for number, mask in enumerate(masks)]
    cases.sort(key=lambda case: case[1])
    expected = [next((number for mask, number in cases if mask[row]), otherwise) for row in range(5)]
    assert lowest(5, otherwise, cases).tolist() == expected


@given(st.lists(st.tuples(st.sampled_from([NEVER, -1, 0, 1_750_000_000_000_000, OUTSIDE]), st.booleans()), min_size=1))
def test_only_what_the_mask_holds_is_kept(rows: list[tuple[int, bool]]) -> None:
    instants, mask = np.array([at for at, _ in rows]), np.array([kept for _, kept in rows])
    before = instants.copy()
    assert only(instants, mask).tolist() == [at if kept else NEVER for at, kept in rows]
    assert np.array_equal(instants, before)
    assert somewhere(mask) is any(kept for _, kept in rows)


def test_a_constant_is_shared_so_nobody_writes_into_it() -> None:
    shared = constant(7, 3, np.int64)
    assert shared.tolist() == [7, 7, 7]
    with pytest.raises(ValueError, match="read-only"):
        shared[0] = 1
