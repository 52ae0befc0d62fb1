"""What routes may ask about an alert: its rule's words, the fields of its record, and what the rules make of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

from stalewatch.domain import values
from stalewatch.domain.conditions import Scope
from stalewatch.domain.language.model import FieldType, Rule
from stalewatch.domain.language.refs import resolve
from stalewatch.domain.needs import Needs
from stalewatch.domain.policies import Speaking
from stalewatch.domain.route_conditions import Facts, Where
from stalewatch.services.judging import frames
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.store import records
from stalewatch.store.engine import Connection

_OF_RULES: Final = frozenset({"severity", "watch", "rule", "pack", "mode"})
"""What is asked of an alert and not of its record."""


@dataclass(frozen=True, slots=True)
class RouteFacts:
    """The facts of some records' alerts.

    Attributes:
        derived: per record the bands and scores that a route asks for.
    """

    book: Rulebook
    derived: Mapping[str, Mapping[str, object]] = field(default_factory=dict)

    @classmethod
    def read(cls, conn: Connection, book: Rulebook, speaking: Speaking, rows: Iterable[Any]) -> Self:
        """For stored records; what stands behind bands and scores is read only if a route asks for one."""
        wanted = _computed(book, speaking)
        if not wanted:
            return cls(book)
        ids: dict[str, list[str]] = {}
        for row in rows:
            ids.setdefault(row.object, []).append(row.id)
        found: dict[str, Mapping[str, object]] = {}
        for obj, mine in ids.items():
            found |= _of_object(conn, book, obj, mine, wanted)
        return cls(book, found)

    def of(self, rule_id: str, rule: Rule | None, row: Any) -> Facts:
        """The facts of an alert of this rule (None: no file names it any more) on a stored record.

        Of a row that was read without the fields nobody asks for, `columns_asked` says which must be there.
        """
        stored = {**(row._mapping.get("fields") or {}), **row._mapping}
        money = _money(self.book, row.object)
        return {
            **{name: values.load(FieldType.MONEY, value) if name in money else value for name, value in stored.items()},
            **self.derived.get(row.id, {}),
            "severity": None if rule is None else rule.severity.value,
            "watch": row.object,
            "rule": rule_id,
            "pack": None if rule is None else rule.pack,
            "mode": None if rule is None else self.book.modes[rule_id].value,
        }


def columns_asked(book: Rulebook, speaking: Speaking) -> frozenset[str]:
    """The columns of a record that `RouteFacts.of` has to find; most projects' routes ask for none."""
    if any(route.matches is not None and not isinstance(route.matches, Where) for route in speaking.routes):
        return frozenset().union(*(records.column_names(obj) for obj in book.rules.catalogue.objects))
    asked = _asked(speaking) - _OF_RULES
    return asked | {"fields"} if asked else asked


def _money(book: Rulebook, obj: str) -> frozenset[str]:
    return frozenset(name for name, kind in book.rules.catalogue.objects[obj].items() if kind.type is FieldType.MONEY)


def _asked(speaking: Speaking) -> frozenset[str]:
    """What routes ask about, whatever it is."""
    wheres = (route.matches for route in speaking.routes if isinstance(route.matches, Where))
    return frozenset(test.field for where in wheres for test in where.tests)


def _computed(book: Rulebook, speaking: Speaking) -> frozenset[str]:
    """The bands and scores that routes ask for."""
    scores = {f"score.{name}" for name in book.rules.scores}
    return _asked(speaking) & {*book.rules.bands, *scores}


def _of_object(
    conn: Connection, book: Rulebook, obj: str, ids: list[str], wanted: frozenset[str]
) -> dict[str, Mapping[str, object]]:
    """Bands by the name of their row, scores as numbers; what is empty, or not of this object, is left out."""
    line = book.rules.catalogue.ancestry(obj)
    mine = [name for name in sorted(wanted) if name in book.rules.bands or _watched(book, name) in line]
    usual, known = book.needs[obj], book.rules.catalogue.objects[obj].keys()
    behind = frozenset(one for name in mine for one in resolve(name, book.rules)) & known
    needs = Needs(usual.fields | behind, usual.values | behind, usual.history, usual.events)
    frame = frames.load(conn, book.rules.catalogue, needs, obj, ids, frames.EVERYTHING)
    scope = Scope(frame, book.rules, book.calendars.choose(frame, book.rules))
    columns = {name: scope.column(name) for name in mine}
    return {
        record: {
            name: _value(book, name, column.values[place]) for name, column in columns.items() if column.present[place]
        }
        for place, record in enumerate(frame.keys)
    }


def _watched(book: Rulebook, score: str) -> str:
    return book.rules.scores[score.removeprefix("score.")].watch


def _value(book: Rulebook, name: str, found: Any) -> object:
    return book.rules.bands[name].rows[int(found)][0] if name in book.rules.bands else int(found)
