"""`stalewatch`: finds the command, and turns whatever goes wrong into one to three lines on standard error.

Commands are imported when they are called, so that `--help` answers at once.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Final, NamedTuple, NoReturn

import click

from stalewatch import __version__
from stalewatch.cli.invocation import Group
from stalewatch.cli.loading import loaded
from stalewatch.engine.redacting import redacted
from stalewatch.sdk.errors import StalewatchError

INTERRUPTED: Final = 130  # what a shell reports for a program that Ctrl-C ended


class Lazy(NamedTuple):
    """Where a command lives ("module:object"), and its line in the list of commands."""

    target: str
    summary: str


COMMANDS: Final[dict[str, Lazy]] = {
    "demo": Lazy("stalewatch.cli.demo:demo", "watch a made-up company for a month"),
    "init": Lazy("stalewatch.cli.init:init", "write a project to start from"),
    "doctor": Lazy("stalewatch.cli.doctor:doctor", "look at everything, and say what to do"),
    "run": Lazy("stalewatch.cli.run:run", "one whole round: read, judge, tell people"),
    "sync": Lazy("stalewatch.cli.sync:sync", "read connections"),
    "tick": Lazy("stalewatch.cli.tick:tick", "look at the deadlines that have come"),
    "dispatch": Lazy("stalewatch.cli.dispatch:dispatch", "send what is to be sent"),
    "deals": Lazy("stalewatch.cli.deals:deals", "stalled deals, deals due soon, one deal in full"),
    "leads": Lazy("stalewatch.cli.deals:leads", "the same of leads"),
    "serve": Lazy("stalewatch.cli.serve:serve", "serve the API, and work as long as it runs"),
    "worker": Lazy("stalewatch.cli.worker:worker", "work beside other workers, on PostgreSQL"),
    "work": Lazy("stalewatch.cli.work:work", "what is held back or set aside: list, release, retry"),
    "audit": Lazy("stalewatch.cli.audit:audit", "who did what, and what was written into the CRMs"),
    "rules": Lazy("stalewatch.cli.rules:rules", "check, test and explain rules"),
    "fields": Lazy("stalewatch.cli.fields:fields", "the fields that rules can read, as connections fill them"),
    "token": Lazy("stalewatch.cli.token:token", "API tokens: create, list, revoke"),
    "forget": Lazy("stalewatch.cli.forget:forget", "erase a person from everything that is kept"),
    "user": Lazy("stalewatch.cli.user:user", "people and their roles: list, grant, revoke"),
    "db": Lazy("stalewatch.cli.db:db", "the database: upgrade, back up, restore, move"),
    "sandbox": Lazy("stalewatch.cli.sandbox:sandbox", "the simulated CRMs and Slack alone, for other clients"),
}
"""Every command, in the order of the help: from the first five minutes to the rare ones."""

EXAMPLES: Final = """\b
Examples:
  stalewatch demo --once                 see it work on a made-up pipeline
  stalewatch init && stalewatch doctor   start a project here, and check it
  stalewatch run --once                  read the CRM, judge, tell people
  stalewatch deals due-soon --within 7d  what will go quiet this week
"""


class LazyGroup(Group):
    """The root: lists commands from the table and imports the one that is called."""

    def __init__(self, *args: object, table: Mapping[str, Lazy], **attributes: object) -> None:
        super().__init__(*args, **attributes)
        self.table = table

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        lazy = self.table.get(cmd_name)
        return None if lazy is None else loaded(lazy.target)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in self.table and not args[0].startswith("-"):
            close = get_close_matches(args[0], self.table, n=1)
            ctx.fail(f"there is no command {args[0]!r}" + (f"; did you mean {close[0]!r}?" if close else ""))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        lines = [(name, lazy.summary) for name, lazy in self.table.items()]
        if lines:
            with formatter.section("Commands"):
                formatter.write_dl(lines)


@click.group(cls=LazyGroup, table=COMMANDS, epilog=EXAMPLES)
@click.version_option(__version__, message="stalewatch %(version)s")
def stalewatch() -> None:
    """Watches the opportunities of your CRM and tells the right person, once, when a deal goes quiet.

    The options below may stand before or after the command.
    """


def run(arguments: Sequence[str], root: click.Group = stalewatch) -> int:
    """Run one command line and return its exit status: 0, 1 for a failure, 2 for a call we do not understand.

    Commands return their status (None is 0) or raise; nothing but `SystemExit` leaves this function.
    """
    try:
        status = root.main(args=list(arguments), prog_name="stalewatch", standalone_mode=False)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader (`| head`) has seen enough; do not complain at exit either
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except click.ClickException as error:
        return _misunderstood(error)
    except Exception as error:  # the last stop: whatever it is, it ends in a few lines and a status
        if "--debug" in arguments:
            click.echo(redacted(traceback.format_exc()), err=True, nl=False)
        click.echo(_in_words(error), err=True)
        return 1
    return int(status or 0)


def _misunderstood(error: click.ClickException) -> int:
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
        return error.exit_code
    click.echo(error.format_message(), err=True)
    if isinstance(error, click.UsageError) and error.ctx is not None:
        click.echo(f"  See '{error.ctx.command_path} --help'.", err=True)
    return error.exit_code


def _in_words(error: Exception) -> str:
    if isinstance(error, StalewatchError):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return (
        f"unexpected {type(error).__name__}: {redacted(str(error))}\n"
        "  This is a fault in stalewatch. Run it again with --debug and send us what it prints."
    )


def main() -> NoReturn:
    """The console script."""
    sys.exit(run(sys.argv[1:]))
