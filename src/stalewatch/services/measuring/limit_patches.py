"""Another limit as lines to paste into the rule's file: its `within:`, with the numbers beside what is new.

What is new stands first, since the first row that matches counts; the rows of the file follow as they are, as far as
they can still be reached.
"""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from typing import Final

from stalewatch.delivery.wording.untrusted import printable
from stalewatch.domain.language.model import All, Compare, Condition, Limit, Literal, OneOf, Ref
from stalewatch.services.measuring.other_limits import OtherLimit, OtherLimits

_CHOICES: Final = ("pipeline", "stage", "segment")


def limit_patch(one: OtherLimits) -> str:
    """The lines, with where they belong."""
    place = one.rule.place
    where = "" if place is None else f" ({PurePosixPath(place.file).name}, line {place.line})"
    new = [f"      - {{{_where(row)}is: {row.suggested.day}d}}   # {_numbers(row)}" for row in one.rows]
    return "\n".join([f"  # {one.rule.id}{where}", "    within:", *new, *_old(one)])


def _old(one: OtherLimits) -> list[str]:
    """The rows of the file, if the new ones leave anything for them."""
    if any(not _where(row) for row in one.rows):
        return []
    rows = [_row(limit) for limit in one.rule.within]
    if None in rows:
        return ["      # and below them the rows that stand there now"]
    return [f"      - {row}   # as it is" for row in rows]


def _where(row: OtherLimit) -> str:
    named = ((name, getattr(row.suggested, name)) for name in _CHOICES)
    return "".join(f"{name}: {_quoted(value)}, " for name, value in named if value is not None)


def _numbers(row: OtherLimit) -> str:
    one = row.suggested
    now = " or ".join(dict.fromkeys(str(limit) for limit in row.now))
    return f"now {now}; {one.day} ({one.low}-{one.high}), won {one.won}, lost {one.lost}, open {one.open}"


def _row(limit: Limit) -> str | None:
    """A row of the file as it could stand there; None if its condition is more than choices."""
    if limit.when is None:
        return f"{{is: {limit.duration}}}"
    parts = limit.when.parts if isinstance(limit.when, All) else (limit.when,)
    said = [_choice(part) for part in parts]
    return None if None in said else "{" + ", ".join([*(part or "" for part in said), f"is: {limit.duration}"]) + "}"


def _choice(part: Condition) -> str | None:
    match part:
        case OneOf(Ref(name), values, False):
            return f"{name}: [{', '.join(_quoted(str(one.value)) for one in values)}]"
        case Compare("==", Ref(name), Literal(str() as value)):
            return f"{name}: {_quoted(value)}"
        case _:
            return None


def _quoted(value: str) -> str:
    """A name of somebody else's as YAML reads it, whatever is in it."""
    return json.dumps(printable(value), ensure_ascii=False)
