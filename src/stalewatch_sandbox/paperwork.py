"""Next steps and notes, as a rep types them after a meeting."""

from __future__ import annotations

from typing import Final

from stalewatch_sandbox.pen import Pen
from stalewatch_sandbox.plots import Plot

_PHASES: Final = {
    "discovery": "interest", "proposal": "comparing", "evaluation": "comparing", "approval": "approval",
    "negotiation": "approval",
}  # fmt: skip


class Paperwork:
    """Writes the texts of one deal. Each names a day, so that no two are the same."""

    def __init__(self, pen: Pen, plot: Plot) -> None:
        self._pen = pen
        self._has_partner = plot.frame.pipeline == "partner"

    def next_step(self, stage: str, day: int, minute: int, due: int) -> None:
        """What we do next, and until when."""
        self._promise(self._pen.book.next_steps[stage], day, minute, due)

    def wait(self, day: int, minute: int, due: int) -> None:
        """What we do next while nobody answers."""
        self._promise(self._pen.book.waiting, day, minute, due)

    def write_up(self, stage: str, day: int, minute: int, due: int) -> None:
        """Notes of a meeting and the next step; of a partner's deal also the partner's report."""
        notes = self.last_notes(stage, day, minute)
        self.next_step(stage, day, minute + 1, due)
        if self._has_partner:
            pen = self._pen
            pen.set(
                day, minute + 2, last_partner_report_at=pen.days.at(day, minute + 2),
                report_phase=_PHASES.get(stage, "unknown"), report_champion_activity=notes,
                report_reason_to_propose=pen.dice.one_of(pen.book.facts["need"]),
            )  # fmt: skip

    def last_notes(self, stage: str, day: int, minute: int) -> str:
        """Notes alone; nothing follows from a meeting in which the deal ends."""
        book = self._pen.book
        notes = self._pen.dice.one_of(book.notes[stage]).format(day=book.day(self._pen.days.date(day)))
        self._pen.set(day, minute, meeting_notes=notes)
        return notes

    def _promise(self, templates: tuple[str, ...], day: int, minute: int, due: int) -> None:
        date = self._pen.days.date(due)
        text = self._pen.dice.one_of(templates).format(day=self._pen.book.day(date))
        self._pen.set(day, minute, next_step=text, next_step_due=date)
