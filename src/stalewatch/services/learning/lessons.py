"""What a history teaches: the limits that it suggests for each of its groups, with what they would have done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from stalewatch.domain.instants import NEVER
from stalewatch.domain.language.model import Catalogue
from stalewatch.domain.learning.history import Found, History, history
from stalewatch.domain.learning.spells import Watched
from stalewatch.services.learning.limits import Learned, learned, stage_order

HORIZON: Final = 60.0
"""Days after a breach within which a win says that the flag was wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How a history is to be looked at; instants are counted as the history counts them.

    Attributes:
        as_of: it ends there. observed_from: it was watched from there on. None: as the history itself says.
        horizon: in days.
        learn_until: what comes after it teaches nothing, and shows what the lesson is worth; None: one history is
            learned from and tried on.
        seed: of the draws that intervals are made of.
    """

    as_of: int | None = None
    observed_from: int | None = None
    horizon: float = HORIZON
    learn_until: int | None = None
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Lesson:
    """What one history taught.

    Attributes:
        about: deals, or what of leads.
        history: the whole of it.
        dated: whether it counts in whole days.
        order: the stages as they were counted; empty where they do not matter.
        named: whether the catalogue has all of them.
    """

    about: str
    history: History
    learned: Sequence[Learned]
    dated: bool
    order: Sequence[str]
    named: bool
    asked: Asked

    def only(self, *, staged: bool) -> Lesson:
        """The same of stages alone, or of whole records alone."""
        return replace(self, learned=[one for one in self.learned if (one.group.stage is not None) is staged])

    @property
    def late_entries(self) -> int:
        """Those that were open before the watching began."""
        return int((self.history.deals().spells.entry > 0).sum())

    @property
    def without_beginning(self) -> int:
        """Those that have no clock."""
        return int((self.history.start == NEVER).sum())


def lesson(found: Found, about: str, catalogue: Catalogue, asked: Asked) -> Lesson:
    """Learn from a history."""
    whole = history(found, as_of=asked.as_of, observed_from=asked.observed_from)
    stages = stages_of(catalogue) if about == "deal" else ()
    order = stage_order(whole, stages)
    if asked.learn_until is None or asked.learn_until >= whole.watched.until:
        taught = learned(whole, order, horizon=asked.horizon, seed=asked.seed)
    else:
        before = history(found, as_of=asked.learn_until, observed_from=asked.observed_from)
        since = max(whole.watched.since, asked.learn_until)
        after = replace(whole, watched=Watched(since, whole.watched.until))
        taught = learned(before, order, horizon=asked.horizon, seed=asked.seed, scored=after)
    named = set(order) <= set(stages)
    return Lesson(about, whole, taught, found.dated, tuple(order) if whole.has_stages else (), named, asked)


def stages_of(catalogue: Catalogue) -> tuple[str, ...]:
    """The stages of deals, in their order."""
    stage = catalogue.objects.get("deal", {}).get("stage")
    return stage.values if stage else ()
