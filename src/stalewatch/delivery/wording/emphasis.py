"""The one mark that our plain texts know: `*bold*`, as rule messages write it."""

from __future__ import annotations

import re
from typing import Final

_BOLD: Final = re.compile(r"\*(?=[^\s*])([^*]*[^\s*])\*")


def bold_parts(text: str) -> list[tuple[str, bool]]:
    """The text in pieces, each with whether it is bold; the marks themselves are gone."""
    pieces = _BOLD.split(text)  # plain, bold, plain, bold, …, plain
    return [(piece, place % 2 == 1) for place, piece in enumerate(pieces) if piece]
