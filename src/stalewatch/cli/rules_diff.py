"""`stalewatch rules diff`: what a change of the rules changes for the records that there are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

import click

from stalewatch import wiring
from stalewatch.cli.asking import reader_of
from stalewatch.cli.compared_sheet import Shown as PastShown
from stalewatch.cli.diff_sheet import Shown
from stalewatch.cli.history_options import Days
from stalewatch.cli.invocation import Invocation, command
from stalewatch.cli.progress import Progress
from stalewatch.cli.projects import language_of, today
from stalewatch.cli.trial_options import print_sheet, shown
from stalewatch.domain.instants import to_us
from stalewatch.sdk.errors import ConfigurationError
from stalewatch.services.learning.compared import Compared
from stalewatch.services.previewing.difference import difference
from stalewatch.services.previewing.known import known
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.wiring import Stalewatch
from stalewatch.wiring.kept_past import kept_by
from stalewatch.wiring.revisions import at_revision
from stalewatch.wiring.versions import book_of

DIFFERENT: Final = 3


@command("diff")
@click.argument("old", required=False, type=click.Path(path_type=Path))
@click.argument("new", required=False, type=click.Path(path_type=Path))
@click.option("--git", "revision", metavar="REF", help="Compare with the project at this git revision instead of OLD.")
@click.option("--exit-code", is_flag=True, help="Exit with 3 if there is any difference.")
@click.option("--backtest", is_flag=True, help="Compare what both would have said over the past, and how rightly.")
@click.option("--horizon", type=Days(), default="60d", show_default=True,
              help="With --backtest: how long after a breach a win says that the message was wrong.")  # fmt: skip
@shown
def diff(
    invocation: Invocation, old: Path | None, new: Path | None, revision: str | None, exit_code: bool, backtest: bool,
    horizon: int, limit: int, everything: bool, shape: str | None,
) -> int:  # fmt: skip
    """Compare two versions of the rules on the stored records: whose alerts come and go, and why.

    OLD and NEW are rule files, folders of them, or configurations; without NEW it is the project as it is. Nothing
    is written, so a replica of the database is enough.

    \b
    Examples:
      stalewatch rules diff --git main
      stalewatch rules diff --git origin/main --format markdown
      stalewatch rules diff rules/ghosting.yaml ghosting-new.yaml
      stalewatch rules diff old/rules/ --exit-code
      stalewatch rules diff --git main --backtest --format markdown
    """
    if (old is None) is (revision is None) or (new is not None and old is None):
        raise click.UsageError("name OLD (and NEW), or --git with a revision")
    with closing(wiring.open_project(
        invocation.config, now=invocation.now, language=invocation.lang, looking=True
    )) as app:  # fmt: skip
        with _before(invocation, app, old, revision) as before, Progress() as bar:
            after = app.rulebook if new is None else _book(invocation, app, new)
            ids = {one.id: None for one in app.settings.connections}
            now, most = to_us(app.clock.now()), None if everything else limit
            if backtest:
                same = _over_the_past(invocation, app, before, after, float(horizon), most, shape)
                return DIFFERENT if exit_code and not same else 0
            found = difference(app.db, before, after, ids, now, most, bar.show)
        listed = [*found.moved, *(one for one in (found.earliest, found.latest) if one is not None)]
        names = known(app.db, app.speaking, ((one.object, one.record) for one in listed))
        told = Shown(
            found, before.rules, after.rules, app.settings.judging.currency, names, reader_of(app, invocation), most
        )
        print_sheet(invocation, shape, lambda: told.sheet(now), lambda: told.data(now))
    return DIFFERENT if exit_code and not found.is_empty else 0


def _over_the_past(
    invocation: Invocation, app: Stalewatch, before: Rulebook, after: Rulebook, horizon: float, most: int | None,
    shape: str | None,
) -> bool:  # fmt: skip
    """Print what both versions would have said; True if it is the same."""
    kept = kept_by(app, None)
    asked = kept.asked(None, None, None, horizon)
    found = Compared(*(kept.tried(asked, book=book) for book in (before, after)))
    ends = found.ends()
    objects = [(obj, record) for obj, one in found.history.items() for record in ends.keys() & {*one.ids}]
    told = PastShown(
        found, known(app.db, app.speaking, objects), reader_of(app, invocation), kept.dates(found.new), most
    )
    print_sheet(invocation, shape, told.sheet, found.data)
    return not found.rules


@contextmanager
def _before(invocation: Invocation, app: Stalewatch, old: Path | None, revision: str | None) -> Iterator[Rulebook]:
    """The old version."""
    if revision is None:
        assert old is not None  # noqa: S101 - one of the two was named
        yield _book(invocation, app, old)
        return
    with at_revision(invocation.config, revision) as config:
        yield _book(invocation, app, config)


def _book(invocation: Invocation, app: Stalewatch, path: Path) -> Rulebook:
    if not path.exists():
        raise ConfigurationError(f"there is no file or folder {path}", cure="for a git revision, say --git")
    return book_of(path, app.settings, today(invocation), language_of(invocation, app.settings))
