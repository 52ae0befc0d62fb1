"""What a history suggests, and what would have been said, as one file with its charts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Final

from stalewatch.cli.sheet import Sheet
from stalewatch.cli.suggest_sheet import Shown
from stalewatch.delivery.wording.learning_words import say
from stalewatch.delivery.wording.reader import Reader
from stalewatch.services.learning.backtests import Backtest
from stalewatch.web.pages.learned_charts import curve, trade_off
from stalewatch.web.pages.report import report

MOST: Final = 12
"""Curves that are drawn; the tables have all groups."""


def suggestion_page(shown: Shown, patch: str) -> str:
    """The page with a curve for each of the first groups that have a limit."""
    reader, sheet = shown.reader, shown.sheet()
    groups = [(shown.name(lesson, one.group), one) for lesson in shown.lessons for one in lesson.learned]
    charts = [curve(name, one, reader) for name, one in groups if one.found.limit is not None][:MOST]
    told = {**asdict(sheet), "tables": [asdict(table) for table in sheet.tables]}
    return report(say("report", reader), told, charts, reader, patch_title=say("patch", reader), patch=patch)


def backtest_page(sheet: Sheet, trade: Mapping[int, Backtest], reader: Reader) -> str:
    """The page with what other limits would have done, as charts."""
    told = {**asdict(sheet), "tables": [asdict(table) for table in sheet.tables]}
    return report(
        say("backtest", reader),
        told,
        trade_off({reader.number(day): one for day, one in trade.items()}, reader) if trade else [],
        reader,
    )
