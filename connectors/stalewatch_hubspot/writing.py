"""Writes changes into a portal, each with one request, and finds them again when an answer was lost.

A record tells when each of its properties was set, and through what; that is compared with what the person saw, since
the date of the whole record moves with every calculated property. What is created carries our marker in its body.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time
from html import escape
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from stalewatch.sdk.errors import Conflict, Refused, TryLater
from stalewatch.sdk.records import Value
from stalewatch.sdk.writing import Change, Fields, Lost, Meeting, Note, Task, Written, marked, marker
from stalewatch_hubspot import queries
from stalewatch_hubspot.api import Api
from stalewatch_hubspot.errors import MissingScope
from stalewatch_hubspot.options import Options
from stalewatch_hubspot.queries import DEALS, Kind
from stalewatch_hubspot.values import maybe
from stalewatch_hubspot.writable import CLOSE_DATE, lost_stages, theirs

LASTS: Final = 20.0
"""Seconds that a write may take, every repetition included."""
BEGINS: Final = 35.0
"""Seconds within which it has to begin: who looks for it afterwards counts on that."""
_SEEN: Final[Mapping[str, tuple[str, ...]]] = {
    "deals": ("dealstage", "pipeline", "amount", "closedate", "hubspot_owner_id", "hs_next_step"),
    "leads": ("hs_pipeline_stage", "hs_pipeline", "hubspot_owner_id"),
}
"""What a person saw of a record: who changed one of these since, changed the record."""
_BY_API: Final = frozenset({"INTEGRATION", "API"})
_NEWEST: Final = 200
_NOON: Final = time(12)
_LINKS: Final[Mapping[tuple[str, str], int]] = {
    ("meetings", "deals"): 212, ("tasks", "deals"): 216, ("notes", "deals"): 214,
    ("meetings", "leads"): 600, ("tasks", "leads"): 647, ("notes", "leads"): 855,
}  # fmt: skip
"""HubSpot's numbers of the plain associations. They go with what is created: nothing is there without its record."""
_BODIES: Final = {"meetings": "hs_meeting_body", "tasks": "hs_task_body", "notes": "hs_note_body"}


class _Set(msgspec.Struct):
    """A property had this value from then on."""

    timestamp: str
    value: str | None = None
    sourceType: str = ""  # noqa: N815  # the names are HubSpot's


class _Shown(msgspec.Struct):
    """A record with its past."""

    id: str
    properties: dict[str, str | None]
    propertiesWithHistory: dict[str, list[_Set]] = {}  # noqa: N815


class _Answer(msgspec.Struct):
    """What a write answers."""

    id: str
    updatedAt: str | None = None  # noqa: N815


@dataclass(frozen=True, slots=True)
class _Values:
    """What is set: texts by HubSpot's names."""

    texts: Mapping[str, str]

    def stand_in(self, shown: _Shown, since: datetime | None) -> datetime | None:
        """Since when they were set through the API after a moment, all that had another value; None: they were not."""
        moments = {name: _set_at(shown, name, text, since) for name, text in self.texts.items()}
        others = [name for name, at in moments.items() if at is None]
        is_whole = all(_same(shown.properties.get(name) or "", self.texts[name]) for name in others)
        return max((at for at in moments.values() if at is not None), default=None) if is_whole else None


