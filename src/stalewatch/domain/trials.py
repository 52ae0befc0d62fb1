"""Timeline tests of rules (`stalewatch rules test`): all of them judged as one table of records.

What a clock says is computed for the expectations of all tests at once; what is told is found by living through
the story (tellings.py), with the rules that are asked about and those that could hide them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from stalewatch.domain import assemble
from stalewatch.domain.clocks import Judge, Verdict
from stalewatch.domain.deadlines import State
from stalewatch.domain.frame import Frame
from stalewatch.domain.instants import NEVER, OUTSIDE
from stalewatch.domain.language.model import Catalogue
from stalewatch.domain.tellings import Life
from stalewatch.domain.trial import Expectation, Live, Mismatch, Trial

__all__ = ["Mismatch", "Rehearsal", "run"]


def run(trials: Sequence[Trial], judge: Judge, live: Live) -> list[Mismatch]:
    """Everything that is not as expected, in the order of the file."""
    return Rehearsal(trials, judge.rules.catalogue, live).mismatches(judge)


@dataclass(frozen=True, slots=True)
class _Stage:
    """The expectations on one kind of object, and the record of each at its moment: row n belongs to asked[n]."""

    asked: tuple[tuple[Trial, Expectation], ...]
    frame: Frame
    at: NDArray[np.int64]


@dataclass(frozen=True)
class Rehearsal:
    """The tests of a file, set up once so that many versions of their rules can be tried on them."""

    trials: Sequence[Trial]
    catalogue: Catalogue
    live: Live

    @cached_property
    def _stages(self) -> list[_Stage]:
        objects = dict.fromkeys(trial.object for trial in self.trials)
        return [self._stage(name) for name in objects]

    def _stage(self, name: str) -> _Stage:
        asked = tuple((trial, one) for trial in self.trials if trial.object == name for one in trial.expects)
        frame = assemble.frame(name, [trial.at(one.at) for trial, one in asked], self.catalogue)
        return _Stage(asked, frame, np.array([one.at for _, one in asked], np.int64))

    def mismatches(self, judge: Judge) -> list[Mismatch]:
        """Everything that is not as expected under these rules, in the order of the file."""
        rules = {rule.id for rule in judge.rules.rules} | {one.rule for trial in self.trials for one in trial.expects}
        found = [*self._clocks(judge, rules), *self._said(judge, rules)]
        return sorted(found, key=lambda one: (one.trial.line, one.expectation.line))

    def notice(self, judge: Judge, rules: Collection[str]) -> bool:
        """True if an expectation fails under these rules; looks only where a change of `rules` could show."""
        heard = {muted for rule in judge.rules.rules if rule.id in rules for muted in rule.mutes}
        clocks = self._clocks(_only(judge, rules), rules)
        return any(True for _ in clocks) or any(True for _ in self._said(judge, {*rules, *heard}))

    def _clocks(self, judge: Judge, rules: Collection[str]) -> Iterator[Mismatch]:
        for stage in self._stages:
            faces = {verdict.rule.id: _Face(verdict, stage.at) for verdict in judge.judge(stage.frame)}
            for row, (trial, one) in enumerate(stage.asked):
                if one.rule in rules:
                    yield from _compare(trial, one, faces.get(one.rule), row)

    def _said(self, judge: Judge, rules: Collection[str]) -> Iterator[Mismatch]:
        for trial in self.trials:
            asked = [one for one in trial.expects if one.says is not None and one.rule in rules]
            if asked:
                yield from _lived(trial, asked, judge, self.live)


def _only(judge: Judge, rules: Collection[str]) -> Judge:
    """The same judge, of these rules alone: no rule's clock depends on another rule."""
    return replace(
        judge, rules=replace(judge.rules, rules=tuple(rule for rule in judge.rules.rules if rule.id in rules))
    )


class _Face:
    """A rule's clocks as they stand at the moment of each expectation."""

    def __init__(self, verdict: Verdict, at: NDArray[np.int64]) -> None:
        self.verdict, self.clocks = verdict, verdict.deadlines
        self.state = verdict.deadlines.state(at[verdict.row])

    def clock_of(self, row: int, subject: str | None) -> int | None:
        """The clock of an expectation: of its event if it names one, else the newest; None if there is none."""
        mine = self.verdict.row == row
        if subject is not None and self.verdict.subject is not None:
            mine &= self.verdict.subject == subject
        found = np.flatnonzero(mine)
        return int(found[-1]) if len(found) else None


def _compare(trial: Trial, one: Expectation, face: _Face | None, row: int) -> list[Mismatch]:
    if face is None:
        return [Mismatch(trial, one, "rule", one.rule, None)]
    clock = face.clock_of(row, one.subject)
    if clock is None:
        return [Mismatch(trial, one, "event", one.subject, None)]
    actual: list[tuple[str, str | int | None, str | int | None]] = [
        ("state", one.state, State(face.state[clock]).word),
        ("breach_at", one.breach_at, _instant(int(face.clocks.breach_at[clock]))),
        ("warn_at", one.warn_at, _instant(int(face.clocks.warn_at[clock]))),
    ]
    return [
        Mismatch(trial, one, what, expected, found)
        for what, expected, found in actual
        if expected is not None and expected != found
    ]


def _instant(moment: int) -> int | None:
    return None if moment in (NEVER, OUTSIDE) else moment


def _lived(trial: Trial, asked: Iterable[Expectation], judge: Judge, live: Live) -> Iterator[Mismatch]:
    wanted = {one.rule for one in asked}
    heard = wanted | {rule.id for rule in judge.rules.rules if wanted.intersection(rule.mutes)}
    life = Life(trial, _only(judge, heard), live)
    for one in sorted(asked, key=lambda one: one.at):
        life.live_through(one.at)
        told = tuple(life.told.get(one.rule, ()))
        if told != one.says:
            yield Mismatch(trial, one, "says", ", ".join(one.says or ()), ", ".join(told))
