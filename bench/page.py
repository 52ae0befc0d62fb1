"""docs/performance.md: the page that keeps what was measured. A run replaces the sections that it measured."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Final

PAGE: Final = Path(__file__).resolve().parent.parent / "docs" / "performance.md"
_BLOCK: Final = re.compile(r"(?<=^```text\n).*?(?=^```$)", re.MULTILINE | re.DOTALL)
_MACHINE: Final = re.compile(r"^Measured on .*?\.\n(?=\n)", re.MULTILINE | re.DOTALL)
_HEAD: Final = "== "


def keep(name: str, lines: Sequence[str], machine: str, today: date) -> None:
    """Write one measurement's lines into the page, in the order of the names."""
    text = PAGE.read_text("utf-8")
    found = _BLOCK.search(text)
    if found is None:
        raise SystemExit(f"{PAGE.name} has no block of figures to write into")
    sections = _sections(found.group())
    sections[name] = [f"{_HEAD}{name}, {today:%-d %B %Y}", *lines]
    block = "".join(f"{line}\n" for _, section in sorted(sections.items()) for line in section)
    text = text[: found.start()] + block + text[found.end() :]
    PAGE.write_text(_MACHINE.sub(f"Measured on {machine}.\n", text, count=1), "utf-8")


def _sections(block: str) -> dict[str, list[str]]:
    sections: dict[str, list[str]] = {}
    name = ""
    for line in block.splitlines():
        if line.startswith(_HEAD):
            name = line.removeprefix(_HEAD).partition(",")[0]
        sections.setdefault(name, []).append(line)
    return sections
