"""The calls that are made, in the sizes that HubSpot allows, as rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice, repeat
from typing import Any, Final, TypeVar
from urllib.parse import quote

import msgspec

from stalewatch.sdk.errors import TryLater
from stalewatch.sdk.records import Rejected
from stalewatch_hubspot import queries
from stalewatch_hubspot.queries import Filters, Kind
from stalewatch_hubspot.rows import (
    Account,
    Linked,
    Links,
    OwnerRow,
    Owners,
    PipelineRow,
    Pipelines,
    Properties,
    PropertyRow,
    Records,
    Row,
    read_rows,
)
from stalewatch_hubspot.transport import Transport

T = TypeVar("T")
_NOTHING_THERE: Final = ("OBJECT_NOT_FOUND", "NO_ASSOCIATIONS_FOUND")
_MOST_PAGES: Final = 1_000_000


def chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """The items in lists of a size."""
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


def abreast(one: Iterator[None], other: Iterator[None], steps: int) -> None:
    """Do two pieces of work whose steps wait for different limits: after each of the one, some of the other."""
    for _ in chain(one, repeat(None)):
        if not list(islice(other, steps)):
            break
    for _ in one:
        pass


@dataclass(slots=True)
class Found:
    """Rows, and those that could not be read; `total` is how many a search has from there on."""

    rows: list[Row] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    total: int = 0


class Api:
    """Reads one portal."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport

    # -------------------------------------------------------------------------------------------------- searching

    def keyset(
        self, kind: Kind, filters: Filters | Callable[[], Filters], properties: Sequence[str], *, last: str = "0",
        belongs: Callable[[Row], bool] = lambda _: True,
    ) -> Iterator[Found]:  # fmt: skip
        """Every record that the filters want and whose id is above `last`, page by page, as often as it takes.

        Args:
            filters: asked anew for each page, if it is a function.
            belongs: whether a row is one that was asked for; search sometimes shows another, whose id says nothing.
        """
        for _ in range(_MOST_PAGES):
            wanted = filters() if callable(filters) else filters
            found = self._page(kind, wanted, properties, last)
            yield found
            count = len(found.rows) + len(found.rejected)
            if count >= found.total:
                return
            own = [int(row.id) for row in found.rows if row.id.isdigit() and belongs(row)]
            if not own or max(own) <= int(last):
                raise TryLater(f"a search for {kind.name} promises {found.total} more and shows none of them")
            last = str(max(own))

    def _page(self, kind: Kind, wanted: Filters, properties: Sequence[str], last: str) -> Found:
        """One page of a search; what would make its body too long is read by id."""
        body = queries.search(wanted, properties, last)
        if len(msgspec.json.encode(body)) <= queries.LONGEST:
            page = self.search(kind, body)
            return Found(*_read(page), page.total)
        page = self.search(kind, queries.search(wanted, ("hs_object_id",), last))
        rows, rejected = _read(page)
        whole = self.read(kind, [row.id for row in rows], properties)
        missing = {row.id for row in rows} - {row.id for row in whole.rows}
        gone = [row for row in rows if row.id in missing]  # archived in between: the search counted it
        return Found([*whole.rows, *gone], [*rejected, *whole.rejected], page.total)

    def search(self, kind: Kind, body: dict[str, Any]) -> Records:
        """One search."""
        return self.transport.call("POST", queries.path("objects", kind.name, "search"), Records, body, kind="search")

    def sample(self, kind: Kind, body: dict[str, Any]) -> list[Row]:
        """Some rows of a kind, to look at."""
        return _read(self.search(kind, body))[0]

    # --------------------------------------------------------------------------------------------------- batches

    def read(self, kind: Kind, ids: Iterable[str], properties: Sequence[str], *, archived: bool = False) -> Found:
        """These records, as far as they are there."""
        body = {"properties": list(properties)}
        return self._batches(kind, ids, queries.BATCH, body, archived=archived)

    def histories(self, kind: Kind, ids: Iterable[str], properties: Sequence[str]) -> Found:
        """These records with everything that the properties held before."""
        body = {"properties": ["hs_object_id"], "propertiesWithHistory": list(properties)}
        return self._batches(kind, ids, queries.HISTORY_BATCH, body)

    def _batches(
        self, kind: Kind, ids: Iterable[str], size: int, body: dict[str, Any], *, archived: bool = False
    ) -> Found:
        address = queries.path("objects", kind.name, "batch", "read") + ("?archived=true" if archived else "")
        found = Found()
        for chunk in chunks(ids, size):
            answer = self.transport.call("POST", address, Records, queries.inputs(chunk, **body), kind="batch")
            for error in answer.errors:
                if error.category not in _NOTHING_THERE:
                    raise TryLater(f"HubSpot could not read some {kind.name}: {error.category} {error.message}"[:300])
            rows, rejected = _read(answer)
            found.rows += rows
            found.rejected += rejected
        return found

    def links(self, of: str, to: str, ids: Iterable[str]) -> dict[str, list[str]]:
        """Who of these is associated with whom; those that are missing are associated with nobody."""
        found: dict[str, list[str]] = {}
        waiting: list[dict[str, str]] = [{"id": id_} for id_ in ids]
        address = queries.path("associations", of, to, "batch", "read")
        while waiting:
            chunk, waiting = waiting[: queries.LINKS_BATCH], waiting[queries.LINKS_BATCH :]
            answer = self.transport.call("POST", address, Links, {"inputs": chunk}, kind="associations")
            _check_links(answer, of, to)
            for one in answer.results:
                found.setdefault(str(one.origin.id), []).extend(str(end.toObjectId) for end in one.to)
                if (after := _after(one)) is not None:
                    waiting.append({"id": str(one.origin.id), "after": after})
        return {id_: list(dict.fromkeys(ends)) for id_, ends in found.items()}

    # ---------------------------------------------------------------------------------------------- the portal

    def account(self) -> Account:
        """The portal itself; whoever calls it counts together from here on."""
        told = self.transport.call("GET", queries.ACCOUNT, Account, kind="account")
        self.transport.limits.meet(told.portalId, self.transport.limits.zone)
        return told

    def pipelines(self, kind: Kind) -> list[PipelineRow]:
        """Its pipelines."""
        return self.transport.call("GET", queries.path("pipelines", kind.name), Pipelines, kind="pipelines").results

    def properties(self, kind: Kind) -> dict[str, PropertyRow]:
        """Its properties by name."""
        answer = self.transport.call("GET", queries.path("properties", kind.name), Properties, kind="properties")
        return {one.name: one for one in answer.results}

    def owners(self, *, archived: bool) -> Iterator[OwnerRow]:
        """Its owners: those who are there, or those who left."""
        address = queries.path("owners") + f"?limit=500{'&archived=true' if archived else ''}"
        after: str | None = ""
        while after is not None:
            more = f"&after={quote(after)}" if after else ""
            page = self.transport.call("GET", address + more, Owners, kind="owners")
            yield from page.results
            following = page.paging.next.after if page.paging and page.paging.next else None
            if following == after:
                raise TryLater("HubSpot tells the same page of owners again and again")
            after = following


def _read(page: Records) -> tuple[list[Row], list[Rejected]]:
    try:
        return read_rows(page.results)
    except msgspec.DecodeError as error:
        raise TryLater("HubSpot answered with something that is no list of records") from error


def _check_links(answer: Links, of: str, to: str) -> None:
    """Nobody there is an answer; anything else is a fault, and must not be taken for one."""
    for error in answer.errors:
        if error.category not in _NOTHING_THERE and "NO_ASSOCIATIONS_FOUND" not in str(error.subCategory):
            raise TryLater(f"HubSpot could not tell which {to} belong to some {of}: {error.category}"[:300])


def _after(one: Linked) -> str | None:
    return one.paging.next.after if one.paging and one.paging.next else None
