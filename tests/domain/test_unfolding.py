"""The moments of records, however far apart they lie, beside a plain sort."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stalewatch.domain.frame import History
from stalewatch.domain.instants import NEVER, OUTSIDE
from stalewatch.domain.unfolding import moments

SIZE = 4
NEAR = st.integers(0, 5)
FAR = st.sampled_from([-(2**62), 0, 3, 2**62, OUTSIDE])
"""So far apart that a record and a moment fit no single number."""
ENTRIES = st.lists(st.tuples(st.integers(0, SIZE - 1), st.one_of(NEAR, FAR)), max_size=12).map(sorted)
SOON = st.lists(st.tuples(st.integers(0, SIZE - 1), NEAR), max_size=12).map(sorted)


def history(entries: list[tuple[int, int]]) -> History:
    row, at = (np.array([one[place] for one in entries], np.int64) for place in (0, 1))
    there = np.ones(len(entries), np.bool_)
    return History(row, at, there, there)


@given(st.one_of(st.tuples(ENTRIES, ENTRIES), st.tuples(SOON, SOON)), st.lists(st.booleans(), min_size=4, max_size=4))
def test_every_moment_stands_once_and_each_entry_knows_its_own(
    told: tuple[list[tuple[int, int]], list[tuple[int, int]]], only: list[bool]
) -> None:
    histories = dict(zip("ab", map(history, told), strict=True))
    found = moments(np.array(only), histories)
    mine = {one for entries in told for one in entries if only[one[0]]}
    wanted = sorted(mine | {(row, NEVER) for row in range(SIZE) if only[row]})
    assert list(zip(found.record.tolist(), found.at.tolist(), strict=True)) == wanted
    for name, entries in zip("ab", told, strict=True):
        places, numbers = found.entries[name]
        assert [wanted[number] for number in numbers.tolist()] == [entries[place] for place in places.tolist()]
        assert places.tolist() == [place for place, one in enumerate(entries) if only[one[0]]]
