"""Bulk API 2.0, for queries: jobs that run by themselves, and their results as pages of CSV."""

from __future__ import annotations

import itertools
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as BadBase64
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from stalewatch_sandbox.salesforce.bulk_results import Results
from stalewatch_sandbox.salesforce.errors import ApiError, not_found
from stalewatch_sandbox.salesforce.ids import long_id
from stalewatch_sandbox.salesforce.org import Org
from stalewatch_sandbox.salesforce.soql.projecting import told
from stalewatch_sandbox.salesforce.soql.running import Listing, listing
from stalewatch_sandbox.serving.exchange import BadBody, Request, Response

JOBS_A_DAY: Final = 10_000
_USUAL: Final = 50_000
"""Records of a page for clients that do not say how many they want."""
_DAY: Final = timedelta(hours=24)
_ENDED: Final = frozenset({"JobComplete", "Failed", "Aborted"})
_OPERATIONS: Final = {"query": False, "queryAll": True}
_REFUSED: Final = frozenset({"OpportunityStage", "LeadStatus", "TaskStatus", "RecordType", "CurrencyType", "UserRole"})
"""Objects that can be queried, but not in bulk."""


@dataclass(slots=True)
class Job:
    """One query job."""

    id: str
    operation: str
    version: str
    by: str
    at: datetime
    listing: Listing
    results: Results
    state: str = "UploadComplete"
    error: str | None = None
    polls: int = 0

    def document(self) -> dict[str, Any]:
        """What clients are told of it."""
        said = {
            "id": self.id, "operation": self.operation, "object": self.listing.object, "createdById": self.by,
            "createdDate": told(self.at), "systemModstamp": told(self.at), "state": self.state,
            "concurrencyMode": "Parallel", "contentType": "CSV", "apiVersion": float(self.version), "lineEnding": "LF",
            "columnDelimiter": "COMMA", "jobType": "V2Query", "numberRecordsProcessed": len(self.results),
            "retries": 0, "totalProcessingTime": 0, "isPkChunkingSupported": not self.listing.is_ordered,
        }  # fmt: skip
        return said | ({"errorMessage": self.error} if self.error else {})


