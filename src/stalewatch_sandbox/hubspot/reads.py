"""Reading records: one, a page, a search, a batch."""

from __future__ import annotations

from collections.abc import Sequence

from stalewatch_sandbox.hubspot.bodies import Wanted, batch_body, record_body, version_body
from stalewatch_sandbox.hubspot.errors import Json, invalid, item_error, not_found
from stalewatch_sandbox.hubspot.kinds import Kind
from stalewatch_sandbox.hubspot.records import Record
from stalewatch_sandbox.hubspot.search import find, read_query
from stalewatch_sandbox.hubspot.visit import Visit, kind_of, number_of
from stalewatch_sandbox.serving.exchange import Response

PAGE, PAGE_WITH_HISTORY = 100, 50
BATCH, BATCH_WITH_HISTORY = 100, 50
_PRIVATE = ("hs_email_",)
"""What of a mail is not shown to who may not read mails."""


def get_one(visit: Visit, name: str, id_: str) -> Response:
    """GET …/{type}/{id}; the id of a merged record answers with the record that it went into."""
    kind = _readable(visit, name)
    found = _called(visit, kind, id_, visit.request.parameter("idProperty"))
    if found is None or (found.archived_at is not None) is not visit.flag("archived"):
        raise not_found()
    return Response.json(record_body(visit.portal, kind, found, _wanted(visit, kind)))


def get_page(visit: Visit, name: str) -> Response:
    """GET …/{type}: every record, in the order of ids."""
    kind = _readable(visit, name)
    wanted = _wanted(visit, kind)
    limit = visit.limit(10, PAGE_WITH_HISTORY if wanted.with_history else PAGE)
    after = visit.request.parameter("after") or "0"
    start = number_of(after)
    ahead = [one for one in visit.portal.records(kind, archived=visit.flag("archived")) if one.now.number > start]
    page = ahead[:limit]
    body: Json = {"results": [record_body(visit.portal, kind, one, wanted) for one in page]}
    more = visit.next_page(str(page[-1].now.number)) if len(ahead) > limit else {}
    return Response.json(body | more)


def search(visit: Visit, name: str) -> Response:
    """POST …/{type}/search: what the index knows."""
    kind = _readable(visit, name)
    query = read_query(visit.body(), len(visit.request.body), visit.wall)
    found = find(query, visit.portal.index(kind), kind, visit.portal.schema.of(kind))
    wanted = Wanted(query.properties, blank=_blank(visit, kind))
    body: Json = {
        "total": found.total,
        "results": [version_body(visit.portal, kind, version, wanted) for version in found.versions],
    }
    more: Json = {} if found.after is None else {"paging": {"next": {"after": str(found.after)}}}
    return Response.json(body | more)


def batch_read(visit: Visit, name: str) -> Response:
    """POST …/{type}/batch/read: those that are there, in the order of the inputs, and who is missing."""
    kind, body = _readable(visit, name), visit.body()
    with_history = tuple(map(str, body.get("propertiesWithHistory") or ()))
    inputs = visit.inputs(BATCH_WITH_HISTORY if with_history else BATCH)
    named = tuple(map(str, body.get("properties") or ())) or None
    wanted = Wanted(named, with_history, blank=_blank(visit, kind))
    ids = list(dict.fromkeys(str(one.get("id", "")) for one in inputs))
    archived, results, missing = visit.flag("archived"), list[Json](), list[str]()
    for id_ in ids:
        found = _called(visit, kind, id_, body.get("idProperty"))
        if found is not None and (found.archived_at is not None) is archived:
            results.append(record_body(visit.portal, kind, found, wanted))
        else:
            missing.append(id_)
    errors = _missing(kind, missing)
    return Response.json(batch_body(visit.portal, results, errors), 207 if errors else 200)


def _missing(kind: Kind, ids: Sequence[str]) -> list[Json]:
    if not ids:
        return []
    said = f"Could not get some {kind.label} objects, they may be deleted or not exist. Check that ids are valid."
    return [item_error("OBJECT_NOT_FOUND", said, {"ids": ids})]


def _readable(visit: Visit, name: str) -> Kind:
    kind = kind_of(name)
    if not (kind.name == "emails" and visit.hides_emails):
        visit.grant.require(kind.read_scope)
    return kind


def _blank(visit: Visit, kind: Kind) -> tuple[str, ...]:
    return _PRIVATE if kind.name == "emails" and kind.read_scope not in visit.grant.scopes else ()


def _wanted(visit: Visit, kind: Kind) -> Wanted:
    return Wanted(
        visit.names("properties") or None,
        visit.names("propertiesWithHistory"),
        tuple(map(kind_of, visit.names("associations"))),
        _blank(visit, kind),
    )


def _called(visit: Visit, kind: Kind, id_: str, id_property: str | None) -> Record | None:
    """The record with this id, or with this value of a property that is unique."""
    if not id_property or id_property == "hs_object_id":
        return visit.portal.record(kind, number_of(id_)) if id_.isascii() and id_.isdigit() else None
    if id_property not in visit.portal.schema.of(kind):
        raise invalid(f"idProperty {id_property} does not exist")
    same = (one for one in visit.portal.records(kind, archived=False) if one.now.properties.get(id_property) == id_)
    return next(same, None)
