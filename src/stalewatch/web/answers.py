"""Lists and records as they are sent: JSON or CSV, with an ETag over what they say and not over when they say it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from hashlib import blake2s
from typing import Any, Final, Protocol

import msgspec
from fastapi import Request, Response

from stalewatch.domain.instants import SECOND
from stalewatch.services.reporting.exporting import as_csv, unguarded
from stalewatch.services.reporting.kept import Sheet
from stalewatch.services.reporting.listing import shown

JSON: Final = "application/json"
CSV: Final = "text/csv"
_RAW: Final = f"{CSV}; raw=true"
_PRIVATE: Final = {"Cache-Control": "private, no-cache", "Vary": "Accept, Accept-Language, Authorization"}
_PASSING: Final = ("as_of", "data_age_seconds")
_encode = msgspec.json.Encoder().encode


class Listed(Protocol):
    """A page of any list."""

    @property
    def items(self) -> Any: ...
    @property
    def next(self) -> str | None: ...
    @property
    def total(self) -> int: ...
    @property
    def as_of(self) -> str: ...
    @property
    def data_age_seconds(self) -> int | None: ...
    @property
    def more(self) -> bool: ...


def list_answer(request: Request, listing: Listed, to_csv: Callable[[Any], str] = as_csv) -> Response:
    """The list in the form that the reader wants; 304 if they have it already.

    Args:
        to_csv: writes such items as CSV.
    """
    items = _encode(listing.items)
    said = (items, _encode((listing.next, listing.total)))
    if wants_csv(request):
        unchanged, headers = _tagged(request, _form(request), *said)
        if unchanged:
            return Response(status_code=304, headers=headers)
        headers |= {"X-Total-Count": str(listing.total)}
        if listing.next is not None:
            following = request.url.include_query_params(next=listing.next)
            headers["Link"] = f'<{following.path}?{following.query}>; rel="next"'
        text = _guarded(request, to_csv(listing.items))
        return Response(text, headers=headers, media_type=f"{CSV}; charset=utf-8; header=present")
    unchanged, headers = _tagged(request, JSON, *said)
    if unchanged:
        return Response(status_code=304, headers=headers)
    body = {
        "items": msgspec.Raw(items),
        "next": listing.next,
        "total": listing.total,
        **({"more": True} if listing.more else {}),
        "as_of": listing.as_of,
        "data_age_seconds": listing.data_age_seconds,
    }
    return Response(_encode(body), headers=headers, media_type=JSON)


def sheet_answer(request: Request, sheet: Sheet, now: int, data_age: int | None) -> Response:
    """A page that is kept as it is sent, with when it is sent; 304 if the reader has it already.

    Args:
        now: microseconds since the epoch.
        data_age: seconds since the oldest of the connections was read; None before its first sync.
    """
    unchanged, headers = _compared(request, _of_sheet(sheet.digest))
    if unchanged:
        return Response(status_code=304, headers=headers)
    rest = {
        "next": sheet.next,
        "total": sheet.total,
        **({"more": True} if sheet.more else {}),
        "as_of": _as_of(now // SECOND),
        "data_age_seconds": data_age,
    }
    body = b"".join((b'{"items":', sheet.items, b",", _encode(rest)[1:]))
    return Response(body, headers=headers, media_type=JSON)


@lru_cache(maxsize=1024)
def _of_sheet(digest: bytes) -> str:
    return _tag(JSON, digest)


@lru_cache(maxsize=8)
def _as_of(seconds: int) -> str:
    """All who ask within a second are told the same."""
    return shown(seconds * SECOND, "UTC")


def record_answer(request: Request, record: Mapping[str, Any]) -> Response:
    """One record with everything about it; 304 if the reader has it already."""
    lasting = {name: value for name, value in record.items() if name not in _PASSING}
    unchanged, headers = _tagged(request, JSON, _encode(lasting))
    if unchanged:
        return Response(status_code=304, headers=headers)
    return Response(_encode(record), headers=headers, media_type=JSON)


def _tagged(request: Request, media: str, *parts: bytes) -> tuple[bool, dict[str, str]]:
    """Whether the reader has this already, and the headers that tell it from others."""
    return _compared(request, _tag(media, *parts))


def _tag(media: str, *parts: bytes) -> str:
    digest = blake2s(media.encode(), digest_size=16)
    for part in parts:
        digest.update(part)
    return f'W/"{digest.hexdigest()}"'  # weak: `as_of` and the age of the data may differ


def _compared(request: Request, tag: str) -> tuple[bool, dict[str, str]]:
    known = [one.strip() for header in request.headers.getlist("if-none-match") for one in header.split(",")]
    opaque = tag.removeprefix("W/")
    return "*" in known or any(one.removeprefix("W/") == opaque for one in known), {"ETag": tag, **_PRIVATE}


def csv_answer(request: Request, text: str) -> Response:
    """A table as CSV; 304 if the reader has it already."""
    unchanged, headers = _tagged(request, _form(request), text.encode("utf-8", "replace"))
    if unchanged:
        return Response(status_code=304, headers=headers)
    return Response(_guarded(request, text), headers=headers, media_type=f"{CSV}; charset=utf-8; header=present")


def _guarded(request: Request, text: str) -> str:
    """CSV whose cells no spreadsheet runs; a program may want them as they are."""
    return unguarded(text) if _form(request) == _RAW else text


def _form(request: Request) -> str:
    """The kind of CSV that is wanted: `Accept: text/csv; raw=true` asks for cells without apostrophes."""
    pieces = [part.lower().replace(" ", "") for part in request.headers.get("accept", "").split(",")]
    is_raw = any(piece.startswith(f"{CSV};") and "raw=true" in piece.split(";") for piece in pieces)
    return _RAW if is_raw else CSV


def wants_csv(request: Request) -> bool:
    """CSV is sent to those who name it and want JSON less."""
    weights = {JSON: 0.0, CSV: 0.0}
    for part in request.headers.get("accept", "").split(","):
        media, *parameters = [piece.strip().lower() for piece in part.split(";")]
        if media in weights:
            weights[media] = max(weights[media], _weight(parameters))
    return weights[CSV] > weights[JSON]


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return float(parameter.removeprefix("q="))
            except ValueError:
                return 0.0
    return 1.0
