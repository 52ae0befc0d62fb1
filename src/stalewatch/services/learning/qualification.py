"""Which items of the scores (BANT, MEDDIC, ...) went with losses, so that weights are measured, not believed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from stalewatch.domain.conditions import Scope
from stalewatch.domain.frame import Frame
from stalewatch.domain.instants import Mask
from stalewatch.domain.kpi.moment import OUTCOMES
from stalewatch.domain.kpi.reads import with_columns
from stalewatch.domain.language.refs import fields
from stalewatch.domain.learning.gaps import Gap, added, gap
from stalewatch.domain.needs import Needs
from stalewatch.services.judging.frames import Coverage
from stalewatch.services.judging.scanning import Scan
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.store.engine import Connection

_OBJECT = "deal"


def gaps(conn: Connection, book: Rulebook, connections: Sequence[str], coverage: Coverage) -> list[Gap]:
    """Every item of every score of deals, over the closed deals of which it can be told; the largest gap first.

    What stands there today counts: of a closed deal that is what was known at its end, unless it was edited later.
    """
    found: dict[tuple[str, str], Gap] = {}
    for connection in connections:
        for one in _of(conn, book, connection, coverage):
            key = one.score, one.item
            found[key] = added(found[key], one) if key in found else one
    told = [one for one in found.values() if one.open.of or one.answered.of]
    return sorted(told, key=lambda one: (-(one.difference or -1.0), one.score, one.item))


def _of(conn: Connection, book: Rulebook, connection: str, coverage: Coverage) -> Iterator[Gap]:
    rules = book.rules
    scores = [one for one in rules.scores.values() if one.watch == _OBJECT]
    read = {name for score in scores for _, item in score.items for name in fields(item, rules)}
    if not read:
        return
    catalogue = with_columns(rules.catalogue, _OBJECT)
    names = frozenset((read | book.calendars.fields(rules) | {"outcome", "is_open", "created_at"})
                      & catalogue.objects[_OBJECT].keys())  # fmt: skip
    needs = Needs(names, names, frozenset(), frozenset())
    scan = Scan(conn, catalogue, needs, _OBJECT, coverage.get(connection, {}).get(_OBJECT, ()))
    for scanned in scan.of(connection, whole=True):
        frame = scanned.frame
        scope = Scope(frame, rules, book.calendars.choose(frame, rules))
        won, lost = (_is(frame, outcome) for outcome in ("won", "lost"))
        for score in scores:
            for name, item in score.items:
                hidden = scope.hidden(tuple(fields(item, rules)))
                told = np.ones(frame.size, np.bool_) if hidden is None else ~hidden
                yield gap(score.name, name, scope.holds(item), told, won, lost)


def _is(frame: Frame, outcome: str) -> Mask:
    column = frame.columns["outcome"]
    found: Mask = column.present & (column.values == OUTCOMES.index(outcome))
    return found
