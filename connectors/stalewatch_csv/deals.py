"""deals.csv: one row, one opportunity."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final, cast

from stalewatch.sdk.connector import ConnectionSettings
from stalewatch.sdk.records import Deal, Outcome, Value
from stalewatch_csv.mapping import FileMapping
from stalewatch_csv.people import OwnerCells
from stalewatch_csv.transport import Header
from stalewatch_csv.values import Translator, UnusableError, has_time, start_of

_ATTRIBUTES: Final = ("name", "stage", "pipeline", "amount", "currency", "close_date")
_OWNER: Final = ("owner", "owner_email", "manager_email", "team")
_ALWAYS_TYPED: Final = {
    "stage": "choice",
    "pipeline": "choice",
    "segment": "choice",
    "team": "text",
    "amount": "money",
    "close_date": "date",
}
_FROM_OUTCOME: Final = "is_open"


def field_types(settings: ConnectionSettings) -> dict[str, str]:
    """Type of every catalogue field that an opportunity can have, partner deals included."""
    catalogue = settings.catalogue
    return {**_ALWAYS_TYPED, **catalogue.get("partner_deal", {}), **catalogue.get("deal", {})}


class DealColumns:
    """Which column of deals.csv feeds which of our fields.

    Raises:
        Refused: if deal_id or outcome is missing, or a column that we read stands twice.
    """

    def __init__(self, header: Header, mapping: FileMapping, types: Mapping[str, str]) -> None:
        self._header = header
        self._mapping = mapping
        self.id = header.require(mapping.column("deal_id"))
        self.outcome = header.require(mapping.column("outcome"))
        self.created = self._first("created_at", "created_on")
        self.closed = self._first("closed_at", "closed_on")
        self.owner = {name: self._place(name) for name in _OWNER}
        named = {name: self._place(name) for name in _ATTRIBUTES}
        self.attributes = {name: place for name, place in named.items() if place is not None}
        self.fields = dict(self._catalogue_fields(types))

    @property
    def fed(self) -> dict[str, int | None]:
        """Catalogue fields that this file feeds, with their columns; four are always told (None: no column)."""
        owner = self.owner["owner"] if self.owner["owner"] is not None else self.owner["owner_email"]
        always = {"name": self.id, "created_at": self.created, "owner": owner, _FROM_OUTCOME: self.outcome}
        places = {name: place for name, place in self.attributes.items() if name != "currency"}
        return {**always, **places, **self.fields}

    def title(self, place: int | None) -> str:
        """What the file calls a column."""
        return "" if place is None else self._header.columns[place]

    @property
    def unread(self) -> list[str]:
        """Columns that feed nothing."""
        read = {self.id, self.outcome, self.created, self.closed, *self.owner.values()}
        read |= set(self.attributes.values()) | set(self.fields.values())
        return [name for place, name in enumerate(self._header.columns) if place not in read]

    def _place(self, name: str) -> int | None:
        return self._header.position(self._mapping.column(name))

    def _first(self, *names: str) -> int | None:
        return next((place for name in names if (place := self._place(name)) is not None), None)

    def _catalogue_fields(self, types: Mapping[str, str]) -> Iterator[tuple[str, int]]:
        for name in types:
            place = self._place(name)
            if place is not None and name not in {*_ATTRIBUTES, "owner", "created_at", _FROM_OUTCOME}:
                yield name, place


class DealReader:
    """Reads rows of deals.csv."""

    def __init__(self, columns: DealColumns, mapping: FileMapping, translator: Translator, currency: str) -> None:
        self._columns = columns
        self._partner = mapping.partner
        self._translate = translator
        self._currency = currency

    def id_of(self, cells: list[str]) -> str:
        """The row's deal_id.

        Raises:
            UnusableError: if it has none.
        """
        told = cells[self._columns.id].strip()
        if not told:
            raise UnusableError("no deal_id", ", ".join(filter(None, cells)))
        return told

    def owner_of(self, cells: list[str]) -> OwnerCells:
        """What the row says of its owner."""
        places = self._columns.owner
        return OwnerCells(*("" if (at := places[name]) is None else cells[at].strip() for name in _OWNER))

    def read(self, cells: list[str], deal_id: str, owner: str | None) -> Deal:
        """The opportunity of one row.

        Raises:
            UnusableError: if a cell cannot be used; the row is then left out whole.
        """
        outcome = self._outcome(cells)
        created, closed = self._times(cells)
        told = {name: self._translate.value(name, cells[at]) for name, at in self._columns.attributes.items()}
        fields = {name: self._translate.value(name, cells[at]) for name, at in self._columns.fields.items()}
        amount = cast("Decimal | None", told.pop("amount", None))
        currency = str(told.pop("currency", None) or self._currency).upper()
        name = told.pop("name", None) or deal_id
        return Deal(
            id=deal_id,
            name=str(name),
            outcome=outcome,
            owner=owner,
            created_at=created,
            closed_at=None if outcome is Outcome.OPEN else closed,
            amount=amount,
            currency=currency,
            amount_in_project_currency=amount if currency == self._currency else None,
            fields=fields,
            is_partner_deal=self._is_partner({**fields, **told}),
            **told,  # type: ignore[arg-type]  # stage, pipeline and close_date, typed by _ALWAYS_TYPED
        )

    def _outcome(self, cells: list[str]) -> Outcome:
        text = cells[self._columns.outcome].strip()
        word = self._translate.word("outcome", text) or ""
        try:
            return Outcome(word.casefold())
        except ValueError as error:
            raise UnusableError("unknown outcome", text) from error

    def _times(self, cells: list[str]) -> tuple[datetime | None, datetime | None]:
        """Start and end. A bare closing date is compared as a date: it may be the day on which the deal began."""
        created, _ = self._time(cells, self._columns.created)
        closed, text = self._time(cells, self._columns.closed)
        if created is None or closed is None or closed >= created:
            return created, closed
        zone = self._translate.zone
        if not has_time(text) and closed >= start_of(created.astimezone(zone).date(), zone):
            return created, created
        raise UnusableError("closed before it was created", f"{created.isoformat()}, {text}")

    def _time(self, cells: list[str], place: int | None) -> tuple[datetime | None, str]:
        text = "" if place is None else cells[place].strip()
        return (self._translate.instant(text) if text else None), text

    def _is_partner(self, values: Mapping[str, Value]) -> bool:
        return bool(self._partner) and all(values.get(name) in words for name, words in self._partner.items())
