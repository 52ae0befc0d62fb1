"""`stalewatch rules ...`: check, test and explain what is judged by."""

from __future__ import annotations

from stalewatch.cli.invocation import group
from stalewatch.cli.rules_backtest import backtest
from stalewatch.cli.rules_check import check
from stalewatch.cli.rules_diff import diff
from stalewatch.cli.rules_explain import explain
from stalewatch.cli.rules_feedback import feedback
from stalewatch.cli.rules_fmt import fmt
from stalewatch.cli.rules_preview import show_preview
from stalewatch.cli.rules_promote import promote
from stalewatch.cli.rules_route import route
from stalewatch.cli.rules_schema import schema
from stalewatch.cli.rules_suggest import suggest
from stalewatch.cli.rules_test import test


@group("rules")
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


for command in (check, test, explain, fmt, schema, route, show_preview, diff, promote, feedback, suggest, backtest):
    rules.add_command(command)
