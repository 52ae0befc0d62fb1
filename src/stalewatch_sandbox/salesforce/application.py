"""The REST API: which address does what, who may, and what it costs."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

from stalewatch_sandbox.salesforce import composite, describing, writing
from stalewatch_sandbox.salesforce.bulk import BulkJobs
from stalewatch_sandbox.salesforce.errors import ApiError, not_found
from stalewatch_sandbox.salesforce.limits import Limits
from stalewatch_sandbox.salesforce.login import Logins
from stalewatch_sandbox.salesforce.org import Org
from stalewatch_sandbox.salesforce.queries import Queries
from stalewatch_sandbox.salesforce.replication import Replication
from stalewatch_sandbox.salesforce.schema import SObject
from stalewatch_sandbox.serving.exchange import Request, Response
from stalewatch_sandbox.serving.faults import Faults, answer

OLDEST, NEWEST = 31, 68
_NO_SCREENS: Final = (
    '<!doctype html><html lang="en"><title>Simulated Salesforce</title>'
    "<p>This Salesforce is simulated: it has the API and no screens. In a real one this would be the record.</p></html>"
)
_DATA: Final = re.compile(r"/services/data/v(\d+\.0)(/.*)?")


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request under /services/data/vNN.0, and what its address says."""

    request: Request
    version: str
    parts: tuple[str, ...]


_Handler = Callable[[_Asked], Response]


