"""`python -m tests.house.reword`: below every error that docs/rules/ shows, write what the program says of it now."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from tests.house.pages import DOCS, Page, page
from tests.house.snippets import errors_of, project_in, shown


def reword(here: Page) -> None:
    """Write one page anew; what already stands there as it is said stays."""
    lines = list(here.lines)
    for wrong, told in reversed(errors_of(here)):
        first = int(told.place.rpartition(":")[2])
        with TemporaryDirectory() as folder:
            said = shown(wrong, project_in(Path(folder)))
        lines[first : first + told.text.count("\n")] = said.splitlines()
    here.path.write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    for path in sorted((DOCS / "rules").glob("*.md")):
        reword(page(path))
