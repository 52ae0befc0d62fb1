"""The schema as `describe` tells it."""

from __future__ import annotations

from datetime import UTC
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any, Final

from stalewatch_sandbox.salesforce.org import Org
from stalewatch_sandbox.salesforce.schema import Field, SObject, prefix
from stalewatch_sandbox.serving.exchange import Request, Response

_SOAP: Final = {
    "id": "tns:ID", "reference": "tns:ID", "boolean": "xsd:boolean", "int": "xsd:int", "date": "xsd:date",
    "datetime": "xsd:dateTime", "double": "xsd:double", "currency": "xsd:double", "percent": "xsd:double",
}  # fmt: skip
_LENGTHS: Final = {"id": 18, "reference": 18, "textarea": 32_000, "email": 80, "string": 255, "picklist": 255}


def describe_all(org: Org, version: str) -> Response:
    """Every object in short."""
    objects = [_summary(one, version) for one in org.schema]
    document = {"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": objects}
    return Response.json(document, weight=1, kind="describe")


def describe(org: Org, sobject: SObject, request: Request, version: str) -> Response:
    """One object in full; 304 if the client knows the schema as it is."""
    changed = org.schema.changed_at.replace(microsecond=0)
    known = request.header("if-modified-since")
    modified = format_datetime(changed.astimezone(UTC), usegmt=True)
    if known is not None and parsedate_to_datetime(known).astimezone(UTC) >= changed:
        return Response(304, headers={"Last-Modified": modified}, weight=1, kind="describe")
    document = _summary(sobject, version) | {
        "fields": [_field(one, sobject) for one in sobject.fields.values()],
        "childRelationships": [
            {"childSObject": child, "field": field, "relationshipName": name, "cascadeDelete": False}
            for name, (child, field) in sobject.children.items()
        ],
        "recordTypeInfos": [
            {
                "recordTypeId": row["Id"], "name": row["Name"], "developerName": row["DeveloperName"],
                "active": True, "available": True, "master": False,
            }
            for row in org.tables["RecordType"]
            if row["SobjectType"] == sobject.name
        ],
    }  # fmt: skip
    return Response.json(document, weight=1, kind="describe").with_headers(Last_Modified=modified)


def _summary(sobject: SObject, version: str) -> dict[str, Any]:
    base = f"/services/data/v{version}/sobjects/{sobject.name}"
    return {
        "name": sobject.name, "label": sobject.name, "labelPlural": sobject.name, "keyPrefix": prefix(sobject.name),
        "custom": False, "queryable": True, "retrieveable": True, "createable": sobject.is_writable,
        "updateable": sobject.is_writable, "deletable": sobject.is_writable, "replicateable": True,
        "searchable": False, "urls": {"sobject": base, "describe": f"{base}/describe", "rowTemplate": f"{base}/{{ID}}"},
    }  # fmt: skip


def _field(field: Field, sobject: SObject) -> dict[str, Any]:
    is_writable = field.is_writable and sobject.is_writable and not field.is_calculated
    return {
        "name": field.name, "label": field.label or field.name, "type": field.type,
        "soapType": _SOAP.get(field.type, "xsd:string"), "length": _LENGTHS.get(field.type, 0),
        "nillable": field.is_nillable, "custom": field.is_custom, "calculated": field.is_calculated,
        "createable": is_writable, "updateable": is_writable, "filterable": field.is_filterable,
        "sortable": field.is_filterable, "groupable": field.is_filterable and field.type != "datetime",
        "restrictedPicklist": field.is_restricted, "referenceTo": list(field.references),
        "relationshipName": field.relationship, "defaultedOnCreate": not is_writable, "unique": field.type == "id",
        "nameField": field.name == "Name", "polymorphicForeignKey": len(field.references) > 1,
        "picklistValues": [
            {"active": True, "defaultValue": False, "label": value, "validFor": None, "value": value}
            for value in field.values
        ],
    }  # fmt: skip
