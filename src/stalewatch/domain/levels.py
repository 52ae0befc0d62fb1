"""Ladders of escalation: who hears next, and when, if nobody acts. An alert keeps a copy of the one it opened with.

A *rung* of routing.py is a way to reach somebody; a *level* is the next word about the same trouble.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from stalewatch.domain.durations import Duration, Unit
from stalewatch.sdk.notifier import Style


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One row of a ladder under `escalations:`.

    Attributes:
        after: business time since the breach was told, by the record's calendar.
        to: targets, as routes have them.
        again: the same once more (`say: again`); else it is passed on.
        style: None: a digest, and for what is said again the style of the alert's route.
        stop: nothing comes after it.
    """

    after: Duration
    to: tuple[str, ...]
    again: bool = False
    style: Style | None = None
    stop: bool = False


Levels = tuple[Level, ...]
AGAIN: Final = Level(after=Duration(3, Unit.BUSINESS_DAY), to=("owner",), again=True)
STANDARD: Final[Levels] = (AGAIN, Level(after=Duration(5, Unit.BUSINESS_DAY), to=("owner.manager",)))
"""What a named ladder is where the project has no `escalations:`; a desk above the manager would need a name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladders:
    """The ladders of a project.

    Attributes:
        named: by the name that rules use; None: the project says nothing of them, and each is `STANDARD`.
        usual: of a rule that names none.
    """

    named: Mapping[str, Levels] | None = None
    usual: Levels = (AGAIN,)

    def of(self, name: str | None) -> Levels:
        """The ladder of a rule whose `escalate` is this; a name that went away says nothing further."""
        if name is None:
            return self.usual
        return STANDARD if self.named is None else climbable(self.named.get(name, ()))


NOBODY: Final = Ladders(named={}, usual=())
"""Nothing is said twice, and nobody else hears of it."""


def climbable(levels: Sequence[Level]) -> Levels:
    """Up to and including the one that stops."""
    last = next((place for place, level in enumerate(levels) if level.stop), len(levels))
    return tuple(levels[: last + 1])


@lru_cache(maxsize=64)
def stored(levels: Levels) -> list[dict[str, Any]] | None:
    """A ladder as an alert keeps it; None for one without levels. Rules have few ladders, and alerts are many."""
    return [
        {
            "after": level.after.amount,
            "unit": level.after.unit.value,
            "to": list(level.to),
            "again": level.again,
            "style": None if level.style is None else level.style.value,
        }
        for level in levels
    ] or None


def loaded(kept: Sequence[Mapping[str, Any]] | None) -> Levels:
    """The ladder that an alert keeps."""
    return tuple(
        Level(
            after=Duration(row["after"], Unit(row["unit"])),
            to=tuple(row["to"]),
            again=row["again"],
            style=None if row["style"] is None else Style(row["style"]),
        )
        for row in kept or ()
    )
