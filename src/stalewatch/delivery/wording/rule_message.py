"""A rule's own message with this record's values in it. Placeholders only; nothing in a value is read again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from stalewatch.delivery.wording.untrusted import template
from stalewatch.domain.language.placeholders import pieces

_NAME_FIRST: Final = re.compile(r"[^{}*]{0,12}\*\{name\}\*\s*[::]\s*")
_SPACED: Final = re.compile(r"(?<=[\u3005-\u30ff\u4e00-\u9fff]) (?=\{)|(?<=\}) (?=[\u3005-\u30ff\u4e00-\u9fff])")
"""The space beside a placeholder in Japanese: it helps who writes the rule, and readers are used to none."""
_MARK: Final = re.compile(r"\*?\{name\}\*?")


def filled_in(message: str, values: Mapping[str, str]) -> str:
    """`message` with each `{placeholder}` replaced once by its words; an unknown one is left as it stands.

    `values` are already worded and safe: see `values.shown`.
    """
    parts = pieces(_SPACED.sub("", template(message)))
    return "".join(values.get(part.text, f"{{{part.text}}}") if part.is_placeholder else part.text for part in parts)


def without_the_name(message: str) -> str:
    """The message for a place that already shows the name: "*{name}*: no next meeting." → "No next meeting."

    A sentence that uses the name further in is left whole.
    """
    plain = template(message)
    rest = _NAME_FIRST.sub("", plain, count=1) if _NAME_FIRST.match(plain) else plain
    if rest == plain or _MARK.search(rest):
        return plain
    return rest[:1].upper() + rest[1:]
