"""Conditions and the terms they compare: what is true of a record, without a clock and without YAML."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class FieldType(StrEnum):
    """The type of a catalogue field, and of every term in a condition."""

    TEXT = "text"
    PERSON = "person"
    CHOICE = "choice"
    INT = "int"
    MONEY = "money"
    BOOL = "bool"
    DATE = "date"
    DATETIME = "datetime"

    @property
    def is_number(self) -> bool:
        return self in (FieldType.INT, FieldType.MONEY)

    @property
    def is_time(self) -> bool:
        return self in (FieldType.DATE, FieldType.DATETIME)

    @property
    def is_text(self) -> bool:
        return self in (FieldType.TEXT, FieldType.PERSON)


# ---------------------------------------------------------------------------------------------- terms


@dataclass(frozen=True, slots=True)
class Ref:
    """A field of the record, a band (`price_band`) or a score (`score.meddic`)."""

    name: str
    type: FieldType


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant. Numbers are `float` (exact to 2**53), choices and texts `str`; times are naive and local."""

    value: str | float | bool | date | datetime
    type: FieldType


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`left op right` on numbers, op one of + - * /. Empty if a side is empty or the divisor is zero."""

    op: str
    left: Term
    right: Term


Term = Ref | Literal | Arithmetic

# --------------------------------------------------------------------------------------------- conditions


@dataclass(frozen=True, slots=True)
class Compare:
    """`left op right`, op one of == != < <= > >=; false whenever a side is empty.

    A `datetime` beside a `date` is compared by its local date if the date is a literal; a date field beside a
    datetime counts as the close of that day.
    """

    op: str
    left: Term
    right: Term


@dataclass(frozen=True, slots=True)
class OneOf:
    """The field has one of these values, or with `negated` another value; false if it is empty."""

    ref: Ref
    values: tuple[Literal, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Contains:
    """The text field contains this text, case-insensitively; false if it is empty."""

    ref: Ref
    text: str


@dataclass(frozen=True, slots=True)
class IsSet:
    """The field has a value. Its negation (`Not(IsSet(...))`) is `empty`."""

    ref: Ref


@dataclass(frozen=True, slots=True)
class Entered:
    """The field's value changed at or after the clock started (for a meeting: after its start)."""

    ref: Ref


@dataclass(frozen=True, slots=True)
class All:
    """True if every part is; true when empty."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """True if one part is; false when empty."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """True if the part is false (two-valued: a comparison with an empty value is false)."""

    part: Condition


Condition = Compare | OneOf | Contains | IsSet | Entered | All | AnyOf | Not
