"""Rules whose limits are others than those that the history suggests, by more than chance: a patch for each.

A rule is compared if its clock is one for which limits are learned: a deal or a stage of it from its beginning on, a
lead on its way to a deal, or to its hand-off. Limits of a rule that waits for something else (`until`) mean another
thing. What is suggested for a group counts where the rule watches it, and where all limits that the rule may have for
it lie outside of the suggestion's interval.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from stalewatch.domain.durations import Duration, Unit, ratio
from stalewatch.domain.language.model import Mode, Rule
from stalewatch.domain.language.partly import holds
from stalewatch.domain.learning.kinds import HAND_OFF, kind_of
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.store.suggestions import Suggested

_DAY: Final = Duration(1, Unit.DAY)


@dataclass(frozen=True, slots=True)
class OtherLimit:
    """What is suggested for a group, and the limits that the rule has for it now, the first that counts first."""

    suggested: Suggested
    now: tuple[Duration, ...]


@dataclass(frozen=True, slots=True)
class OtherLimits:
    """A rule with the groups for which the history suggests another limit, the most particular first."""

    rule: Rule
    rows: tuple[OtherLimit, ...]


def other_limits(book: Rulebook, some: Sequence[Suggested], open_minutes: int) -> tuple[OtherLimits, ...]:
    """Every rule that is not off and has other limits than these suggestions, in the order of the files.

    Args:
        open_minutes: minutes that the calendar is open on a business day.
    """
    found = []
    for rule in book.rules.rules:
        rows = tuple(_differing(rule, some, open_minutes)) if book.modes[rule.id] is not Mode.OFF else ()
        if rows:
            found.append(OtherLimits(rule, rows))
    return tuple(found)


def _differing(rule: Rule, some: Iterable[Suggested], open_minutes: int) -> Iterator[OtherLimit]:
    kind = _kind(rule)
    mine = [one for one in some if kind == (one.about, one.stage is not None)]
    for one in sorted(mine, key=lambda one: -len(_known(one))):
        now = _limits(rule, _known(one))
        if now and all(_is_other(one, limit, open_minutes) for limit in now):
            yield OtherLimit(one, now)


def _kind(rule: Rule) -> tuple[str, bool] | None:
    found = kind_of(rule)
    return None if found is None or (rule.until is not None and found[0] != HAND_OFF) else found


def _known(one: Suggested) -> Mapping[str, str]:
    named = {"pipeline": one.pipeline, "stage": one.stage, "segment": one.segment}
    return {name: value for name, value in named.items() if value is not None}


def _limits(rule: Rule, known: Mapping[str, str]) -> tuple[Duration, ...]:
    """The limits that records of a group may have; () if the rule does not watch all of them."""
    if holds(rule.where, known) is False:
        return ()
    found = []
    for row in rule.within:
        here = holds(row.when, known)
        if here is not False:
            found.append(row.duration)
        if here:
            break
    return tuple(found)


def _is_other(one: Suggested, limit: Duration, open_minutes: int) -> bool:
    if one.low is None or one.high is None:
        return False
    days: Fraction = ratio(limit, _DAY, open_minutes)
    return not one.low <= days <= one.high
