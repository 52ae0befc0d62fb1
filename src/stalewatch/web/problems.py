"""Every error as `application/problem+json` (RFC 9457): what went wrong, where in the request, and what was meant.

Nothing of what happens inside is told; a fault of ours says only that it was one, and under which number it is logged.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

import msgspec
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from stalewatch.domain.language.nearest import nearest
from stalewatch.sdk.errors import StalewatchError
from stalewatch.services.operating.faults import CursorNotUnderstood, StoreError
from stalewatch.web.counting import StillCounting

log = logging.getLogger("stalewatch.web")

MEDIA: Final = "application/problem+json"
OURS: Final = "urn:stalewatch:problem:"
RETRY_AFTER: Final = 5
"""Seconds after which a database that was busy or away may be asked again."""


BEING_COUNTED: Final = "being_counted"
"""The kind of a problem that is none: the figures will be there in a moment."""


class Problem(Exception):  # an answer, raised where it is found
    """An error answer.

    Args:
        status: of HTTP.
        kind: names a problem of ours ("too_long"); None: the status says it all.
        more: further members of the answer.
    """

    def __init__(
        self, status: int, detail: str, *,
        kind: str | None = None, headers: Mapping[str, str] | None = None, **more: Any,
    ) -> None:  # fmt: skip
        super().__init__(detail)
        self.status, self.detail, self.kind, self.headers, self.more = status, detail, kind, headers, more

    def response(self) -> Response:
        """The answer as it is sent."""
        body = {
            "type": f"{OURS}{self.kind}" if self.kind else "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            **self.more,
        }
        return Response(msgspec.json.encode(body), self.status, self.headers, MEDIA)


Shown = Callable[[Request, Problem], Response | None]


def handle_problems(app: FastAPI, page: Shown) -> None:
    """Let every error that a route raises become a problem; `page` makes it one for people, where they asked."""
    app.state.problem_page = page
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(HTTPException, _of_http)
    app.add_exception_handler(RequestValidationError, _of_validation)
    app.add_exception_handler(StalewatchError, _of_ours)
    app.add_exception_handler(StillCounting, _of_counting)


def answer_of(request: Request, problem: Problem) -> Response:
    """The problem as whoever asked reads it: a page, or `application/problem+json`."""
    page: Shown = request.app.state.problem_page
    return page(request, problem) or problem.response()


async def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)  # noqa: S101 - what it is registered for
    return answer_of(request, error)


async def _of_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    said = {
        404: "There is nothing here, or nothing that you may see.",
        405: f"{request.method} is not done here.",
    }
    detail = said.get(error.status_code, HTTPStatus(error.status_code).description or "This cannot be done.")
    return answer_of(request, Problem(error.status_code, detail, headers=error.headers))


async def _of_validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    errors = [_told(one, _names(request)) for one in error.errors()]
    detail = "; ".join(f"{one['name']}: {one['message']}" for one in errors)
    return answer_of(request, Problem(422, detail, kind="invalid", errors=errors))


async def _of_ours(request: Request, error: Exception) -> Response:
    assert isinstance(error, StalewatchError)  # noqa: S101
    if isinstance(error, CursorNotUnderstood):
        told = [{"in": "query", "name": "next", "message": error.what}]
        return answer_of(request, Problem(422, f"next: {error.what}; {error.cure}", kind="invalid", errors=told))
    log.warning("%s", error)
    if isinstance(error, StoreError):
        headers = {"Retry-After": str(RETRY_AFTER)}
        return answer_of(request, Problem(503, "The database does not answer now. Try again.", headers=headers))
    return answer_of(request, Problem(500, "Something went wrong here; the log says what."))


async def _of_counting(request: Request, _error: Exception) -> Response:
    said = "The figures are still being counted. Ask again in a moment."
    return answer_of(request, Problem(503, said, kind=BEING_COUNTED, headers={"Retry-After": "10"}))


def _names(request: Request) -> Sequence[str]:
    """The query parameters that the route understands."""
    route = request.scope.get("route")
    return getattr(route, "query_names", ())


def _told(error: Mapping[str, Any], known: Sequence[str]) -> dict[str, Any]:
    place, *path = error["loc"]
    name = ".".join(str(part) for part in path) or str(place)
    told = {"in": str(place), "name": name, "message": str(error["msg"])}
    if error["type"] == "json_invalid":
        return {**told, "name": "body", "message": "the body is not JSON"}
    if error["type"] != "extra_forbidden":
        return told
    near = nearest(name, known) if place == "query" else None
    guess = f"; did you mean {near.name}?" if near else ""
    told["message"] = f"there is no such {'parameter' if place == 'query' else 'member'}{guess}"
    return {**told, "did_you_mean": near.name} if near else told
