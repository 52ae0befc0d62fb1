"""The resources `deleted` and `updated`: which records went or changed within at most 15 days."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from stalewatch_sandbox.salesforce.errors import ApiError
from stalewatch_sandbox.salesforce.org import Org
from stalewatch_sandbox.salesforce.schema import SObject
from stalewatch_sandbox.salesforce.soql.projecting import told
from stalewatch_sandbox.serving.exchange import Request, Response

_FURTHEST: Final = timedelta(days=15)
_MOST: Final = 600_000


class Replication:
    """Answers for one org.

    Attributes:
        lag: how far behind the present the answers are complete.
    """

    def __init__(self, org: Org) -> None:
        self._org, self.lag = org, timedelta()

    def deleted(self, sobject: SObject, request: Request) -> Response:
        """Records that went into the bin, or out of it for good.

        Raises:
            ApiError: INVALID_REPLICATION_DATE, EXCEEDED_ID_LIMIT.
        """
        start, end = self._window(request)
        table = self._org.tables[sobject.name]
        gone = [
            (row["Id"], row["SystemModstamp"])
            for row in table.between("SystemModstamp", start, end)
            if row["IsDeleted"]
        ]
        gone += [(id_, at) for name, id_, at in self._org.purged if name == sobject.name and start <= at <= end]
        if len(gone) > _MOST:
            raise ApiError(400, "EXCEEDED_ID_LIMIT", f"Too many deleted records: {len(gone)}")
        document = {
            "deletedRecords": [{"id": id_, "deletedDate": told(at)} for id_, at in gone],
            "earliestDateAvailable": told(self._org.clock.now() - _FURTHEST),
            "latestDateCovered": told(min(end, self._org.clock.now() - self.lag)),
        }
        return Response.json(document, weight=1, kind="deleted")

    def updated(self, sobject: SObject, request: Request) -> Response:
        """Ids of records that were created or changed.

        Raises:
            ApiError: INVALID_REPLICATION_DATE.
        """
        start, end = self._window(request)
        rows = self._org.tables[sobject.name].between("SystemModstamp", start, end)
        document = {
            "ids": [row["Id"] for row in rows if not row["IsDeleted"]],
            "latestDateCovered": told(min(end, self._org.clock.now() - self.lag)),
        }
        return Response.json(document, weight=1, kind="updated")

    def _window(self, request: Request) -> tuple[datetime, datetime]:
        """The span asked for; seconds do not count."""
        bounds = []
        for name in ("start", "end"):
            text = (request.parameter(name) or "").replace(" ", "+")
            try:
                moment = datetime.fromisoformat(text)
            except ValueError:
                raise ApiError(400, "INVALID_REPLICATION_DATE", f"{name} is no date: {text}") from None
            bounds.append((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).replace(second=0, microsecond=0))
        start, end = bounds
        if start < self._org.clock.now() - _FURTHEST - timedelta(minutes=1):
            raise ApiError(400, "INVALID_REPLICATION_DATE", "startDate before org replication enabled date")
        if end - start < timedelta(minutes=1):
            raise ApiError(
                400, "INVALID_REPLICATION_DATE", "endDate must be at least one minute greater than startDate"
            )
        return start, end
