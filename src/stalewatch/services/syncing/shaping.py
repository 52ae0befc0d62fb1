"""A record as a connector gives it, as a row of the store."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from stalewatch.domain.language.model import Catalogue, FieldType
from stalewatch.domain.values import BadValue, Stored, clean, is_empty, storing
from stalewatch.sdk.records import Deal, Lead, Outcome, Value
from stalewatch.store import records

Row = dict[str, Any]
OBJECTS: Final = ("deal", "partner_deal", "lead")
_instant: Final = storing(FieldType.DATETIME)
_hundredths: Final = storing(FieldType.MONEY)


class Place(NamedTuple):
    """How a field is stored: its values, whether in a column of its own, and the choices that there are (None: any)."""

    storing: Callable[[Value], Stored]
    is_column: bool
    choices: frozenset[Stored] | None


Shape = Mapping[str, Place]
"""The fields of an object."""


def shape_of(catalogue: Catalogue, obj: str) -> Shape:
    """How records of this object are stored, worked out once for a page of them."""
    columns = records.column_names(obj)
    return {
        name: Place(storing(one.type), name in columns, frozenset(one.values) if one.type is FieldType.CHOICE else None)
        for name, one in catalogue.objects[obj].items()
    }


def row_of(
    connection: str, record: Deal | Lead, shapes: Mapping[str, Shape], teams: Mapping[str, str | None], now: int,
    began: int,
) -> Row:  # fmt: skip
    """A record as a row of the store.

    Raises:
        BadValue: if one of its values cannot be a value of its field.
    """
    if clean(record.id) != record.id:
        raise BadValue("id with characters that cannot be stored")
    obj = "lead" if isinstance(record, Lead) else "partner_deal" if record.is_partner_deal else "deal"
    values = {**record.fields, **(_lead(record) if isinstance(record, Lead) else _deal(record))}
    own, others, unmapped = _stored(shapes[obj], values)
    hidden = {*record.unreadable, *unmapped}
    owner = None if record.owner is None else f"{connection}:{record.owner}"
    team = own.get("team") or teams.get(owner or "")
    if isinstance(record, Deal):
        own |= _money(record)
        own |= _contacts(record)
        hidden |= {"amount"} if record.amount is not None and own["amount"] is None else set()
    return {
        **own,
        "id": f"{connection}:{record.id}",
        "connection": connection,
        "external_id": record.id,
        "object": obj,
        "name": clean(record.name) or record.id,
        "owner": owner,
        "team": team,
        "url": record.url,
        "is_open": record.is_open if isinstance(record, Lead) else record.outcome is Outcome.OPEN,
        "outcome": None if isinstance(record, Lead) else record.outcome.value,
        "created_at": None if is_empty(record.created_at) else _instant(record.created_at),
        "closed_at": None if isinstance(record, Lead) or is_empty(record.closed_at) else _instant(record.closed_at),
        "modified_at": None if is_empty(record.modified_at) else _instant(record.modified_at),
        "first_seen_at": now,
        "seen_at": began,
        "gone_at": None,
        "merged_into": None,
        "fields": others or None,
        "unreadable": sorted(hidden) or None,
    }


def _stored(shape: Shape, values: Mapping[str, Value]) -> tuple[Row, Row, list[str]]:
    """What goes into columns, what is kept beside them, and the choices that the catalogue does not know: what they
    mean cannot be judged."""
    own: Row = {}
    others: Row = {}
    unmapped = []
    for name, value in values.items():
        place = shape.get(name)
        if place is None:
            continue
        one = None if is_empty(value) else place.storing(value)
        if place.is_column:
            own[name] = one
        elif one is not None:
            others[name] = one
        if place.choices is not None and one is not None and one not in place.choices:
            unmapped.append(name)
    return own, others, unmapped


def _deal(deal: Deal) -> Mapping[str, Value]:
    return {"pipeline": deal.pipeline, "stage": deal.stage, "close_date": deal.close_date}


def _lead(lead: Lead) -> Mapping[str, Value]:
    return {"status": lead.status}


def _money(deal: Deal) -> Row:
    """The amount in the project's currency, and as the CRM has it."""
    amount = deal.amount_in_project_currency
    return {
        "amount": None if is_empty(amount) else _hundredths(amount),
        "amount_original": None if deal.amount is None else str(deal.amount)[:64],
        "currency": clean(deal.currency or ""),
    }


def _contacts(deal: Deal) -> Row:
    """Who holds a role on it; nothing where that was not read."""
    if deal.contacts is None:
        return {}
    return {"contacts": sorted(name for one in deal.contacts if (name := clean(one)))}
