"""A report as one file: its sentences, charts and tables with everything that shows them, and no script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

from markupsafe import Markup

from stalewatch.delivery.wording.reader import Reader
from stalewatch.web.pages.charts import Chart
from stalewatch.web.pages.paper import environment, words_of


def report(title: str, sheet: Mapping[str, Any], charts: Sequence[Chart], reader: Reader, **patch: str) -> str:
    """The page.

    Args:
        sheet: headline, lines, tables (title, columns, rows) and notes.
        patch: `patch_title` and `patch`, a text to be taken over; without it there is none.
    """
    css = (files("stalewatch.web") / "static" / "stalewatch.css").read_text("utf-8")
    shown = {"patch": "", "patch_title": "", **patch}
    return environment().get_template("report.html").render(
        title=title, sheet=sheet, charts=charts, language=reader.language, css=Markup(css), **shown,  # noqa: S704  # ours
        **words_of(reader),
    )  # fmt: skip