class Application:
    """One org behind HTTP."""

    def __init__(self, org: Org, logins: Logins, faults: Faults) -> None:
        self.org, self.logins, self._faults = org, logins, faults
        self.limits, self.queries, self.replication = Limits(), Queries(org), Replication(org)
        self.bulk = BulkJobs(org)
        self._routes: list[tuple[str, re.Pattern[str], _Handler]] = [
            ("GET", re.compile(r"/(query|queryAll)/?"), self._query),
            ("GET", re.compile(r"/(?:query|queryAll)/([\w-]+)"), self._more),
            ("POST", re.compile(r"/composite/?"), lambda ask: composite.composite(ask.request, self._inner)),
            ("POST", re.compile(r"/composite/batch/?"), lambda ask: composite.batch(ask.request, self._inner)),
            ("GET", re.compile(r"/limits/?"), self._limits),
            ("POST", re.compile(r"/jobs/query/?"), lambda ask: self.bulk.create(ask.request, ask.version)),
            ("GET", re.compile(r"/jobs/query/?"), lambda _: self.bulk.all()),
            ("GET", re.compile(r"/jobs/query/(\w+)/?"), lambda ask: self.bulk.state(ask.parts[0])),
            ("PATCH", re.compile(r"/jobs/query/(\w+)/?"), lambda ask: self.bulk.abort(ask.parts[0], ask.request)),
            ("DELETE", re.compile(r"/jobs/query/(\w+)/?"), lambda ask: self.bulk.delete(ask.parts[0])),
            ("GET", re.compile(r"/jobs/query/(\w+)/results/?"), self._results),
            ("GET", re.compile(r"/sobjects/?"), lambda ask: describing.describe_all(org, ask.version)),
            ("POST", re.compile(r"/sobjects/(\w+)/?"), self._create),
            ("GET", re.compile(r"/sobjects/(\w+)/(describe)/?"), self._describe),
            ("GET", re.compile(r"/sobjects/(\w+)/(deleted|updated)/?"), self._replicate),
            ("GET", re.compile(r"/sobjects/(\w+)/(\w+)/?"), self._read),
            ("PATCH", re.compile(r"/sobjects/(\w+)/(\w+)/?"), self._change),
            ("DELETE", re.compile(r"/sobjects/(\w+)/(\w+)/?"), self._remove),
        ]

    def handle(self, request: Request) -> Response:
        """Answer a request."""
        with self.org.lock:
            now = self.org.settle()
            try:
                response = self._answer(request)
            except ApiError as error:
                response = error.response()
            if response.weight:
                self.limits.count(response.weight, now)
                response = response.with_headers(Sforce_Limit_Info=self.limits.header(now))
            return response

    def _answer(self, request: Request) -> Response:
        path = request.path
        if path == "/services/oauth2/token" and request.method == "POST":
            return self.logins.token(request)
        if path == "/services/oauth2/revoke" and request.method == "POST":
            return self.logins.revoked(request)
        if path.rstrip("/") == "/services/data":
            return _versions()
        if path.startswith("/lightning/"):
            return Response.text(_NO_SCREENS, 404)
        self.logins.require(request)
        if self.limits.is_exhausted(self.org.clock.now()):
            raise ApiError(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
        if path == "/services/oauth2/userinfo":
            return self._userinfo()
        return self._data(request)

    def _data(self, request: Request) -> Response:
        """What is under /services/data/vNN.0/."""
        found = _DATA.fullmatch(unquote(request.path))
        if found is None or not OLDEST <= float(found[1]) <= NEWEST:
            raise not_found()
        version, rest = found[1], found[2] or "/"
        if rest == "/":
            names = ("query", "queryAll", "sobjects", "composite", "limits", "jobs")
            return Response.json({name: f"/services/data/v{version}/{name}" for name in names}, weight=1, kind="root")
        matches = [
            (method, match, handler) for method, shape, handler in self._routes if (match := shape.fullmatch(rest))
        ]
        for method, match, handler in matches:
            if method == request.method:
                return handler(_Asked(request, version, match.groups()))
        if matches:
            raise ApiError(405, "METHOD_NOT_ALLOWED", f"HTTP Method '{request.method}' not allowed.")
        raise not_found()

    def _inner(self, request: Request) -> Response:
        """Answer one part of a composite, under the faults that are about such parts."""
        try:
            return answer(self._faults.meeting(request), request, self._data)
        except ApiError as error:
            return error.response()

    def _query(self, ask: _Asked) -> Response:
        return self.queries.query(ask.request, ask.version, include_deleted=ask.parts[0] == "queryAll")

    def _more(self, ask: _Asked) -> Response:
        return self.queries.more(ask.request, ask.version, ask.parts[0])

    def _results(self, ask: _Asked) -> Response:
        return self.bulk.results(ask.parts[0], ask.request, ask.version)

    def _limits(self, ask: _Asked) -> Response:
        document = self.limits.document(self.org.clock.now())
        document["DailyBulkV2QueryJobs"] = {"Max": self.bulk.daily, "Remaining": self.bulk.remaining()}
        return Response.json(document, weight=1, kind="limits")

    def _describe(self, ask: _Asked) -> Response:
        return describing.describe(self.org, self._object(ask), ask.request, ask.version)

    def _replicate(self, ask: _Asked) -> Response:
        read = self.replication.deleted if ask.parts[1] == "deleted" else self.replication.updated
        return read(self._object(ask), ask.request)

    def _create(self, ask: _Asked) -> Response:
        return writing.create(self.org, self._object(ask), ask.request)

    def _read(self, ask: _Asked) -> Response:
        return writing.read(self.org, self._object(ask), ask.parts[1], ask.request, ask.version)

    def _change(self, ask: _Asked) -> Response:
        return writing.change(self.org, self._object(ask), ask.parts[1], ask.request)

    def _remove(self, ask: _Asked) -> Response:
        return writing.remove(self.org, self._object(ask), ask.parts[1])

    def _object(self, ask: _Asked) -> SObject:
        found = self.org.schema.object(ask.parts[0])
        if found is None:
            raise not_found()
        return found

    def _userinfo(self) -> Response:
        row: dict[str, Any] = self.org.record(self.org.user)
        organization = next(iter(self.org.tables["Organization"]))["Id"]
        url = self.logins.instance_url
        document = {
            "sub": f"{url}/id/{organization}/{row['Id']}", "user_id": row["Id"], "organization_id": organization,
            "preferred_username": row["Username"], "name": row["Name"], "email": row["Email"], "active": True,
            "zoneinfo": row["TimeZoneSidKey"], "locale": row["LocaleSidKey"], "language": row["LanguageLocaleKey"],
            "urls": {"rest": f"{url}/services/data/v{{version}}/", "query": f"{url}/services/data/v{{version}}/query/"},
        }  # fmt: skip
        return Response.json(document, weight=1, kind="userinfo")


def _versions() -> Response:
    numbers = range(OLDEST, NEWEST + 1)
    known = [{"label": f"v{one}", "url": f"/services/data/v{one}.0", "version": f"{one}.0"} for one in numbers]
    return Response.json(known, kind="versions")
