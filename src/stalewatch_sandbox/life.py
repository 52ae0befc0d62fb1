"""A plot told in full: every mail, meeting, note and number of one deal."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from stalewatch.sdk.records import Outcome
from stalewatch_sandbox.closing_dates import ClosingDates
from stalewatch_sandbox.happenings import Closed, Happening
from stalewatch_sandbox.knowledge import Knowledge
from stalewatch_sandbox.paperwork import Paperwork
from stalewatch_sandbox.pen import EVENING, MEETING, MORNING, Pen
from stalewatch_sandbox.plots import ORDER, Plot
from stalewatch_sandbox.quiet import fill
from stalewatch_sandbox.troubles import Trouble, Window

_STARTS: Final = tuple(10 * 60 + half * 30 for half in (0, 1, 6, 7, 8, 9, 10, 11, 12))
"""Meetings begin at 10:00, 10:30, 13:00, … 16:00 local time."""
_APART: Final = 7
"""Two meetings of a deal that goes well are at most so many working days apart."""


def tell(plot: Plot, pen: Pen, colleague: str | None) -> tuple[Happening, ...]:
    """Everything that happens to a deal, in order; `colleague` takes it over on the way, if anybody does."""
    return _Life(plot, pen).told(colleague)


def meeting_days(plot: Plot) -> list[int]:
    """The days of all meetings: one wherever the deal moves on or ends, and enough of them in between."""
    begins = 1 if plot.frame.route[0] == "qualification" else 0
    marks = [day for _, day in plot.path[begins:]]
    if plot.reason != "silent":
        marks.append(plot.end)
    days: set[int] = set()
    for first, last in pairwise(marks):
        pieces = max(1, -(-(last - first) // _APART))
        days.update(first + (last - first) * piece // pieces for piece in range(1, pieces + 1))
    window = plot.window
    if window and marks and window.last > marks[0]:
        days = {day for day in days if not _is_inside(day, window)} | {window.last}
        days |= set() if window.next is None else {window.next}
    elif window:
        days = {day for day in days if not _is_inside(day, window)}
    return sorted(day for day in days if day <= plot.end)


def _is_inside(day: int, window: Window) -> bool:
    return window.last < day and (window.next is None or day < window.next)


class _Life:
    """The telling of one deal, from its creation to its end."""

    def __init__(self, plot: Plot, pen: Pen) -> None:
        self._plot, self._pen, self._dice = plot, pen, pen.dice
        self._knowledge = Knowledge(pen, plot)
        self._dates = ClosingDates(pen, plot)
        self._papers = Paperwork(pen, plot)
        self._meetings = meeting_days(plot)
        self._starts = [self._dice.one_of(_STARTS) for _ in self._meetings]
        self._booked: dict[int, str] = {}
        self._entered = {day: stage for stage, day in plot.path[1:]}
        self._stage = plot.path[0][0]
        self._mended = False

    def told(self, colleague: str | None) -> tuple[Happening, ...]:
        self._begin()
        for number in range(len(self._meetings)):
            self._meet(number)
        self._incidents(colleague)
        self._close()
        return self._pen.story()

    # --------------------------------------------------------------------------------------------- the beginning

    def _begin(self) -> None:
        plot, day, minute = self._plot, self._plot.created, MORNING + self._dice.between(10, 400)
        self._pen.stage(day, minute, self._stage)
        self._knowledge.begin(day, minute)
        self._dates.begin(day, minute)
        if self._stage == "qualification":
            self._qualify(day, minute)
            return
        self._pen.customer(day, minute + 6)
        self._arrive(self._stage, day, minute + 10)
        first = self._meetings[0] if self._meetings else plot.end
        if self._meetings:
            self._book(0, day, minute + 25)
        self._papers.next_step(self._stage, day, minute + 30, first)
        self._pen.seller(day, minute + 40)

    def _qualify(self, day: int, minute: int) -> None:
        """Mails until the customer agrees to meet."""
        plot, pen = self._plot, self._pen
        accepted = plot.path[1][1] if len(plot.path) > 1 else plot.end
        pen.customer(day, minute + 5)
        self._papers.next_step("qualification", day, minute + 15, accepted)
        pen.seller(day, minute + 45)
        if accepted - day >= 3:
            pen.seller(day + 1, MORNING + self._dice.between(10, 100))
            pen.customer(day + 2, MORNING + self._dice.between(10, 400))
        if len(plot.path) > 1:
            at = MORNING + self._dice.between(30, 360)
            pen.customer(accepted, at)
            self._advance(accepted, at + 10)
            if self._meetings:
                self._book(0, accepted, at + 25)
            self._papers.next_step(self._stage, accepted, at + 30, self._meetings[0] if self._meetings else plot.end)

    # ------------------------------------------------------------------------------------------------- meetings

    def _meet(self, number: int) -> None:
        day, start = self._meetings[number], self._starts[number]
        if number not in self._booked:
            self._resume(number)
        self._pen.hold(self._booked[number], day, start)
        self._knowledge.meet_sponsors(day, start + MEETING)
        if day == self._plot.end:
            self._papers.last_notes(self._stage, day, start + MEETING + 20)
            return
        story = self._plot.story
        steps_back = day in self._entered and ORDER.index(self._entered[day]) < ORDER.index(self._stage)
        if day in self._entered and not steps_back:
            self._advance(day, start + MEETING + 10)
        if story and story.cut_on == day:
            self._knowledge.cut(day, start + MEETING + 20)
        if story and self._plot.trouble is not Trouble.NONE and not self._mended and day >= story.until:
            self._mended = True
            self._knowledge.mend(self._stage, day, start + MEETING + 22)
        self._look_ahead(number, day, start)
        if steps_back:
            self._stage = self._entered[day]
            self._pen.stage(day, EVENING - 10, self._stage)

    def _look_ahead(self, number: int, day: int, start: int) -> None:
        """Agree on the next meeting before this one ends, write it up, and say what happens until then."""
        window = self._plot.window
        following = self._meetings[number + 1] if number + 1 < len(self._meetings) else None
        is_quiet = window is not None and day == window.last
        if following is not None and not (is_quiet and window and not window.booked):
            self._book(number + 1, day, start + MEETING - 10)
        story = self._plot.story
        if not (story and story.unwritten_on == day):
            due = following if following is not None and number + 1 in self._booked else day + 1
            due = story.due_on if story and story.due_on and is_quiet else due
            self._papers.write_up(self._stage, day, start + MEETING + 24, due)
        until = self._plot.end if following is None else following
        if is_quiet and window:
            fill(self._pen, self._papers, window, self._stage, until)
        else:
            self._chat(day, until, start)

    def _chat(self, day: int, until: int, start: int) -> None:
        """Mails between two meetings of a deal that goes well."""
        pen, dice = self._pen, self._dice
        pen.seller(day, start + MEETING + dice.between(45, 60))
        if until - day >= 2:
            pen.customer(day + 1, MORNING + dice.between(10, 480))
        if until - day >= 4 and dice.chance(0.6):
            pen.seller(until - 1, MORNING + dice.between(10, 50))

    def _resume(self, number: int) -> None:
        """The customer writes again, two days before they have time."""
        day = self._meetings[number]
        before = max(day - 2, self._plot.created + 1)
        at = MORNING + self._dice.between(20, 50)
        self._pen.customer(before, at)
        self._book(number, before, at + 10)
        self._papers.next_step(self._stage, before, at + 15, day)

    def _book(self, number: int, day: int, minute: int) -> None:
        """Agree on a meeting; now and then the customer moves it to another hour."""
        pen, on, start = self._pen, self._meetings[number], self._starts[number]
        title = self._dice.one_of(pen.book.agendas[self._stage])
        if on - day >= 3 and self._dice.chance(0.06):
            first = pen.book_meeting(day, minute, on, start + 15, title)
            pen.cancel(first, day + 1, MORNING + 6)
            day, minute = day + 1, MORNING + 6
        self._booked[number] = pen.book_meeting(day, minute, on, start, title)
        pen.set(day, minute, agenda=title)

    # ------------------------------------------------------------------------------------------- stages and end

    def _advance(self, day: int, minute: int) -> None:
        self._stage = self._entered[day]
        self._pen.stage(day, minute, self._stage)
        self._arrive(self._stage, day, minute)
        if self._stage == "approval":
            self._ringi(day)

    def _arrive(self, stage: str, day: int, minute: int) -> None:
        self._knowledge.enter(stage, day, minute)
        if stage == "proposal":
            self._dates.settle(day, minute + 9)

    def _ringi(self, day: int) -> None:
        later = [entered for entered in self._entered if entered > day]
        is_last = not later and self._plot.outcome is Outcome.LOST
        self._knowledge.ringi(day, min(later, default=self._plot.end), is_approved=not is_last)

    def _incidents(self, colleague: str | None) -> None:
        """What befalls a deal on its own day, meeting or not."""
        story, pen = self._plot.story, self._pen
        if story and story.commit_on is not None:
            self._knowledge.forecast("commit", story.commit_on, 16 * 60 + 40)
        if story and story.cleared_on is not None:
            pen.set(story.cleared_on, 16 * 60 + 45, next_step=None, next_step_due=None)
        if colleague and len(self._plot.path) > 2:
            pen.set(self._plot.path[2][1], MORNING + 15, owner=colleague)

    def _close(self) -> None:
        plot, pen = self._plot, self._pen
        is_met = bool(self._meetings) and self._meetings[-1] == plot.end
        minute = self._starts[-1] + MEETING + 30 if is_met else MORNING + 70
        if plot.outcome is Outcome.LOST:
            pen.set(plot.end, minute, forecast_category="omitted")
        pen.put(Closed(pen.days.at(plot.end, minute), plot.outcome, plot.reason))
