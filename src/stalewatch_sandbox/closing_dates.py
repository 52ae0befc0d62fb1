"""The close date over a deal's life: a guess, a better one with the proposal, and what the trouble makes of it."""

from __future__ import annotations

from datetime import date, timedelta

from stalewatch_sandbox.pen import Pen
from stalewatch_sandbox.plots import Plot


class ClosingDates:
    """Writes the close date of one deal."""

    def __init__(self, pen: Pen, plot: Plot) -> None:
        self._pen, self._plot = pen, plot
        self._behind = pen.days.date(plot.end) + timedelta(days=pen.dice.between(9, 20))
        self._is_settled = False

    def begin(self, day: int, minute: int) -> None:
        """The first guess, and all that is known to come of it."""
        story, dice = self._plot.story, self._pen.dice
        if story and story.pushed_on:
            self._push(story.pushed_on, day, minute)
            return
        near = dice.between(1, 20) if dice.chance(0.7) else -dice.between(1, 6)
        self._set(day, minute, self._settled() + timedelta(days=near))
        if story and story.closes_on is not None:
            self._set(min(story.until, self._plot.end), 9 * 60 + 35, self._behind)

    def settle(self, day: int, minute: int) -> None:
        """With the proposal comes a date that was talked about; later ones stay by it."""
        if not self._is_settled:
            self._is_settled = True
            self._set(day, minute, self._settled())

    def _push(self, pushed_on: tuple[int, ...], day: int, minute: int) -> None:
        self._is_settled = True
        dates = [self._behind]
        for _ in pushed_on:
            dates.insert(0, dates[0] - timedelta(days=self._pen.dice.between(10, 20)))
        self._set(day, minute, dates[0])
        for pushed, later in zip(pushed_on, dates[1:], strict=True):
            self._set(max(pushed, day + 1), 16 * 60 + 50, later)

    def _settled(self) -> date:
        story = self._plot.story
        if story and story.closes_on is not None:
            return self._pen.days.date(story.closes_on)
        return self._behind

    def _set(self, day: int, minute: int, value: date) -> None:
        self._pen.set(day, minute, close_date=value)
