"""Conditions as explanations carry them: in both languages, with the values that one record has for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from stalewatch.delivery.catalogues import LANGUAGES
from stalewatch.delivery.wording.conditions_in_words import Speaker
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.values import Filled, shown
from stalewatch.domain import values
from stalewatch.domain.because import names
from stalewatch.domain.conditions import Scope
from stalewatch.domain.explain import Clause
from stalewatch.domain.instants import from_us
from stalewatch.domain.language.model import Condition, FieldType, RuleSet, Words
from stalewatch.domain.missing import title_of
from stalewatch.domain.values import Stored

_MOST: Final = 4
"""Fields of one clause whose values are shown."""


@dataclass(frozen=True, slots=True)
class Clauses:
    """Puts the conditions of one record into words.

    Attributes:
        row: the stored record; its times are said in `zone`, years only where they are not that of `now`.
        scope: of a frame that holds this record alone: what bands and scores come to.
    """

    rules: RuleSet
    row: Any
    scope: Scope
    zone: str
    currency: str
    now: int

    def of(self, condition: Condition) -> Clause:
        """The condition with the record's values."""
        found = ((name, self._value(name)) for name in names(condition)[:_MOST])
        said = spoken(condition, self.row.object, self.rules, self.now)
        return Clause(said, tuple((title_of(name, self.rules), value) for name, value in found))

    def _value(self, name: str) -> Words:
        filled = self._filled(name)
        if filled.value is None or filled.value == "":
            return {}
        readers = (Reader(language, from_us(self.now), self.zone) for language in LANGUAGES)
        return {reader.language: shown(filled, reader) for reader in readers}

    def _filled(self, name: str) -> Filled:
        field = self.rules.catalogue.objects[self.row.object].get(name)
        if field is not None:
            value = values.load(field.type, stored(self.row, name))
            return Filled(field.type, value, field.value_titles.get(str(value), {}), self.currency)
        column = self.scope.column(name)
        number = int(column.values[0]) if column.present[0] else None
        if name not in self.rules.bands:
            return Filled(FieldType.INT, number)
        return Filled(FieldType.TEXT, None if number is None else self.rules.bands[name].rows[number][0])


def spoken(condition: Condition, watch: str, rules: RuleSet, now: int) -> Words:
    """A condition on the records of an object, in every language."""
    readers = (Reader(language, from_us(now)) for language in LANGUAGES)
    return {reader.language: Speaker(watch, rules, reader).condition(condition) for reader in readers}


def stored(row: Any, name: str) -> Stored:
    """A field's value as the store keeps it, wherever the row has it."""
    value: Stored = row._mapping[name] if name in row._mapping else (row.fields or {}).get(name)
    return value
