"""What rule files mean once they are read: typed, immutable, free of YAML.

`load` (loading.py) turns text into a `RuleSet` or a list of diagnostics; `clocks.py` turns a `RuleSet` and a
frame of records into deadlines. Nothing here can read the clock: there is no node for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from stalewatch.domain.durations import Duration
from stalewatch.domain.language.predicates import (
    All,
    AnyOf,
    Arithmetic,
    Compare,
    Condition,
    Contains,
    Entered,
    FieldType,
    IsSet,
    Literal,
    Not,
    OneOf,
    Ref,
    Term,
)

__all__ = [
    "All",
    "AnyOf",
    "Arithmetic",
    "Band",
    "Catalogue",
    "Combine",
    "Compare",
    "Condition",
    "Contains",
    "Each",
    "Entered",
    "Field",
    "FieldType",
    "FromFields",
    "IsSet",
    "Limit",
    "Literal",
    "Mode",
    "Not",
    "OneOf",
    "Origin",
    "Pause",
    "Place",
    "Ref",
    "Rule",
    "RuleException",
    "RuleSet",
    "Score",
    "Severity",
    "Since",
    "Start",
    "Term",
    "Words",
]


class Origin(StrEnum):
    """Who fills a field: the CRM, evidence, stalewatch itself, or the rules (bands and scores)."""

    CRM = "crm"
    DERIVED = "derived"
    STALEWATCH = "stalewatch"
    RULES = "rules"


Words = Mapping[str, str]
"""A text per language, {"en": ..., "ja": ...}; a language may be missing."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the catalogue.

    Attributes:
        values: the choices of a choice field, in their order.
        offered: what the CRM's own list has where the catalogue names no values; anybody may change it there, so
            another value is a warning and no error. Empty: nobody knows.
    """

    name: str
    type: FieldType
    origin: Origin
    values: tuple[str, ...] = ()
    title: Words = field(default_factory=dict)
    value_titles: Mapping[str, Words] = field(default_factory=dict)
    offered: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The fields that rules may read, per object (deal, partner_deal, lead), and the events they may follow."""

    objects: Mapping[str, Mapping[str, Field]]
    events: tuple[str, ...]
    extends: Mapping[str, str] = field(default_factory=dict)
    """Which object an object takes its fields from: partner_deal -> deal."""

    def ancestry(self, name: str) -> tuple[str, ...]:
        """The object and those that it extends, nearest first."""
        line = [name]
        while (parent := self.extends.get(line[-1])) is not None and parent not in line:
            line.append(parent)
        return tuple(line)


# ------------------------------------------------------------------------------------------------- rules


class Combine(StrEnum):
    """How several start fields become one instant."""

    LATEST = "latest_of"
    EARLIEST = "earliest_of"
    FIRST = "first_of"


@dataclass(frozen=True, slots=True)
class FromFields:
    """The clock starts at these fields' instant; one field is `latest_of` with one."""

    combine: Combine
    fields: tuple[Ref, ...]

    @property
    def is_dated(self) -> bool:
        """True if every field is a `date`: such a clock may warn before its anchor."""
        return all(ref.type is FieldType.DATE for ref in self.fields)


@dataclass(frozen=True, slots=True)
class Since:
    """The clock starts when the condition became true, by the changes of its fields."""

    condition: Condition


@dataclass(frozen=True, slots=True)
class Each:
    """One clock per event of this kind."""

    event: str


Start = FromFields | Since | Each


@dataclass(frozen=True, slots=True)
class Limit:
    """One row of `within`: the limit of records for which `when` holds (None: all that are left)."""

    when: Condition | None
    duration: Duration
    line: int = 0


@dataclass(frozen=True, slots=True)
class Pause:
    """Days that do not count: a wait named by two fields (`since`..`until`), or while a condition holds.

    Exactly one of (`until` with `since`) and `condition` is set. `most` caps each wait and their sum per anchor.
    """

    most: Duration
    until: Ref | None = None
    since: Ref | None = None
    condition: Condition | None = None


class Severity(StrEnum):
    """How much a breach matters, mildest first."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        return ("info", "warning", "critical").index(self.value)


class Mode(StrEnum):
    """off: not computed; shadow: computed and counted, nobody is told; live."""

    OFF = "off"
    SHADOW = "shadow"
    LIVE = "live"


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in a file; line and column count from 1."""

    file: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: where … start … within … until … (pause … warn …). See docs/rules.md for each word."""

    id: str
    pack: str
    title: Words
    watch: str
    start: Start
    within: tuple[Limit, ...]
    where: Condition | None = None
    until: Condition | None = None
    pause: Pause | None = None
    warn: Duration | None = None
    because: Words = field(default_factory=dict)
    severity: Severity = Severity.WARNING
    mutes: tuple[str, ...] = ()
    escalate: str | None = None
    mode: Mode | None = None
    message: Words = field(default_factory=dict)
    was: tuple[str, ...] = ()
    owner: str | None = None
    tags: tuple[str, ...] = ()
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Band:
    """A choice computed from a money or int field: the first row whose `below` is greater; None = no bound."""

    name: str
    of: Ref
    rows: tuple[tuple[str, float | None], ...]


@dataclass(frozen=True, slots=True)
class Score:
    """`score.<name>`: the share of items that hold, 0-100, rounded half up."""

    name: str
    watch: str
    items: tuple[tuple[str, Condition], ...]


@dataclass(frozen=True, slots=True)
class RuleException:
    """Records for which these rules are silent, through 24:00 of `until` in the record's calendar."""

    watch: str
    where: Condition | None
    rules: tuple[str, ...]
    until: date
    because: str = ""
    owner: str | None = None
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Everything that the rule files say together, checked."""

    catalogue: Catalogue
    rules: tuple[Rule, ...]
    bands: Mapping[str, Band] = field(default_factory=dict)
    scores: Mapping[str, Score] = field(default_factory=dict)
    exceptions: tuple[RuleException, ...] = ()
    packs: Mapping[str, Words] = field(default_factory=dict)

    def rule(self, rule_id: str) -> Rule | None:
        """The rule with this id, or None."""
        return next((rule for rule in self.rules if rule.id == rule_id), None)
