"""The deals file: one row, one opportunity."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final, cast

from stalewatch.sdk.records import Deal, Outcome, Value
from stalewatch_csv.columns import OWNER, DealColumns
from stalewatch_csv.dates import has_time, start_of
from stalewatch_csv.headings import CLOSED_FLAG, CONVERTED, LOST_FLAG, WON_FLAG
from stalewatch_csv.mapping import FileMapping
from stalewatch_csv.numbers import currency_of, money
from stalewatch_csv.people import OwnerCells
from stalewatch_csv.remembered import Remembered
from stalewatch_csv.stock import outcome_of
from stalewatch_csv.survey import PLAIN, Form
from stalewatch_csv.unusable import UnusableError
from stalewatch_csv.values import Translator, truth

_ADDRESS: Final = re.compile(r"[^@\s<>]+@[^@\s<>]+")


class DealReader:
    """Reads rows of the deals file.

    Args:
        forms: how its columns write dates and numbers, by place.
        currency: the project's.
    """

    def __init__(
        self,
        columns: DealColumns,
        mapping: FileMapping,
        translator: Translator,
        forms: Mapping[int, Form],
        currency: str,
    ) -> None:
        self._columns = columns
        self._partner = mapping.partner
        self._translate = translator
        self._forms = forms
        times = (columns.created, columns.closed, columns.modified, columns.attributes.get("close_date"))
        self._moments = {at: translator.moments(forms.get(at, PLAIN)) for at in times if at is not None}
        self._outcomes = translator.words("outcome")
        self._attributes, self._fields = (
            [(name, at, translator.reader(name, forms.get(at, PLAIN))) for name, at in some.items()]
            for some in (columns.attributes, columns.fields)
        )
        self._owner = [columns.owner[name] for name in OWNER]
        self._owners = Remembered(_owner)
        self._currency = currency
        self._meant = currency if CONVERTED in mapping.columns else ""

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
        """What the row says of its owner; a name that is an address is taken for one."""
        return self._owners[tuple(["" if at is None else cells[at] for at in self._owner])]

    def read(self, cells: list[str], deal_id: str, owner: str | None) -> Deal:
        """The opportunity of one row.

        Raises:
            UnusableError: if a cell cannot be used; the row is then left out whole.
        """
        columns = self._columns
        outcome = self._outcome(cells)
        created, closed = self._times(cells, outcome)
        told = {name: read(text) if (text := cells[at].strip()) else None for name, at, read in self._attributes}
        fields = {name: read(text) if (text := cells[at].strip()) else None for name, at, read in self._fields}
        amount = cast("Decimal | None", told.pop("amount", None))
        currency = str(told.pop("currency", None) or self._named_currency(cells) or self._currency).upper()
        return Deal(
            id=deal_id,
            name=str(told.pop("name", None) or deal_id),
            outcome=outcome,
            owner=owner,
            created_at=created,
            closed_at=None if outcome is Outcome.OPEN else closed,
            amount=amount,
            currency=currency,
            amount_in_project_currency=amount if currency == self._currency else self._converted(cells),
            fields=fields,
            is_partner_deal=bool(self._partner) and self._is_partner({**fields, **told}),
            modified_at=self._time(cells, columns.modified)[0],
            **told,  # type: ignore[arg-type]  # stage, pipeline and close_date, typed by field_types
        )

    def _outcome(self, cells: list[str]) -> Outcome:
        columns = self._columns
        if columns.outcome is None:
            return self._ended(cells)
        text = cells[columns.outcome].strip()
        word = self._outcomes[text]
        try:
            return Outcome(word.casefold())
        except ValueError as error:
            raise UnusableError("unknown outcome", text) from error

    def _ended(self, cells: list[str]) -> Outcome:
        """How a CRM's own export says it: what `map` says of its stage, else its flags, else the stage's name."""
        place = self._columns.attributes.get("stage")
        stage = "" if place is None else cells[place].strip()
        mapped = self._outcomes[stage].casefold()
        found = Outcome(mapped) if mapped in set(Outcome) else self._flagged(cells) or outcome_of(stage)
        if found is None:
            raise UnusableError("unknown outcome", stage)
        return found

    def _flagged(self, cells: list[str]) -> Outcome | None:
        flags = {name: self._flag(cells, place) for name, place in self._columns.flags.items()}
        if flags.get(WON_FLAG):
            return Outcome.WON
        if flags.get(LOST_FLAG) or (flags.get(CLOSED_FLAG) and flags.get(WON_FLAG) is False):
            return Outcome.LOST
        both = flags.get(WON_FLAG) is False and flags.get(LOST_FLAG) is False
        return Outcome.OPEN if both or flags.get(CLOSED_FLAG) is False else None

    def _flag(self, cells: list[str], place: int | None) -> bool | None:
        text = "" if place is None else cells[place].strip()
        return truth(text, self._columns.title(place)) if text else None

    def _times(self, cells: list[str], outcome: Outcome) -> tuple[datetime | None, datetime | None]:
        """Start and end. A bare closing date is compared as a date: it may be the day on which the deal began.

        A CRM's own export tells the end as the close date, which people enter by hand: one that lies before the
        beginning is the beginning.
        """
        columns = self._columns
        created, _ = self._time(cells, columns.created)
        by_hand = columns.closed is None and columns.vendor is not None and outcome is not Outcome.OPEN
        closed, text = self._time(cells, columns.attributes.get("close_date") if by_hand else columns.closed)
        if created is None or closed is None or closed >= created:
            return created, closed
        zone = self._translate.zone
        form = PLAIN if columns.closed is None else self._forms.get(columns.closed, PLAIN)
        if by_hand or (not has_time(text, form.date) and closed >= start_of(created.astimezone(zone).date(), zone)):
            return created, created
        raise UnusableError("closed before it was created", f"{created.isoformat()}, {text}")

    def _time(self, cells: list[str], place: int | None) -> tuple[datetime | None, str]:
        text = "" if place is None else cells[place].strip()
        if place is None or not text:
            return None, text
        return self._moments[place][text], text

    def _named_currency(self, cells: list[str]) -> str | None:
        place = self._columns.attributes.get("amount")
        text = "" if place is None else cells[place].strip()
        return None if not text or text.isdigit() else currency_of(text, self._currency)

    def _converted(self, cells: list[str]) -> Decimal | None:
        """The amount at the CRM's own rate, if the export has it in the project's currency."""
        columns = self._columns
        text = "" if columns.converted is None else cells[columns.converted].strip()
        if columns.converted is None or not text:
            return None
        place = columns.converted_currency
        currency = (currency_of(text, self._currency) if place is None else cells[place].strip().upper()) or self._meant
        if currency != self._currency:
            return None
        return money(text, columns.title(columns.converted), self._forms.get(columns.converted, PLAIN).number)

    def _is_partner(self, values: Mapping[str, Value]) -> bool:
        return all(values.get(name) in words for name, words in self._partner.items())


def _owner(cells: tuple[str, ...]) -> OwnerCells:
    told = OwnerCells(*map(str.strip, cells))
    return told._replace(email=told.name) if not told.email and _ADDRESS.fullmatch(told.name) else told
