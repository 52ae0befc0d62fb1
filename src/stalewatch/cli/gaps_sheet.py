"""Which open questions went with losses, as people and as programs read it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stalewatch.cli.grid import Column
from stalewatch.cli.sheet import Sheet, Table
from stalewatch.delivery.wording.learning_figures import interval, rate
from stalewatch.delivery.wording.learning_words import say
from stalewatch.delivery.wording.reader import Reader
from stalewatch.domain.learning.gaps import Gap
from stalewatch.services.learning.plain import rate_data

_COLUMNS = ("GAP_OPEN", "GAP_LOST", "SURE", "GAP_ANSWERED", "GAP_LOST", "SURE", "GAP_DIFFERENCE", "SURE")


def sheet(found: Sequence[Gap], reader: Reader) -> Sheet:
    """For people."""
    if not found:
        return Sheet(say("gaps_unknown", reader))
    clear = [one.item for one in found if one.is_clear and (one.difference or 0) > 0]
    head = say("gaps", reader, clear=len(clear), all=len(found), items=", ".join(clear)) if clear else say(
        "gaps_none", reader, all=len(found)
    )  # fmt: skip
    columns = [Column(say("ITEM", reader), elastic=True), *(Column(say(one, reader), right=True) for one in _COLUMNS)]
    rows = [_row(one, reader) for one in found]
    return Sheet(head, [], [Table(say("GAPS", reader), columns, rows)], [say("honest", reader)])


def data(found: Sequence[Gap]) -> list[dict[str, Any]]:
    """For programs."""
    return [
        {"score": one.score, "item": one.item, "open": rate_data(one.open), "answered": rate_data(one.answered),
         "difference": one.difference, "interval": None if one.interval is None else list(one.interval),
         "is_clear": one.is_clear} for one in found
    ]  # fmt: skip


def _row(one: Gap, reader: Reader) -> list[str]:
    sure = one.interval
    return [
        f"{one.score} · {one.item}", reader.number(one.open.of), rate(one.open), interval(one.open),
        reader.number(one.answered.of), rate(one.answered), interval(one.answered),
        "" if one.difference is None else say("points", reader, points=f"{100 * one.difference:+.1f}"),
        "" if sure is None else f"{100 * sure.low:+.1f}…{100 * sure.high:+.1f}",
    ]  # fmt: skip
