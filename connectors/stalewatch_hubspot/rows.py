"""The pieces of HubSpot's answers that something is made of; whatever else stands in them is not even decoded."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final, TypeVar

import msgspec

from stalewatch.sdk.nesting import flattened
from stalewatch.sdk.records import Rejected

T = TypeVar("T")


class Change(msgspec.Struct):
    """A property had this value from then on."""

    timestamp: str
    value: str | None = None


class Row(msgspec.Struct, kw_only=True, gc=False):
    """A record of any kind."""

    id: str
    properties: dict[str, str | None]
    createdAt: str | None = None  # noqa: N815  # the names are HubSpot's
    updatedAt: str | None = None  # noqa: N815
    propertiesWithHistory: dict[str, list[Change]] = {}  # noqa: N815

    def get(self, name: str) -> str:
        """A property's text; "" if it is empty or was not asked for."""
        return self.properties.get(name) or ""


class After(msgspec.Struct):
    """Where the next page begins."""

    after: str


class Paging(msgspec.Struct):
    """Whether there is a next page."""

    next: After | None = None


class ItemError(msgspec.Struct):
    """One input of a batch that could not be answered."""

    category: str = ""
    subCategory: Any = None  # noqa: N815
    message: str = ""


class Records(msgspec.Struct):
    """The answer to a search or a batch; its rows are decoded one by one where one of them is odd."""

    results: msgspec.Raw
    total: int = 0
    errors: list[ItemError] = []


class End(msgspec.Struct):
    """The other end of an association; ids are numbers here and texts elsewhere."""

    toObjectId: int | str  # noqa: N815


class Origin(msgspec.Struct):
    """The end of an association that was asked for."""

    id: int | str


class Linked(msgspec.Struct):
    """What one record is associated with."""

    origin: Origin = msgspec.field(name="from")
    to: list[End] = []
    paging: Paging | None = None


class Links(msgspec.Struct):
    """The answer to a batch of associations."""

    results: list[Linked]
    errors: list[ItemError] = []


class StageMetadata(msgspec.Struct, frozen=True):
    """What a stage means; texts, even where they look like something else."""

    isClosed: Any = None  # noqa: N815
    probability: Any = None
    leadState: str | None = None  # noqa: N815


class StageRow(msgspec.Struct):
    """A stage of a pipeline."""

    id: str
    label: str = ""
    metadata: StageMetadata = StageMetadata()


class PipelineRow(msgspec.Struct):
    """A pipeline, its stages in order."""

    id: str
    label: str = ""
    stages: list[StageRow] = []


class Pipelines(msgspec.Struct):
    """All pipelines of a kind."""

    results: list[PipelineRow]


class OptionRow(msgspec.Struct, gc=False):
    """A value that a list may have: as records hold it."""

    value: str | None = None
    hidden: bool | None = None


class PropertyRow(msgspec.Struct):
    """A property's definition."""

    name: str
    label: str | None = None
    type: str | None = "string"
    fieldType: str | None = None  # noqa: N815
    options: list[OptionRow] | None = None
    hubspotDefined: bool | None = None  # noqa: N815
    calculated: bool | None = None
    referencedObjectType: str | None = None  # noqa: N815


class Properties(msgspec.Struct):
    """All properties of a kind."""

    results: list[PropertyRow]


class Team(msgspec.Struct):
    """A team of an owner."""

    name: str = ""
    primary: bool = False


class OwnerRow(msgspec.Struct):
    """Somebody who can own records."""

    id: str
    email: str | None = None
    firstName: str | None = None  # noqa: N815
    lastName: str | None = None  # noqa: N815
    teams: list[Team] = []


class Owners(msgspec.Struct):
    """A page of owners."""

    results: list[OwnerRow]
    paging: Paging | None = None


class Account(msgspec.Struct):
    """The portal itself."""

    portalId: int = 0  # noqa: N815
    timeZone: str = "UTC"  # noqa: N815
    companyCurrency: str | None = None  # noqa: N815
    uiDomain: str = "app.hubspot.com"  # noqa: N815


_ROWS: Final = msgspec.json.Decoder(list[Row])
_RAW: Final = msgspec.json.Decoder(list[msgspec.Raw])


def decoded(body: bytes, type_: type[T]) -> T:
    """An answer. One that is strict JSON but for some odd text or number is read without those.

    Raises:
        ValueError: it is no whole JSON, or of another shape.
    """
    try:
        return msgspec.json.decode(body, type=type_)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        lax = json.loads(flattened(body).decode("utf-8", "replace"), parse_constant=lambda _: None)
        return msgspec.json.decode(json.dumps(lax, ensure_ascii=False).encode("utf-8", "replace"), type=type_)


def read_rows(raw: msgspec.Raw) -> tuple[list[Row], list[Rejected]]:
    """The rows of an answer, and those that cannot be read: one odd row does not cost its page.

    Raises:
        msgspec.DecodeError: the whole is no list.
    """
    try:
        rows, rejected = _ROWS.decode(raw), list[Rejected]()
    except (msgspec.DecodeError, UnicodeDecodeError):
        rows, rejected = _one_by_one(_RAW.decode(raw))
    odd = [row for row in rows if not (row.id.isascii() and row.id.isdigit())]
    if not odd:
        return rows, rejected
    rejected += [Rejected(ref=row.id[:40] or "?", reason="an id that is no number") for row in odd]
    return [row for row in rows if row not in odd], rejected


def _one_by_one(raws: Iterable[msgspec.Raw]) -> tuple[list[Row], list[Rejected]]:
    rows: list[Row] = []
    rejected: list[Rejected] = []
    for raw in raws:
        told: object = None
        try:
            told = json.loads(bytes(raw))
            rows.append(msgspec.convert(told, Row))
        except (ValueError, RecursionError) as error:  # msgspec's own errors are ValueErrors
            id_ = told.get("id") if isinstance(told, dict) else None
            rejected.append(
                Rejected(ref=str(id_ or "?")[:40], reason="a row of another shape", detail=str(error)[:200])
            )
    return rows, rejected
