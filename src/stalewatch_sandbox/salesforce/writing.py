"""Records that clients create, change and delete, and everything for which Salesforce refuses to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

from stalewatch_sandbox.salesforce import removal
from stalewatch_sandbox.salesforce.errors import ApiError
from stalewatch_sandbox.salesforce.ids import NotAnId, long_id
from stalewatch_sandbox.salesforce.org import Org
from stalewatch_sandbox.salesforce.schema import Field, SObject
from stalewatch_sandbox.salesforce.soql.projecting import attributes, told
from stalewatch_sandbox.salesforce.stock import REQUIRED
from stalewatch_sandbox.salesforce.table import Row
from stalewatch_sandbox.serving.exchange import BadBody, Request, Response

_LONGEST: Final = {("Opportunity", "Name"): 120, ("Account", "Name"): 255}
_USUAL_LENGTH: Final = {"string": 255, "picklist": 255, "email": 80, "textarea": 32_000}
_MODERN: Final[dict[str, Callable[[Any], Any]]] = {
    "date": lambda text: date.fromisoformat(text[:10]),
    "datetime": lambda text: datetime.fromisoformat(text).astimezone(UTC),
}


def read(org: Org, sobject: SObject, id_: str, request: Request, version: str) -> Response:
    """GET a record, with all fields or those that are named.

    Raises:
        ApiError: if it, or a field, is not there.
    """
    row = existing(org, sobject, id_)
    wanted = (request.parameter("fields") or ",".join(one.name for one in sobject.fields.values())).split(",")
    record = {"attributes": attributes(sobject.name, row["Id"], version)}
    for name in wanted:
        field = sobject.field(name.strip())
        if field is None:
            raise ApiError(400, "INVALID_FIELD", f"No such column '{name}' on entity '{sobject.name}'")
        record[field.name] = told(row.get(field.name, False if field.type == "boolean" else None))
    return Response.json(record, weight=1, kind="record")


def create(org: Org, sobject: SObject, request: Request) -> Response:
    """POST a record.

    Raises:
        ApiError: for what cannot be written.
    """
    values = _values(sobject, _body(request))
    missing = [name for name in REQUIRED.get(sobject.name, ()) if values.get(name) in (None, "")]
    if missing:
        message = f"Required fields are missing: [{', '.join(missing)}]"
        raise ApiError(400, "REQUIRED_FIELD_MISSING", message, missing)
    _validate(org, sobject, values, values)
    made = {"id": org.insert(sobject.name, values), "success": True, "errors": []}
    return Response.json(made, 201, weight=1, kind="create")


def change(org: Org, sobject: SObject, id_: str, request: Request) -> Response:
    """PATCH a record, unless it changed since `If-Unmodified-Since`.

    Raises:
        ApiError: for what cannot be written.
    """
    row, since = existing(org, sobject, id_), request.header("if-unmodified-since")
    if since is not None and row["LastModifiedDate"] > parsedate_to_datetime(since).astimezone(UTC):
        return Response(412, weight=1, kind="update")
    values = _values(sobject, _body(request))
    emptied = [name for name in REQUIRED.get(sobject.name, ()) if name in values and values[name] in (None, "")]
    if emptied:
        message = f"Required fields are missing: [{', '.join(emptied)}]"
        raise ApiError(400, "REQUIRED_FIELD_MISSING", message, emptied)
    _validate(org, sobject, values, row | values)
    org.update(row["Id"], values)
    return Response(204, weight=1, kind="update")


def remove(org: Org, sobject: SObject, id_: str) -> Response:
    """DELETE a record: it goes into the bin.

    Raises:
        ApiError: if it is not there.
    """
    removal.delete(org, existing(org, sobject, id_)["Id"])
    return Response(204, weight=1, kind="delete")


def existing(org: Org, sobject: SObject, id_: str) -> Row:
    """The record with an id.

    Raises:
        ApiError: NOT_FOUND, MALFORMED_ID, or ENTITY_IS_DELETED.
    """
    try:
        row = org.find(long_id(id_))
    except NotAnId:
        raise ApiError(400, "MALFORMED_ID", f"{sobject.name} ID: id value of incorrect type: {id_}", ["Id"]) from None
    if row is None or org.object_of(row["Id"]) != sobject.name or not org.is_visible(sobject.name, row):
        raise ApiError(404, "NOT_FOUND", "Provided external ID field does not exist or is not accessible: Id")
    if row.get("IsDeleted"):
        raise ApiError(404, "ENTITY_IS_DELETED", "entity is deleted", [])
    return row


def _body(request: Request) -> dict[str, Any]:
    try:
        document = request.json()
    except BadBody as error:
        raise ApiError(400, "JSON_PARSER_ERROR", str(error)) from error
    if not isinstance(document, dict):
        raise ApiError(400, "JSON_PARSER_ERROR", "Unexpected parameter encountered during deserialization")
    return {name: value for name, value in document.items() if name != "attributes"}


def _values(sobject: SObject, document: dict[str, Any]) -> dict[str, Any]:
    """What a client sent, in the types of the fields."""
    values = {}
    for name, given in document.items():
        field = sobject.field(name)
        if field is None:
            raise ApiError(400, "INVALID_FIELD", f"No such column '{name}' on sobject of type {sobject.name}")
        if not field.is_writable or field.is_calculated or not sobject.is_writable:
            message = (
                f"Unable to create/update fields: {field.name}. Please check the security settings of this field and "
                "verify that it is read/write for your profile or permission set."
            )
            raise ApiError(400, "INVALID_FIELD_FOR_INSERT_UPDATE", message, [field.name])
        values[field.name] = None if given in (None, "") else _typed(sobject, field, given)
    return values


def _typed(sobject: SObject, field: Field, given: Any) -> Any:
    try:
        value = _MODERN[field.type](given) if field.type in _MODERN else given
        if field.type == "reference":
            return long_id(given)
    except (NotAnId, TypeError):
        raise ApiError(
            400, "MALFORMED_ID", f"{field.name}: id value of incorrect type: {given}", [field.name]
        ) from None
    except ValueError:
        message = f"Cannot deserialize instance of {field.type} from VALUE_STRING value {given}"
        raise ApiError(400, "JSON_PARSER_ERROR", message) from None
    if field.is_restricted and given not in field.values:
        message = f"{field.label or field.name}: bad value for restricted picklist field: {given}"
        raise ApiError(400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, [field.name])
    longest = _LONGEST.get((sobject.name, field.name), _USUAL_LENGTH.get(field.type, 0))
    if isinstance(value, str) and longest and len(value) > longest:
        message = f"{field.label or field.name}: data value too large: {value[:40]} (max length={longest})"
        raise ApiError(400, "STRING_TOO_LONG", message, [field.name])
    return value


def _validate(org: Org, sobject: SObject, values: dict[str, Any], row: Row) -> None:
    """References must lead somewhere, and the administrator's rules must hold."""
    for name, value in values.items():
        field = sobject.field(name)
        if field is not None and field.type == "reference" and value is not None and org.find(value) is None:
            raise ApiError(400, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", [])
    for rule in org.validation:
        message = rule(sobject.name, row)
        if message is not None:
            raise ApiError(400, "FIELD_CUSTOM_VALIDATION_EXCEPTION", message, [])
