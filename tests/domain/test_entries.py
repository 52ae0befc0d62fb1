"""Clocks as they are stored: what an older version wrote is read by a newer one."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from stalewatch.domain.deadlines import State
from stalewatch.domain.entries import Entry, deadlines

STORED = b'["quiet",null,9,1000,2000,3000,0,false,null,1500,[]]'
"""As it was written before it was kept until when an exception is unclear."""


@pytest.mark.parametrize("stored", [STORED, STORED.removesuffix(b"]") + b",null]"])
def test_what_was_stored_before_another_field_was_kept_reads_and_says_what_it_said(stored: bytes) -> None:
    entry = msgspec.json.decode(stored, type=Entry)
    assert entry == Entry("quiet", None, State.WATCHING.value, 1000, 2000, 3000, 0, ran_since=1500)
    for now, state in ((1999, State.WATCHING), (2500, State.AT_RISK), (3000, State.BREACHED)):
        assert deadlines([entry]).state(np.array([now], np.int64)).tolist() == [state]
