"""Writes changes into an org, each with one request, and finds them again when an answer was lost.

What changes a record is sent with the time of its last change, and is found again by the record itself; what is created
beside a record carries our marker in its description.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import format_datetime
from typing import Any, Final

import msgspec

from stalewatch.sdk.errors import Conflict, ConnectorError, Refused
from stalewatch.sdk.records import Value
from stalewatch.sdk.writing import Change, Fields, Lost, Meeting, Note, Task, Written, marked, marker
from stalewatch_salesforce import ids
from stalewatch_salesforce.once import CHANGED, once, status_of
from stalewatch_salesforce.options import Options
from stalewatch_salesforce.org import EVENT, LEAD, OPPORTUNITY, TASK, Org
from stalewatch_salesforce.queries import ROOT, address, one_of, select
from stalewatch_salesforce.rows import Records
from stalewatch_salesforce.transport import Reply, Transport
from stalewatch_salesforce.writable import MARKED, Names, theirs

LASTS: Final = 45.0
"""Seconds that a write may take, with its looks before and after, and every repetition."""
_STAMPS: Final = ("LastModifiedDate", "SystemModstamp", "LastModifiedById")
_SUBJECT: Final = 255
_NEWEST: Final = 200
_REQUEST: Final = "x-sfdc-request-id"


class _Stamped(msgspec.Struct):
    LastModifiedDate: datetime | None = None
    SystemModstamp: datetime | None = None
    LastModifiedById: str | None = None


class _Created(msgspec.Struct):
    id: str


class _Marked(msgspec.Struct):
    Id: str
    Description: str | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """A record as it is now: the fields that were asked for, when it was last changed, and by whom."""

    values: Mapping[str, Any]
    version: datetime | None
    by: str


class Writer:
    """Writes into one org; nothing of it is under way after `deadline`, on the monotonic clock."""

    def __init__(self, transport: Transport, org: Org, options: Options, names: Names, deadline: float) -> None:
        self._transport, self._org, self._options, self._names = transport, org, options, names
        self._deadline = deadline

    def write(self, change: Change) -> Written:
        """Write a change; raises as `Connector.write_back` says."""
        wish = change.wish
        if isinstance(wish, Fields | Lost):
            return self._set(change, self._values(change, wish))
        sobject, values = self._beside(change, wish)
        return self._create(change, sobject, values)

    def look(self, change: Change) -> Written | None:
        """Look what became of a change; raises as `Connector.written` says."""
        wish = change.wish
        if isinstance(wish, Fields | Lost):
            return self._find_set(change, self._values(change, wish))
        sobject, values = self._beside(change, wish)
        return self._find_created(change, sobject, values)

    # ------------------------------------------------------------------------------------------ the record itself

    def _values(self, change: Change, wish: Fields | Lost) -> dict[str, Any]:
        """What is set, by the org's names."""
        names = theirs(self._options, change.object)
        given: dict[str, Value] = wish.given if isinstance(wish, Fields) else self._lost(wish)
        for ours in given:
            if ours not in names:
                cure = f"Map it: map.{'lead' if change.object == 'lead' else 'deal'}.fields.{ours}."
                raise Refused(f"{ours} is mapped to no field of Salesforce", where=change.record, cure=cure)
        return {names[ours]: value.isoformat() if isinstance(value, date) else value for ours, value in given.items()}

    def _lost(self, wish: Lost) -> dict[str, Value]:
        if not self._names.lost:
            raise Refused("the org has no stage that is closed and lost", cure="Make one active in Opportunity.Stage.")
        return {"stage": self._names.lost[0], **({} if wish.reason is None else {"loss_reason": wish.reason})}

    def _set(self, change: Change, values: Mapping[str, Any]) -> Written:
        before = self._show(change, values)
        if _is_newer(before.version, change.seen_version):
            raise self._conflict(change, before)
        path, since = self._path(change), _unmodified(before.version)
        try:
            reply = once(
                self._transport, "PATCH", path, lambda reply: reply, values, deadline=self._deadline, headers=since
            )
        except Refused as error:
            if status_of(error) == CHANGED:
                raise self._conflict(change, self._show(change, values)) from error
            raise
        version = None
        with suppress(ConnectorError):  # it is written; only the next write of ours will have to ask again
            version = self._show(change, values).version
        return _written(change, before.values, values, version, reply)

    def _find_set(self, change: Change, values: Mapping[str, Any]) -> Written | None:
        shown = self._show(change, values)
        is_there = all(shown.values.get(name) == value for name, value in values.items())
        if is_there and shown.by == self._user() and not _is_newer(change.seen_version, shown.version):
            return Written(version=shown.version, ref=change.record, after=values, answer="found as it was sent")
        if _is_newer(shown.version, change.seen_version):
            raise self._conflict(change, shown)
        return None

    def _show(self, change: Change, values: Mapping[str, Any]) -> Shown:
        fields = dict.fromkeys((*values, *theirs(self._options, change.object).values(), *_STAMPS))
        sobject = self._sobject(change)
        readable = [name for name in fields if name in _STAMPS or self._org.field(sobject, name) is not None]
        row, stamps = self._transport.call(
            "GET", f"{self._path(change)}?fields={','.join(readable)}", _row, deadline=self._deadline, kind="record"
        )
        version = stamps.LastModifiedDate or stamps.SystemModstamp
        shown = {name: row.get(name) for name in fields if name not in _STAMPS}
        return Shown(shown, version, stamps.LastModifiedById or "")

    def _conflict(self, change: Change, shown: Shown) -> Conflict:
        now = {
            ours: shown.values[name]
            for ours, name in theirs(self._options, change.object).items()
            if name in shown.values and not (ours == "loss_reason" and shown.values[name] is None)
        }
        at = "" if shown.version is None else f" ({shown.version:%Y-%m-%d %H:%M} UTC)"
        return Conflict(
            f"somebody changed it in Salesforce after it was seen{at}; nothing was overwritten", now=now,
            version=shown.version, where=change.record,
        )  # fmt: skip

    def _sobject(self, change: Change) -> str:
        return LEAD if change.object == "lead" else OPPORTUNITY

    def _path(self, change: Change) -> str:
        record = ids.whole(change.record)
        if not ids.is_whole(record):
            raise Refused(f"{change.record!r} is no id of Salesforce")
        return f"{ROOT}/sobjects/{self._sobject(change)}/{record}"

    def _user(self) -> str:
        return ids.whole(self._transport.session.token().user)

    # ------------------------------------------------------------------------------------- what is beside a record

    def _beside(self, change: Change, wish: Meeting | Task | Note) -> tuple[str, dict[str, Any]]:
        """The object that is created, and its fields."""
        self._path(change)  # refuses what is no id
        values: dict[str, Any] = {"WhoId" if change.object == "lead" else "WhatId": ids.whole(change.record)}
        if (change.owner or "").startswith(ids.USER):
            values["OwnerId"] = change.owner
        if isinstance(wish, Meeting):
            times = {"StartDateTime": wish.starts_at.isoformat(), "EndDateTime": wish.ends_at.isoformat()}
            return EVENT, values | times | {"Subject": wish.title[:_SUBJECT], MARKED: _signed(wish.agenda, change.id)}
        values |= {"Subject": _subject(wish.text), MARKED: _signed(wish.text, change.id)}
        if isinstance(wish, Task):
            return TASK, values | {"ActivityDate": wish.due.isoformat()}
        return TASK, values | {"Status": self._names.done}

    def _create(self, change: Change, sobject: str, values: Mapping[str, Any]) -> Written:
        if self._org.field(sobject, MARKED) is None:
            raise Refused(
                f"{sobject}.{MARKED} cannot be read: a {sobject.lower()} could not be found again, so none is written",
                where=change.record, cure=f"Give the integration user read access to {sobject}.{MARKED}.",
            )  # fmt: skip
        made, reply = once(
            self._transport, "POST", f"{ROOT}/sobjects/{sobject}", _created, values, deadline=self._deadline
        )
        return _written(change, {}, _told(values), None, reply, ref=made)

    def _find_created(self, change: Change, sobject: str, values: Mapping[str, Any]) -> Written | None:
        link = "WhoId" if change.object == "lead" else "WhatId"
        newest = f"ORDER BY CreatedDate DESC LIMIT {_NEWEST}"
        query = select(("Id", MARKED), sobject, (one_of(link, [values[link]]),), newest)
        rows = self._transport.call("GET", address(query), _marked, deadline=self._deadline, kind="query")
        found = next((row.Id for row in rows if marked(row.Description) == change.id), None)
        if found is None:
            return None
        return Written(version=None, ref=found, after=_told(values), answer="found by its marker")


