"""Reading and writing associations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from stalewatch_sandbox.hubspot.bodies import batch_body
from stalewatch_sandbox.hubspot.errors import Json, invalid, item_error, not_found
from stalewatch_sandbox.hubspot.kinds import Kind, link_type
from stalewatch_sandbox.hubspot.visit import Visit, kind_of, number_of
from stalewatch_sandbox.serving.exchange import Response

READ: Final = 1000
WRITE: Final = 2000
_PAGE: Final = 500
"""So many associations of one record are answered at once."""


def batch_read(visit: Visit, name: str, other: str) -> Response:
    """POST associations/{from}/{to}/batch/read. Who has none is among the errors, not among the results."""
    of, to = _readable(visit, name), _readable(visit, other)
    results, errors = list[Json](), list[Json]()
    for one in visit.inputs(READ):
        id_, after = str(one.get("id", "")), str(one.get("after") or "0")
        ends = _ends(visit, of, id_, to)
        if ends:
            results.append({"from": {"id": id_}} | _page(ends, number_of(after)))
        else:
            errors.append(_none(visit, of, id_, to))
    return Response.json(batch_body(visit.portal, results, errors), 207 if errors else 200)


def get_page(visit: Visit, name: str, id_: str, other: str) -> Response:
    """GET objects/{from}/{id}/associations/{to}."""
    of, to = _readable(visit, name), _readable(visit, other)
    if visit.portal.record(of, number_of(id_)) is None:
        raise not_found()
    after, limit = visit.request.parameter("after") or "0", visit.limit(_PAGE, _PAGE)
    page = _page(_ends(visit, of, id_, to), number_of(after), limit)
    more: Json = {"paging": page["paging"]} if "paging" in page else {}
    return Response.json({"results": page["to"]} | more)


def associate(visit: Visit, name: str, id_: str, other: str, other_id: str) -> Response:
    """PUT objects/{from}/{id}/associations/{to}/{id} with the types in the body."""
    try:
        said = visit.request.json()
        type_ = int(said[0]["associationTypeId"])
    except (ValueError, LookupError, TypeError) as bad:
        raise invalid(f"a list of association types is expected: {bad}") from bad
    of, to = _linked(visit, name, id_, other, other_id, type_)
    return Response.json({
        "fromObjectTypeId": of.type_id, "fromObjectId": number_of(id_), "toObjectTypeId": to.type_id,
        "toObjectId": number_of(other_id), "labels": [],
    }, 201)  # fmt: skip


def associate_default(visit: Visit, name: str, id_: str, other: str, other_id: str) -> Response:
    """PUT objects/{from}/{id}/associations/default/{to}/{id}."""
    of, to = _linked(visit, name, id_, other, other_id, None)
    return Response.json(batch_body(visit.portal, [_default(of, id_, to, other_id)]))


def batch_associate_default(visit: Visit, name: str, other: str) -> Response:
    """POST associations/{from}/{to}/batch/associate/default."""
    pairs = [_pair(one) for one in visit.inputs(WRITE)]
    of, to = kind_of(name), kind_of(other)
    for id_, other_id in pairs:
        _linked(visit, name, id_, other, other_id, None)
    return Response.json(batch_body(visit.portal, [_default(of, id_, to, other_id) for id_, other_id in pairs]))


def dissociate(visit: Visit, name: str, id_: str, other: str, other_id: str) -> Response:
    """DELETE objects/{from}/{id}/associations/{to}/{id}."""
    of, to = _writable(visit, name), kind_of(other)
    visit.portal.dissociate(of.name, str(number_of(id_)), to.name, str(number_of(other_id)))
    return Response(204)


def _readable(visit: Visit, name: str) -> Kind:
    """Mails may be linked by who may not read them."""
    kind = kind_of(name)
    if kind.name != "emails":
        visit.grant.require(kind.read_scope)
    return kind


def _writable(visit: Visit, name: str) -> Kind:
    kind = kind_of(name)
    visit.grant.require(kind.write_scope)
    return kind


def _ends(visit: Visit, of: Kind, id_: str, to: Kind) -> list[Json]:
    if not id_.isascii() or not id_.isdigit():
        return []
    number = visit.portal.heir(of, int(id_))
    return [
        {"toObjectId": other, "associationTypes": [
            {"category": "HUBSPOT_DEFINED", "typeId": type_, "label": None} for type_ in types]}
        for other, types in visit.portal.links.of(of, number, to).items()
        if (found := visit.portal.record(to, other)) is not None and found.archived_at is None
    ]  # fmt: skip


def _page(ends: list[Json], after: int, limit: int = _PAGE) -> Json:
    ahead = [end for end in ends if int(str(end["toObjectId"])) > after]
    page = ahead[:limit]
    if len(ahead) <= limit:
        return {"to": page}
    return {"to": page, "paging": {"next": {"after": str(page[-1]["toObjectId"])}}}


def _none(visit: Visit, of: Kind, id_: str, to: Kind) -> Json:
    context = {"fromObjectId": [id_], "fromObjectType": [of.type_id], "toObjectType": [to.type_id]}
    is_there = id_.isascii() and id_.isdigit() and visit.portal.record(of, int(id_)) is not None
    said = f"No {to.label} is associated with {of.label} {id_}."
    category = "crm.associations.NO_ASSOCIATIONS_FOUND" if is_there else "crm.associations.FROM_OBJECT_NOT_FOUND"
    return item_error("OBJECT_NOT_FOUND", said, context, subCategory=category)


def _pair(one: Mapping[str, Any]) -> tuple[str, str]:
    try:
        return str(one["from"]["id"]), str(one["to"]["id"])
    except (KeyError, TypeError) as bad:
        raise invalid(f"an input needs from.id and to.id: {bad}") from bad


def _linked(visit: Visit, name: str, id_: str, other: str, other_id: str, type_: int | None) -> tuple[Kind, Kind]:
    of, to = _writable(visit, name), kind_of(other)
    first, second = number_of(id_), number_of(other_id)
    if visit.portal.record(of, first) is None or visit.portal.record(to, second) is None:
        raise not_found()
    if link_type(of, to) is None:
        raise invalid(f"{of.name} cannot be associated with {to.name}")
    visit.portal.links.add(of, visit.portal.heir(of, first), to, visit.portal.heir(to, second), type_)
    return of, to


def _default(of: Kind, id_: str, to: Kind, other_id: str) -> Json:
    spec = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": link_type(of, to)}
    return {"from": {"id": id_}, "to": {"id": other_id}, "associationSpec": spec}
