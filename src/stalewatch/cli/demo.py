"""`stalewatch demo`: a month of a made-up company, told in a few seconds, on this machine only."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import ClassVar, Final, Literal

import click
import numpy as np

from stalewatch import wiring
from stalewatch.cli import deal_lists
from stalewatch.cli.asking import Asked, read_list, reader_of
from stalewatch.cli.deal_lists import Shown
from stalewatch.cli.demo_words import NO_ENVIRONMENT, closing_words, opening_words
from stalewatch.cli.grid import terminal_width
from stalewatch.cli.invocation import Invocation, command
from stalewatch.cli.progress import Progress
from stalewatch.clock import FixedClock
from stalewatch.delivery.console import ConsoleNotifier
from stalewatch.delivery.wording.reader import Reader
from stalewatch.domain.calendar import Calendar
from stalewatch.domain.instants import to_us
from stalewatch.sdk.errors import ConfigurationError
from stalewatch.sdk.notifier import Message, Notifier, Outcome, Receipt, Settled
from stalewatch.services.reports import Reports
from stalewatch.wiring import Stalewatch
from stalewatch.wiring.cycles import cycle_of
from stalewatch_sandbox.export import write_csv
from stalewatch_sandbox.pipeline import Size
from stalewatch_sandbox.project import DEMO_AT, EXPORTS, DemoProject, world_of, write_demo_project

_SIZE: Final = Size(open=80, closed=40, later=40, leads=0)
"""Eight sellers: enough for every kind of nudge, and read in a blink."""
_APART: Final = 3
"""Working days from one morning that the rules see to the next."""
_ROWS: Final = 12


@command()
@click.option("--once", is_flag=True, help="Print the nudges and the stalled list, and end.")
@click.option("--keep", type=click.Path(path_type=Path), metavar="DIR", help="Leave the project in this new folder.")
@click.option("--port", type=click.IntRange(0, 65535), default=8080, help="Of the API [8080, or else any free one].")
def demo(invocation: Invocation, once: bool, keep: Path | None, port: int) -> int:
    """Watch a made-up company for a month: what goes quiet, who is nudged, what is stalled in the end.

    Nothing leaves this machine, and everything is gone afterwards.

    \b
    Examples:
      stalewatch demo --once
      stalewatch demo --once --lang ja
      stalewatch demo --once --keep mydemo && cd mydemo
    """
    with _folder(keep) as folder:
        language: Literal["en", "ja"] = "ja" if invocation.lang == "ja" else "en"
        written = write_demo_project(folder, as_of=invocation.now or DEMO_AT, language=language, size=_SIZE)
        reader = _show_the_month(written, language)
        if once:
            click.echo("\n" + closing_words(keep, written.moment, reader))
            return 0
        from stalewatch.cli.demo_serving import serve_demo  # noqa: PLC0415  # a server is slow to import

        return serve_demo(written.config, written.moment, language, port)


class Mailbox(Notifier):
    """Keeps what was sent, with its moment: a month of nudges is too much to read."""

    type: ClassVar[str] = "mailbox"

    def __init__(self, clock: FixedClock) -> None:
        self._clock = clock
        self.mail: list[tuple[datetime, Message]] = []

    def send(self, message: Message) -> Receipt:
        self.mail.append((self._clock.now(), message))
        return Receipt(at=self._clock.now())

    def settle(self, delivery: str, address: str, since: datetime) -> Settled:
        arrived = any(message.delivery == delivery for _, message in self.mail)
        return Settled(outcome=Outcome.ARRIVED if arrived else Outcome.ABSENT)

    def last(self) -> list[Message]:
        """What was sent on the last morning on which anything was."""
        return [message for at, message in self.mail if at == self.mail[-1][0]]


def _show_the_month(written: DemoProject, language: str) -> Reader:
    """Let the month pass, and show how it ended: the last morning's nudges and the stalled list."""
    with closing(wiring.open_project(written.config, now=written.began_at, env=NO_ENVIRONMENT)) as app:
        box = _live_through(app, written, language)
        reader = reader_of(app, Invocation(lang=language))
        last = box.last()
        open_deals = sum(how_many for _, how_many in Reports(app.db, app.rulebook, app.sources).stock().values())
        click.echo(opening_words(open_deals, len(box.mail) - len(last), len(last), written.began_at, reader) + "\n")
        paper = ConsoleNotifier(now=app.clock.now, columns=min(terminal_width() or 100, 100))
        for message in last:
            paper.send(message)
        listing = read_list(app, Asked(), language)
        click.echo("\n".join(deal_lists.lines(listing, Shown(), reader, terminal_width(), most=_ROWS)))
        return reader


def _live_through(app: Stalewatch, written: DemoProject, language: str) -> Mailbox:
    """Morning after morning the files are exported anew, read, judged, and people nudged."""
    clock = app.clock
    assert isinstance(clock, FixedClock)  # noqa: S101 - the project was opened at a moment
    box, world = Mailbox(clock), world_of(written.config.parent)
    cycle = cycle_of(app, language=language, notifier=lambda: box)
    mornings = _mornings(app.rulebook.calendars.default, written.began_at, written.moment)
    with Progress() as bar:
        for done, morning in enumerate(mornings):
            bar.show("demo", done, len(mornings))
            write_csv(world, written.config.parent / EXPORTS, morning)
            clock.move_to(morning)
            failed = cycle.run(force=True).failures
            if failed:
                raise ConfigurationError("the demo could not go on", cure=failed[0])
    return box


def _mornings(calendar: Calendar, first: datetime, last: datetime) -> list[datetime]:
    """The first moment, and from the last one back every third working day at the same time of day."""
    days = [last - timedelta(days=back) for back in range((last - first).days)]
    local = calendar.local_day(np.array([to_us(day) for day in days], np.int64))
    working = [day for day, works in zip(days, calendar.is_business_day(local).tolist(), strict=True) if works]
    return [first, *reversed(working[::_APART])]


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    """A folder that is gone afterwards, or a new one that stays.

    Raises:
        ConfigurationError: there is something in the folder that is to be kept.
    """
    if keep is not None:
        if keep.exists() and (not keep.is_dir() or any(keep.iterdir())):
            raise ConfigurationError("is there already, and not empty", where=str(keep), cure="name a new folder")
        keep.mkdir(parents=True, exist_ok=True)
        yield keep
        return
    folder = Path(mkdtemp(prefix="stalewatch-demo-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
