"""A query as a tree."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

Scalar = str | bool | int | float | date | datetime | None


class Path(NamedTuple):
    """A field, perhaps of a parent: ("Account", "Name")."""

    names: tuple[str, ...]
    at: int


class Literal(NamedTuple):
    """A value as written. `kind` is string, number, boolean, null, date, datetime or span (TODAY, LAST_N_DAYS:7)."""

    kind: str
    value: Scalar
    at: int


@dataclass(frozen=True, slots=True)
class Aggregate:
    """COUNT, MAX and the like over a field; without a field it counts rows."""

    function: str
    path: Path | None
    alias: str | None
    at: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """field operator value."""

    path: Path
    operator: str
    value: Literal


@dataclass(frozen=True, slots=True)
class Membership:
    """field [NOT] IN (values) or (query)."""

    path: Path
    values: tuple[Literal, ...] | Query
    is_negated: bool


@dataclass(frozen=True, slots=True)
class Not:
    """NOT condition."""

    condition: Condition


@dataclass(frozen=True, slots=True)
class Every:
    """Conditions joined by AND."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Any:
    """Conditions joined by OR."""

    conditions: tuple[Condition, ...]


Condition = Comparison | Membership | Not | Every | Any


@dataclass(frozen=True, slots=True)
class Order:
    """One part of ORDER BY."""

    path: Path
    is_descending: bool
    nulls_last: bool


@dataclass(frozen=True, slots=True)
class Query:
    """SELECT … FROM …"""

    selected: tuple[Path | Aggregate | Query, ...]
    source: Path
    where: Condition | None
    groups: tuple[Path, ...]
    order: tuple[Order, ...]
    limit: int | None
    offset: int
    text: str
