"""What the CRM's own lists of values have, as the last sync found it: for fields whose values no catalogue names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from stalewatch.domain.language.model import Catalogue, FieldType
from stalewatch.sdk.connector import Description

if TYPE_CHECKING:
    from stalewatch.store.engine import Database

Lists = Mapping[str, Mapping[str, Sequence[str]]]
"""Per object and field, every value that may be chosen."""
NO_LISTS: Final[Lists] = {}
_LISTED: Final = (FieldType.TEXT, FieldType.CHOICE)


def told(description: Description) -> dict[str, dict[str, list[str]]]:
    """The lists that a connection tells of."""
    found = {
        name: {info.ours: list(info.choices) for info in infos if info.choices is not None}
        for name, infos in description.fields.items()
    }
    return {name: lists for name, lists in found.items() if lists}


def offered(stored: Iterable[Any], configured: Sequence[str]) -> Lists:
    """What may be chosen in a project: all that the list of any connection has.

    Nothing is known of a field that a connection feeds without a list, nor as long as one was never read.

    Args:
        stored: rows of connections. configured: ids of those that the project has.
    """
    rows = {row.id: row for row in stored if row.id in set(configured)}
    if not rows or any(one not in rows or rows[one].coverage is None for one in configured):
        return NO_LISTS
    found: dict[str, dict[str, list[str]]] = {}
    open_ = set[tuple[str, str]]()
    for row in rows.values():
        lists = row.choices or {}
        for name, fields in row.coverage.items():
            for ours in fields:
                values = lists.get(name, {}).get(ours)
                if values is None:
                    open_.add((name, ours))
                else:
                    known = found.setdefault(name, {}).setdefault(ours, [])
                    known += [value for value in values if value not in known]
    return {
        name: {ours: values for ours, values in lists.items() if (name, ours) not in open_}
        for name, lists in found.items()
    }


def known(db: Database, configured: Sequence[str]) -> Lists:
    """What may be chosen in a project, as its last syncs found it.

    Raises:
        StoreError: the database cannot be asked.
    """
    from stalewatch.store import connections  # noqa: PLC0415  # to check rules takes none of the database's libraries

    with db.read() as conn:
        return offered(connections.read(conn), configured)


def with_lists(catalogue: Catalogue, lists: Lists) -> Catalogue:
    """The catalogue with what the CRM's lists have, for fields that name no values of their own."""
    if not lists:
        return catalogue
    objects = {}
    for name, fields in catalogue.objects.items():
        known = [lists[line] for line in catalogue.ancestry(name) if line in lists]
        values = {ours: tuple(some) for of in reversed(known) for ours, some in of.items()}
        objects[name] = {
            ours: replace(one, offered=values[ours])
            if ours in values and one.type in _LISTED and not one.values
            else one
            for ours, one in fields.items()
        }
    return replace(catalogue, objects=objects)
