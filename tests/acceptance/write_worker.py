"""One process that writes into a simulated CRM what was asked for, and goes on where the last one was killed."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from stalewatch.clock import SystemClock
from stalewatch.domain.writebacks import Writeback, WriteEvent
from stalewatch.sdk.connector import Connector
from stalewatch.sdk.errors import Conflict, ConnectorError
from stalewatch.sdk.testing import connection_settings
from stalewatch.services.writing import writes
from stalewatch.services.writing.moving import Target, Wrote
from stalewatch.services.writing.writes import Writes
from stalewatch.store import leases, writebacks
from stalewatch.store.engine import Database
from stalewatch_hubspot.connector import HubSpotConnector
from stalewatch_hubspot.transport import Pace as HubSpotPace
from stalewatch_salesforce.connector import SalesforceConnector
from stalewatch_salesforce.transport import Pace as SalesforcePace

WRITER: Final = {"writeback": "fields", "allow_custom_host": True}
_PAUSES: Final = (0.01, 0.02)


class Design(StrEnum):
    """How a write is made: ours, and the usual one."""

    OURS = "intent, write, look, record"
    WRITES_FIRST = "write, then record"


class HastySalesforce(SalesforceConnector):
    """An org that answers at once, or not at all."""

    timeout_seconds = 0.3
    settle_after_seconds = 0.02


class HastyHubSpot(HubSpotConnector):
    """The same of a portal."""

    timeout_seconds = 0.3
    settle_after_seconds = 0.02


def salesforce(options: dict[str, Any]) -> Connector:
    told = connection_settings({**options, **WRITER}, Path(), now=lambda: datetime.now(UTC))
    return HastySalesforce(told, SalesforcePace(pauses=_PAUSES, call=5))


def hubspot(options: dict[str, Any]) -> Connector:
    told = connection_settings({**options, **WRITER}, Path(), now=lambda: datetime.now(UTC))
    return HastyHubSpot(told, HubSpotPace(pauses=_PAUSES, call=5))


def write_all(url: str, crm: str, options: dict[str, Any], design: Design) -> None:
    """Write until nothing is left. That what fails five times is set aside has its own stories."""
    leases.PATIENCE = 1_000  # type: ignore[misc]
    if design is Design.WRITES_FIRST:
        _spoil()
    connector = (salesforce if crm == "salesforce" else hubspot)(options)
    database = Database(url)
    targets = {"crm": Target(connect=lambda: connector, allowed=Writeback.FIELDS)}
    while True:
        Writes(database, SystemClock(), targets).run()
        with database.read() as conn:
            if not any(row.state in writebacks.UNFINISHED for row in writebacks.waiting(conn)):
                break
        time.sleep(0.01)
    database.dispose()


def _spoil() -> None:
    """The usual design: no intent, no look; whoever comes next does it again."""

    def serve(self: Any, row: Any, target: Any, done: Wrote) -> None:
        from stalewatch.services.writing.wishes import change_of

        with self.db.read() as conn:
            change = change_of(conn, row)
        try:
            written = target.connect().write_back(change)
        except Conflict as error:  # what this design wrote and did not record is taken for somebody else's word
            self.overtaken(_as_begun(self, row), error, done)
            return
        except ConnectorError:
            with self.db.write() as conn:
                self.rest(conn, row, 0)
            return
        self.written(_as_begun(self, row), WriteEvent.WRITTEN, None, written, done)

    def _as_begun(self: Any, row: Any) -> Any:
        with self.db.write() as conn:
            self.rest(conn, row, 0, state="writing")
        with self.db.read() as conn:
            again = writebacks.one(conn, row.id)
        with self.db.write() as conn:
            self.hold(conn, again, 0)
        return again

    writes._Worker.serve = serve  # type: ignore[method-assign]
    writes.LEASE = 60_000  # type: ignore[misc]