class Writer:
    """Writes into one portal."""

    def __init__(self, api: Api, options: Options) -> None:
        self._api, self._options = api, options
        self._began = api.transport.pace.monotonic()

    def write(self, change: Change) -> Written:
        """Write a change; raises as `Connector.write_back` says."""
        wish = change.wish
        if isinstance(wish, Fields | Lost):
            return self._set(change, wish)
        kind, properties = self._beside(change, wish)
        return self._create(change, kind, properties)

    def look(self, change: Change) -> Written | None:
        """Look what became of a change; raises as `Connector.written` says."""
        wish = change.wish
        if isinstance(wish, Fields | Lost):
            return self._find_set(change, wish)
        kind, properties = self._beside(change, wish)
        return self._find_created(change, kind, properties)

    def _once(self, method: str, path: str, body: object) -> _Answer:
        if self._api.transport.pace.monotonic() - self._began > BEGINS:
            raise TryLater("HubSpot was too slow to tell what a write needs to know; nothing was written")
        return self._api.transport.once(method, path, _Answer, body, seconds=LASTS)

    # ------------------------------------------------------------------------------------------ the record itself

    def _set(self, change: Change, wish: Fields | Lost) -> Written:
        shown = self._show(change)
        values = self._values(change, wish, shown)
        self._check(change, shown)
        body = {"properties": values.texts}
        answer = self._once("PATCH", self._path(change), body)
        before = {name: shown.properties.get(name) for name in values.texts}
        return Written(
            version=maybe(answer.updatedAt), ref=answer.id, before=before, after=dict(values.texts), answer="200"
        )

    def _find_set(self, change: Change, wish: Fields | Lost) -> Written | None:
        shown = self._show(change)
        values = self._values(change, wish, shown)
        at = values.stand_in(shown, change.seen_version)
        if at is not None:
            return Written(version=at, ref=shown.id, after=dict(values.texts), answer="found as it was sent")
        self._check(change, shown)
        return None

    def _values(self, change: Change, wish: Fields | Lost, shown: _Shown) -> _Values:
        names = theirs(self._options, change.object)
        given: dict[str, Value] = wish.given if isinstance(wish, Fields) else self._lost(wish, shown)
        for ours in given:
            if ours not in names:
                cure = f"Map it: map.{'lead' if change.object == 'lead' else 'deal'}.fields.{ours}."
                raise Refused(f"{ours} is mapped to no property of HubSpot", where=change.record, cure=cure)
        return _Values({names[ours]: self._text(names[ours], value) for ours, value in given.items()})

    def _lost(self, wish: Lost, shown: _Shown) -> dict[str, Value]:
        pipelines = self._api.pipelines(DEALS)
        stages = lost_stages(pipelines, self._options.lost_stage, shown.properties.get("pipeline") or None)
        if not stages:
            cure = "Give the pipeline a stage that is closed, with a probability of 0."
            raise Refused("the pipeline of this deal has no stage for lost deals", where=shown.id, cure=cure)
        return {"stage": stages[0].id, **({} if wish.reason is None else {"loss_reason": wish.reason})}

    def _text(self, name: str, value: Value) -> str:
        """A value as HubSpot takes it; the close date is a moment there, noon of the portal's day."""
        if name == CLOSE_DATE and isinstance(value, date):
            return self._noon(value)
        return value.isoformat() if isinstance(value, date) else str(value)

    def _noon(self, day: date) -> str:
        """Noon of a day at the portal; it is the same day nearly everywhere."""
        with suppress(MissingScope, ZoneInfoNotFoundError, ValueError):  # an app may not be told: as far as we know
            self._api.transport.limits.zone = ZoneInfo(self._api.account().timeZone)
        return _moment(datetime.combine(day, _NOON, self._api.transport.limits.zone))

    def _check(self, change: Change, shown: _Shown) -> None:
        """Raise Conflict if somebody changed what the person saw, since they saw it, or made another record of it."""
        since, changed, is_merged = change.seen_version, _last_set(shown), shown.id != change.record
        if not is_merged and (since is None or changed is None or changed <= since):
            return
        now: dict[str, Value] = {
            ours: shown.properties.get(name) or None
            for ours, name in theirs(self._options, change.object).items()
            if name in shown.properties and (ours != "loss_reason" or shown.properties[name])
        }
        if "stage" in now:
            labels = {stage.id: stage.label for one in self._api.pipelines(DEALS) for stage in one.stages}
            now["stage"] = labels.get(str(now["stage"]), now["stage"])
        what = "merged it with another" if is_merged else "changed it"
        at = "" if changed is None or is_merged else f" ({changed:%Y-%m-%d %H:%M} UTC)"
        raise Conflict(
            f"somebody {what} in HubSpot after it was seen{at}; nothing was overwritten",
            now=now, version=changed, where=change.record,
        )  # fmt: skip

    def _show(self, change: Change) -> _Shown:
        kind = _kind(change)
        names = ",".join(dict.fromkeys((*_SEEN[kind], *theirs(self._options, change.object).values())))
        path = f"{self._path(change)}?properties={names}&propertiesWithHistory={names}"
        return self._api.transport.call("GET", path, _Shown, kind="get")

    def _path(self, change: Change) -> str:
        if not (change.record.isascii() and change.record.isdigit()):
            raise Refused(f"{change.record!r} is no id of HubSpot")
        return queries.path("objects", _kind(change), change.record)

    # ------------------------------------------------------------------------------------- what is beside a record

    def _beside(self, change: Change, wish: Meeting | Task | Note) -> tuple[str, dict[str, str]]:
        """The kind of object that is created, and its properties."""
        self._path(change)  # refuses what is no id
        owner = {"hubspot_owner_id": change.owner} if change.owner else {}
        if isinstance(wish, Meeting):
            starts, ends = _moment(wish.starts_at), _moment(wish.ends_at)
            return "meetings", owner | {
                "hs_timestamp": starts, "hs_meeting_start_time": starts, "hs_meeting_end_time": ends,
                "hs_meeting_title": wish.title, "hs_meeting_outcome": "SCHEDULED",
                "hs_meeting_body": _signed(wish.agenda, change.id),
            }  # fmt: skip
        if isinstance(wish, Task):
            subject = wish.text.strip().splitlines()[0] if wish.text.strip() else ""
            return "tasks", owner | {
                "hs_timestamp": self._noon(wish.due), "hs_task_subject": subject, "hs_task_status": "NOT_STARTED",
                "hs_task_type": "TODO", "hs_task_body": _signed(wish.text, change.id),
            }  # fmt: skip
        now = _moment(self._api.transport.server_now())
        return "notes", owner | {"hs_timestamp": now, "hs_note_body": _signed(wish.text, change.id)}

    def _create(self, change: Change, kind: str, properties: Mapping[str, str]) -> Written:
        link = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": _LINKS[kind, _kind(change)]}
        body = {"properties": properties, "associations": [{"to": {"id": change.record}, "types": [link]}]}
        path = queries.path("objects", kind)
        answer = self._once("POST", path, body)
        return Written(version=None, ref=answer.id, after=_told(kind, properties), answer="201")

    def _find_created(self, change: Change, kind: str, properties: Mapping[str, str]) -> Written | None:
        """Not by search, which knows nothing of the last minutes, but by what belongs to the record."""
        ids = self._api.links(_kind(change), kind, [change.record]).get(change.record, [])
        newest = sorted(ids, key=int, reverse=True)[:_NEWEST]
        body = _BODIES[kind]
        for row in self._api.read(Kind(kind, (body,)), newest, (body,)).rows:
            if marked(row.get(body)) == change.id:
                return Written(version=None, ref=row.id, after=_told(kind, properties), answer="found by its marker")
        return None


