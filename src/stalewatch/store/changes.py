"""The history of fields: from `at` on, this field had this value. Rows are added, and replaced only by the CRM's own.

A row is a mapping with record_id, field, at, ordinal, value, source ("crm": the CRM's history; "seen": a sync noticed
it; "stalewatch": ours) and seen_at. `ordinal` counts the changes of one field in the same microsecond.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from itertools import pairwise
from operator import itemgetter
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.store import bulk
from stalewatch.store.bulk import Row
from stalewatch.store.columns import encoded, encoded_all, read_column
from stalewatch.store.expressions import among
from stalewatch.store.pasts import KEPT, Kept, Key, Pasts, selecting
from stalewatch.store.tables import changes

_KEY: Final = ("record_id", "field", "at", "ordinal")
_key: Final[Callable[[Row], Key]] = itemgetter(*_KEY)
_FIRST_TWO: Final = itemgetter(0, 1)
_PARTED: Final = (-1, "")
"""Before all that was told at an instant, and the text of no value."""


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

_Fresh = tuple[int, int, str | None, Row]
"""A row to be added: at, ordinal, its value as stored text, and the row itself."""


class _What(NamedTuple):
    """What a change says: its value as stored text, and who says so."""

    value: str | None
    source: str


def add(
    conn: Connection, rows: Sequence[Row], *, echoes: Collection[str] = (),
    within: Mapping[str, str] = MappingProxyType({}), pasts: Pasts | None = None,
) -> list[str]:  # fmt: skip
    """Add changes; one that is already there stays as it is. Return the ids of records that gained one.

    Args:
        echoes: fields of which a row that only repeats the value before it tells nothing, and is not kept.
        within: fields among them whose value means another thing once the field named here has changed: the same stage
            in another pipeline is another place. The first repeat after such a change is kept.
        pasts: what the caller's transaction has read of records, and keeps up.
    """
    if not rows:
        return []
    given: dict[str, dict[str, list[_Fresh]]] = {}
    for row, text in zip(rows, encoded_all([row["value"] for row in rows]), strict=True):
        mine = given.setdefault(row["record_id"], {})
        mine.setdefault(row["field"], []).append((row["at"], row["ordinal"], text, row))
    known = Pasts(conn, _around({row["field"] for row in rows}, within)) if pasts is None else pasts
    there = known.of(given)
    news = [one for record, mine in given.items() for one in _unheard(mine, there[record], echoes, within)]
    new = [row for _, _, _, row in news]
    bulk.insert(conn, changes, new)
    known.put(new, [text for _, _, text, _ in news])
    return sorted({row["record_id"] for row in new})


def _around(fields: Collection[str], within: Mapping[str, str]) -> set[str]:
    return {*fields, *(around for name, around in within.items() if name in fields)}


def _unheard(
    given: Mapping[str, Sequence[_Fresh]], there: Sequence[Kept], echoes: Collection[str], within: Mapping[str, str]
) -> Iterator[_Fresh]:
    """Those of one record's rows, by field, that are not there, and say something else than what is there or comes
    with them just before."""
    last = {one[1]: one for one in there}
    for field, fresh in given.items():
        before, around = last.get(field), within.get(field)
        is_alone = around is None or not (around in last or around in given)
        if is_alone and len(fresh) == 1 and (before is None or fresh[0][:2] > before[2:4]):  # as nearly all of them are
            if before is None or before[4] != fresh[0][2] or field not in echoes:
                yield fresh[0]
            continue
        stored = {one[2:4]: one[4] for one in there if one[1] == field}
        news = {one[:2]: one for one in fresh if one[:2] not in stored}
        if field in echoes:
            parted = {one[2] for one in there if one[1] == around} | {one[0] for one in given.get(around or "", ())}
            line = [(*place, text) for place, text in stored.items()] + [one[:3] for one in news.values()]
            line += [(at, *_PARTED) for at in parted]  # what is told from then on repeats nothing from before
            for (_, _, said), (at, ordinal, text) in pairwise(sorted(line, key=_FIRST_TWO)):
                if said == text:
                    news.pop((at, ordinal), None)
        yield from news.values()


def append(conn: Connection, rows: Sequence[Row], pasts: Pasts | None = None) -> None:
    """Add changes of which the caller knows that they are later than the `latest`; nobody looks whether they are.

    Args:
        pasts: as in `add`.
    """
    bulk.insert(conn, changes, rows)
    if pasts is not None:
        pasts.put(rows, encoded_all([row["value"] for row in rows]))


def latest(conn: Connection, ids: Collection[str], fields: Collection[str]) -> dict[tuple[str, str], int]:
    """When each of these fields changed last, by record and field; fields without a past are left out."""
    found: dict[tuple[str, str], int] = {}
    place = (changes.c.record_id, changes.c.field)
    for chunk in bulk.chunks(sorted(ids)):
        last = selecting(conn, (*place, sa.func.max(changes.c.at)), chunk, fields).group_by(*place)
        found.update(((record, field), at) for record, field, at in bulk.tuples(conn, last))
    return found


def read(conn: Connection, ids: Collection[str], fields: Collection[str]) -> list[Change]:
    """The changes of these fields, sorted by record, field, instant and ordinal."""
    found: list[Change] = []
    for chunk in bulk.chunks(sorted(ids)):
        rows = bulk.tuples(conn, selecting(conn, KEPT, chunk, fields).order_by(*changes.primary_key))
        if rows:
            *places, values, sources = zip(*rows, strict=True)
            found += map(_as_change, zip(*places, read_column(changes.c.value, values), sources, strict=True))
    return found


def replace_history(
    conn: Connection, ids: Collection[str], fields: Collection[str], rows: Sequence[Row], *,
    echoes: Collection[str] = (), pasts: Pasts | None = None,
) -> list[str]:  # fmt: skip
    """Let the CRM's own history of these records and fields stand instead of what syncs noticed.

    `rows` are all that the CRM knows. From its first row of a field on, the CRM is right: what we had from there on
    and it does not tell goes; older rows of the CRM stay, since CRMs forget. What a sync noticed goes, unless it is
    news that the CRM's history does not show yet; what stalewatch itself noted stays. Replaying it changes nothing.
    Return the ids of records that changed.

    Args:
        echoes: as in `add`; of these fields nothing is dropped where others than the CRM tell something as well.
        pasts: as in `add`.
    """
    known = Pasts(conn, fields) if pasts is None else pasts
    kept = known.of(ids)
    there = {one[:4]: _What(*one[4:]) for record in ids for one in kept[record] if one[1] in fields}
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
    known.take(obsolete)
    known.put(fresh, encoded_all([row["value"] for row in fresh]))
    return sorted({key[0] for key in obsolete} | {row["record_id"] for row in fresh})


def _is_obsolete(key: Key, what: _What, told: Mapping[Key, _What], begins: Mapping[tuple[str, str], int]) -> bool:
    if key in told:
        return what != told[key]
    if what.source == "crm":
        begin = begins.get(key[:2])
        return begin is not None and key[2] >= begin
    return what.source == "seen"


def _is_ahead(key: Key, what: _What, last: tuple[Key, _What] | None) -> bool:
    """Whether a sync noticed this after the last that the CRM tells of the field, and it is another value."""
    return what.source == "seen" and last is not None and key > last[0] and what.value != last[1].value


def _repeated(ordered: Sequence[Key], held: Mapping[Key, _What]) -> set[Key]:
    """Of these changes, by record, field and time, those that repeat the value before them."""
    return {key for before, key in pairwise(ordered) if before[:2] == key[:2] and held[before].value == held[key].value}


def _first_instants(ordered: Sequence[Key]) -> dict[tuple[str, str], int]:
    return {key[:2]: key[2] for key in reversed(ordered)}


def forget_before(conn: Connection, horizon: int, ids: Collection[str]) -> int:
    """Delete changes older than `horizon`, but the last of each field, which still says what held then."""
    old: dict[tuple[str, str], list[Key]] = defaultdict(list)
    for chunk in bulk.chunks(sorted(ids)):
        wanted = sa.and_(among(conn, changes.c.record_id, chunk), changes.c.at < horizon)
        for record, field, at, ordinal in bulk.tuples(conn, _keys(wanted)):
            old[record, field].append((record, field, at, ordinal))
    obsolete = (key for keys in old.values() for key in keys[:-1])
    return bulk.delete(conn, changes, [dict(zip(_KEY, key, strict=True)) for key in obsolete])


def _keys(wanted: sa.ColumnElement[bool]) -> sa.Select[Any]:
    return sa.select(*KEPT[:4]).where(wanted).order_by(*changes.primary_key)
