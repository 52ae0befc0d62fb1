"""What a portal says of itself: owners, pipelines, properties, the account, and who a token is for."""

from __future__ import annotations

from stalewatch_sandbox.hubspot.company import Stage
from stalewatch_sandbox.hubspot.consequences import PIPELINE_OF, STAGE_OF
from stalewatch_sandbox.hubspot.errors import Json, not_found
from stalewatch_sandbox.hubspot.kinds import Kind
from stalewatch_sandbox.hubspot.portal import Portal
from stalewatch_sandbox.hubspot.schema import Property, Type
from stalewatch_sandbox.hubspot.values import stamp
from stalewatch_sandbox.hubspot.visit import Visit, kind_of, number_of
from stalewatch_sandbox.serving.exchange import Response

_FIELD_TYPES = {Type.NUMBER: "number", Type.DATETIME: "date", Type.DATE: "date", Type.ENUMERATION: "select"}


def owners(visit: Visit) -> Response:
    """GET owners: those who work here, or with archived=true those who do not any more."""
    visit.grant.require("crm.objects.owners.read")
    archived, email = visit.flag("archived"), visit.request.parameter("email")
    limit, after = visit.limit(100, 500), number_of(visit.request.parameter("after") or "0")
    ahead = [
        owner
        for number, owner in sorted(visit.portal.owners.items())
        if owner.is_archived is archived and number > after and email in (None, owner.email)
    ]
    page = ahead[:limit]
    body: Json = {"results": [owner.body() for owner in page]}
    return Response.json(body | (visit.next_page(str(page[-1].number)) if len(ahead) > limit else {}))


def owner(visit: Visit, id_: str) -> Response:
    """GET owners/{id}, by the id of the owner or of their user."""
    visit.grant.require("crm.objects.owners.read")
    number, by_user = number_of(id_), visit.request.parameter("idProperty") == "userId"
    found = [one for one in visit.portal.owners.values() if (one.user if by_user else one.number) == number]
    if not found or found[0].is_archived is not visit.flag("archived"):
        raise not_found()
    return Response.json(found[0].body())


def pipelines(visit: Visit, name: str) -> Response:
    """GET pipelines/{type}."""
    kind = _described(visit, name)
    return Response.json({"results": [one.body(place) for place, one in enumerate(visit.portal.pipelines(kind))]})


def pipeline(visit: Visit, name: str, id_: str) -> Response:
    """GET pipelines/{type}/{id}."""
    kind = _described(visit, name)
    return Response.json(_chosen(visit.portal, kind, id_))


def stages(visit: Visit, name: str, id_: str) -> Response:
    """GET pipelines/{type}/{id}/stages."""
    kind = _described(visit, name)
    return Response.json({"results": _chosen(visit.portal, kind, id_)["stages"]})


def properties(visit: Visit, name: str) -> Response:
    """GET properties/{type}: every definition."""
    kind = _described(visit, name)
    schema = visit.portal.schema.of(kind)
    return Response.json({"results": [_definition(visit.portal, kind, one) for one in schema.values()]})


def property_(visit: Visit, name: str, which: str) -> Response:
    """GET properties/{type}/{name}."""
    kind = _described(visit, name)
    schema = visit.portal.schema.of(kind)
    if which not in schema:
        raise not_found(f"Property {which} does not exist")
    return Response.json(_definition(visit.portal, kind, schema[which]))


def account(visit: Visit) -> Response:
    """GET account-info/…/details."""
    return Response.json(visit.portal.account.body(visit.portal.now()))


def _described(visit: Visit, name: str) -> Kind:
    kind = kind_of(name)
    visit.grant.require(kind.read_scope, f"crm.schemas.{kind.name}.read", "crm.objects.contacts.read")
    return kind


def _chosen(portal: Portal, kind: Kind, id_: str) -> Json:
    for place, one in enumerate(portal.pipelines(kind)):
        if one.id == id_:
            return one.body(place)
    raise not_found(f"Pipeline {id_} not found")


def _definition(portal: Portal, kind: Kind, one: Property) -> Json:
    options = [
        {"label": label, "value": value, "displayOrder": place, "hidden": False}
        for place, (value, label) in enumerate(_options(portal, kind, one))
    ]
    return {
        "name": one.name,
        "label": one.label,
        "type": str(one.type),
        "fieldType": "checkbox" if one.is_several else _FIELD_TYPES.get(one.type, _field_type(one)),
        "description": "",
        "groupName": f"{kind.label.lower()}information",
        "options": options,
        "displayOrder": -1,
        "calculated": one.is_calculated,
        "externalOptions": one.name == "hubspot_owner_id",
        "hasUniqueValue": False,
        "hidden": False,
        "hubspotDefined": not one.is_own,
        "formField": False,
        "archived": False,
        "createdAt": stamp(0),
        "updatedAt": stamp(0),
        "modificationMetadata": {
            "archivable": one.is_own, "readOnlyDefinition": not one.is_own, "readOnlyValue": one.is_calculated,
        },
    }  # fmt: skip


def _field_type(one: Property) -> str:
    return "booleancheckbox" if one.type is Type.BOOL else "text"


def _options(portal: Portal, kind: Kind, one: Property) -> list[tuple[str, str]]:
    if one.name == STAGE_OF.get(kind.name):
        known: list[Stage] = list(portal.stages(kind).values())
        return [(stage.id, stage.label) for stage in known]
    if one.name == PIPELINE_OF.get(kind.name):
        return [(pipeline.id, pipeline.label) for pipeline in portal.pipelines(kind)]
    return list(one.options)
