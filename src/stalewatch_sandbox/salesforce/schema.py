"""The objects of an org and their fields, as `describe` tells them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Final

from stalewatch_sandbox.salesforce.ids import PREFIXES
from stalewatch_sandbox.salesforce.stock import CHILDREN, LOGS, PICKLISTS, QUEUE_OWNED, REFERENCES, YOUNGER

_DATES: Final = frozenset({
    "CloseDate", "PrevCloseDate", "ActivityDate", "LastActivityDate", "ConvertedDate", "Birthdate",
    "RecurrenceEndDateOnly", "RecurrenceStartDateOnly",
})  # fmt: skip
_MONEY: Final = frozenset({"Amount", "PrevAmount", "ExpectedRevenue", "AnnualRevenue"})
_WHOLE: Final = frozenset({"SortOrder", "CallDurationInSeconds", "DurationInMinutes", "FiscalYear", "FiscalQuarter"})
_LONG: Final = frozenset({"Description", "TextBody", "HtmlBody", "Headers"})
_BY_ITSELF: Final = frozenset({
    "Id", "IsDeleted", "CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById", "SystemModstamp",
    "IsClosed", "IsWon", "IsArchived", "LastStageChangeDate", "LastActivityDate", "FiscalQuarter", "FiscalYear",
    "Fiscal", "ForecastCategory", "ExpectedRevenue", "MasterRecordId", "IsConverted", "ConvertedDate",
    "ConvertedAccountId", "ConvertedContactId", "ConvertedOpportunityId", "CompletedDateTime", "LastViewedDate",
    "LastReferencedDate", "IsChild", "HasOpportunityLineItem", "IsHighPriority",
})  # fmt: skip
"""Fields that Salesforce sets by itself."""
_COMPOUND: Final = frozenset({"Contact", "Lead", "User"})
"""Objects whose Name is put together from a first and a last name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field.

    Attributes:
        type: as `describe` says it: id, reference, string, textarea, email, picklist, boolean, int, double,
            currency, percent, date, datetime.
        values: of a picklist; only these may be written if it is `restricted`.
        references: objects that it may point to; `relationship` leads there in a query.
        is_calculated: a formula: it changes without a trace in SystemModstamp.
    """

    name: str
    type: str
    label: str = ""
    is_nillable: bool = True
    values: tuple[str, ...] = ()
    is_restricted: bool = False
    references: tuple[str, ...] = ()
    relationship: str | None = None
    is_calculated: bool = False
    is_writable: bool = True

    @property
    def is_custom(self) -> bool:
        """Made by an administrator."""
        return self.name.endswith("__c")

    @property
    def is_filterable(self) -> bool:
        """May stand in WHERE."""
        return self.type != "textarea"


@dataclass(slots=True)
class SObject:
    """One object: its fields by their names in lower case, and the relationships to its children.

    Attributes:
        is_locked: the integration user may read its records, and not write them.
    """

    name: str
    fields: dict[str, Field]
    children: dict[str, tuple[str, str]]
    is_locked: bool = False

    def field(self, name: str) -> Field | None:
        """A field, whatever the case of its name."""
        return self.fields.get(name.lower())

    def relationship(self, name: str) -> Field | None:
        """The field behind a relationship such as Account, Owner or Who."""
        wanted = name.lower()
        return next((one for one in self.fields.values() if (one.relationship or "").lower() == wanted), None)

    @property
    def is_writable(self) -> bool:
        """Whether clients may create records of it."""
        return self.name not in LOGS and not self.is_locked


class Schema:
    """The objects of one org; what is hidden from the integration user is not there for it.

    Attributes:
        changed_at: when anybody last changed it, for `If-Modified-Since`.
    """

    def __init__(self, created_at: datetime) -> None:
        self.changed_at = created_at
        self._objects = {name.lower(): _stock_object(name, dict(fields)) for name, fields in _listed().items()}

    def __iter__(self) -> Iterator[SObject]:
        return iter(list(self._objects.values()))

    def object(self, name: str) -> SObject | None:
        """An object, whatever the case of its name."""
        return self._objects.get(name.lower())

    def known(self, name: str) -> SObject:
        """An object that must be there.

        Raises:
            KeyError: if it is not.
        """
        return self._objects[name.lower()]

    def add_field(self, object_name: str, field: Field, at: datetime) -> None:
        """An administrator makes a field, or changes one."""
        self.known(object_name).fields[field.name.lower()] = field
        self.changed_at = at

    def set_values(self, object_name: str, field_name: str, values: Iterable[str], at: datetime) -> None:
        """An administrator changes the values of a picklist."""
        field = self.known(object_name).fields[field_name.lower()]
        self.add_field(object_name, replace(field, type="picklist", values=tuple(values)), at)

    def drop_field(self, object_name: str, field_name: str, at: datetime) -> Field:
        """A field is deleted, or hidden from the integration user; returns what it was."""
        self.changed_at = at
        return self.known(object_name).fields.pop(field_name.lower())

    def drop_object(self, object_name: str, at: datetime) -> SObject:
        """An object is not there for the integration user any more; returns what it was."""
        self.changed_at = at
        return self._objects.pop(object_name.lower())

    def put_object(self, sobject: SObject, at: datetime) -> None:
        """It is there again."""
        self.changed_at = at
        self._objects[sobject.name.lower()] = sobject


@cache
def _listed() -> dict[str, dict[str, str]]:
    text = files(__package__).joinpath("standard_fields.json").read_text(encoding="utf-8")
    objects: dict[str, dict[str, str]] = json.loads(text)["objects"]
    names = [*objects, *(name for name in YOUNGER if name not in objects)]
    return {name: objects.get(name, {}) | YOUNGER.get(name, {}) for name in names}


def _stock_object(name: str, fields: dict[str, str]) -> SObject:
    made = {field.lower(): _stock_field(name, field, written) for field, written in fields.items()}
    return SObject(name, made, dict(CHILDREN.get(name, {})))


def _stock_field(object_name: str, name: str, written: str) -> Field:
    values = PICKLISTS.get(object_name, {}).get(name, ())
    references = _references(object_name, name)
    is_compound = name == "Name" and object_name in _COMPOUND
    return Field(
        name=name,
        type="picklist" if values else "reference" if references and name != "Id" else _type(name, written),
        label=re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name),
        is_nillable=written.endswith("null"),
        values=values,
        references=references,
        relationship=name.removesuffix("Id") if references else None,
        is_writable=name not in _BY_ITSELF and object_name not in LOGS and not is_compound,
    )


def _references(object_name: str, name: str) -> tuple[str, ...]:
    if name == "MasterRecordId":
        return (object_name,)
    if name == "OwnerId" and object_name in QUEUE_OWNED:
        return ("User", "Group")
    return REFERENCES.get(name, ())


def _type(name: str, written: str) -> str:
    if written.startswith("DateString"):
        return "date" if name in _DATES else "datetime"
    if written.startswith("number"):
        special = "percent" if name == "Probability" else "currency" if name in _MONEY else "int"
        return special if special != "int" or name in _WHOLE else "double"
    if written == "boolean":
        return "boolean"
    if name == "Id" or name.endswith("Id"):
        return "id" if name == "Id" else "reference"
    return "textarea" if name in _LONG else "email" if name == "Email" else "string"


def prefix(object_name: str) -> str | None:
    """The first three characters of the ids of an object."""
    return PREFIXES.get(object_name)
