"""Assertions with a sentence each: they read the same with and without pytest's rewriting."""

from __future__ import annotations


def must(holds: bool, sentence: str) -> None:
    """Raise AssertionError with the sentence unless it holds."""
    if not holds:
        raise AssertionError(sentence)


def same(left: object, right: object, sentence: str) -> None:
    """Raise AssertionError with the sentence and both sides unless they are equal."""
    must(left == right, f"{sentence}:\n  {left!r}\n  {right!r}")
