"""Looks for reference cycles are rare while pages are stored, and as usual after the last of them."""

from __future__ import annotations

import gc

import pytest

from stalewatch.services.judging import collecting


def test_the_last_to_leave_puts_back_what_was_set_before_the_first() -> None:
    usual = gc.get_threshold()
    one, another = collecting.seldom(), collecting.seldom()
    one.__enter__()
    another.__enter__()
    one.__exit__(None, None, None)
    assert gc.get_threshold()[0] > usual[0]
    another.__exit__(None, None, None)
    assert gc.get_threshold() == usual


def test_a_page_that_fails_puts_it_back_too() -> None:
    usual = gc.get_threshold()
    with pytest.raises(ValueError, match="broken page"), collecting.seldom():
        raise ValueError("broken page")
    assert gc.get_threshold() == usual
