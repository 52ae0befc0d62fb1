"""What may be written into a CRM, and how a write may move."""

from __future__ import annotations

import pytest

from stalewatch.domain.writebacks import TRANSITIONS, WriteEvent, WriteState, after
from stalewatch.sdk.writing import Fields, Lost


@pytest.mark.security
def test_s30_no_other_field_than_these_can_be_named_at_all() -> None:
    assert set(Fields.__dataclass_fields__) == {"next_step", "close_date", "hold_until", "hold_reason"}
    assert set(Lost.__dataclass_fields__) == {"reason"}


def test_every_state_that_is_not_terminal_has_a_way_out_and_no_other() -> None:
    for state in WriteState:
        ways = [event for one, event in TRANSITIONS if one is state]
        assert bool(ways) is (not state.is_terminal or state in (WriteState.REFUSED, WriteState.GIVEN_UP)), state
    with pytest.raises(ValueError, match="cannot be"):
        after(WriteState.DONE, WriteEvent.CLAIMED)
