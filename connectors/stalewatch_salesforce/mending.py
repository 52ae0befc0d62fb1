"""Bodies as JSON that can be read: half a surrogate pair costs a character, not the page it stands on."""

from __future__ import annotations

import re
from typing import Final

_ESCAPED: Final = re.compile(
    rb"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)
"""An escaped backslash, a whole pair, or (the group) half of one."""


def mended(body: bytes) -> bytes:
    """The same body with a question mark for each half of a surrogate pair, written as bytes or as an escape."""
    try:
        body.decode()
    except UnicodeDecodeError:
        body = _mended_bytes(body)
    if b"\\ud" in body or b"\\uD" in body:
        return _ESCAPED.sub(lambda found: b"?" if found[1] else found[0], body)
    return body


def _mended_bytes(body: bytes) -> bytes:
    try:
        return body.decode("utf-8", "surrogatepass").encode("utf-8", "replace")
    except UnicodeDecodeError:
        return body.decode("utf-8", "replace").encode()
