"""Several requests in one: `composite` counts as one call, `composite/batch` counts each of its own."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, Final

from stalewatch_sandbox.salesforce.errors import ApiError
from stalewatch_sandbox.serving.exchange import BadBody, Request, Response

MOST: Final = 25
MOST_QUERIES: Final = 5
_QUERY: Final = re.compile(r"/services/data/v[\d.]+/(?:query|queryAll)/?(?:[?/]|$)")
_REFERENCE: Final = re.compile(r"@\{(\w+)((?:\.\w+|\[\d+\])*)\}")
_STEP: Final = re.compile(r"\.(\w+)|\[(\d+)\]")


def composite(request: Request, handle: Callable[[Request], Response]) -> Response:
    """Answer the sub-requests in their order; each has a status of its own.

    Raises:
        ApiError: for a body that is none, or has too much in it.
    """
    document = _document(request, "compositeRequest")
    parts: list[dict[str, Any]] = document["compositeRequest"]
    queries = sum(bool(_QUERY.match(str(part.get("url", "")))) for part in parts)
    if len(parts) > MOST:
        raise ApiError(400, "LIMIT_EXCEEDED", f"Maximum number of subrequests exceeded: {MOST}")
    if queries > MOST_QUERIES:
        raise ApiError(400, "LIMIT_EXCEEDED", f"Maximum number of query subrequests exceeded: {MOST_QUERIES}")
    if len({part.get("referenceId") for part in parts}) != len(parts):
        raise ApiError(400, "INVALID_INPUT", "Duplicate referenceId in composite request")
    known: dict[str, Any] = {}
    answers, has_failed = [], False
    for part in parts:
        if has_failed and document.get("allOrNone"):
            answers.append(_halted(part))
            continue
        response = handle(_inner(request, part, known))
        body = response.value() if response.body else None
        known[part["referenceId"]] = body
        has_failed = has_failed or response.status >= 400
        headers = {name: value for name, value in response.headers.items() if name == "Location"}
        answers.append(
            {
                "body": body,
                "httpHeaders": headers,
                "httpStatusCode": response.status,
                "referenceId": part["referenceId"],
            }
        )
    return Response.json({"compositeResponse": answers}, weight=1, kind="composite")


def batch(request: Request, handle: Callable[[Request], Response]) -> Response:
    """Answer independent sub-requests; every one of them counts.

    Raises:
        ApiError: for a body that is none, or has too much in it.
    """
    parts = _document(request, "batchRequests")["batchRequests"]
    if len(parts) > MOST:
        raise ApiError(400, "LIMIT_EXCEEDED", f"Maximum number of batch requests exceeded: {MOST}")
    answers: list[dict[str, Any]] = []
    has_errors = False
    for part in parts:
        address = "/services/data/" + str(part.get("url", "")).removeprefix("/services/data/").lstrip("/")
        response = handle(_inner(request, part | {"url": address, "body": part.get("richInput")}, {}))
        has_errors = has_errors or response.status >= 400
        answers.append({"statusCode": response.status, "result": response.value() if response.body else None})
    document = {"hasErrors": has_errors, "results": answers}
    return Response.json(document, weight=len(parts), kind="batch")


def _document(request: Request, key: str) -> dict[str, Any]:
    try:
        document = request.json()
    except BadBody as error:
        raise ApiError(400, "JSON_PARSER_ERROR", str(error)) from error
    if not isinstance(document, dict) or not isinstance(document.get(key), list):
        raise ApiError(400, "JSON_PARSER_ERROR", f"missing required field: {key}")
    return document


def _inner(request: Request, part: dict[str, Any], known: dict[str, Any]) -> Request:
    url = str(_filled(part.get("url", ""), known))
    body = b"" if part.get("body") is None else json.dumps(_filled(part["body"], known)).encode()
    headers = {**request.headers, **{name.lower(): str(v) for name, v in (part.get("httpHeaders") or {}).items()}}
    return Request(str(part.get("method", "GET")), url, headers, body, inside=request)


def _filled(value: Any, known: dict[str, Any]) -> Any:
    """References such as @{NewTask.id} in place of which comes what an earlier part answered."""
    if isinstance(value, dict):
        return {name: _filled(one, known) for name, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, known) for one in value]
    if not isinstance(value, str):
        return value
    return _REFERENCE.sub(lambda found: str(_read(known, found)), value)


def _read(known: dict[str, Any], found: re.Match[str]) -> Any:
    try:
        value = known[found[1]]
        for name, index in _STEP.findall(found[2]):
            value = value[name] if name else value[int(index)]
    except (LookupError, TypeError):
        raise ApiError(400, "PROCESSING_HALTED", f"Invalid reference specified. No value for {found[0]}") from None
    return value


def _halted(part: dict[str, Any]) -> dict[str, Any]:
    error = ApiError(400, "PROCESSING_HALTED", "The transaction was rolled back since another operation failed.")
    answer = {"body": error.body(), "httpHeaders": {}, "httpStatusCode": 400}
    return answer | {"referenceId": part["referenceId"]}
