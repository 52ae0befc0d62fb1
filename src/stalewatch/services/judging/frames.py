"""Frames out of the store: the columns, the past and the events that the rules need, and nothing more."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import chain, groupby, repeat
from operator import is_not, itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stalewatch.domain.frame import UNKNOWN_CHOICE, Column, Events, Frame, History
from stalewatch.domain.instants import Mask
from stalewatch.domain.language.model import Catalogue, Field, FieldType, Origin
from stalewatch.domain.needs import ALWAYS, Needs
from stalewatch.domain.values import Stored
from stalewatch.store import events, pasts, records
from stalewatch.store.engine import Connection
from stalewatch.store.pasts import Past

Coverage = Mapping[str, Mapping[str, Collection[str]]]
"""connection -> object -> the catalogue fields that it feeds."""

EVERYTHING: Coverage = {}
"""Stands for "nobody asks what is unavailable": the frame is read for its values alone."""

Table = Mapping[str, Sequence[Any]]
"""Columns of some records by name, as lists of one length."""

_EMPTY = -1
"""Code of a choice that is empty; no condition looks for it."""
_IDENTITY = ("id", "connection", "unreadable")


def load(
    conn: Connection, catalogue: Catalogue, needs: Needs, obj: str, ids: Collection[str], coverage: Coverage
) -> Frame:
    """The frame of those ids that exist, in the order of ids; `Frame.keys` are the ids."""
    names = columns_for(obj, needs)
    return build(conn, catalogue, needs, obj, records.columns(conn, obj, ids, names), coverage)


def columns_for(obj: str, needs: Needs) -> list[str]:
    """The columns of the store that hold what is needed."""
    stored = records.column_names(obj)
    own = sorted(name for name in needs.fields if name in stored)
    return [*_IDENTITY, *own, "fields"] if needs.fields - stored else [*_IDENTITY, *own]


def build(
    conn: Connection, catalogue: Catalogue, needs: Needs, obj: str, table: Table, coverage: Coverage,
    past: Past | None = None,
) -> Frame:  # fmt: skip
    """A frame of records whose columns were read already, and maybe the past of some of their fields."""
    ids: Sequence[str] = table["id"]
    kinds = catalogue.objects[obj]
    columns = {
        name: column(kinds[name], _values(table, name), text=name in needs.values)
        for name in needs.fields
        if name in kinds
    }
    return Frame(
        object=obj,
        size=len(ids),
        columns=columns,
        unavailable={} if coverage is EVERYTHING else _unavailable(kinds, needs.fields, obj, table, coverage),
        history=_histories(conn, kinds, needs, ids, past),
        events=_events(conn, needs, ids),
        keys=ids,
    )


def column(kind: Field, values: Sequence[Stored], *, text: bool) -> Column:
    """Stored values as arrays; the content of a text only where `text` says that somebody reads it."""
    size = len(values)
    match kind.type:
        case FieldType.TEXT | FieldType.PERSON:
            content = np.array(values, np.object_) if text else np.zeros(0, np.object_)
            return Column(content, np.fromiter(map(bool, values), np.bool_, size))
        case FieldType.CHOICE:
            codes: dict[Stored, int] = {value: code for code, value in enumerate(kind.values)}
            codes |= {None: _EMPTY, "": _EMPTY}
            found = np.fromiter(map(codes.get, values, repeat(UNKNOWN_CHOICE)), np.int32, size)
            return Column(found, found != _EMPTY)
    present = np.fromiter(map(is_not, values, repeat(None)), np.bool_, size)
    if kind.type is FieldType.BOOL:
        return Column(np.fromiter(map(bool, values), np.bool_, size), present)
    whole = np.fromiter([value or 0 for value in values], np.int64, size)
    if kind.type is FieldType.MONEY:
        return Column(whole / 100, present)
    return Column(whole.astype(np.float64) if kind.type is FieldType.INT else whole, present)


def _values(table: Table, name: str) -> Sequence[Stored]:
    if name in table:
        return table[name]
    return [None if more is None else more.get(name) for more in table["fields"]]


# ------------------------------------------------------------------------------------------ availability


def _unavailable(
    kinds: Mapping[str, Field], names: Collection[str], obj: str, table: Table, coverage: Coverage
) -> dict[str, Mask]:
    """Per field the records that cannot tell it: their connection does not feed it, or this one record cannot."""
    connections: NDArray[np.object_] = np.array(table["connection"], np.object_)
    missing: dict[str, Mask] = {}
    for connection in set(table["connection"]):
        fed = coverage.get(connection, {}).get(_covered(obj), ())
        mine = connections == connection
        for name in names:
            if name not in fed and name not in ALWAYS and kinds[name].origin is not Origin.STALEWATCH:
                missing[name] = missing.get(name, np.zeros(len(mine), np.bool_)) | mine
    for row, hidden in enumerate(table["unreadable"]):
        for name in hidden or ():
            if name in names:
                missing.setdefault(name, np.zeros(len(connections), np.bool_))[row] = True
    return missing


def _covered(obj: str) -> str:
    return "deal" if obj == "partner_deal" else obj


# ------------------------------------------------------------------------------------------ past and events


def _histories(
    conn: Connection, kinds: Mapping[str, Field], needs: Needs, ids: Sequence[str], past: Past | None
) -> dict[str, History]:
    if not needs.history:
        return {}
    told = past.records if past is not None and needs.history <= past.fields else {}
    unread = [record for record in ids if record not in told]
    if unread:
        told = {**told, **pasts.past(conn, unread, needs.history).records}
    mine = [told[record] for record in ids]
    there = {name for one in mine for name in one}  # of what rules ask for, most has no past
    return {
        name: _history(kinds[name], [one.get(name, ()) for one in mine], text=name in needs.values)
        for name in sorted(there & needs.history & kinds.keys())
    }


def _history(kind: Field, rows: Sequence[Sequence[tuple[int, Any]]], *, text: bool) -> History:
    """The past of a field; `rows` are what each record has of it."""
    instants, values = zip(*chain.from_iterable(rows), strict=True)
    # The whole text of a past value is kept even where nobody reads it: "it changed" is asked of it.
    past = column(kind, values, text=text or kind.type.is_text)
    many = np.fromiter(map(len, rows), np.int64, len(rows))
    place = np.repeat(np.arange(len(rows)), many)
    return History(place, np.fromiter(instants, np.int64, len(instants)), past.values, past.present)


def _events(conn: Connection, needs: Needs, ids: Sequence[str]) -> dict[str, Events]:
    if not needs.events:
        return {}
    place = {record: row for row, record in enumerate(ids)}
    rows = sorted(events.read(conn, ids, needs.events), key=itemgetter(1))
    found = {}
    for kind, group in groupby(rows, key=itemgetter(1)):
        mine = list(group)
        found[kind] = Events(
            np.fromiter((place[row[0]] for row in mine), np.int64, len(mine)),
            np.array([row[2] for row in mine], np.object_),
            np.fromiter((row[3] for row in mine), np.int64, len(mine)),
            np.fromiter((row[4] for row in mine), np.int64, len(mine)),
        )
    return found
