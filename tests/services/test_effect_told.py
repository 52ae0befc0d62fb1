"""What a rule brings about, as programs read it."""

from __future__ import annotations

import pytest

from stalewatch.domain.learning.effect import Against, Measured
from stalewatch.domain.learning.intervals import Rate
from stalewatch.services.reporting.effect_told import effect_told, measured_of


@pytest.mark.parametrize("told", [180, 179])
def test_programs_read_the_same_figures_and_none_before_there_are_enough(told: int) -> None:
    one = Measured(*(Against(Rate(over, told), Rate(5, 20)) for over in (120, 90)))
    said = effect_told(one)
    assert (said.enough, said.acted is not None, said.held_out) == (told == 180, told == 180, 20)
    back = measured_of(said)
    assert (back == one) is said.enough
    assert (back.told, back.silent, back.is_enough) == (told, 20, said.enough)
