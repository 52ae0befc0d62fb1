"""`stalewatch work`: what waits for a person's word, and giving it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Final

import click
import msgspec

from stalewatch.cli.actor import actor
from stalewatch.cli.asking import reader_of
from stalewatch.cli.explained_work import explained
from stalewatch.cli.grid import Column, grid, terminal_width
from stalewatch.cli.invocation import Invocation, command, group
from stalewatch.cli.projects import NoSuch, open_project
from stalewatch.cli.work_words import happened, summary
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.times import moment
from stalewatch.delivery.wording.untrusted import clean
from stalewatch.delivery.wording.work_words import place, what, why
from stalewatch.services.operating.explaining import Explaining
from stalewatch.services.operating.work import Moved, Work
from stalewatch.services.reporting.pieces import ENDED, NOT_WRITTEN, Kind, Piece, by_reason, chosen, everything
from stalewatch.wiring import Stalewatch

_MOST_ROWS: Final = 50


@group("work")
def work() -> None:
    """What is held back, unfinished or set aside, and what shall become of it.

    \b
    Examples:
      stalewatch work ls
      stalewatch work release --all --reason storm
      stalewatch work retry --all --state dead --because "the token is renewed"
      stalewatch work drop 3f9c1a 77b0e2
    """


@command("ls", parent=work)
def list_work(invocation: Invocation) -> None:
    """List the messages that are held back or unfinished, and what was set aside."""
    with closing(open_project(invocation)) as app:
        pieces = _work(app).pieces()
        if invocation.json:
            click.echo(msgspec.json.format(msgspec.json.encode(pieces), indent=2).decode())
            return
        reader = reader_of(app, invocation)
        click.echo(summary(by_reason(pieces), reader))
        if pieces:
            click.echo("\n" + "\n".join(_table(pieces, reader)))


@command("explain", parent=work)
@click.argument("identity", metavar="ID", required=True)
def explain(invocation: Invocation, identity: str) -> int:
    """Say of one piece of work what it is, how it stands, who may hold it until when, and what happens next.

    ID is a connection, a destination (person:..., channel:...), or what `work ls` prints, or its beginning.

    \b
    Examples:
      stalewatch work explain hs
      stalewatch work explain 3f9c1a
    """
    with closing(open_project(invocation)) as app:
        found = Explaining(app.db, app.clock).of(identity) if identity else []
        if not found:
            raise NoSuch(f"no work is called {identity}", cure="`stalewatch work ls` lists what waits for a word")
        if invocation.json:
            click.echo(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())
        elif len(found) > 1:
            click.echo("\n".join(f"{one.kind} {clean(one.id)}" for one in found))
        else:
            click.echo("\n".join(explained(found[0], reader_of(app, invocation))))
        return 0 if len(found) == 1 else 1


_ids = click.argument("ids", metavar="[ID]...", nargs=-1)
_all = click.option("--all", "everything_", is_flag=True, help="All of them, or with --reason all of that reason.")
_reason = click.option("--reason", metavar="WORD", help="With --all: only what waits for this reason.")


@command("release", parent=work)
@_ids
@_all
@_reason
def release(invocation: Invocation, ids: tuple[str, ...], everything_: bool, reason: str | None) -> int:
    """Let work go on: held messages may be sent, what was given up is tried again.

    Messages that reached nobody are routed anew, by the people and channels that are known now.
    """
    return _give(invocation, Work.release, "released", _Asked(ids, everything_, reason))


@command("drop", parent=work)
@_ids
@_all
@_reason
def drop(invocation: Invocation, ids: tuple[str, ...], everything_: bool, reason: str | None) -> int:
    """Discard messages: they will never be sent. What they are about stays on the lists."""
    return _give(invocation, Work.drop, "dropped", _Asked(ids, everything_, reason))


_because = click.option("--because", metavar="TEXT", default="", help="Why, for the audit log.")


@command("retry", parent=work)
@_ids
@_all
@click.option("--state", type=click.Choice((*ENDED, *NOT_WRITTEN)), help="With --all: only what is in this state.")
@_because
def retry(invocation: Invocation, ids: tuple[str, ...], everything_: bool, state: str | None, because: str) -> int:
    """Send messages once more that were given up (dead), or of which nobody knows whether they arrived (parked).

    Somebody may read a parked one twice. What a CRM refused, or what could not be written into it, is tried again by
    its id, or with --all --state refused or given_up; a record that was set aside is judged again by its id.
    """
    only = NOT_WRITTEN if state in NOT_WRITTEN else ENDED
    asked = _Asked(ids, everything_, state, only=only, option="--state")
    return _give(invocation, Work.retry, "retried", asked, because)


@command("park", parent=work)
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
@_because
def park(invocation: Invocation, names: tuple[str, ...], because: str) -> int:
    """Set aside, until `release`: a connection or a destination by its name, or a message that has no answer yet."""
    with closing(open_project(invocation)) as app:
        return _tell(invocation, app, "parked", _work(app, because).park(names))


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is meant: some ids, or everything of one reason.

    Attributes:
        only: the states that are meant at all; none: every one.
        option: the name by which `reason` was asked for.
    """

    ids: Sequence[str]
    all: bool
    reason: str | None
    only: Collection[str] = ()
    option: str = "--reason"

    def __post_init__(self) -> None:
        if bool(self.ids) == self.all:
            raise click.UsageError("name what is meant: ids from `stalewatch work ls`, or --all")
        if self.reason is not None and not self.all:
            raise click.UsageError(f"{self.option} goes with --all")

    def of(self, pieces: Collection[Piece]) -> list[Piece]:
        """The pieces that are meant.

        Raises:
            NoSuch: an id names none of them or several, or nothing waits for that reason.
        """
        if self.only and not self.ids:
            pieces = [piece for piece in pieces if _may_be_retried(piece) and piece.state in self.only]
        if self.ids:
            found, unclear = chosen(pieces, self.ids)
            if unclear:
                raise NoSuch(f"nothing that waits is called {', '.join(unclear)}", cure="`stalewatch work ls` lists it")
            return found
        known = by_reason(pieces)
        if self.reason is not None and self.reason not in known:
            raise NoSuch(
                f"nothing waits for the reason {self.reason!r}", cure=f"reasons: {', '.join(sorted(known)) or 'none'}"
            )
        return everything(pieces, self.reason)


