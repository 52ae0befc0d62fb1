"""`rules test --mutate`: one number of the rules at a time is another one, and a test should notice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from stalewatch.domain.clocks import Judge
from stalewatch.domain.language.mutants import Mutant, mutants
from stalewatch.domain.language.nodes import Source, Span
from stalewatch.services.rules.reading import shown
from stalewatch.services.rules.rule_tests import Outcome, Played
from stalewatch.services.rules.rulefiles import taken_apart
from stalewatch.settings import Settings


@dataclass(frozen=True, slots=True)
class Missed:
    """A number of which changes went by unnoticed.

    Attributes:
        values: what it could be instead, for all that the tests say.
        rules: the rules it belongs to, sorted.
    """

    at: Span
    old: str
    values: tuple[str, ...]
    rules: tuple[str, ...]


_Key = tuple[Span, str]


@dataclass(slots=True)
class Mutation:
    """How many changes the tests noticed, and which they did not, by place."""

    sources: dict[str, Source]
    _noticed: set[_Key] = field(default_factory=set)
    _unnoticed: dict[_Key, Mutant] = field(default_factory=dict)

    @property
    def tried(self) -> int:
        return len(self._noticed) + len(self._unnoticed)

    @property
    def noticed(self) -> int:
        return len(self._noticed)

    @property
    def percent(self) -> int:
        """The share that was noticed, rounded down; 100 where there was nothing to change."""
        return 100 * self.noticed // self.tried if self.tried else 100

    @property
    def missed(self) -> list[Missed]:
        """Sorted by place, one entry a number."""
        found: dict[Span, list[Mutant]] = {}
        for mutant in self._unnoticed.values():
            found.setdefault(mutant.at, []).append(mutant)
        return [
            Missed(at, some[0].old, tuple(one.new for one in some), tuple(sorted(some[0].changed)))
            for at, some in sorted(found.items())
        ]

    def is_known(self, mutant: Mutant) -> bool:
        """True if a test has noticed this change already."""
        return _key(mutant) in self._noticed

    def record(self, mutant: Mutant, *, noticed: bool) -> None:
        """Keep what came of a change; what one test file misses another may notice."""
        key = _key(mutant)
        if noticed:
            self._unnoticed.pop(key, None)
            self._noticed.add(key)
        else:
            self._unnoticed[key] = mutant


def mutate(outcome: Outcome, settings: Settings | None, today: date, show: Callable[[str, int], None]) -> Mutation:
    """Change the numbers of all rule files that the tests name.

    Args:
        outcome: tests that were run, all of them as expected.
        show: told now and then for which test file how many changes were tried.
    """
    found = Mutation({source.path: source for source in outcome.sources})
    for played in outcome.played:
        _mutate_file(played, settings, today, show, found)
    return found


def _mutate_file(
    played: Played, settings: Settings | None, today: date, show: Callable[[str, int], None], found: Mutation
) -> None:
    drafts = taken_apart(played.rule_files, settings, today)
    if drafts is None:
        return
    files = {shown(path) for path in played.rule_files}
    for count, mutant in enumerate(mutants(drafts, played.rules, files), 1):
        if not found.is_known(mutant):
            judge = Judge(mutant.rules, played.calendars)
            found.record(mutant, noticed=played.rehearsal.notice(judge, mutant.changed))
        show(played.file, count)


def _key(mutant: Mutant) -> _Key:
    return mutant.at, mutant.new
