"""`stalewatch rules suggest`: limits out of what became of deals and leads."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import click

from stalewatch import wiring
from stalewatch.cli.grid import terminal_width
from stalewatch.cli.history_options import Looked, looked, opened
from stalewatch.cli.invocation import Invocation, command
from stalewatch.cli.printing import as_json
from stalewatch.cli.projects import NoSuch, language_of, present, project_here
from stalewatch.cli.saving import save
from stalewatch.cli.suggest_sheet import Shown
from stalewatch.delivery.wording.learning_words import say
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.untrusted import printable
from stalewatch.domain.language.model import Rule
from stalewatch.domain.learning.kinds import kind_of
from stalewatch.services.learning.lessons import Lesson, lesson
from stalewatch.services.learning.patches import patch, within
from stalewatch.services.learning.plain import lesson_data
from stalewatch.services.reporting.exporting import table_as_csv
from stalewatch.wiring.histories import Histories


@command("suggest")
@click.option("--rule", metavar="ID", help="Only for this rule of the project.")
@looked
@click.option("--csv", "as_table", is_flag=True, help="Print a row for each limit that was tried.")
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Write the report with its charts into this one file.")  # fmt: skip
def suggest(
    invocation: Invocation, rule: str | None, history: Path | None, as_of: date | None, observed_from: date | None,
    learn_until: date | None, horizon: int, zone: str | None, as_table: bool, html: Path | None,
) -> None:  # fmt: skip
    """Suggest limits from what became of deals and leads: when to warn, when it is late, when to close.

    A limit stands where the chance to win has fallen to half of what it was. Without a project it takes the files
    alone: deals.csv, and stages.csv for limits on stages.

    \b
    Examples:
      stalewatch rules suggest --history exports/ --html limits.html
      stalewatch rules suggest --learn-until 2026-03-31
      stalewatch rules suggest --rule stage-time --json
    """
    said = Looked(history, as_of, observed_from, learn_until, horizon, zone)
    chosen = None if rule is None else _rule(invocation, rule)
    with opened(invocation, said) as found:
        lessons = [lesson(one, about, found.catalogue, said.asked(found, about)) for about, one in found.found.items()]
    lessons = _for(chosen, lessons, invocation)
    reader = _reader(invocation, found)
    shown = Shown(lessons, found, reader)
    if invocation.json:
        as_json(_data(shown, chosen, found))
    elif as_table:
        click.echo(_csv(lessons), nl=False)
    elif html is None:
        click.echo(shown.sheet().as_text(terminal_width()))
        _tell_patch(lessons, chosen, found, reader)
    else:
        click.echo(printable(shown.headline(lessons[0])))
    if html is not None:
        from stalewatch.cli.learning_page import suggestion_page  # noqa: PLC0415  # charts and templates take long

        save(html, suggestion_page(shown, _patch(lessons, chosen, found)))
        click.echo(say("written", reader, name=html), err=invocation.json or as_table)


def _rule(invocation: Invocation, name: str) -> Rule:
    """A rule of the project.

    Raises:
        NoSuch: there is none of this id.
    """
    examined = wiring.examine(invocation.config, present(invocation))
    known = {} if examined.rulebook is None else examined.rulebook.by_id
    if name not in known:
        raise NoSuch(f"there is no rule {name!r}, or it is off", cure="`stalewatch rules explain --short` lists them")
    return known[name]


def _for(rule: Rule | None, lessons: Sequence[Lesson], invocation: Invocation) -> list[Lesson]:
    """What is about a rule.

    Raises:
        NoSuch: its clock is none for which a limit can be learned.
    """
    if rule is None:
        return list(lessons)
    about, staged = kind_of(rule) or ("", False)
    mine = [one for one in lessons if one.about == about]
    if not mine:
        reader = Reader(language_of(invocation, project_here(invocation)), present(invocation))
        raise NoSuch(say("not_about", reader, rule=rule.id))
    return [one.only(staged=staged) for one in mine]


def _reader(invocation: Invocation, found: Histories) -> Reader:
    return Reader(language_of(invocation, project_here(invocation)), present(invocation), found.zone.key)


def _patch(lessons: Sequence[Lesson], rule: Rule | None, found: Histories) -> str:
    if rule is None:
        return patch(lessons, found.catalogue)
    return "\n".join(line for one in lessons for staged in (False, True) for line in within(one, staged))


def _tell_patch(lessons: Sequence[Lesson], rule: Rule | None, found: Histories, reader: Reader) -> None:
    text = _patch(lessons, rule, found)
    if text:
        title = say("patch", reader) if rule is None else say("patch_rule", reader, rule=rule.id)
        click.echo(f"\n{title}\n\n{text.rstrip()}")


def _data(shown: Shown, rule: Rule | None, found: Histories) -> dict[str, Any]:
    told = [lesson_data(one, shown.data_days(one)) for one in shown.lessons]
    return {"rule": None if rule is None else rule.id, "lessons": told, "patch": _patch(shown.lessons, rule, found)}


def _csv(lessons: Sequence[Lesson]) -> str:
    names = ("about", "pipeline", "stage", "segment", "not_enough_history", "won", "lost", "open", "warn", "limit",
             "close_out", "days", "flagged", "mature", "won_in_horizon", "not_won", "low", "high", "base_rate", "lift",
             "recall", "lead_p50")  # fmt: skip
    return table_as_csv(names, [row for one in lessons for row in _rows(one)])


def _rows(lesson_: Lesson) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for one in lesson_.learned:
        found = one.found
        days = (found.warn, found.limit, found.close_out)
        warn, limit, close = (None if day is None else day.day for day in days)
        told: dict[str, object] = {
            "about": lesson_.about, "pipeline": one.group.pipeline, "stage": one.group.stage,
            "segment": one.group.segment, "not_enough_history": found.lacking.value if limit is None else None,
            "won": found.won, "lost": found.lost, "open": found.open, "warn": warn, "limit": limit, "close_out": close,
        }  # fmt: skip
        for day, score in one.scores.items():
            low, high = score.precision.interval or (None, None)
            rows.append(told | {
                "days": day, "flagged": score.flagged.all, "mature": score.mature.all,
                "won_in_horizon": score.mature.won, "not_won": score.precision.value, "low": low, "high": high,
                "base_rate": score.base.value, "lift": score.lift, "recall": score.recall.value,
                "lead_p50": None if score.lead is None else score.lead.p50,
            })  # fmt: skip
        if not one.scores:
            rows.append(told)
    return rows
