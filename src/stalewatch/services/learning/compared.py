"""Two versions of the rules tried on the same past: messages, catches, lead time, and whom it concerns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from stalewatch.domain.learning.history import History
from stalewatch.services.learning.backtests import Backtest
from stalewatch.services.learning.plain import backtest_data
from stalewatch.services.learning.rules_tried import Tried


@dataclass(frozen=True)
class Compared:
    """What the old rules and the new ones would have said."""

    old: Tried
    new: Tried

    @cached_property
    def rules(self) -> list[tuple[str, Backtest | None, Backtest | None]]:
        """Each rule of which the two say something else, with what each version says."""
        names = dict.fromkeys([*self.old.found, *self.new.found])
        both = ((name, self.old.found.get(name), self.new.found.get(name)) for name in names)
        return [one for one in both if one[1] != one[2]]

    @cached_property
    def silent(self) -> list[str]:
        """The records of which the old rules would have spoken, and the new ones would not."""
        return sorted(self.old.told - self.new.told)

    @cached_property
    def told(self) -> list[str]:
        """The records of which only the new ones would have spoken."""
        return sorted(self.new.told - self.old.told)

    @cached_property
    def owners(self) -> list[tuple[str | None, int, int]]:
        """Alerts by owner, before and after, of those for whom there are more or fewer; the largest change first."""
        before, after = _owners(self.old.found.values()), _owners(self.new.found.values())
        changed = [(name, before[name], after[name]) for name in before.keys() | after.keys()]
        return sorted(
            (one for one in changed if one[1] != one[2]), key=lambda one: (-abs(one[2] - one[1]), one[0] or "")
        )

    def caught(self) -> tuple[int, int, int]:
        """Recorded losses of which the old and the new rules would have spoken before, and all of them."""
        lost = {record for one in self.history.values() for record in _ended(one, "lost")}
        return len(lost & self.old.told), len(lost & self.new.told), len(lost)

    @property
    def history(self) -> Mapping[str, History]:
        """The records, by object; both versions were tried on the same."""
        return {**self.old.history, **self.new.history}

    def alerts(self) -> tuple[int, int]:
        """Alerts of each version."""
        old, new = (sum(one.score.flagged.all for one in tried.found.values()) for tried in (self.old, self.new))
        return old, new

    def ends(self) -> dict[str, str]:
        """How the records ended of which only one version would have spoken."""
        named = {*self.silent, *self.told}
        found = dict.fromkeys(named, "open")
        for one in self.history.values():
            for how in ("won", "lost"):
                found |= dict.fromkeys(named.intersection(_ended(one, how)), how)
        return found

    def data(self) -> dict[str, Any]:
        """For programs."""
        ends, (old, new), caught = self.ends(), self.alerts(), self.caught()
        return {
            "alerts": {"old": old, "new": new}, "caught": dict(zip(("old", "new", "of"), caught, strict=True)),
            "rules": {name: {"old": None if one is None else backtest_data(one),
                             "new": None if other is None else backtest_data(other)}
                      for name, one, other in self.rules},
            "owners": [{"owner": name, "old": one, "new": other} for name, one, other in self.owners],
            "newly_silent": [{"id": record, "outcome": ends[record]} for record in self.silent],
            "newly_told": [{"id": record, "outcome": ends[record]} for record in self.told],
            "cannot_be_tried": {"old": dict(self.old.blind), "new": dict(self.new.blind)},
        }  # fmt: skip


def _owners(found: Iterable[Backtest]) -> Counter[str | None]:
    counts: Counter[str | None] = Counter()
    for one in found:
        counts.update({load.owner: load.alerts for load in one.load})
    return counts


def _ended(one: History, how: str) -> list[str]:
    ended = one.won if how == "won" else one.lost
    return [one.ids[row] for row in ended.nonzero()[0].tolist()]
