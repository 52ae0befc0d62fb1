"""`stalewatch rules ...`: check, test and explain what is judged by.

Each is imported when it is called: to suggest a limit takes neither lists of deals nor the database's libraries.
"""

from __future__ import annotations

from typing import Final

import click

from stalewatch.cli.invocation import Group
from stalewatch.cli.loading import loaded

_FOUND: Final = {
    "check": "rules_check:check", "test": "rules_test:test", "explain": "rules_explain:explain", "fmt": "rules_fmt:fmt",
    "schema": "rules_schema:schema", "route": "rules_route:route", "preview": "rules_preview:show_preview",
    "diff": "rules_diff:diff", "promote": "rules_promote:promote", "feedback": "rules_feedback:feedback",
    "suggest": "rules_suggest:suggest", "backtest": "rules_backtest:backtest",
}  # fmt: skip


class Rules(Group):
    """The commands by their names, in the order of the alphabet."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_FOUND)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return loaded(f"stalewatch.cli.{_FOUND[cmd_name]}") if cmd_name in _FOUND else None


@click.group("rules", cls=Rules)
def rules() -> None:
    """Check, test and explain rules.

    \b
    Examples:
      stalewatch rules check                 everything this project judges by
      stalewatch rules test                  run the tests beside the rules
      stalewatch rules explain ghosted       one rule in words
      stalewatch rules fmt                   put rule files in order
      stalewatch rules preview               who would be late, and what would be told
      stalewatch rules diff --git main       what a change of the rules changes
      stalewatch rules feedback              what came of what the rules said
      stalewatch rules suggest               limits that the history suggests
      stalewatch rules backtest              what the rules would have said, and whether rightly
    """