@dataclass(slots=True)
class BulkJobs:
    """The query jobs of one org.

    Attributes:
        polls: how often a job is asked after before it is complete.
        rows_a_poll: how many rows a job gets done from one question to the next; None: all.
        daily: how many jobs there may be in 24 hours.
        refused: objects that are not offered in bulk.
        failure: ends every job with these words in place of a result.
        lost: rows that are missing from each page although its header counts them.
        stain: makes a cell dirty, given the column and the text.
    """

    org: Org
    polls: int = 2
    rows_a_poll: int | None = None
    daily: int = JOBS_A_DAY
    refused: frozenset[str] = _REFUSED
    failure: str | None = None
    lost: int = 0
    stain: Callable[[str, str], str] | None = None
    jobs: dict[str, Job] = field(default_factory=dict)
    _made: list[datetime] = field(default_factory=list)
    _numbers: Any = field(default_factory=lambda: itertools.count(1))

    def create(self, request: Request, version: str) -> Response:
        """A new job.

        Raises:
            ApiError: for what the Bulk API does not do.
        """
        document = _document(request)
        operation, text = str(document.get("operation")), document.get("query")
        if operation not in _OPERATIONS or not isinstance(text, str):
            raise ApiError(400, "INVALIDJOB", f"InvalidJob : {operation} is not an operation of a query job")
        now = self.org.clock.now()
        self._made = [at for at in self._made if at > now - _DAY]
        if len(self._made) >= self.daily:
            raise ApiError(400, "LIMIT_EXCEEDED", f"Max number of query jobs ({self.daily}) for 24 hours was reached")
        found = listing(self.org, text, include_deleted=_OPERATIONS[operation])
        if found.object in self.refused:
            raise ApiError(400, "INVALIDENTITY", f"Entity '{found.object}' is not supported by the Bulk API.")
        self._made.append(now)
        id_ = long_id(f"750SANDBOX{next(self._numbers):05}"[:15])
        results = Results(found.header, found.rows, self.stain)
        self.jobs[id_] = job = Job(id_, operation, version, self.org.user, now, found, results)
        return Response.json(job.document(), weight=1, kind="bulk job")

    def all(self) -> Response:
        """Every job there is."""
        return Response.json(
            {"done": True, "records": [job.document() for job in self.jobs.values()], "nextRecordsUrl": None},
            weight=1, kind="bulk jobs",
        )  # fmt: skip

    def state(self, id_: str) -> Response:
        """How far a job is. Asking lets it go on."""
        job = self._job(id_)
        if job.state not in _ENDED:
            self._go_on(job)
        return Response.json(job.document(), weight=1, kind="bulk state")

    def results(self, id_: str, request: Request, version: str) -> Response:
        """A page of a result; `Sforce-Locator` leads to the next, and is the text "null" on the last."""
        job = self._job(id_)
        if job.version != version:
            raise ApiError(409, "API_ERROR", "Use the API version that the job was created with")
        if job.state != "JobComplete":
            raise ApiError(400, "INVALIDJOBSTATE", f"There are no results: the job is in state {job.state}")
        most, first = request.parameter("maxRecords"), _offset(request.parameter("locator"))
        if (most is not None and not most.isdigit()) or most == "0" or first > len(job.results):
            raise ApiError(400, "INVALID_PARAMETER", "maxRecords or locator is no usable value")
        last = min(first + int(most or _USUAL), len(job.results))
        body = job.results.page(first, max(first, last - self.lost))
        locator = _locator(last) if last < len(job.results) else "null"
        headers = {"Content-Type": "text/csv; charset=UTF-8"}
        page = Response(200, body, headers, weight=1, kind="bulk results")
        return page.with_headers(Sforce_NumberOfRecords=str(last - first), Sforce_Locator=locator)

    def abort(self, id_: str, request: Request) -> Response:
        """End a job before its time."""
        job = self._job(id_)
        if _document(request).get("state") != "Aborted" or job.state in _ENDED:
            raise ApiError(400, "INVALIDJOBSTATE", f"Transition from {job.state} not supported")
        job.state = "Aborted"
        return Response.json(job.document(), weight=1, kind="bulk job")

    def delete(self, id_: str) -> Response:
        """Forget a job and its results."""
        if self._job(id_).state not in _ENDED:
            raise ApiError(400, "INVALIDJOBSTATE", "Only jobs that have ended can be deleted")
        del self.jobs[id_]
        return Response(204, weight=1, kind="bulk delete")

    def expire(self) -> None:
        """Every job is gone, as after seven days."""
        self.jobs.clear()

    def remaining(self) -> int:
        """Jobs that may still be made today."""
        return max(0, self.daily - len(self._made))

    def _go_on(self, job: Job) -> None:
        job.polls, job.state = job.polls + 1, "InProgress"
        if job.polls >= self.polls and self.failure is not None:
            job.state, job.error = "Failed", self.failure
        elif (job.polls >= self.polls or self.rows_a_poll) and job.results.take(self.rows_a_poll):
            job.state = "JobComplete" if job.polls >= self.polls else job.state

    def _job(self, id_: str) -> Job:
        found = self.jobs.get(id_) or self.jobs.get(_whole(id_))
        if found is None:
            raise not_found()
        return found


def _whole(id_: str) -> str:
    return long_id(id_) if len(id_) == 15 and id_.isalnum() else id_


def _document(request: Request) -> dict[str, Any]:
    try:
        document = request.json()
    except BadBody as error:
        raise ApiError(400, "JSON_PARSER_ERROR", str(error)) from error
    if not isinstance(document, dict):
        raise ApiError(400, "JSON_PARSER_ERROR", "not an object")
    return document


def _locator(first: int) -> str:
    return urlsafe_b64encode(str(first).encode()).decode().rstrip("=")


def _offset(locator: str | None) -> int:
    if not locator or locator == "null":
        return 0
    try:
        return int(urlsafe_b64decode(locator + "=" * (-len(locator) % 4)))
    except (BadBase64, ValueError) as error:
        raise ApiError(400, "INVALID_QUERY_LOCATOR", "invalid query locator") from error
