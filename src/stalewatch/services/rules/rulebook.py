"""The rules in force: read once, judged by many."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import blake2s

from msgspec import structs

from stalewatch.domain.calendars import Calendars
from stalewatch.domain.clocks import Judge
from stalewatch.domain.entries import Entry
from stalewatch.domain.language.model import Mode, Rule, RuleSet
from stalewatch.domain.language.nodes import Source
from stalewatch.domain.needs import Needs, needs
from stalewatch.domain.policies import Judging
from stalewatch.domain.steps import Steps

_KEPT = b"breach_at of live rules"
"""What is kept of clocks. Where another version kept something else, everything is judged once more."""


@dataclass(frozen=True)
class Rulebook:
    """What RevOps decided, ready to judge by.

    Attributes:
        sources: the texts that all of this was read from; their digest tells one rulebook from another.
        written: the rule files, and the packs that they bring in, as they were read.
    """

    rules: RuleSet
    calendars: Calendars
    judging: Judging
    sources: tuple[str, ...] = ()
    written: tuple[Source, ...] = ()

    @cached_property
    def version(self) -> str:
        """A digest of everything that deadlines depend on; clocks judged by another one are judged again."""
        digest = blake2s(_KEPT, digest_size=12)
        for text in (*self.sources, repr(self.judging.warn), repr(sorted(self.modes.items()))):
            digest.update(text.encode("utf-8", "surrogatepass") + b"\x00")
        return digest.hexdigest()

    @cached_property
    def modes(self) -> Mapping[str, Mode]:
        """The mode in force of every rule: its own entry of `modes:`, its pack's, its `mode:`, `defaults.mode`."""
        return {rule.id: self._mode(rule) for rule in self.rules.rules}

    @cached_property
    def judge(self) -> Judge:
        """Computes deadlines by these rules."""
        off = frozenset(rule for rule, mode in self.modes.items() if mode is Mode.OFF)
        return Judge(self._switched_on(), self.calendars, self.judging.warn, off)

    @cached_property
    def needs(self) -> Mapping[str, Needs]:
        """What must be read of each object."""
        return needs(self.rules, self.calendars)

    @cached_property
    def by_id(self) -> Mapping[str, Rule]:
        """Every rule that is not off."""
        return {rule.id: rule for rule in self.rules.rules if self.modes[rule.id] is not Mode.OFF}

    @cached_property
    def live(self) -> frozenset[str]:
        """The rules that speak: neither off nor in shadow. Lists for people are of these alone."""
        return frozenset(rule for rule, mode in self.modes.items() if mode is Mode.LIVE)

    @cached_property
    def steps(self) -> Steps:
        """Takes alerts forward by these rules."""
        judging = self.judging
        return Steps(
            judging.tenant, self.by_id, self.modes, judging.keep_for, judging.reopen_within,
            ladders=judging.ladders, holdout=judging.holdout,
        )  # fmt: skip

    @cached_property
    def renamed(self) -> Mapping[str, str]:
        """Old id -> new id of the rules that say what they were (`was`), where no rule has the old id now."""
        present = {rule.id for rule in self.rules.rules}
        return {old: rule.id for rule in self.rules.rules for old in rule.was if old not in present}

    def by_key(self, some: Iterable[Entry]) -> dict[tuple[str, str | None], Entry]:
        """Stored clocks by what they belong to, under the ids that their rules have now."""
        if not self.renamed:
            return {(entry.rule, entry.subject): entry for entry in some}  # `key` would be a call for each
        named = (structs.replace(entry, rule=self.renamed.get(entry.rule, entry.rule)) for entry in some)
        return {entry.key: entry for entry in named}

    @property
    def objects(self) -> tuple[str, ...]:
        """The objects that a rule watches."""
        return tuple(sorted({rule.watch for rule in self.by_id.values()}))

    def _switched_on(self) -> RuleSet:
        """The rules to judge by: one that its file turns off and `modes:` turns on is on."""
        mine = (
            rule if rule.mode is not Mode.OFF else replace(rule, mode=self.modes[rule.id]) for rule in self.rules.rules
        )
        return replace(self.rules, rules=tuple(mine))

    def _mode(self, rule: Rule) -> Mode:
        said = self.judging.modes
        for name in (rule.id, rule.pack):
            if name in said:
                return said[name]
        return rule.mode or self.judging.mode
