"""The rules of a running process: asked for with every piece of work, replaced when others were saved.

What is replaced is the whole project: whoever has one works by it to the end, and the next piece of work takes the
one that stands here then. Nothing waits while files are read and checked.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from threading import Lock
from typing import Final, Generic, TypeVar

from stalewatch.domain.instants import MINUTE, to_us
from stalewatch.sdk.errors import ConfigurationError
from stalewatch.services.alerting import refused as telling
from stalewatch.services.judging import in_force
from stalewatch.services.judging.golive import note_rules
from stalewatch.services.judging.in_force import RulesMoved, Standing
from stalewatch.services.rules import watched
from stalewatch.services.rules.refusal import Refused
from stalewatch.settings import Settings
from stalewatch.settings.following import followed
from stalewatch.wiring.checking import Examined, examine
from stalewatch.wiring.project import Stalewatch

log = logging.getLogger("stalewatch.rules")

T = TypeVar("T")
_REPEAT: Final = MINUTE
"""How often a process says that it works by the rules in force."""


class Look(Enum):
    """What a look at the files came to."""

    SAME = "nothing has changed"
    UNSETTLED = "something is being saved: look again in a moment"
    TAKEN = "other rules, or other settings, are in force"
    REFUSED = "what was saved has errors; what was in force stays"


@dataclass(frozen=True, slots=True)
class State:
    """What holds in this process.

    Attributes:
        refused: what was saved since, and has errors.
        waiting: the keys of stalewatch.yaml whose saved values wait for a restart.
    """

    project: Stalewatch
    refused: Refused | None = None
    waiting: tuple[str, ...] = ()


class Live:
    """The project of a process as it is now."""

    def __init__(self, project: Stalewatch, *, judges: bool = False) -> None:
        """Begin with a project that was just opened.

        Args:
            judges: this process computes deadlines; its rules are put in force for all that share the database.
        """
        self.judges = judges
        self.state = State(project)
        self._looking = Lock()
        self._known = self._candidate = ""
        self._abstains = -1
        self._places = _places(project.settings)

    @property
    def project(self) -> Stalewatch:
        """What to work by now."""
        return self.state.project

    def look(self) -> Look:
        """Look at the files; take what has changed, once it has stood still from one look to the next.

        Raises:
            StoreError: the database cannot be asked. Nothing was taken.
        """
        with self._looking:
            try:
                return self._look()
            except RulesMoved:  # another process was quicker with something newer: read again what stands there now
                self._known = self._candidate = ""
                return Look.UNSETTLED

    # ------------------------------------------------------------------------------------------- the files

    def _look(self) -> Look:
        standing = self._standing()
        digest = self._digest()
        if digest == self._known:
            self._candidate = ""
            return self._hold(standing)
        if digest != self._candidate:
            self._candidate = digest
            return Look.UNSETTLED
        taken = self._judged(standing)
        if self._digest() != digest:  # somebody saved while we were reading
            self._candidate = ""
            return Look.UNSETTLED
        done = taken()
        self._known, self._candidate = digest, ""
        return done

    def _digest(self) -> str:
        return watched.digest(self.project.settings.path, self._places)

    def _judged(self, standing: Standing) -> Callable[[], Look]:
        """Read and check everything; answers with what to do about it."""
        running = self.project
        try:
            examined = examine(running.settings.path, running.clock.now(), running.env)
        except ConfigurationError as error:
            unread = Refused.unread(running.settings.path, error)
            return lambda: self._refuse(unread, standing)
        self._places = tuple({*_places(running.settings), *_places(examined.draft)})
        if examined.settings is None or examined.rulebook is None:
            wrong = Refused.of(examined.checked, running.settings.path)
            return lambda: self._refuse(wrong, standing)
        return lambda: self._take(examined, standing)

    # ------------------------------------------------------------------------------------------- what follows

    def _take(self, examined: Examined, standing: Standing) -> Look:
        running = self.project
        assert examined.settings is not None  # noqa: S101 - it was clean
        settings, waiting = followed(running.settings, examined.settings)
        book = examined.book_for(settings)
        if self.judges:
            note_rules(running.db, book, to_us(running.clock.now()), standing.number)
        is_same = settings == running.settings and book.version == running.rulebook.version
        after = running if is_same else running.following(settings, book)
        self.state = State(after, None, waiting)
        self._places = _places(after.settings)
        return Look.SAME if is_same else Look.TAKEN

    def _refuse(self, refused: Refused, standing: Standing) -> Look:
        if self.judges:
            telling.note(self.project.db, refused, to_us(self.project.clock.now()), standing.number)
        self.state = State(self.project, refused, self.state.waiting)
        return Look.REFUSED

    # ------------------------------------------------------------------------------------------- other processes

    def _standing(self) -> Standing:
        """What is in force for all; read before the files, so that who read them later can be told from us."""
        if not self.judges:
            return Standing()
        with self.project.db.read() as conn:
            return in_force.standing(conn)

    def _hold(self, standing: Standing) -> Look:
        """The files are as they were: say that we work by them, or see whether somebody else's rules are in force.

        Whoever brought those has other files. While they are at work, they have the word; a round that somebody ran
        by hand has ended, and then it is ours again: deadlines must not stand still for good.
        """
        if not self.judges:
            return Look.SAME
        db, book = self.project.db, self.project.rulebook
        real = db.now()
        with db.read() as conn:
            said = in_force.said_alive(conn, standing.version)
        if standing.version == book.version:
            if said is None or real - said >= _REPEAT:
                with db.write() as conn:
                    in_force.say_alive(conn, book.version, real)
            return Look.SAME
        if said is not None and real - said < in_force.ALIVE:
            if standing.number != self._abstains:
                log.warning("another process works by rules that are not those of %s", self.project.settings.path)
            self._abstains = standing.number
            return Look.SAME
        note_rules(db, book, to_us(self.project.clock.now()), standing.number)
        return Look.TAKEN


class Each(Generic[T]):
    """Something made of a project, made anew when the project is."""

    def __init__(self, live: Live, make: Callable[[Stalewatch], T]) -> None:
        self._live, self._make = live, make
        self._made: tuple[Stalewatch, T] | None = None

    def __call__(self) -> T:
        """As the project is now."""
        project, made = self._live.project, self._made
        if made is None or made[0] is not project:
            made = self._made = (project, self._make(project))
        return made[1]


def _places(settings: Settings) -> tuple[Path, ...]:
    return (*settings.rules, *settings.catalogue)
