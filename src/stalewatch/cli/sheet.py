"""A sheet of sentences and tables, printed on a terminal or as Markdown: the same facts in the same order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from stalewatch.cli.grid import Column, grid
from stalewatch.delivery import markdown
from stalewatch.delivery.wording.untrusted import printable


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a title; a column without any content is left out. Without columns the rows are sentences."""

    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    rest: str = ""


@dataclass(slots=True)
class Sheet:
    """A headline, sentences below it, tables, and sentences at the end. Cells and sentences may hold a CRM's text."""

    headline: str
    lines: list[str] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def as_text(self, room: int | None) -> str:
        """For a terminal of so many columns; None cuts nothing."""
        blocks = ["\n".join(printable(line) for line in [self.headline, *self.lines])]
        for table in self._filled():
            rest = [table.rest] if table.rest else []
            lines = (
                grid(table.columns, table.rows, room) if table.columns else [printable(row[0]) for row in table.rows]
            )
            blocks.append("\n".join([table.title, *lines, *rest]))
        blocks += ["\n".join(printable(line) for line in self.notes)] if self.notes else []
        return "\n\n".join(blocks)

    def as_markdown(self) -> str:
        """For a pull request."""
        blocks = [f"**{markdown.escaped(self.headline)}**", *_paragraph(self.lines)]
        for table in self._filled():
            blocks.append(f"#### {markdown.escaped(table.title)}")
            if not table.columns:
                blocks += _paragraph([row[0] for row in table.rows])
                continue
            kept = [place for place in range(len(table.columns)) if any(row[place] for row in table.rows)]
            columns = [table.columns[place] for place in kept]
            rows = [[row[place] for place in kept] for row in table.rows]
            lines = markdown.table([one.title for one in columns], [one.right for one in columns], rows)
            blocks.append("\n".join(lines))
            blocks += [markdown.escaped(table.rest)] if table.rest else []
        return "\n\n".join([*blocks, *_paragraph(self.notes)])

    def _filled(self) -> list[Table]:
        return [table for table in self.tables if table.rows]


def _paragraph(lines: Sequence[str]) -> list[str]:
    return ["\n".join(f"- {markdown.escaped(line, 1_000)}" for line in lines)] if lines else []
