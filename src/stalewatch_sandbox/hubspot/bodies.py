"""Records as answers show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import uuid4

from stalewatch_sandbox.hubspot.errors import Json
from stalewatch_sandbox.hubspot.kinds import Kind
from stalewatch_sandbox.hubspot.portal import Portal
from stalewatch_sandbox.hubspot.records import Record, Version
from stalewatch_sandbox.hubspot.values import stamp


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which parts of a record a client asked for; `properties` None: those that are shown anyway.

    Attributes:
        blank: beginnings of property names that this client may not read: they are null.
    """

    properties: tuple[str, ...] | None = None
    with_history: tuple[str, ...] = ()
    associations: tuple[Kind, ...] = ()
    blank: tuple[str, ...] = ()


def version_body(portal: Portal, kind: Kind, version: Version, wanted: Wanted, archived_at: int | None = None) -> Json:
    """A record at one moment, without history or associations."""
    schema = portal.schema.of(kind)
    names = kind.shown if wanted.properties is None else [name for name in wanted.properties if name in schema]
    held = version.properties
    shown = {name: held.get(name) or None for name in (*names, "hs_object_id", kind.created, kind.modified)}
    if wanted.blank:
        shown = {name: None if name.startswith(wanted.blank) else value for name, value in shown.items()}
    body: Json = {
        "id": str(version.number),
        "properties": shown,
        "createdAt": stamp(version.created),
        "updatedAt": stamp(version.modified),
        "archived": archived_at is not None,
        "url": f"https://{portal.account.screens}/contacts/{portal.account.portal}/record/{kind.type_id}/{version.number}",
    }
    return body | {"archivedAt": stamp(archived_at)} if archived_at is not None else body


def record_body(portal: Portal, kind: Kind, record: Record, wanted: Wanted) -> Json:
    """A record with everything that was asked for."""
    schema = portal.schema.of(kind)
    dated = tuple(name for name in wanted.with_history if name in schema)
    body = version_body(portal, kind, record.now, _also(wanted, kind, dated) if dated else wanted, record.archived_at)
    if wanted.with_history:
        body["propertiesWithHistory"] = {name: _history(record, name) for name in dated}
    linked = {to.name: _linked(portal, kind, record.now.number, to) for to in wanted.associations}
    linked = {name: found for name, found in linked.items() if found["results"]}
    return body | {"associations": linked} if linked else body


def batch_body(portal: Portal, results: Sequence[Json], errors: Sequence[Json] = ()) -> Json:
    """The answer to a batch."""
    now = portal.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
    body: Json = {"status": "COMPLETE", "results": list(results), "startedAt": now, "completedAt": now}
    return body | {"numErrors": len(errors), "errors": list(errors)} if errors else body


def written_body(portal: Portal, kind: Kind, record: Record, properties: Sequence[str]) -> Json:
    """What a write answers: what was written, and what is shown anyway."""
    wanted = Wanted((*kind.shown, *properties))
    return version_body(portal, kind, record.now, wanted) | {"objectWriteTraceId": uuid4().hex}


def _also(wanted: Wanted, kind: Kind, names: tuple[str, ...]) -> Wanted:
    """Present values are shown beside the history."""
    shown = kind.shown if wanted.properties is None else wanted.properties
    return replace(wanted, properties=(*shown, *names))


def _history(record: Record, name: str) -> list[Json]:
    changes = list[Json]()
    for change in record.history(name):
        body: Json = {"value": change.value, "timestamp": stamp(change.at), "sourceType": change.source_type}
        changes.append(body | {"sourceId": change.source_id} if change.source_id else body)
    return changes


def _linked(portal: Portal, kind: Kind, number: int, to: Kind) -> Json:
    said = f"{kind.label}_to_{to.label}".lower()
    return {"results": [{"id": str(other), "type": said} for other in portal.links.of(kind, number, to)]}
