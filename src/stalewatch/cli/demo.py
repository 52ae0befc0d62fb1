"""`stalewatch demo`: a month of a made-up company, told in a few seconds, on this machine only."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

import click

from stalewatch.cli import deal_lists
from stalewatch.cli.asking import Asked, read_list, reader_of
from stalewatch.cli.deal_lists import Shown
from stalewatch.cli.demo_month import Stage, live_through, open_deals, staged
from stalewatch.cli.demo_words import closing_words, opening_words, this_morning
from stalewatch.cli.grid import terminal_width
from stalewatch.cli.invocation import Invocation, command
from stalewatch.delivery.console import ConsoleNotifier
from stalewatch.delivery.wording.reader import Reader
from stalewatch.sdk.errors import ConfigurationError
from stalewatch_sandbox.project import DEMO_AT
from stalewatch_sandbox.staff import Language

_ROWS: Final = 12


@command()
@click.option("--once", is_flag=True, help="Print the nudges and the stalled list, and end.")
@click.option("--keep", type=click.Path(path_type=Path), metavar="DIR", help="Leave the project in this new folder.")
@click.option("--port", type=click.IntRange(0, 65535), default=8080, help="Of the dashboard [8080, or any free one].")
def demo(invocation: Invocation, once: bool, keep: Path | None, port: int) -> None:
    """Watch a made-up company for a month: what goes quiet, who is nudged in Slack, what is stalled in the end.

    Its Salesforce, HubSpot and Slack are simulated; everything else is real. Nothing leaves this machine, and
    everything is gone afterwards.

    \b
    Examples:
      stalewatch demo
      stalewatch demo --once --lang ja
      stalewatch demo --once --keep mydemo
    """
    ends = invocation.now or DEMO_AT
    language: Language = "ja" if invocation.lang == "ja" else "en"
    with _ended_like_ctrl_c(), _folder(keep) as folder, staged(folder, language, ends) as stage:
        if once:
            reader = _tell_the_month(stage)
        else:
            from stalewatch.cli.demo_serving import serve_the_month  # noqa: PLC0415  # a server is slow to import

            reader = serve_the_month(stage, port)
    click.echo("\n" + closing_words(keep, reader))


def _tell_the_month(stage: Stage) -> Reader:
    """Let the month pass, and print how it ended: the last morning's nudges and the stalled list."""
    stage.write()
    month = live_through(stage)
    with closing(stage.open(running=False)) as app:
        reader = reader_of(app, Invocation(lang=stage.language))
        click.echo(opening_words(open_deals(app), len(month.mail), stage.began, reader))
        click.echo(this_morning(month.last(), reader) + "\n")
        paper = ConsoleNotifier(now=app.clock.now, columns=min(terminal_width() or 100, 100))
        for message in month.last():
            paper.send(message)
        listing = read_list(app, Asked(), stage.language)
        click.echo("\n".join(deal_lists.lines(listing, Shown(), reader, terminal_width(), most=_ROWS)))
        return reader


@contextmanager
def _ended_like_ctrl_c() -> Iterator[None]:
    """Whoever ends us by SIGTERM while the month passes finds nothing left behind either."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


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