def _kind(change: Change) -> str:
    return "leads" if change.object == "lead" else "deals"


def _last_set(shown: _Shown) -> datetime | None:
    """When any of what was asked for was last set by anybody; what HubSpot works out itself counts for nothing."""
    told = [
        at
        for past in shown.propertiesWithHistory.values()
        for one in past
        if one.sourceType != "CALCULATED" and (at := maybe(one.timestamp)) is not None
    ]
    return max(told, default=None)


def _set_at(shown: _Shown, name: str, text: str, since: datetime | None) -> datetime | None:
    """When a property was set to a text through the API, at or after a moment; None: it was not."""
    for one in shown.propertiesWithHistory.get(name, ()):
        at = maybe(one.timestamp)
        is_later = at is not None and (since is None or at >= since)
        if is_later and one.sourceType in _BY_API and _same(one.value or "", text):
            return at
    return None


def _same(one: str, other: str) -> bool:
    """Whether two texts are one value: times are written in more than one way."""
    if one == other:
        return True
    first, second = maybe(one), maybe(other)
    return first is not None and first == second


def _moment(at: datetime) -> str:
    return str(int(at.timestamp() * 1000))


def _told(kind: str, properties: Mapping[str, str]) -> dict[str, Value]:
    """What the audit log keeps of a new activity: its text stands in the CRM, and in what was asked for."""
    return {name: text for name, text in properties.items() if name != _BODIES[kind]}


def _signed(text: str, change: str) -> str:
    """A body: HubSpot reads it as HTML, so what somebody typed is escaped."""
    shown = escape(text, quote=False).replace("\n", "<br>")
    return f"{shown}<br><br>{marker(change)}" if text else marker(change)
