"""HubSpot's API: from a request over permission and limits to the handler of its path."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from stalewatch_sandbox.hubspot import linking, reads, settings, writes
from stalewatch_sandbox.hubspot.credentials import Credentials
from stalewatch_sandbox.hubspot.errors import Refused, invalid, not_found, refusal
from stalewatch_sandbox.hubspot.limits import Limits
from stalewatch_sandbox.hubspot.paths import place
from stalewatch_sandbox.hubspot.portal import Portal
from stalewatch_sandbox.hubspot.search import WALL
from stalewatch_sandbox.hubspot.visit import Visit
from stalewatch_sandbox.serving.exchange import BadBody, Request, Response

Handler = Callable[..., Response]
Routes = Mapping[tuple[str, ...], tuple[str, Handler]]

_OBJECTS: Final[Routes] = {
    ("POST", "objects", "*", "search"): ("search", reads.search),
    ("POST", "objects", "*", "batch", "read"): ("batch", reads.batch_read),
    ("POST", "objects", "*", "batch", "create"): ("write", writes.batch_create),
    ("POST", "objects", "*", "batch", "update"): ("write", writes.batch_update),
    ("POST", "objects", "*", "batch", "archive"): ("write", writes.batch_archive),
    ("POST", "objects", "*", "merge"): ("write", writes.merge),
    ("POST", "objects", "*"): ("write", writes.create),
    ("GET", "objects", "*"): ("list", reads.get_page),
    ("GET", "objects", "*", "*"): ("get", reads.get_one),
    ("PATCH", "objects", "*", "*"): ("write", writes.update),
    ("DELETE", "objects", "*", "*"): ("write", writes.archive),
}
_LINKS: Final[Routes] = {
    ("GET", "objects", "*", "*", "associations", "*"): ("associations", linking.get_page),
    ("PUT", "objects", "*", "*", "associations", "default", "*", "*"): ("write", linking.associate_default),
    ("PUT", "objects", "*", "*", "associations", "*", "*"): ("write", linking.associate),
    ("DELETE", "objects", "*", "*", "associations", "*", "*"): ("write", linking.dissociate),
    ("POST", "associations", "*", "*", "batch", "read"): ("associations", linking.batch_read),
    ("POST", "associations", "*", "*", "batch", "associate", "default"): ("write", linking.batch_associate_default),
}
_SETTINGS: Final[Routes] = {
    ("GET", "owners"): ("owners", settings.owners),
    ("GET", "owners", "*"): ("owners", settings.owner),
    ("GET", "pipelines", "*"): ("pipelines", settings.pipelines),
    ("GET", "pipelines", "*", "*"): ("pipelines", settings.pipeline),
    ("GET", "pipelines", "*", "*", "stages"): ("pipelines", settings.stages),
    ("GET", "properties", "*"): ("properties", settings.properties),
    ("GET", "properties", "*", "*"): ("properties", settings.property_),
    ("GET", "account-info", "details"): ("account", settings.account),
}
_ROUTES: Final[Routes] = {**_OBJECTS, **_LINKS, **_SETTINGS}
_UNSURE: Final = "*"


class HubSpotApi:
    """The application that a server serves.

    Attributes:
        wall: no search answers rows beyond that one.
        hides_emails: without their scope, mails are shown with blanks in place of being refused; both are seen.
    """

    def __init__(
        self, portal: Portal, now: Callable[[], datetime], ticks: Callable[[], float] = time.monotonic
    ) -> None:
        """`ticks` are the seconds in which rate limits count; real ones unless told otherwise."""
        self.portal = portal
        self.credentials = Credentials(now, portal.account.portal)
        self.limits = Limits(now, portal.account.zone, ticks)
        self.wall = WALL
        self.hides_emails = False

    def handle(self, request: Request) -> Response:
        """Answer; what is refused is an answer too."""
        where = place(request.path)
        if where == ("oauth", "token"):
            return self._token(request)
        if where == ("oauth", "access-token-info"):
            return self._token_info(request)
        kind, handler, arguments = _routed(request.method, where)
        headers: dict[str, str] = {}
        try:
            grant = self.credentials.check(request.header("authorization"))
            if kind == "search":
                self.limits.search()
            else:
                headers = self.limits.call()
            if handler is None:
                raise not_found() if kind else refusal(405, "INVALID_METHOD", "HTTP 405 Method Not Allowed")
            visit = Visit(self.portal, grant, request, self.wall, self.hides_emails)
            with self.portal.lock:
                self.portal.settle()
                response = handler(visit, *arguments)
        except Refused as refused:
            response = _refused(refused)
        return replace(response, headers={**response.headers, **headers}, weight=1, kind=kind or "unknown")

    def _token_info(self, request: Request) -> Response:
        """What a lasting token may do; it is asked with the token itself."""
        try:
            asked = request.json() if request.method == "POST" else {}
            response = Response.json(self.credentials.told(str(asked.get("tokenKey", ""))))
        except (BadBody, Refused) as error:
            response = _refused(error if isinstance(error, Refused) else invalid(str(error)))
        return replace(response, weight=1, kind="scopes")

    def _token(self, request: Request) -> Response:
        try:
            if request.method != "POST":
                raise invalid("POST is expected")
            response = Response.json(self.credentials.exchange(request.form))
        except Refused as refused:
            response = _refused(refused)
        return replace(response, kind="token")


def _refused(refused: Refused) -> Response:
    response = Response.json(refused.body, refused.status)
    return replace(response, headers={**response.headers, **refused.headers})


def _routed(method: str, where: tuple[str, ...]) -> tuple[str, Handler | None, tuple[str, ...]]:
    """The kind of a call, who answers it, and what the stars of its path are."""
    wanted = (method, *where)
    for pattern, (kind, handler) in _ROUTES.items():
        if len(pattern) == len(wanted) and all(a in (_UNSURE, b) for a, b in zip(pattern, wanted, strict=True)):
            return kind, handler, tuple(b for a, b in zip(pattern, wanted, strict=True) if a == _UNSURE)
    is_known = any(len(pattern) == len(wanted) and pattern[1] == where[0] for pattern in _ROUTES) if where else False
    return ("" if is_known else "unknown"), None, ()
