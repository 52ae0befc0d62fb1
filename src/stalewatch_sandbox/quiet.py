"""The time in which no meeting takes place although one should: mails into the void, or kind ones without a date."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Final

from stalewatch_sandbox.paperwork import Paperwork
from stalewatch_sandbox.pen import MORNING, Pen
from stalewatch_sandbox.troubles import Window

_CHASES: Final = (1, 4, 8, 12, 17, 22, 27, 32)
"""Working days after the last meeting on which a patient rep writes again."""


def fill(pen: Pen, papers: Paperwork, window: Window, stage: str, until: int) -> None:
    """Write what happens in a window, up to the day before `until`."""
    if not window.answers:
        _chase(pen, papers, window, until)
    elif window.booked:
        _wait(pen, window, until)
    else:
        _postpone(pen, papers, window, stage, until)


def _chase(pen: Pen, papers: Paperwork, window: Window, until: int) -> None:
    """We write, nobody answers."""
    last = until - 1 if window.booked or window.next is None else until - 3
    days = [window.last + chase for chase in _CHASES if window.last + chase <= last]
    for day, following in zip(days, [*days[1:], until], strict=True):
        minute = MORNING + pen.dice.between(10, 420)
        pen.seller(day, minute)
        if not window.booked:
            papers.wait(day, minute + 5, following)


def _wait(pen: Pen, window: Window, until: int) -> None:
    """The next meeting stands; a mail from each side."""
    if until - window.last >= 2:
        pen.seller(window.last + 1, MORNING + pen.dice.between(10, 60))
        pen.customer(window.last + 1, MORNING + pen.dice.between(90, 400))


def _postpone(pen: Pen, papers: Paperwork, window: Window, stage: str, until: int) -> None:
    """Both write, but no date comes of it."""
    for day, is_ours in _by_turns(window.last + 1, until - 3):
        minute = MORNING + pen.dice.between(10, 420)
        if is_ours:
            pen.seller(day, minute)
        else:
            pen.customer(day, minute)
        papers.next_step(stage, day, minute + 5, min(day + 3, until))


def _by_turns(first: int, last: int) -> Iterator[tuple[int, bool]]:
    """Every other day, ours first."""
    for turn in count():
        day = first + 2 * turn
        if day > last:
            return
        yield day, turn % 2 == 0
