"""A simulated portal or org full of deals, in a process of its own, so that only the clients' processor is counted.

    python -m bench.crm_servers hubspot|salesforce HOW_MANY

Says where it is and a token for it, as one line of JSON, and serves until its input ends.
"""

from __future__ import annotations

import itertools
import json
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import httpx

from stalewatch_sandbox.hubspot.api import HubSpotApi
from stalewatch_sandbox.hubspot.credentials import READ_ALL
from stalewatch_sandbox.hubspot.faults import catalogue
from stalewatch_sandbox.hubspot.kinds import KINDS
from stalewatch_sandbox.hubspot.portal import Portal
from stalewatch_sandbox.hubspot.records import Record
from stalewatch_sandbox.hubspot.server import TOKEN
from stalewatch_sandbox.salesforce.sandbox import SalesforceSandbox
from stalewatch_sandbox.serving.clock import Clock
from stalewatch_sandbox.serving.exchange import Request, Response
from stalewatch_sandbox.serving.server import SandboxServer, Switchboard

NOW: Final = datetime(2026, 4, 1, 12, tzinfo=UTC)
_PAGE: Final = 100
_DEALS: Final = next(kind for kind in KINDS if kind.name == "deals")


@dataclass(frozen=True, slots=True)
class Server:
    """Where a simulated CRM is, and a token that opens it."""

    url: str
    token: str


@contextmanager
def serving(crm: str, size: int) -> Iterator[Server]:
    """A simulated CRM with so many open deals, in a process of its own."""
    command = [sys.executable, "-m", "bench.crm_servers", crm, str(size)]
    with subprocess.Popen(command, stdin=-1, stdout=-1, text=True) as process:  # noqa: S603  # nothing from outside
        assert process.stdin is not None
        assert process.stdout is not None
        yield Server(**json.loads(process.stdout.readline()))
        process.stdin.close()


class Legacy:
    """A portal with the two calls of the first API that tap-hubspot still makes for deals."""

    def __init__(self, api: HubSpotApi) -> None:
        self._api, self._pages = api, dict[int, bytes]()

    def handle(self, request: Request) -> Response:
        """Answer the old calls, and leave the others to the portal."""
        if request.path == "/properties/v1/deals/properties":
            return Response.json([{"name": one, "type": "string"} for one in self._names()])
        if request.path == "/deals/v1/deal/paged":
            return Response(
                200, self._page(int(request.parameter("offset") or 0)), {"Content-Type": "application/json"}
            )
        return self._api.handle(request)

    def _names(self) -> list[str]:
        return sorted(self._api.portal.records(_DEALS, archived=False)[0].now.properties)

    def _page(self, offset: int) -> bytes:
        if offset not in self._pages:
            records = self._api.portal.records(_DEALS, archived=False)
            deals = [_legacy(one) for one in records[offset : offset + _PAGE]]
            end = offset + _PAGE
            document = {"deals": deals, "hasMore": end < len(records), "offset": end}
            self._pages[offset] = json.dumps(document).encode()
        return self._pages[offset]


def _legacy(record: Record) -> dict[str, Any]:
    at = int(NOW.timestamp() * 1000)
    told = {
        name: {"value": value, "timestamp": at, "source": "API", "sourceId": None}
        for name, value in record.now.properties.items()
    }
    return {"portalId": 1, "dealId": record.now.number, "isDeleted": False, "properties": told}


def _hubspot(size: int) -> tuple[SandboxServer, str]:
    clock, seconds = Clock(NOW - timedelta(hours=1)), itertools.count(0, 100)
    portal = Portal(clock.now)
    api = HubSpotApi(portal, clock.now, lambda: float(next(seconds)))  # no limit of calls is ever met
    dice = random.Random(size)  # noqa: S311  # no secret
    for number in range(size):
        portal.create("deals", {
            "dealname": f"Renewal of customer {number}", "pipeline": "default", "dealstage": "appointmentscheduled",
            "hubspot_owner_id": "11", "amount": str(dice.randrange(10**7)), "closedate": "2026-06-30T00:00:00Z",
            "hs_next_step": "send the draft of the contract",
        })  # fmt: skip
    clock.advance(timedelta(hours=1))
    server = SandboxServer(Legacy(api), Switchboard.at(clock, catalogue(api)))
    return server, api.credentials.add_token(TOKEN, READ_ALL)


def _salesforce(size: int) -> tuple[SalesforceSandbox, str]:
    sandbox = SalesforceSandbox(NOW)
    dice = random.Random(size)  # noqa: S311  # no secret
    for number in range(size):
        sandbox.org.insert("Opportunity", {
            "Name": f"Renewal of customer {number}", "StageName": "Qualification", "CloseDate": date(2026, 6, 30),
            "Amount": dice.randrange(10**7), "NextStep": "send the draft of the contract",
        })  # fmt: skip
    return sandbox, ""


def main() -> None:
    """Serve until the input ends."""
    crm, size = sys.argv[1], int(sys.argv[2])
    server, token = _hubspot(size) if crm == "hubspot" else _salesforce(size)
    with server:
        if not token:
            form = {
                "grant_type": "client_credentials",
                "client_id": "sandbox-client",
                "client_secret": "sandbox-secret",
            }
            token = httpx.post(f"{server.url}/services/oauth2/token", data=form).json()["access_token"]
        print(json.dumps({"url": server.url, "token": token}), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
