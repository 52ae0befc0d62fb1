"""`stalewatch rules feedback`: what came of what the rules said."""

from __future__ import annotations

from contextlib import closing
from typing import Any, Final

import click

from stalewatch.cli.asking import reader_of
from stalewatch.cli.feedback_sheet import FeedbackSheet
from stalewatch.cli.invocation import Invocation, command
from stalewatch.cli.printing import as_json
from stalewatch.cli.projects import open_project
from stalewatch.cli.records import rules_called
from stalewatch.domain.instants import DAY, to_us
from stalewatch.services.reporting.feedback import Effect, Share, effects_of

_DAYS: Final = 90


@command("feedback")
@click.argument("rules", nargs=-1, metavar="[RULE...]")
@click.option("--days", type=click.IntRange(1, 730), default=_DAYS, show_default=True, help="How far to look back.")
def feedback(invocation: Invocation, rules: tuple[str, ...], days: int) -> int:
    """See what came of what the rules said: acted on and how soon, ignored, called a false alarm.

    With a hold-out (`holdout:` in stalewatch.yaml) it also shows what becomes of deals of which nobody is told.

    \b
    Examples:
      stalewatch rules feedback
      stalewatch rules feedback ghosted --days 30
      stalewatch rules feedback --json
    """
    with closing(open_project(invocation)) as app:
        reader = reader_of(app, invocation)
        wanted = {rule.id for rule in rules_called(app.rulebook.rules, rules, reader.language)}
        now = to_us(app.clock.now())
        effects = effects_of(app.db, app.rulebook, now, now - days * DAY)
        found = [one for one in effects if one.rule in wanted or not rules]
        if invocation.json:
            as_json({"days": days, "items": [_data(one) for one in found]})
        else:
            titles = {id_: rule.title for id_, rule in app.rulebook.by_id.items()}
            click.echo("\n".join(FeedbackSheet(found, titles, days, reader).lines()))
    return 0


def _data(one: Effect) -> dict[str, Any]:
    return {
        "rule": one.rule,
        "told": one.told,
        "acted_within_business_days": {str(days): _share(share) for days, share in one.within.items()},
        "ignored": _share(one.ignored),
        "false_alarms": _share(one.false) | {"why": dict(one.false_alarms)},
        "held_out": _share(one.silent),
        "is_noisy": one.is_noisy,
    }


def _share(share: Share) -> dict[str, Any]:
    rate = share.rate
    return {"many": share.many, "of": share.of, "rate": None if rate is None else round(rate, 4)}
