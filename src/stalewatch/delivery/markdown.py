"""Markdown for pull requests: text that others wrote is letters there, and does nothing.

A backslash does not stop what a forge makes of the finished page: @names and #numbers. Those signs get their
full-width twins, which read the same and call nobody.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from stalewatch.delivery.wording.untrusted import clean

_MARKS: Final = re.compile(r"([\\`*_{}\[\]()<>|~&$^!+=-])")
_CALLING: Final = str.maketrans({"@": "\uff20", "#": "\uff03"})
_LINK: Final = re.compile(r"(?i)\b(www|gh)([.-])")
_TWINS: Final = {".": "\uff0e", "-": "\u2011"}


def escaped(text: str, limit: int = 200) -> str:
    """`text` on one line of at most `limit` characters, as Markdown that shows exactly it."""
    plain = clean(text, limit).translate(_CALLING)
    plain = _LINK.sub(lambda found: found[1] + _TWINS[found[2]], plain)
    return _MARKS.sub(r"\\\1", plain)


def table(titles: Sequence[str], right: Sequence[bool], rows: Sequence[Sequence[str]]) -> list[str]:
    """The lines of a table; every cell is escaped.

    Args:
        right: which columns end in a line, as numbers do.
    """
    rules = ["---:" if is_right else "---" for is_right in right]
    return [_row([escaped(title) for title in titles]), _row(rules), *(_row([escaped(c) for c in row]) for row in rows)]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
