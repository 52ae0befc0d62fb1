"""Bulk API 2.0: query jobs that Salesforce works on by itself, and their results, page by page into a file."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import IO, Any, Final
from urllib.parse import quote_plus

import msgspec

from stalewatch.sdk.errors import ConnectorError, NeedsReconnect, Refused, TryLater
from stalewatch_salesforce.errors import Broken, Fault, Next
from stalewatch_salesforce.queries import ROOT
from stalewatch_salesforce.transport import Reply, Transport, code_of

ROWS_A_PAGE: Final = 50_000
_JOBS: Final = f"{ROOT}/jobs/query"
_END: Final = "null"
_NOT_FOR_US: Final = frozenset({"FEATURENOTENABLED", "FUNCTIONALITY_NOT_ENABLED", "INVALIDENTITY"})
"""Codes with which a user who may read by REST is kept from bulk jobs, whatever the status."""
_ABORTED: Final = b'{"state":"Aborted"}'
_GONE: Final = 404


class Ticket(msgspec.Struct, frozen=True):
    """Where an object stands: its job ("" before there is one), the page of its result, and jobs that failed."""

    job: str = ""
    locator: str = ""
    failures: int = 0

    def told(self) -> list[Any]:
        """The same for a cursor; `Ticket(*told)` is the way back."""
        return [self.job, self.locator, self.failures]


class State(msgspec.Struct):
    """How far a job is, as far as we read it."""

    id: str
    state: str = ""
    errorMessage: str | None = None  # noqa: N815  # the name is Salesforce's

    @property
    def is_complete(self) -> bool:
        """Its result can be fetched."""
        return self.state == "JobComplete"

    @property
    def has_failed(self) -> bool:
        """It will never have a result."""
        return self.state in ("Failed", "Aborted")


@dataclass(frozen=True, slots=True)
class Fetched:
    """A page that lies in `file`, from its header on.

    Attributes:
        count: how many records Salesforce says are in it.
        locator: leads to the next page; "" after the last.
    """

    file: IO[bytes]
    count: int
    locator: str


class JobLost(Exception):
    """A job failed, or it or its result is not there any more (they are kept for seven days). It is made anew."""

    def __init__(self, words: str, *, has_failed: bool) -> None:
        super().__init__(words)
        self.has_failed = has_failed


@dataclass(frozen=True, slots=True)
class Jobs:
    """The query jobs of one org."""

    transport: Transport

    def create(self, soql: str) -> str | None:
        """The id of a new job; None if this cannot be read in bulk, or not today: REST can.

        Raises:
            TryLater, NeedsReconnect: as `Transport.call`.
        """
        body = msgspec.json.encode({"operation": "queryAll", "query": soql, "contentType": "CSV"})
        try:
            return self.transport.call("POST", _JOBS, _state, body=body, kind="bulk").id
        except Refused:
            return None  # an object, a query or a day that bulk jobs are not for; what is wrong with it REST will say
        except NeedsReconnect as error:
            if code_of(error) in _NOT_FOR_US:
                return None
            raise

    def state(self, job: str) -> State:
        """How far a job is.

        Raises:
            JobLost: it is not there any more.
        """
        try:
            return self.transport.call("GET", f"{_JOBS}/{job}", _state, kind="bulk")
        except Refused as error:
            raise _gone(error) from error

    def page(self, job: str, locator: str) -> Fetched:
        """Fetch one page of a result into a file of its own, which ends when it is closed.

        Raises:
            JobLost: its result is not there any more.
        """
        more = f"&locator={quote_plus(locator)}" if locator else ""
        path = f"{_JOBS}/{job}/results?maxRecords={ROWS_A_PAGE}{more}"
        with ExitStack() as undone:
            file = undone.enter_context(TemporaryFile())
            try:
                count, following = self.transport.call(
                    "GET", path, _read_page, headers={"Accept": "text/csv"}, kind="bulk", sink=file
                )
            except Refused as error:
                raise _gone(error) from error
            if following == locator and locator:
                raise TryLater("Salesforce leads in a circle while the result of a bulk job is read")
            file.seek(0)
            undone.pop_all()  # whoever reads it closes it
            return Fetched(file, count, following)

    def delete(self, job: str) -> None:
        """Let Salesforce forget a job. One that will not go ends by itself after seven days, and stops nobody."""
        with suppress(TryLater):
            try:
                self._delete(job)
            except Refused:  # it is being worked on, or it is gone
                with suppress(Refused):
                    self.transport.call("PATCH", f"{_JOBS}/{job}", _state, body=_ABORTED, kind="bulk")
                    self._delete(job)

    def _delete(self, job: str) -> None:
        self.transport.call("DELETE", f"{_JOBS}/{job}", lambda reply: reply.status, kind="bulk")


def _state(reply: Reply) -> State:
    return msgspec.json.decode(reply.body, type=State)


def _read_page(reply: Reply) -> tuple[int, str]:
    """What the headers of a page say; without them nobody can tell whether it is whole."""
    count, locator = reply.headers.get("sforce-numberofrecords", ""), reply.headers.get("sforce-locator")
    if not count.isdigit() or locator is None:
        raise Broken(Fault(Next.RETRY, reply.status, "", "a page of a bulk result that does not say how long it is"))
    return int(count), "" if locator == _END else locator


def _gone(error: Refused) -> JobLost | ConnectorError:
    fault = error.__dict__.get("fault")
    return JobLost(str(error), has_failed=False) if isinstance(fault, Fault) and fault.status == _GONE else error
