"""What a rule is read in: the catalogue, the bands and scores of all files, and where findings go."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from stalewatch.domain.language.diagnostics import Findings
from stalewatch.domain.language.model import Band, Catalogue, Score
from stalewatch.domain.language.scope import A_RECORD, Scope, route_scope, rule_scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a check knows beyond the files.

    Attributes:
        open_minutes: minutes a business day is open, to compare `warn: 4bh` with `within: 1bd`.
        today: exceptions that ended before this date are warned of; None: not looked at.
        escalations: names that `escalate` may use; None: not looked at.
    """

    open_minutes: int = 9 * 60
    today: date | None = None
    escalations: Collection[str] | None = None


@dataclass(slots=True)
class Setting:
    """Everything that rules refer to, and the findings of the whole check."""

    catalogue: Catalogue
    findings: Findings
    options: Options = field(default_factory=Options)
    bands: Mapping[str, Band] = field(default_factory=dict)
    scores: Mapping[str, Score] = field(default_factory=dict)
    _scopes: dict[str, Scope] = field(default_factory=dict)

    def scope(self, watch: str | None) -> Scope:
        """What conditions on this object may name; for an unknown object the fields of all."""
        known = watch if watch in self.catalogue.objects else None
        if known is None:
            every = route_scope(self.catalogue, self.bands.values(), self.scores.values())
            return replace(every, object=A_RECORD)
        if known not in self._scopes:
            self._scopes[known] = rule_scope(known, self.catalogue, self.bands.values(), self.scores.values())
        return self._scopes[known]
