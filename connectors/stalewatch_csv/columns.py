"""Which column of the deals file feeds which of our fields."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from stalewatch.sdk.connector import ConnectionSettings
from stalewatch.sdk.errors import Refused
from stalewatch_csv import headings
from stalewatch_csv.headings import plain
from stalewatch_csv.mapping import FileMapping
from stalewatch_csv.tables import Header

ATTRIBUTES: Final = ("name", "stage", "pipeline", "amount", "currency", "close_date")
OWNER: Final = ("owner", "owner_email", "manager_email", "team")
_TIMES: Final = ("created_at", "created_on", "closed_at", "closed_on", headings.MODIFIED)
_FLAGS: Final = (headings.WON_FLAG, headings.LOST_FLAG, headings.CLOSED_FLAG)
_CONVERTED: Final = (headings.CONVERTED, headings.CONVERTED_CURRENCY)
_ALWAYS_TYPED: Final = {
    "stage": "choice",
    "pipeline": "choice",
    "segment": "choice",
    "team": "text",
    "amount": "money",
    "close_date": "date",
}
_FROM_OUTCOME: Final = "is_open"
_NOT_FIELDS: Final = frozenset({*ATTRIBUTES, "owner", "created_at", _FROM_OUTCOME})


def field_types(settings: ConnectionSettings) -> dict[str, str]:
    """Type of every catalogue field that an opportunity can have, partner deals included."""
    catalogue = settings.catalogue
    return {**_ALWAYS_TYPED, **catalogue.get("partner_deal", {}), **catalogue.get("deal", {})}


def known_headings(mapping: FileMapping, types: Iterable[str]) -> frozenset[str]:
    """Every heading that tells the header from the rows above it: ours, those of `map`, and the vendors'."""
    ours = {"deal_id", "outcome", *ATTRIBUTES, *OWNER, *_TIMES, *types}
    return frozenset(map(plain, {*ours, *mapping.columns.values()})) | headings.known()


class DealColumns:
    """The columns of one deals file.

    Attributes:
        vendor: whose export it is, None if it is nobody's we know.
        doubtful: fields that more than one column could feed, with those columns; none of them does.
        absent: fields whose column, as `map` names it, the file does not have, with that name.

    Raises:
        Refused: if the id is missing or doubtful, if nothing tells the outcome, or a column of ours stands twice.
    """

    def __init__(self, header: Header, mapping: FileMapping, types: Mapping[str, str]) -> None:
        self.header = header
        self._mapping = mapping
        self.vendor = headings.vendor_of(header.columns)
        self.doubtful: dict[str, list[str]] = {}
        self.absent = {ours: name for ours, name in mapping.columns.items() if not header.places(name)}
        self.id = self._id()
        self.outcome = self._place("outcome")
        self.flags = {name: self._place(name) for name in _FLAGS} if self.vendor else {}
        self.created = self._first("created_at", "created_on")
        self.closed = self._first("closed_at", "closed_on")
        self.modified = self._place(headings.MODIFIED)
        self.converted, self.converted_currency = (self._place(name) for name in _CONVERTED)
        self.owner = {name: self._place(name) for name in OWNER}
        named = {name: self._place(name) for name in ATTRIBUTES}
        self.attributes = {name: place for name, place in named.items() if place is not None}
        others = {name: self._place(name) for name in types if name not in _NOT_FIELDS}
        self.fields = {name: place for name, place in others.items() if place is not None}
        self._need_an_outcome()

    @property
    def fed(self) -> dict[str, int | None]:
        """Catalogue fields that this file feeds, with their columns; four are always told (None: no column)."""
        owner = self.owner["owner"] if self.owner["owner"] is not None else self.owner["owner_email"]
        ended = self.outcome if self.outcome is not None else self.attributes.get("stage")
        always = {"name": self.id, "created_at": self.created, "owner": owner, _FROM_OUTCOME: ended}
        places = {name: place for name, place in self.attributes.items() if name != "currency"}
        return {**always, **places, **self.fields}

    def title(self, place: int | None) -> str:
        """What the file calls a column."""
        return "" if place is None else self.header.columns[place]

    def surveyed(self, types: Mapping[str, str]) -> tuple[list[int], list[int]]:
        """Places of the columns with dates or times, and of those with numbers."""
        places = {**self.attributes, **self.fields}
        days = [at for name, at in places.items() if types.get(name) in {"date", "datetime"}]
        amounts = [at for name, at in places.items() if types.get(name) in {"money", "int"}]
        days += [at for at in (self.created, self.closed, self.modified) if at is not None]
        return days, amounts if self.converted is None else [*amounts, self.converted]

    @property
    def unread(self) -> list[str]:
        """Columns that feed nothing."""
        read = {self.id, self.outcome, self.created, self.closed, self.modified, self.converted}
        read |= {self.converted_currency, *self.owner.values(), *self.flags.values()}
        read |= set(self.attributes.values()) | set(self.fields.values())
        return [name for place, name in enumerate(self.header.columns) if name and place not in read]

    def _id(self) -> int:
        place = self._place("deal_id")
        if place is not None:
            return place
        wanted = self.vendor.headings["deal_id"][0] if self.vendor else ""
        if "deal_id" in self.doubtful:
            several = " and ".join(self.doubtful["deal_id"])
            raise Refused(
                f"{several} could both be the id", where=self.header.path.name, cure="Name one under map: deal_id."
            )
        if wanted:
            advice = f"Add the column “{wanted}” to the export, or name one under map."
            raise self.header.missing(wanted, advice)
        raise self.header.missing(self._mapping.column("deal_id"))

    def _need_an_outcome(self) -> None:
        if self.outcome is not None:
            return
        if not self.vendor:
            raise self.header.missing(self._mapping.column("outcome"))
        if "stage" not in self.attributes and all(place is None for place in self.flags.values()):
            raise self.header.missing(self.vendor.headings["stage"][0], "Add it to the export: it tells open from won.")

    def _place(self, name: str) -> int | None:
        if name in self._mapping.columns or self.vendor is None:
            return self.header.position(self._mapping.column(name))
        names = {plain(name), *headings.headings_of(self.vendor, name)}
        found = [at for at, column in enumerate(self.header.columns) if column and plain(column) in names]
        if len(found) > 1:
            self.doubtful[name] = [self.header.columns[at] for at in found]
        return found[0] if len(found) == 1 else None

    def _first(self, *names: str) -> int | None:
        return next((place for name in names if (place := self._place(name)) is not None), None)
