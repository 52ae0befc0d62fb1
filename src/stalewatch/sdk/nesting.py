"""JSON that is nested deeper than any reader goes: what lies too deep becomes null, and the rest can be read."""

from __future__ import annotations

import re
from typing import Final

DEEPEST: Final = 100
"""Lists and objects within each other; no API of a CRM needs a tenth of it."""
_MARK: Final = re.compile(rb'"(?:[^"\\]+|\\.)*"?|[\[{]|[\]}]', re.DOTALL)
"""A text, which goes to the end where a body was cut off in the middle of it; or a beginning; or an end."""


def flattened(body: bytes, deepest: int = DEEPEST) -> bytes:
    """The same JSON with null for every list and object that stands deeper than `deepest` others.

    A body that is no JSON comes out as something that is none either. Takes time in proportion to its length.
    """
    kept: list[bytes] = []
    depth = begin = 0
    for mark in _MARK.finditer(body):
        if mark[0] in b"[{":
            depth += 1
            if depth == deepest + 1:
                kept += (body[begin : mark.start()], b"null")
        elif mark[0] in b"]}":
            if depth == deepest + 1:
                begin = mark.end()
            depth -= 1
    return b"".join((*kept, body[begin:])) if depth <= deepest else b"".join(kept)