def _may_be_retried(piece: Piece) -> bool:
    return piece.kind in (Kind.DELIVERY, Kind.WRITE)


def _give(
    invocation: Invocation, word: Callable[[Work, Collection[Piece]], Moved], done: str, asked: _Asked,
    because: str = "",
) -> int:  # fmt: skip
    with closing(open_project(invocation)) as app:
        theirs = _work(app, because)
        return _tell(invocation, app, done, word(theirs, asked.of(theirs.pieces())))


def _tell(invocation: Invocation, app: Stalewatch, done: str, moved: Moved) -> int:
    """Say what came of a word; the exit status is 1 if it could not be done to everything."""
    if invocation.json:
        click.echo(msgspec.json.format(msgspec.json.encode(moved), indent=2).decode())
    else:
        click.echo("\n".join(happened(done, moved, reader_of(app, invocation))))
    return 1 if moved.refused else 0


def _work(app: Stalewatch, because: str = "") -> Work:
    return Work(app.db, app.clock, app.rulebook, app.speaking, actor(), because)


def _table(pieces: Sequence[Piece], reader: Reader) -> list[str]:
    words = reader.words
    columns = [
        Column("ID"),
        Column(words.pgettext("column", "WHAT")),
        Column(words.pgettext("column", "TO"), elastic=True),
        Column(words.pgettext("column", "ABOUT"), elastic=True),
        Column(words.pgettext("column", "WHY"), elastic=True),
        Column(words.pgettext("column", "SINCE")),
    ]
    rows = [
        [
            piece.id if piece.id != piece.target else piece.key,
            what(piece.kind, piece.state, reader),
            place(piece.target),
            clean(" · ".join(part for part in (piece.record, piece.rule) if part)),
            why(piece.kind, piece.why, reader),
            "" if piece.since is None else moment(piece.since, reader),
        ]
        for piece in pieces[:_MOST_ROWS]
    ]
    more = len(pieces) - _MOST_ROWS
    said = reader.words.gettext("+{count} more").format(count=reader.number(more))
    return [*grid(columns, rows, terminal_width()), *([said] if more > 0 else [])]
