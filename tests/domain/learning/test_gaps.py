"""Shares of two groups, and how sure their difference is."""

from __future__ import annotations

import numpy as np
import pytest

from stalewatch.domain.learning.gaps import LEAST, Gap, added, gap
from stalewatch.domain.learning.intervals import Rate


def test_the_interval_is_newcombe_s() -> None:
    """56 of 70 against 48 of 80, his first example: 0.2, from 0.0524 to 0.3339."""
    found = Gap("s", "i", Rate(56, 70), Rate(48, 80))
    assert found.difference == pytest.approx(0.2)
    assert found.interval == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert found.is_clear


def test_too_few_on_one_side_show_nothing() -> None:
    found = Gap("s", "i", Rate(LEAST - 1, LEAST - 1), Rate(0, 500))
    assert (found.difference, found.interval, found.is_clear) == (None, None, False)


def test_what_is_open_or_cannot_be_told_counts_nowhere() -> None:
    yes, no = np.array([True]), np.array([False])
    assert gap("s", "i", yes, yes, no, no) == Gap("s", "i", Rate(0, 0), Rate(0, 0))
    assert gap("s", "i", no, no, no, yes) == Gap("s", "i", Rate(0, 0), Rate(0, 0))
    assert gap("s", "i", no, yes, no, yes) == Gap("s", "i", Rate(1, 1), Rate(0, 0))
    assert added(gap("s", "i", no, yes, no, yes), gap("s", "i", yes, yes, yes, no)) == Gap(
        "s", "i", Rate(1, 1), Rate(0, 1)
    )
