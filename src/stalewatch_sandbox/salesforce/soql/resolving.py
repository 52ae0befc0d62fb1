"""Finds what the names of a query mean in the schema of an org."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from stalewatch_sandbox.salesforce.errors import ApiError, in_query
from stalewatch_sandbox.salesforce.schema import Field, SObject
from stalewatch_sandbox.salesforce.soql.nodes import Path
from stalewatch_sandbox.salesforce.table import Row

if TYPE_CHECKING:
    from stalewatch_sandbox.salesforce.org import Org

Getter = Callable[[Row], Any]
_DEEPEST: Final = 5
"""Parents of parents that a path may go through."""
_TYPE: Final = Field(name="Type", type="picklist", label="Type")
"""What a relationship to several objects says of the one it points to."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """A path that means something.

    Attributes:
        parents: reference fields on the way, and the canonical names of the relationships.
        get: reads its value from a row.
    """

    field: Field
    parents: tuple[Field, ...]
    get: Getter

    @property
    def is_own(self) -> bool:
        """Whether it is a field of the object itself."""
        return not self.parents


class Scope:
    """The object that a query is from."""

    def __init__(self, org: Org, source: Path, text: str) -> None:
        """Find the object.

        Raises:
            ApiError: INVALID_TYPE.
        """
        name, *aliases = source.names
        found = org.schema.object(name)
        if found is None:
            raise in_query(
                "INVALID_TYPE", text, source.at,
                f"sObject type '{name}' is not supported. If you are attempting to use a custom object, be sure to "
                "append the '__c' after the entity name. Please reference your WSDL or the describe call for the "
                "appropriate names.",
            )  # fmt: skip
        self.org, self.text, self.sobject = org, text, found
        self._aliases = {name.lower(), *(alias.lower() for alias in aliases)}

    def resolve(self, path: Path) -> Resolved:
        """What a path means.

        Raises:
            ApiError: INVALID_FIELD.
        """
        names = path.names[1:] if len(path.names) > 1 and path.names[0].lower() in self._aliases else path.names
        if len(names) - 1 > _DEEPEST:
            raise in_query("INVALID_FIELD", self.text, path.at, "SOQL relationship path is too long")
        sobject, parents = self.sobject, []
        for name in names[:-1]:
            reference = sobject.relationship(name)
            if reference is None or not reference.references:
                raise in_query(
                    "INVALID_FIELD", self.text, path.at, f"Didn't understand relationship '{name}' in field path. If "
                    "you are attempting to use a custom relationship, be sure to append the '__r' after the custom "
                    "relationship name. Please reference your WSDL or the describe call for the appropriate names.",
                )  # fmt: skip
            parents.append(reference)
            sobject = self._target(reference, names[-1])
        is_mixed = bool(parents) and len(parents[-1].references) > 1
        field = _TYPE if is_mixed and names[-1].lower() == "type" else sobject.field(names[-1])
        if field is None:
            raise no_such_column(names[-1], sobject.name, self.text, path.at)
        return Resolved(field, tuple(parents), self._getter(parents, field))

    def _target(self, reference: Field, name: str) -> SObject:
        """The object behind a reference; of several the first that has the field."""
        targets = [found for one in reference.references if (found := self.org.schema.object(one)) is not None]
        if not targets:
            raise ApiError(400, "INVALID_FIELD", f"No access to the target of {reference.name}")
        return next((one for one in targets if one.field(name)), targets[0])

    def _getter(self, parents: list[Field], field: Field) -> Getter:
        name, default = field.name, False if field.type == "boolean" else None
        if not parents:
            return lambda row: row.get(name, default)
        org, steps = self.org, [parent.name for parent in parents]

        def read(row: Row | None) -> Any:
            for step in steps:
                row = org.find(row.get(step)) if row is not None else None
            if row is None:
                return None
            return org.object_of(row["Id"]) if field is _TYPE else row.get(name, default)

        return read


def no_such_column(name: str, entity: str, text: str, at: int) -> ApiError:
    """The error for a field that is not there, or that the user may not see."""
    return in_query(
        "INVALID_FIELD", text, at,
        f"No such column '{name}' on entity '{entity}'. If you are attempting to use a custom field, be sure to append "
        "the '__c' after the custom field name. Please reference your WSDL or the describe call for the appropriate "
        "names.",
    )  # fmt: skip