def _is_newer(one: datetime | None, other: datetime | None) -> bool:
    return one is not None and other is not None and one > other


def _unmodified(version: datetime | None) -> dict[str, str]:
    """The header that lets a change pass only if nobody has changed the record since; it tells no less than seconds."""
    return {} if version is None else {"If-Unmodified-Since": format_datetime(version.astimezone(UTC), usegmt=True)}


def _row(reply: Reply) -> tuple[dict[str, Any], _Stamped]:
    return msgspec.json.decode(reply.body, type=dict[str, Any]), msgspec.json.decode(reply.body, type=_Stamped)


def _created(reply: Reply) -> tuple[str, Reply]:
    return msgspec.json.decode(reply.body, type=_Created).id, reply


def _marked(reply: Reply) -> list[_Marked]:
    return msgspec.json.decode(reply.body, type=Records[_Marked]).records


def _written(
    change: Change, before: Mapping[str, Any], after: Mapping[str, Any], version: datetime | None, reply: Reply,
    ref: str | None = None,
) -> Written:  # fmt: skip
    old = {name: before.get(name) for name in after} if before else {}
    return Written(
        version=version, ref=ref or change.record, before=old, after=after, answer=str(reply.status),
        request=reply.headers.get(_REQUEST),
    )  # fmt: skip


def _told(values: Mapping[str, Any]) -> dict[str, Value]:
    """What the audit log keeps of a new task or event: its text stands in the CRM, and in what was asked for."""
    return {name: value for name, value in values.items() if name != MARKED}


def _subject(text: str) -> str:
    first = text.strip().splitlines()[0] if text.strip() else ""
    return first if len(first) <= _SUBJECT else first[: _SUBJECT - 1] + "…"


def _signed(text: str, change: str) -> str:
    return f"{text}\n\n{marker(change)}" if text else marker(change)
