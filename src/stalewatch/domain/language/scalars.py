"""Plain scalars in YAML 1.2's core schema, with dates: `12:30` and `NO` are texts, `3_000_000` is a number.

YAML 1.1, which most libraries speak, would read 750, False and, for `1.10`, 1.1 (security.md, S24).
"""

from __future__ import annotations

import re
from datetime import date, datetime

from stalewatch.domain.language.nodes import Value

_WORDS: dict[str, Value] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INT = re.compile(r"[-+]?[0-9](?:_?[0-9]){0,17}", re.ASCII)
_HEX = re.compile(r"0x[0-9a-fA-F]{1,15}|0o[0-7]{1,20}", re.ASCII)
_FLOAT = re.compile(
    r"[-+]?(?:\.[0-9]{1,20}|[0-9](?:_?[0-9]){0,17}(?:\.[0-9]{0,20})?)(?:[eE][-+]?[0-9]{1,3})?", re.ASCII
)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2})?", re.ASCII)


def resolve(text: str) -> Value:
    """The meaning of a scalar without quotes. What is none of the core types is text, impossible dates too."""
    if text in _WORDS:
        return _WORDS[text]
    if not (text[0].isdigit() or text[0] in "+-."):
        return text
    if _INT.fullmatch(text):
        return int(text.replace("_", ""))
    if _HEX.fullmatch(text):
        return int(text, 0)
    if _FLOAT.fullmatch(text):
        return float(text.replace("_", ""))
    return moment(text)


def moment(text: str) -> date | datetime | str:
    """The date or local time a text names (`2026-12-31`, `2026-12-31 09:00`), else the text itself."""
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
        if _TIME.fullmatch(text):
            return datetime.fromisoformat(text)
    except ValueError:
        return text
    return text


def loses_digits(text: str, value: Value) -> bool:
    """True for a decimal that would not come back as it was written: `1.10` is the number 1.1."""
    return isinstance(value, float) and repr(value) != text.replace("_", "").lstrip("+")
