"""What groups of KPIs are called."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from stalewatch.services.reporting.reports import Reports
from stalewatch.store import kpis as store
from stalewatch.store.engine import Connection


@dataclass(frozen=True, slots=True)
class Owner:
    """One person, whatever number of CRMs they sell in; `key` is their address, or their id where there is none."""

    key: str
    name: str


def people_of(conn: Connection, ids: Collection[str]) -> dict[str, Owner]:
    """Who these ids of owners are; of one whom nobody knows any more the id is all there is."""
    found = store.owners_named(conn, ids)
    known = {
        id_: Owner((row.email or "").casefold() or id_, row.name or row.email or id_) for id_, row in found.items()
    }
    return {**{id_: Owner(id_, id_.partition(":")[2] or id_) for id_ in ids if id_}, **known}


def group_name(reports: Reports, grouping: str, key: str, people: Mapping[str, Owner]) -> str:
    """What a group is called in the reader's language; "" for records that have none."""
    if grouping == "owner":
        return next((one.name for one in people.values() if one.key == key), key)
    field = reports.book.rules.catalogue.objects.get("deal", {}).get(grouping)
    titles = {} if field is None else field.value_titles.get(key, {})
    return titles.get(reports.language) or titles.get("en") or key
