"""One worker process over one of the two CRMs: it reads, judges and tells what is to be told, and ends."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from stalewatch.clock import FixedClock
from stalewatch.domain.instants import MINUTE
from stalewatch.sdk.connector import Connector
from stalewatch.sdk.testing import connection_settings
from stalewatch.services.operating.cycle import Cycle, Source
from stalewatch.services.syncing import sync
from stalewatch.store import leases
from stalewatch.store.engine import Database
from stalewatch_hubspot.connector import HubSpotConnector
from stalewatch_salesforce.connector import SalesforceConnector
from tests.acceptance.two_desks_office import RULES, SPEAKING
from tests.delivery.ledger import LedgerNotifier
from tests.services.world import rulebook

BOOK = rulebook(RULES)
"""Read once, in the process that all workers come from."""
_MADE: Mapping[str, type[Connector]] = {"sf": SalesforceConnector, "hs": HubSpotConnector}


def work(place: Path, crm: str, options: Mapping[str, Any], now: datetime) -> None:
    """Do one round with the database and the ledger in a folder; a lease that a dead worker left runs out at once."""
    sync.LEASE, leases.PATIENCE = 60_000, 1_000  # type: ignore[misc]  # being parked after five has its own story
    clock, database = FixedClock(now), Database(f"sqlite:///{place / 'run.db'}")
    settings = connection_settings(options, id=crm, now=clock.now, reads={"deal": ["stage"]})
    source = Source(type=crm, connect=lambda: _MADE[crm](settings), every=5 * MINUTE)  # type: ignore[call-arg]
    mail = LedgerNotifier(place / "ledger", clock.now)
    cycle = Cycle(database, clock, BOOK, SPEAKING, {crm: None}, {crm: source}, lambda: mail)
    while cycle.sync(force=True)[0].is_busy:
        time.sleep(0.02)
    cycle.recompute()
    cycle.tick()
    cycle.dispatch()
    database.dispose()
