"""`stalewatch rules backtest`: what a limit or the rules would have said, and whether it would have been right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from typing import Any, Final

import click

from stalewatch import wiring
from stalewatch.cli import gaps_sheet
from stalewatch.cli.backtest_sheet import Shown, What
from stalewatch.cli.grid import terminal_width
from stalewatch.cli.history_options import Days, Looked, looked, opened
from stalewatch.cli.invocation import Invocation, command
from stalewatch.cli.printing import as_json
from stalewatch.cli.progress import Progress
from stalewatch.cli.projects import NoSuch, language_of, present, project_here
from stalewatch.cli.saving import save
from stalewatch.cli.sheet import Sheet
from stalewatch.delivery.wording.learning_words import say
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.untrusted import printable
from stalewatch.domain.calendar_zone import zone_named
from stalewatch.domain.learning.history import History
from stalewatch.domain.learning.history import history as history_of
from stalewatch.domain.learning.kinds import DEAL
from stalewatch.services.learning.backtests import Backtest, of_limit, others, tried_after
from stalewatch.services.learning.plain import backtest_data
from stalewatch.services.learning.workdays import weekdays
from stalewatch.services.reporting.exporting import table_as_csv
from stalewatch.wiring.histories import Histories
from stalewatch.wiring.kept_past import Kept, kept_by, kept_in_files

_LISTED: Final = "`stalewatch rules explain --short` lists them"


@command("backtest")
@click.option("--rule", metavar="ID", help="Only this rule, in full.")
@click.option("--limit", type=Days(), help="Try this limit on whole deals, and others beside it, in place of rules.")
@click.option("--questions", is_flag=True, help="Say which open items of the scores (BANT, MEDDIC) went with losses.")
@looked
@click.option("--csv", "as_table", is_flag=True, help="Print a row for each rule, or each limit, that was tried.")
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Write the report with its charts into this one file.")  # fmt: skip
def backtest(
    invocation: Invocation, rule: str | None, limit: int | None, questions: bool, history: Path | None,
    as_of: date | None, observed_from: date | None, learn_until: date | None, horizon: int, zone: str | None,
    as_table: bool, html: Path | None,
) -> None:  # fmt: skip
    """Say what the rules, or a limit on whole deals, would have flagged: to whom, how early, and whether rightly.

    Rules are tried on the changes that stalewatch keeps, or on those that files tell: stages.csv and events.csv beside
    deals.csv. A limit on whole deals needs deals.csv alone.

    \b
    Examples:
      stalewatch rules backtest
      stalewatch rules backtest --rule stage-time --horizon 90d
      stalewatch rules backtest --limit 101d --history exports/ --html limit.html
      stalewatch rules backtest --history exports/
      stalewatch rules backtest --questions
    """
    if rule is not None and limit is not None:
        raise click.UsageError("--limit is tried on whole deals, whatever the rules say: leave --rule out")
    if questions and (rule or limit is not None or as_table or html):
        raise click.UsageError("--questions is about closed deals alone, and printed as a table or with --json")
    said = Looked(history, as_of, observed_from, learn_until, horizon, zone)
    if questions:
        _ask(invocation, said)
    elif limit is not None:
        _try_limit(invocation, said, limit, html, as_table=as_table)
    else:
        _try_rules(invocation, said, rule, html, as_table=as_table)


def _try_limit(invocation: Invocation, said: Looked, days: int, html: Path | None, *, as_table: bool) -> None:
    with opened(invocation, said, staged=False) as found:
        asked = said.asked(found, DEAL)
        one = tried_after(
            history_of(found.found[DEAL], as_of=asked.as_of, observed_from=asked.observed_from), asked.learn_until
        )
    reader = Reader(language_of(invocation, project_here(invocation)), present(invocation), found.zone.key)
    dates = None if found.found[DEAL].dated else zone_named(found.zone.key).local_day
    result = of_limit(one, days, horizon=asked.horizon, workdays=weekdays, dates=dates)
    beside = others(one, horizon=asked.horizon, workdays=weekdays, dates=dates)
    began, until = _dates(found, one, DEAL)
    shown = Shown(reader, found.currency, len(one.ids), began, until)
    sheet = shown.one(What(None, days, DEAL), result, beside, one.left_out)
    data = {
        "limit_days": days, **_told(one, began, until), **backtest_data(result),
        "others": [{"days": day, **backtest_data(each)} for day, each in beside.items()],
    }  # fmt: skip
    rows = {str(day): each for day, each in {days: result, **beside}.items()}
    _print(invocation, sheet, data, rows, reader, html, as_table=as_table, trade=beside)


def _try_rules(invocation: Invocation, said: Looked, rule: str | None, html: Path | None, *, as_table: bool) -> None:
    with _kept(invocation, said) as kept:
        only = None if rule is None else {rule}
        if rule is not None and rule not in kept.book.by_id:
            raise NoSuch(
                f"there is no rule {rule!r}, or it is off", cure="`stalewatch rules explain --short` lists them"
            )
        asked = kept.asked(said.as_of, said.observed_from, said.learn_until, float(said.horizon))
        tried = kept.tried(asked, only)
        dates = kept.dates(tried)
    reader = Reader(language_of(invocation, project_here(invocation)), present(invocation), kept.zone.key)
    left_out: Counter[str] = Counter(kept.left_out)
    for one in tried.history.values():
        left_out.update(one.left_out)
    records = sum(len(one.ids) for one in tried.history.values())
    shown = Shown(reader, kept.book.judging.currency, records, *dates)
    if rule is None or rule in tried.blind:
        sheet = shown.many(tried.found, tried.blind, left_out)
    else:
        sheet = shown.one(What(rule, None, kept.book.by_id[rule].watch), tried.found[rule], {}, left_out)
    data = {
        "began": dates[0], "as_of": dates[1], "records": records, "left_out": dict(left_out),
        "rules": {name: backtest_data(one) for name, one in tried.found.items()},
        "cannot_be_tried": {name: list(fields) for name, fields in tried.blind.items()},
    }  # fmt: skip
    _print(invocation, sheet, data, tried.found, reader, html, as_table=as_table, trade={})


def _ask(invocation: Invocation, said: Looked) -> None:
    with _kept(invocation, said) as kept:
        found = kept.gaps()
    reader = Reader(language_of(invocation, project_here(invocation)), present(invocation), kept.zone.key)
    if invocation.json:
        as_json(gaps_sheet.data(found))
    else:
        click.echo(gaps_sheet.sheet(found, reader).as_text(terminal_width()))


@contextmanager
def _kept(invocation: Invocation, said: Looked) -> Iterator[Kept]:
    """What rules can be tried on."""
    with Progress() as bar:
        if said.history is None:
            with closing(wiring.open_project(
                invocation.config, now=invocation.now, language=invocation.lang, looking=True
            )) as app:  # fmt: skip
                yield kept_by(app, said.zone)
            return
        name, clock = said.history.name, wiring.clock_at(invocation.now)
        with kept_in_files(
            said.history, invocation.config if project_here(invocation) else None, said.zone, clock,
            language_of(invocation, project_here(invocation)), lambda done, of: bar.show(name, done, of),
        ) as kept:  # fmt: skip
            yield kept


def _told(one: History, began: str, until: str) -> dict[str, Any]:
    return {"began": began, "as_of": until, "records": len(one.ids), "left_out": dict(one.left_out)}


def _dates(found: Histories, one: History, about: str) -> tuple[str, str]:
    start = one.deals().spells.start
    began = found.day(int(start.min()), about) if len(start) else None
    return str(began or "–"), str(found.day(one.watched.until, about))


def _print(
    invocation: Invocation, sheet: Sheet, data: Mapping[str, Any], rows: Mapping[str, Backtest], reader: Reader,
    html: Path | None, *, as_table: bool, trade: Mapping[int, Backtest],
) -> None:  # fmt: skip
    if invocation.json:
        as_json(data)
    elif as_table:
        click.echo(_csv(rows), nl=False)
    elif html is None:
        click.echo(sheet.as_text(terminal_width()))
    else:
        click.echo(printable(sheet.headline))
    if html is not None:
        from stalewatch.cli.learning_page import backtest_page  # noqa: PLC0415  # charts and templates take long

        save(html, backtest_page(sheet, trade, reader))
        click.echo(say("written", reader, name=html), err=invocation.json or as_table)


def _csv(found: Mapping[str, Backtest]) -> str:
    names = ("tried", "flagged", "won", "lost", "open", "mature", "won_in_horizon", "lost_in_horizon", "open_after",
             "not_won", "low", "high", "base_rate", "lift", "recall", "lead_p25", "lead_p50", "lead_p75",
             "caught_early", "won_told_of", "amount")  # fmt: skip
    return table_as_csv(names, [_row(name, one) for name, one in found.items()])


def _row(name: str, one: Backtest) -> dict[str, object]:
    score = one.score
    low, high = score.precision.interval or (None, None)
    p25, p50, p75 = score.lead or (None, None, None)
    return {
        "tried": name, "flagged": score.flagged.all, "won": score.flagged.won, "lost": score.flagged.lost,
        "open": score.flagged.open, "mature": score.mature.all, "won_in_horizon": score.mature.won,
        "lost_in_horizon": score.mature.lost, "open_after": score.mature.open, "not_won": score.precision.value,
        "low": low, "high": high, "base_rate": score.base.value, "lift": score.lift, "recall": score.recall.value,
        "lead_p25": p25, "lead_p50": p50, "lead_p75": p75, "caught_early": score.early.value,
        "won_told_of": one.nagged.value, "amount": score.amount / 100,
    }  # fmt: skip
