"""Cuts a query into words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from stalewatch_sandbox.salesforce.errors import in_query

_TOKEN: Final = re.compile(
    r"""\s*(?:
    (?P<string>'(?:[^'\\]|\\.)*')
  | (?P<datetime>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d))
  | (?P<date>\d{4}-\d\d-\d\d)
  | (?P<number>[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
  | (?P<name>[A-Za-z]\w*(?:\.[A-Za-z]\w*)*(?::\d+)?)
  | (?P<symbol><>|!=|<=|>=|[=<>(),])
  )""",
    re.VERBOSE | re.DOTALL | re.ASCII,
)
UNDERSCORE, PERCENT = "\ud800", "\ud801"
"""Halves of characters, which no text that came as UTF-8 can hold."""
_ESCAPE: Final = re.compile(r"\\(u[0-9A-Fa-f]{4}|.)", re.DOTALL)
_ESCAPED: Final = {
    "n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", '"': '"', "'": "'", "\\": "\\",
    "_": UNDERSCORE, "%": PERCENT,
}  # fmt: skip
"""What follows a backslash; `_` and `%` stay apart from the wildcards, because LIKE must know."""


class Token(NamedTuple):
    """One word of a query and where it stands. `kind` is "end" behind the last."""

    kind: str
    text: str
    at: int


def tokens(query: str) -> Iterator[Token]:
    """The words of a query.

    Raises:
        ApiError: MALFORMED_QUERY, at something that is no word.
    """
    place, end = 0, len(query.rstrip())
    while place < end:
        found = _TOKEN.match(query, place)
        if found is None or found.lastgroup is None:
            start = place + len(query[place:]) - len(query[place:].lstrip())
            raise in_query("MALFORMED_QUERY", query, start, f"unexpected token: '{query[start : start + 1]}'")
        yield Token(found.lastgroup, found[found.lastgroup], found.start(found.lastgroup))
        place = found.end()
    yield Token("end", "<EOF>", end)


def unquoted(token: Token, query: str) -> str:
    """The value of a string.

    Raises:
        ApiError: MALFORMED_QUERY for an escape that does not exist.
    """

    def value(found: re.Match[str]) -> str:
        escape = found[1]
        if escape[0] == "u" and len(escape) == 5:
            return chr(int(escape[1:], 16))
        if escape not in _ESCAPED:
            raise in_query("MALFORMED_QUERY", query, token.at, "Illegal string literal: escape")
        return _ESCAPED[escape]

    return _ESCAPE.sub(value, token.text[1:-1])
