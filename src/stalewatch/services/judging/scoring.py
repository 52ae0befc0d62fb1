"""How a record stands by the scores of the rules (MEDDIC, BANT, ...): which of their items hold."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from stalewatch.domain.conditions import Scope
from stalewatch.domain.language.model import Score
from stalewatch.domain.language.refs import fields
from stalewatch.services.judging import frames
from stalewatch.services.judging.sources import coverage
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.store.engine import Connection


@dataclass(frozen=True, slots=True)
class Scored:
    """One score of one record.

    Attributes:
        lacking: of each item that does not hold a field that it reads, in their order. items: how many there are.
    """

    name: str
    lacking: tuple[str, ...]
    items: int


def scored(conn: Connection, book: Rulebook, row: Any) -> tuple[Scored, ...]:
    """The scores that are about such a record (its stored row), as far as everything that they read is known here.

    A score that no rule names is left out: nothing is read for it.
    """
    rules, needs = book.rules, book.needs[row.object]
    there = needs.fields
    wanted = [one for one in rules.scores.values() if one.watch == row.object and set(_read(one, book)) <= there]
    if not wanted:
        return ()
    frame = frames.load(conn, rules.catalogue, needs, row.object, [row.id], coverage(conn))
    scope = Scope(frame, rules, book.calendars.choose(frame, rules))
    return tuple(_scored(one, book, scope) for one in wanted if _is_known(one, book, scope))


def _scored(score: Score, book: Rulebook, scope: Scope) -> Scored:
    lacking = [_of(name, fields(item, book.rules)) for name, item in score.items if not scope.holds(item)[0]]
    return Scored(score.name, tuple(lacking), len(score.items))


def _of(item: str, read: Collection[str]) -> str:
    """The field after which an item is called (`roles.champion`: champion, `pain`: identified_pain), else any."""
    return min(read, key=lambda field: (not item.endswith(field.rpartition(".")[2]), field))


def _is_known(score: Score, book: Rulebook, scope: Scope) -> bool:
    """Whether all that it reads can be told; what a connection does not feed is not missing."""
    hidden = scope.hidden(tuple(_read(score, book)))
    return hidden is None or not hidden[0]


def _read(score: Score, book: Rulebook) -> Iterator[str]:
    for _, item in score.items:
        yield from fields(item, book.rules)
