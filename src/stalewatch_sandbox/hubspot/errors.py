"""What the portal says when it refuses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import uuid4

Json = dict[str, object]


class Refused(Exception):
    """The request is answered with an error.

    Attributes:
        status: of HTTP.
        body: as HubSpot writes it.
        headers: further ones.
    """

    def __init__(self, status: int, body: Json, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{status} {body.get('category')}: {body.get('message')}")
        self.status, self.body, self.headers = status, body, dict(headers or {})


def refusal(status: int, category: str, message: str, **more: object) -> Refused:
    """An error in HubSpot's usual shape; `more` are further members of the body."""
    body: Json = {"status": "error", "message": message, "correlationId": str(uuid4()), "category": category}
    return Refused(status, body | more)


def invalid(message: str, **more: object) -> Refused:
    """400: the request makes no sense."""
    return refusal(400, "VALIDATION_ERROR", message, **more)


def not_found(message: str = "resource not found") -> Refused:
    """404: there is no such thing."""
    return refusal(404, "OBJECT_NOT_FOUND", message)


def missing_scopes(scopes: Sequence[str]) -> Refused:
    """403: the token may not do that."""
    said = "This app hasn't been granted all required scopes to make this call. Read more about required scopes here:"
    detail = {"message": "One or more of the following scopes are required.", "context": {
        "requiredGranularScopes": list(scopes)}}  # fmt: skip
    return refusal(403, "MISSING_SCOPES", f"{said} https://developers.hubspot.com/scopes.", errors=[detail])


def rate_limited(policy: str, limit: str, headers: Mapping[str, str] | None = None) -> Refused:
    """429: too many requests under a policy such as TEN_SECONDLY_ROLLING."""
    body: Json = {
        "status": "error",
        "message": f"You have reached your {limit} limit.",
        "errorType": "RATE_LIMIT",
        "correlationId": str(uuid4()),
        "policyName": policy,
        "requestId": str(uuid4()),
    }
    return Refused(429, body, headers)


def item_error(category: str, message: str, context: Mapping[str, Sequence[str]], **more: object) -> Json:
    """One error among the results of a batch."""
    spread = {name: list(values) for name, values in context.items()}
    return {"status": "error", "category": category, "message": message, "context": spread} | more
