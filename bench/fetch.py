"""Fetching and parsing deals: the connectors beside the official clients, the Singer taps and dlt, on the same servers.

The servers are simulated and run in a process of their own; what is counted is the client's processor. Every peer
reads the same deals and must come to the same number of them. Ours are counted twice: up to typed rows, which is what a
client answers, and up to the records that the store takes.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Final

import msgspec

from bench.crm_servers import NOW, Server, serving
from bench.environments import NotInstalled, at_work
from bench.measuring import Seconds, say, spent
from stalewatch.sdk.connector import Connector
from stalewatch.sdk.testing import connection_settings
from stalewatch_hubspot import queries as hubspot_queries
from stalewatch_hubspot.api import Api
from stalewatch_hubspot.connector import HubSpotConnector
from stalewatch_hubspot.queries import DEALS
from stalewatch_salesforce.asking import Asking
from stalewatch_salesforce.connector import SalesforceConnector
from stalewatch_salesforce.discovery import discover
from stalewatch_salesforce.harvest import Harvest
from stalewatch_salesforce.options import read_options
from stalewatch_salesforce.org import OPPORTUNITY
from stalewatch_salesforce.queries import select
from stalewatch_salesforce.remedies import Remedies

SIZE: Final = 20_000
TURNS: Final = 5
PROPERTIES: Final = (
    "dealname", "dealstage", "pipeline", "amount", "closedate", "createdate", "hubspot_owner_id",
    "hs_lastmodifieddate", "hs_is_closed", "hs_is_closed_won", "hs_next_step", "closed_lost_reason",
    "hs_v2_date_entered_current_stage", "hs_merged_object_ids", "deal_currency_code",
)  # fmt: skip
"""What the design asks for of each deal."""
READS: Final = {"deal": ["stage", "amount", "close_date"]}


def main() -> None:
    """Microseconds of the processor per deal, side by side."""
    with serving("hubspot", SIZE) as server:
        hubspot(server)
    with serving("salesforce", SIZE) as server:
        salesforce(server)


def hubspot(server: Server) -> None:
    """Search after search of 200 deals."""
    limits = {"searches": 1_000, "burst": 100_000}
    options = {"auth": {"token": server.token}, "base_url": server.url, "allow_custom_host": True, "limits": limits}
    connector = HubSpotConnector(connection_settings(options, id="hs", now=lambda: NOW, reads=READS))
    filters = hubspot_queries.modified(DEALS, _ms(-1), _ms(1))
    fetch = lambda: sum(len(page.rows) for page in Api(connector.transport).keyset(DEALS, filters, PROPERTIES))  # noqa: E731
    ours = _ours("HubSpot", fetch, connector)
    question = msgspec.json.encode(hubspot_queries.search(filters, PROPERTIES, "0")).decode()
    for peer in ("hubspot_client", "tap_hubspot", "dlt"):
        _beside("HubSpot", peer, server, question, ours)


def salesforce(server: Server) -> None:
    """Pages of 2,000 opportunities."""
    auth = {"flow": "client_credentials", "login_url": server.url, "client_id": "sandbox-client",
            "client_secret": "sandbox-secret"}  # fmt: skip
    options = {"auth": auth, "allow_custom_host": True}
    settings = connection_settings(options, id="sf", now=lambda: NOW, reads=READS)
    connector = SalesforceConnector(settings)
    told = read_options(settings)
    org = discover(connector.transport, told.deal.fields.values(), None)
    asking = Asking(settings, told, connector.transport, org, lambda: org)
    remedy = Remedies(asking).goes_on
    chain = lambda: asking.chain(OPPORTUNITY)  # noqa: E731
    fetch = lambda: _rows(Harvest(connector.transport, [chain()], [], remedy, kind="full"))  # noqa: E731
    ours = _ours("Salesforce", fetch, connector)
    question = select(chain().shape().fields, OPPORTUNITY, (), "ORDER BY Id")
    for peer in ("simple_salesforce", "tap_salesforce", "dlt"):
        _beside("Salesforce", peer, server, question, ours)


def _rows(harvest: Harvest) -> int:
    return sum(len(rows) for batch in harvest.batches() for rows in batch.rows.values())


def _ours(crm: str, fetch: Callable[[], int], connector: Connector) -> Seconds:
    """What a page costs up to rows, and a whole pull up to records."""
    assert fetch() == SIZE, "not every deal was read"
    rows, whole = spent(fetch, TURNS), spent(lambda: _deals(connector), TURNS)
    say(f"           {crm}: {_each(rows)} to typed rows; a whole first reading, to records: {_each(whole)}")
    return rows


def _deals(connector: Connector) -> int:
    found = sum(len(page.deals) for page in connector.pull(None))
    assert found == SIZE, f"{found} deals"
    return found


def _beside(crm: str, peer: str, server: Server, question: str, ours: Seconds) -> None:
    try:
        with at_work(peer, server.url, server.token, str(SIZE), question) as turn:
            theirs = Seconds([turn() for _ in range(TURNS)])
    except NotInstalled as reason:
        say(f"           {peer}: not measured, it could not be installed here ({reason})")
        return
    say(f"{theirs.median / ours.median:8.1f}x  {crm}: {_each(ours)} against {_each(theirs)} ({peer})")


def _each(took: Seconds) -> str:
    return f"{took.median / SIZE * 1e6:.3g} µs a deal (best {took.least / SIZE * 1e6:.3g})"


def _ms(days: int) -> int:
    return int((NOW + timedelta(days=days)).timestamp() * 1000)
