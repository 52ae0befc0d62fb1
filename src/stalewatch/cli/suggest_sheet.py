"""What a history suggests, as people read it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from stalewatch.cli.grid import Column
from stalewatch.cli.sheet import Sheet, Table
from stalewatch.delivery.wording.learning_figures import ahead, interval, percent, rate
from stalewatch.delivery.wording.learning_words import say
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.untrusted import printable
from stalewatch.domain.learning.suggesting import LEAST_AT_RISK, LEAST_WON, Day, Lacking
from stalewatch.services.learning.lessons import Lesson
from stalewatch.services.learning.limits import Group, Learned
from stalewatch.wiring.histories import Histories

_LIMITS = ("GROUP", "WON", "LOST", "OPEN", "CHANCE", "WARN", "LIMIT", "SURE", "CLOSE_OUT", "P75", "P90")
_FEW: Final = 4
"""Groups of which the limit is compared with the percentiles that people often take; of more it is a long table."""
_DONE = ("GROUP", "DAYS", "FLAGGED", "MATURE", "NOT_WON", "SURE", "LIFT", "RECALL", "LEAD")


@dataclass(frozen=True, slots=True)
class Shown:
    """Lessons with everything that their words need."""

    lessons: Sequence[Lesson]
    found: Histories
    reader: Reader

    def sheet(self) -> Sheet:
        """For people."""
        first = self.lessons[0]
        lines = [line for lesson in self.lessons for line in self._sentences(lesson)]
        rows = [one for one in self._groups() if one[1].found.limit is not None]
        done = [row for lesson, one in rows for row in self._done(lesson, one, alone=len(rows) > _FEW)]
        horizon = self.reader.number(first.asked.horizon)
        tables = [
            self._table("LIMITS", _LIMITS, [self._limits(lesson, one) for lesson, one in rows]),
            self._table("DONE", _DONE, done, horizon=horizon),
        ]
        return Sheet(self.headline(first), lines, tables, [*self._notes(), say("honest", self.reader)])

    def headline(self, one: Lesson) -> str:
        """The answer in a sentence."""
        many, reader = len(one.history.ids), self.reader
        if not many:
            return say("no_history", reader)
        told = {"many": many, "about": say(one.about, reader), **self._days(one)}
        some = [each.found for each in one.learned if each.found.limit is not None]
        if not some:
            return say("not_enough", reader, **told)
        if len(one.learned) == 1 and some[0].limit is not None and some[0].warn is not None:
            sure = self.sure(some[0].limit, sentence=True)
            return say("suggested", reader, warn=some[0].warn.day, limit=some[0].limit.day, sure=sure, **told)
        return say("suggested_some", reader, some=len(some), groups=len(one.learned), **told)

    def sure(self, day: Day | None, *, sentence: bool = False) -> str:
        """The interval of a day; "" where there is none."""
        if day is None or day.interval is None:
            return ""
        low, high = (self.reader.number(round(one)) for one in day.interval)
        return say("interval", self.reader, low=low, high=high) if sentence else f"{low}–{high}"

    def name(self, lesson: Lesson, group: Group) -> str:
        """What a limit is for."""
        parts = [one for one in (group.pipeline, group.stage, group.segment) if one is not None]
        about = [] if lesson.about == "deal" else [say(lesson.about, self.reader)]
        if group.stage is None and lesson.about == "deal":
            about = [say("whole", self.reader)]
        return " · ".join([*(printable(one) for one in parts), *about])

    def data_days(self, one: Lesson) -> dict[str, object]:
        """The dates of a history, for programs."""
        watched = one.history.watched
        days = {"observed_from": watched.since, "as_of": watched.until, "learn_until": one.asked.learn_until}
        return {
            name: None if at is None or not one.history.ids else str(self.found.day(at, one.about))
            for name, at in days.items()
        }

    def _groups(self) -> Iterator[tuple[Lesson, Learned]]:
        return ((lesson, one) for lesson in self.lessons for one in lesson.learned)

    def _days(self, one: Lesson) -> dict[str, str]:
        start = one.history.deals().spells.start
        began = self.found.day(int(start.min()), one.about) if len(start) else None
        return {"began": str(began or "–"), "until": str(self.found.day(one.history.watched.until, one.about))}

    def _sentences(self, one: Lesson) -> Iterator[str]:
        if not one.history.ids:
            return
        reader, spells = self.reader, one.history.deals().spells
        if one is not self.lessons[0]:
            yield self.headline(one)
        since = str(self.found.day(one.history.watched.since, one.about))
        yield say(
            "ends", reader, won=int(spells.won.sum()), lost=int(spells.lost.sum()), open=int(spells.open.sum()),
            without=one.without_beginning, late=one.late_entries, since=since,
        )  # fmt: skip
        if one.asked.learn_until is not None:
            yield say("learned_until", reader, day=str(self.found.day(one.asked.learn_until, one.about)))
        if one.order and not one.named:
            yield say("stage_order", reader, stages=printable(" → ".join(one.order)))

    def _notes(self) -> Iterator[str]:
        reader = self.reader
        for lesson, one in self._groups():
            group, found = self.name(lesson, one.group), one.found
            if found.lacking is not Lacking.NONE:
                least = LEAST_WON if found.lacking is Lacking.FEW_WON else LEAST_AT_RISK
                yield say(found.lacking.value, reader, group=group, won=found.won, least=least)
            elif found.turns_up is not None:
                yield say("turns_up", reader, group=group, day=found.turns_up)
        yield from self._no_lift()
        for lesson in self.lessons:
            for reason, many in lesson.history.left_out.items():
                yield say("left_out", reader, many=many, reason=printable(reason))
            if lesson.about == "deal" and lesson.history.ids and not lesson.history.has_stages:
                yield say("no_stages", reader)

    def _no_lift(self) -> Iterator[str]:
        """Where a message at the limit says no more than one on any day."""
        limits = [(lesson, one, one.found.limit.day) for lesson, one in self._groups() if one.found.limit is not None]
        weak = [each for each in limits if (each[1].scores[each[2]].lift or 2) <= 1]
        if len(limits) == 1:
            for lesson, one, day in weak:
                lift = f"{one.scores[day].lift:.2f}"
                yield say("no_lift", self.reader, group=self.name(lesson, one.group), day=day, lift=lift)
        elif weak:
            yield say("no_lift_some", self.reader, some=len(weak), groups=len(limits))

    def _table(self, title: str, names: Sequence[str], rows: list[list[str]], **fillers: str) -> Table:
        columns = [Column(say(one, self.reader), right=one != "GROUP", elastic=one == "GROUP") for one in names]
        return Table(say(title, self.reader, **fillers), columns, rows)

    def _limits(self, lesson: Lesson, one: Learned) -> list[str]:
        found, number = one.found, self.reader.number
        days = ["" if day is None else number(day.day) for day in (found.warn, found.limit, found.close_out)]
        return [
            self.name(lesson, one.group), number(found.won), number(found.lost), number(found.open),
            percent(float(found.curve.chance[0])), days[0], days[1], self.sure(found.limit), days[2],
            *(number(day) for day in found.percentiles),
        ]  # fmt: skip

    def _done(self, lesson: Lesson, one: Learned, *, alone: bool) -> Iterator[list[str]]:
        """The limit and what it is compared with, or the limit alone."""
        number, limit = self.reader.number, one.found.limit
        for day, score in one.scores.items():
            if alone and limit is not None and day != limit.day:
                continue
            yield [
                self.name(lesson, one.group), number(day), number(score.flagged.all), number(score.mature.all),
                rate(score.precision), interval(score.precision), "" if score.lift is None else f"{score.lift:.2f}",
                rate(score.recall), ahead(score, self.reader),
            ]  # fmt: skip
