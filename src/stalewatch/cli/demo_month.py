"""The month that the demo lets pass: morning after morning the CRMs are read, deals judged, and people told."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar, Final

import numpy as np

from stalewatch import wiring
from stalewatch.cli.progress import Progress
from stalewatch.clock import FixedClock
from stalewatch.domain.calendar import Calendar
from stalewatch.domain.instants import to_us
from stalewatch.sdk.errors import ConfigurationError
from stalewatch.sdk.notifier import Message, Notifier, Receipt, Settled
from stalewatch.services.reporting.reports import Reports
from stalewatch.wiring import Stalewatch
from stalewatch.wiring.cycles import cycle_of
from stalewatch_sandbox.company import Simulated, simulated
from stalewatch_sandbox.pipeline import Size
from stalewatch_sandbox.project import BEFORE, write_demo_project
from stalewatch_sandbox.staff import Language

SIZE: Final = Size(open=80, closed=40, later=40, leads=0)
"""Eight sellers: enough for every kind of nudge, and read in a blink."""
_APART: Final = 3
"""Working days from one morning that the rules see to the next."""
_A_WHILE: Final = timedelta(minutes=1)
"""After a morning's messages, those that stand there already are brought up to date."""
_HURRY: Final = 1_000
"""A month passes in seconds, so the seconds in which HubSpot and Slack count calls pass quicker too."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the demo plays.

    Attributes:
        folder: of the project that watches the company.
        ends: the moment that the demo is about; it begins a month before.
    """

    company: Simulated
    folder: Path
    language: Language
    ends: datetime

    @property
    def began(self) -> datetime:
        """The first moment."""
        return self.ends - BEFORE

    def write(self, public_url: str = "") -> None:
        """Write the project; its messages lead to this address, if there is one."""
        write_demo_project(self.folder, self.company, language=self.language, public_url=public_url)

    def open(self, *, running: bool) -> Stalewatch:
        """The project at the company's present, which goes on by itself or is moved by hand.

        The environment is not asked: the demo never touches the database that `STALEWATCH_DATABASE_URL` names.
        """
        now = self.company.clock.now()
        return wiring.open_project(self.folder / "stalewatch.yaml", now=now, env={}, running=running)


@contextmanager
def staged(folder: Path, language: Language, ends: datetime) -> Iterator[Stage]:
    """The company as it was a month before, its servers at work; at the end they are gone."""
    began = ends - BEFORE
    with simulated(began, size=SIZE, about=ends, home=language, ticks=lambda: _HURRY * time.monotonic()) as company:
        yield Stage(company, folder, language, ends)


class Mailbox(Notifier):
    """Passes messages on and keeps them with their moments: a month of nudges is too much to read in a terminal.

    It keeps no distance between two messages to one person: a second of the real one would be a morning here.
    """

    type: ClassVar[str] = "mailbox"
    can_edit: ClassVar[bool] = True

    def __init__(self, clock: FixedClock, service: Notifier) -> None:
        self._clock, self._service = clock, service
        self.mail: list[tuple[datetime, Message]] = []

    def send(self, message: Message) -> Receipt:
        receipt = self._service.send(message)
        self.mail.append((self._clock.now(), message))
        return receipt

    def settle(self, delivery: str, address: str, since: datetime, thread: Mapping[str, Any] | None = None) -> Settled:
        return self._service.settle(delivery, address, since, thread)

    def edit(self, receipt: Receipt, message: Message) -> Receipt:
        return self._service.edit(receipt, message)

    def check(self) -> None:
        self._service.check()

    def last(self) -> list[Message]:
        """What was sent on the last morning on which anything was."""
        return [message for at, message in self.mail if at == self.mail[-1][0]]


def live_through(stage: Stage) -> Mailbox:
    """Let the month pass; returns what was said in it.

    Raises:
        ConfigurationError: something failed that cannot fail here.
    """
    with closing(stage.open(running=False)) as app:
        clock = app.clock
        assert isinstance(clock, FixedClock)  # noqa: S101 - the project was opened at a moment
        box = Mailbox(clock, app.notifier)
        cycle = cycle_of(app, language=stage.language, notifier=lambda: box)
        mornings = _mornings(app.rulebook.calendars.default, stage.began, stage.ends)
        with Progress() as bar:
            for done, morning in enumerate(mornings):
                bar.show(f"{morning:%Y-%m-%d}", done, len(mornings))
                _move(stage, clock, morning)
                _check(cycle.run(force=True).failures)
                _move(stage, clock, morning + _A_WHILE)
                _check(cycle.dispatch().errors)
    return box


def open_deals(app: Stalewatch) -> int:
    """How many there are now."""
    return sum(how_many for _, how_many in Reports(app.db, app.rulebook, app.sources).stock().values())


def _move(stage: Stage, clock: FixedClock, moment: datetime) -> None:
    """One time for the company and for whoever watches it."""
    stage.company.advance(moment)
    clock.move_to(moment)


def _check(failures: tuple[str, ...] | list[str]) -> None:
    if failures:
        raise ConfigurationError("the demo could not go on", cure=failures[0])


def _mornings(calendar: Calendar, first: datetime, last: datetime) -> list[datetime]:
    """The first moment, and from the last one back every third working day at the same time of day."""
    days = [last - timedelta(days=back) for back in range((last - first).days)]
    local = calendar.local_day(np.array([to_us(day) for day in days], np.int64))
    working = [day for day, works in zip(days, calendar.is_business_day(local).tolist(), strict=True) if works]
    return [first, *reversed(working[::_APART])]
