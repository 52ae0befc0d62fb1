"""Answers of queries as typed rows. A row that cannot be read is set aside; its neighbours stay."""

from __future__ import annotations

import json
from functools import cache
from typing import Any, Final, TypeVar, cast

import msgspec

from stalewatch.sdk.errors import TryLater
from stalewatch.sdk.records import Rejected
from stalewatch_salesforce.rows import Records

T = TypeVar("T", bound=msgspec.Struct)
_DETAIL: Final = 200
_REF: Final = 40


def decode(body: bytes, type_: type[T]) -> tuple[Records[T], list[Rejected]]:
    """The rows of an answer, and those that could not be read.

    Raises:
        TryLater: the answer as a whole is none.
    """
    try:
        return cast("Records[T]", _decoder(type_).decode(body)), []
    except msgspec.DecodeError:
        return _row_by_row(body, type_)


def document(body: bytes, type_: type[T]) -> T:
    """An answer that is one thing and not a list of rows.

    Raises:
        TryLater: it is something else.
    """
    try:
        return msgspec.json.decode(body, type=type_)
    except (msgspec.DecodeError, RecursionError) as error:
        raise TryLater(f"Salesforce answered with something else than it was asked for ({error})") from error


@cache
def _decoder(type_: type[Any]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(Records[type_])  # type: ignore[valid-type]  # the row's type is made at run time


@cache
def _row_decoder(type_: type[Any]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(type_)


_RAW: Final = msgspec.json.Decoder(Records[msgspec.Raw])


def _row_by_row(body: bytes, type_: type[T]) -> tuple[Records[T], list[Rejected]]:
    try:
        raw = _RAW.decode(body)
    except msgspec.DecodeError as error:
        raise TryLater(f"Salesforce answered a query with something else ({error})") from error
    rows: list[T] = []
    rejected: list[Rejected] = []
    for one in raw.records:
        try:
            rows.append(_row_decoder(type_).decode(one))
        except (msgspec.DecodeError, RecursionError) as error:
            rejected.append(Rejected(ref=_id(bytes(one)), reason=_reason(error), detail=str(error)[:_DETAIL]))
    return Records(records=rows, done=raw.done, nextRecordsUrl=raw.nextRecordsUrl, totalSize=raw.totalSize), rejected


def _reason(error: Exception) -> str:
    """Groups like cases: the field without the value."""
    where = str(error).rpartition("`$.")[2].rstrip("`") if "`$." in str(error) else ""
    return f"{where.split('[')[0]} is of another type" if where else "a row that is no record"


def _id(text: bytes) -> str:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return "?"
    return str(value.get("Id") or "?")[:_REF] if isinstance(value, dict) else "?"
