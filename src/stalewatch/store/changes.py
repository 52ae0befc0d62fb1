"""The history of fields: from `at` on, this field had this value. Rows are added, and replaced only by the CRM's own.

A row is a mapping with record_id, field, at, ordinal, value, source ("crm": the CRM's history; "seen": a sync noticed
it; "stalewatch": ours) and seen_at. `ordinal` counts the changes of one field in the same microsecond.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from operator import itemgetter
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.store import bulk
from stalewatch.store.bulk import Row
from stalewatch.store.columns import as_text, encoded, encoded_all, read_column
from stalewatch.store.expressions import among, one_by_one
from stalewatch.store.tables import changes

_Key = tuple[str, str, int, int]
"""What tells one change from another: record_id, field, at, ordinal."""
_KEY: Final = ("record_id", "field", "at", "ordinal")
_key: Final[Callable[[Row], _Key]] = itemgetter(*_KEY)
_FIRST_TWO: Final = itemgetter(0, 1)
_PARTED: Final = (-1, "")
"""Before all that was told at an instant, and the text of no value."""
_TOLD: Final = tuple(as_text(changes.c[name]) for name in (*_KEY, "value", "source"))

_IS_PLAIN: Final = sa.and_(changes.c.source == "crm", changes.c.ordinal == 0)
_SAID: Final = (*_TOLD[:3], _TOLD[4], sa.type_coerce(_IS_PLAIN, sa.Integer()).label("is_plain"))


class Change(NamedTuple):
    """A field of a record had this value from then on."""

    record_id: str
    field: str
    at: int
    ordinal: int
    value: Any
    source: str


# As `Change._make` does, without a call of Python's for each of many rows.
_as_change: Final[Callable[[tuple[Any, ...]], Change]] = partial(tuple.__new__, Change)


Told = Mapping[str, Sequence[tuple[int, Any]]]
"""Of one record the (at, value) of each field that has a past, oldest first."""


@dataclass(slots=True)
class Past:
    """What was said of some fields of some records, read once for all who look at it.

    Attributes:
        fields: those that were read.
        records: of each of the records what was said of it.
        noticed: the (record, field) of which not everything is the CRM's word, one at an instant.
    """

    fields: frozenset[str]
    records: dict[str, Told]
    noticed: set[tuple[str, str]]

    def without(self, ids: Collection[str]) -> None:
        """Forget what was read of these records: something was written since."""
        for record in ids:
            self.records.pop(record, None)


class _What(NamedTuple):
    """What a change says: its value as stored text, and who says so."""

    value: str | None
    source: str


def add(
    conn: Connection, rows: Sequence[Row], *, echoes: Collection[str] = (),
    within: Mapping[str, str] = MappingProxyType({}),
) -> list[str]:  # fmt: skip
    """Add changes; one that is already there stays as it is. Return the ids of records that gained one.

    Args:
        echoes: fields of which a row that only repeats the value before it tells nothing, and is not kept.
        within: fields among them whose value means another thing once the field named here has changed: the same stage
            in another pipeline is another place. The first repeat after such a change is kept.
    """
    if not rows:
        return []
    there = _beside(conn, rows, echoes, within)
    fresh = [(key, row) for key, row in zip(map(_key, rows), rows, strict=True) if key not in there]
    new = [row for key, row in fresh if key[1] not in echoes]
    new += _unheard({key: row for key, row in fresh if key[1] in echoes}, there, within)
    bulk.insert(conn, changes, new)
    return sorted({row["record_id"] for row in new})


def _unheard(
    fresh: Mapping[_Key, Row], there: Mapping[_Key, str | None], within: Mapping[str, str]
) -> list[Row]:  # fmt: skip
    """Those of these rows that say something else than what is there or comes with them just before.

    Args:
        there: what stands in their fields, in those around them, and maybe in others, as stored text.
        within: as in `add`.
    """
    told: dict[tuple[str, str], list[tuple[int, int, str | None]]] = {(key[0], key[1]): [] for key in fresh}
    inside = {around: name for name, around in within.items()}
    for (record, field, at, ordinal), text in there.items():
        beside = told.get((record, field))
        if beside is not None:
            beside.append((at, ordinal, text))
        if field in inside:
            _part(told.get((record, inside[field])), at)
    texts = encoded_all([row["value"] for row in fresh.values()])
    for (record, field, at, ordinal), text in zip(fresh, texts, strict=True):
        told[record, field].append((at, ordinal, text))
        if field in inside:
            _part(told.get((record, inside[field])), at)
    echoed = {
        (*place, at, ordinal)
        for place, mine in told.items()
        if len(mine) > 1
        for (_, _, before), (at, ordinal, text) in pairwise(sorted(mine, key=_FIRST_TWO))
        if before == text
    }
    return [row for key, row in fresh.items() if key not in echoed]


def _part(told: list[tuple[int, int, str | None]] | None, at: int) -> None:
    """What is told from this instant on repeats nothing of what was told before it."""
    if told is not None:
        told.append((at, *_PARTED))


def append(conn: Connection, rows: Sequence[Row]) -> None:
    """Add changes of which the caller knows that they are later than the `latest`; nobody looks whether they are."""
    bulk.insert(conn, changes, rows)


def latest(conn: Connection, ids: Collection[str], fields: Collection[str]) -> dict[tuple[str, str], int]:
    """When each of these fields changed last, by record and field; fields without a past are left out."""
    found: dict[tuple[str, str], int] = {}
    place = (changes.c.record_id, changes.c.field)
    for chunk in bulk.chunks(sorted(ids)):
        last = _select(conn, (*place, sa.func.max(changes.c.at)), chunk, fields).group_by(*place)
        found.update(((record, field), at) for record, field, at in bulk.tuples(conn, last))
    return found


def read(conn: Connection, ids: Collection[str], fields: Collection[str]) -> list[Change]:
    """The changes of these fields, sorted by record, field, instant and ordinal."""
    found: list[Change] = []
    for chunk in bulk.chunks(sorted(ids)):
        rows = bulk.tuples(conn, _select(conn, _TOLD, chunk, fields).order_by(*changes.primary_key))
        if rows:
            *places, values, sources = zip(*rows, strict=True)
            found += map(_as_change, zip(*places, read_column(changes.c.value, values), sources, strict=True))
    return found


def past(conn: Connection, ids: Collection[str], fields: Collection[str]) -> Past:
    """The values of these fields: many rows of few columns."""
    found: dict[str, dict[str, list[tuple[int, Any]]]] = {record: {} for record in ids}
    noticed: set[tuple[str, str]] = set()
    for chunk in bulk.chunks(sorted(ids)):
        rows = bulk.tuples(conn, _select(conn, _SAID, chunk, fields).order_by(*changes.primary_key))
        values = read_column(changes.c.value, [row[3] for row in rows])
        here = there = None
        for (record, name, at, _, is_plain), value in zip(rows, values, strict=True):
            if record != here:  # to compare costs less than to look up
                here, there, mine = record, None, found[record]
            if name != there:
                there = name
                mine[name] = told = []
            told.append((at, value))
            if not is_plain:
                noticed.add((record, name))
    return Past(frozenset(fields), {**found}, noticed)


def replace_history(
    conn: Connection, ids: Collection[str], fields: Collection[str], rows: Sequence[Row], *,
    echoes: Collection[str] = (),
) -> list[str]:  # fmt: skip
    """Let the CRM's own history of these records and fields stand instead of what syncs noticed.

    `rows` are all that the CRM knows. From its first row of a field on, the CRM is right: what we had from there on
    and it does not tell goes; older rows of the CRM stay, since CRMs forget. What a sync noticed goes, unless it is
    news that the CRM's history does not show yet; what stalewatch itself noted stays. Replaying it changes nothing.
    Return the ids of records that changed.

    Args:
        echoes: as in `add`; of these fields nothing is dropped where others than the CRM tell something as well.
    """
    there = _stored(conn, ids, fields)
    told = {_key(row): _What(encoded(row["value"]), row["source"]) for row in rows}
    ordered = sorted(told)
    begins, ends = _first_instants(ordered), {key[:2]: (key, told[key]) for key in ordered}
    obsolete = [
        key
        for key, what in there.items()
        if _is_obsolete(key, what, told, begins) and not _is_ahead(key, what, ends.get(key[:2]))
    ]
    mixed = {key[:2] for key in there.keys() - told.keys() - set(obsolete)} if echoes else ()
    echoed = _repeated([key for key in ordered if key[1] in echoes and key[:2] not in mixed], told)
    obsolete += [key for key in echoed if there.get(key) == told[key]]
    fresh = [row for row in rows if there.get(key := _key(row)) != told[key] and key not in echoed]
    bulk.delete(conn, changes, [dict(zip(_KEY, key, strict=True)) for key in obsolete])
    bulk.insert(conn, changes, fresh)
    return sorted({key[0] for key in obsolete} | {row["record_id"] for row in fresh})


def _is_obsolete(key: _Key, what: _What, told: Mapping[_Key, _What], begins: Mapping[tuple[str, str], int]) -> bool:
    if key in told:
        return what != told[key]
    if what.source == "crm":
        begin = begins.get(key[:2])
        return begin is not None and key[2] >= begin
    return what.source == "seen"


def _is_ahead(key: _Key, what: _What, last: tuple[_Key, _What] | None) -> bool:
    """Whether a sync noticed this after the last that the CRM tells of the field, and it is another value."""
    return what.source == "seen" and last is not None and key > last[0] and what.value != last[1].value


def _repeated(ordered: Sequence[_Key], held: Mapping[_Key, _What]) -> set[_Key]:
    """Of these changes, by record, field and time, those that repeat the value before them."""
    return {key for before, key in pairwise(ordered) if before[:2] == key[:2] and held[before].value == held[key].value}


def _first_instants(ordered: Sequence[_Key]) -> dict[tuple[str, str], int]:
    return {key[:2]: key[2] for key in reversed(ordered)}


def forget_before(conn: Connection, horizon: int, ids: Collection[str]) -> int:
    """Delete changes older than `horizon`, but the last of each field, which still says what held then."""
    old: dict[tuple[str, str], list[_Key]] = defaultdict(list)
    for chunk in bulk.chunks(sorted(ids)):
        wanted = sa.and_(among(conn, changes.c.record_id, chunk), changes.c.at < horizon)
        for record, field, at, ordinal in bulk.tuples(conn, _keys(wanted)):
            old[record, field].append((record, field, at, ordinal))
    obsolete = (key for keys in old.values() for key in keys[:-1])
    return bulk.delete(conn, changes, [dict(zip(_KEY, key, strict=True)) for key in obsolete])


def _keys(wanted: sa.ColumnElement[bool]) -> sa.Select[Any]:
    return sa.select(*_TOLD[:4]).where(wanted).order_by(*changes.primary_key)


def _beside(
    conn: Connection, rows: Sequence[Row], echoes: Collection[str], within: Mapping[str, str]
) -> dict[_Key, str | None]:
    """What stands in the fields of these rows and in those around them, as stored text. Of fields without echoes only
    from the earliest row on: what a page tells is mostly later than all that was told before."""
    fields = {row["field"] for row in rows}
    fields |= {around for name, around in within.items() if name in fields}
    later = changes.c.at >= min(row["at"] for row in rows)
    whole = sorted(fields.intersection({*echoes, *within.values()}))
    asked = sa.or_(later, changes.c.field.in_(whole)) if echoes else later
    found: dict[_Key, str | None] = {}
    for chunk in bulk.chunks(sorted({row["record_id"] for row in rows})):
        there = bulk.tuples(conn, _select(conn, _TOLD[:5], chunk, fields).where(asked))
        found.update(((record, field, at, ordinal), text) for record, field, at, ordinal, text in there)
    return found


def _stored(conn: Connection, ids: Collection[str], fields: Collection[str]) -> dict[_Key, _What]:
    found: dict[_Key, _What] = {}
    for chunk in bulk.chunks(sorted(ids)):
        rows = bulk.tuples(conn, _select(conn, _TOLD, chunk, fields))
        found.update(((row[0], row[1], row[2], row[3]), _What(row[4], row[5])) for row in rows)
    return found


def _select(
    conn: Connection, columns: Iterable[sa.ColumnElement[Any]], ids: Collection[str], fields: Collection[str]
) -> sa.Select[Any]:
    field = one_by_one(conn, changes.c.field)
    wanted = (among(conn, changes.c.record_id, ids), among(conn, field, sorted(fields)))
    return sa.select(*columns).where(*wanted)
