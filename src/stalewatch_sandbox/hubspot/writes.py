"""Writing records: create, update, archive, merge; one or a batch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stalewatch_sandbox.hubspot.bodies import Wanted, batch_body, record_body, version_body, written_body
from stalewatch_sandbox.hubspot.checks import check_whole, check_written
from stalewatch_sandbox.hubspot.errors import Json, Refused, invalid, item_error, not_found
from stalewatch_sandbox.hubspot.kinds import Kind, link_type
from stalewatch_sandbox.hubspot.portal import API
from stalewatch_sandbox.hubspot.visit import Visit, kind_of, number_of
from stalewatch_sandbox.serving.exchange import Response

_BATCH = 100


def create(visit: Visit, name: str) -> Response:
    """POST …/{type}, with associations if there are any."""
    kind = _writable(visit, name)
    return Response.json(_created(visit, kind, visit.body()), 201)


def update(visit: Visit, name: str, id_: str) -> Response:
    """PATCH …/{type}/{id}."""
    kind = _writable(visit, name)
    return Response.json(_updated(visit, kind, id_, _properties(visit.body())))


def archive(visit: Visit, name: str, id_: str) -> Response:
    """DELETE …/{type}/{id}: into the bin; twice is once."""
    kind = _writable(visit, name)
    record = visit.portal.record(kind, number_of(id_))
    if record is not None and record.archived_at is None:
        visit.portal.archive(kind.name, id_)
    return Response(204)


def merge(visit: Visit, name: str) -> Response:
    """POST …/{type}/merge: two records become one with a new id."""
    kind, body = _writable(visit, name), visit.body()
    primary, other = str(body.get("primaryObjectId", "")), str(body.get("objectIdToMerge", ""))
    if any(visit.portal.record(kind, number_of(id_)) is None for id_ in (primary, other)):
        raise not_found()
    new = visit.portal.merge(kind.name, primary, other)
    record = visit.portal.record(kind, int(new))
    return Response.json(record_body(visit.portal, kind, record, Wanted()) if record else {})


def batch_create(visit: Visit, name: str) -> Response:
    """POST …/{type}/batch/create: all, or none if one of them is wrong."""
    kind, inputs = _writable(visit, name), visit.inputs(_BATCH)
    for one in inputs:
        check_written(visit.portal, kind, _properties(one))
        check_whole(visit.portal, kind, _properties(one))
    return Response.json(batch_body(visit.portal, [_created(visit, kind, one) for one in inputs]), 201)


def batch_update(visit: Visit, name: str) -> Response:
    """POST …/{type}/batch/update: those that can be, and errors for the others."""
    kind = _writable(visit, name)
    results, errors = list[Json](), list[Json]()
    for one in visit.inputs(_BATCH):
        id_ = str(one.get("id", ""))
        try:
            results.append(_updated(visit, kind, id_, _properties(one)))
        except Refused as refused:
            errors.append(item_error(str(refused.body["category"]), str(refused.body["message"]), {"ids": [id_]}))
    return Response.json(batch_body(visit.portal, results, errors), 207 if errors else 200)


def batch_archive(visit: Visit, name: str) -> Response:
    """POST …/{type}/batch/archive."""
    for one in visit.inputs(_BATCH):
        archive(visit, name, str(one.get("id", "")))
    return Response(204)


def _writable(visit: Visit, name: str) -> Kind:
    kind = kind_of(name)
    visit.grant.require(kind.write_scope)
    return kind


def _properties(body: Mapping[str, Any]) -> dict[str, str]:
    said = body.get("properties")
    if not isinstance(said, dict):
        raise invalid("properties must be an object")
    return {str(name): "" if value is None else _said(value) for name, value in said.items()}


def _said(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _created(visit: Visit, kind: Kind, body: Mapping[str, Any]) -> Json:
    portal, properties = visit.portal, _properties(body)
    check_written(portal, kind, properties)
    check_whole(portal, kind, properties)
    ends = [_end(visit, kind, said) for said in body.get("associations") or ()]
    id_ = portal.create(kind.name, properties, source=API)
    for to, other, type_ in ends:
        portal.links.add(kind, int(id_), to, other, type_)
    record = portal.record(kind, int(id_))
    if record is None:
        raise not_found()
    return written_body(portal, kind, record, tuple(properties))


def _updated(visit: Visit, kind: Kind, id_: str, properties: dict[str, str]) -> Json:
    record = visit.portal.record(kind, number_of(id_))
    if record is None or record.archived_at is not None:
        raise not_found()
    check_written(visit.portal, kind, properties)
    visit.portal.update(kind.name, id_, properties, source=API)
    return version_body(visit.portal, kind, record.now, Wanted((*kind.shown, *properties)))


def _end(visit: Visit, kind: Kind, said: Mapping[str, Any]) -> tuple[Kind, int, int]:
    """The record at the other end of a wanted association; the type says of which kind it is."""
    try:
        other = number_of(said["to"]["id"])
        type_ = int(said["types"][0]["associationTypeId"])
    except (KeyError, IndexError, TypeError, ValueError) as bad:
        raise invalid(f"associations: to.id and types[0].associationTypeId are required: {bad}") from bad
    for to in map(kind_of, ("deals", "contacts", "leads", "meetings", "emails", "calls", "tasks", "notes")):
        if link_type(kind, to) == type_:
            if visit.portal.record(to, other) is None:
                raise invalid(f"Object {other} of type {to.type_id} does not exist")
            return to, other, type_
    raise invalid(f"association type {type_} does not exist for {kind.name}")
