"""What a portal demands of values that a client writes."""

from __future__ import annotations

import json
from collections.abc import Mapping

from stalewatch_sandbox.hubspot.consequences import PIPELINE_OF, STAGE_OF
from stalewatch_sandbox.hubspot.errors import Refused, invalid, refusal
from stalewatch_sandbox.hubspot.kinds import Kind
from stalewatch_sandbox.hubspot.portal import Portal
from stalewatch_sandbox.hubspot.values import normalized


def check_written(portal: Portal, kind: Kind, properties: Mapping[str, str]) -> None:
    """Raise Refused (400) with every value that cannot be written."""
    found = [wrong for name, value in properties.items() if (wrong := _wrong(portal, kind, name, value))]
    if found:
        said = json.dumps([{"isValid": False, **wrong} for wrong in found])
        details = [{"message": wrong["message"], "code": wrong["error"], "context": {"propertyName": [wrong["name"]]}}
                   for wrong in found]  # fmt: skip
        raise invalid(f"Property values were not valid: {said}", errors=details)


def check_whole(portal: Portal, kind: Kind, properties: Mapping[str, str]) -> None:
    """Raise Refused (400) if something is missing that a new record must have."""
    for name in portal.schema.required[kind.name]:
        if not properties.get(name):
            raise missing_property(name)


def missing_property(name: str) -> Refused:
    """400: that property is required."""
    return refusal(
        400, "MISSING_REQUIRED_PROPERTY", f"Error creating record. Required property {name!r} has no value",
        errors=[{"message": f"{name} is required", "code": "MISSING_REQUIRED_PROPERTY",
                 "context": {"properties": [name]}}],
    )  # fmt: skip


def _wrong(portal: Portal, kind: Kind, name: str, value: str) -> dict[str, str] | None:
    schema = portal.schema.of(kind)
    if name not in schema:
        message, error = f'Property "{name}" does not exist', "PROPERTY_DOESNT_EXIST"
    elif schema[name].is_calculated:
        message, error = f'"{name}" is a read only property; its value cannot be set.', "READ_ONLY_VALUE"
    elif value and normalized(value, schema[name].type) is None:
        message, error = f'"{value}" was not a valid {schema[name].type}.', f"INVALID_{schema[name].type.upper()}"
    elif value and not _is_allowed(portal, kind, name, value):
        message, error = f'"{value}" was not one of the allowed options', "INVALID_OPTION"
    else:
        return None
    return {"message": message, "error": error, "name": name}


def _is_allowed(portal: Portal, kind: Kind, name: str, value: str) -> bool:
    if name == STAGE_OF.get(kind.name):
        return value in portal.stages(kind)
    if name == PIPELINE_OF.get(kind.name):
        return value in {pipeline.id for pipeline in portal.pipelines(kind)}
    if name == "hubspot_owner_id":
        return value.isdigit() and int(value) in portal.owners
    options = portal.schema.of(kind)[name].options
    return not options or value in {option for option, _ in options}
