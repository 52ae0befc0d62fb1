"""Builders for stories in a simulated portal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from stalewatch_sandbox.hubspot.server import HubSpotServer
from stalewatch_sandbox.serving.clock import Clock
from tests.network import NO_TLS

NOON = datetime(2026, 4, 1, 12, tzinfo=UTC)
DATED = "2026-09"


class Caller:
    """Speaks HTTP with a portal and nothing of any client's."""

    def __init__(self, server: HubSpotServer) -> None:
        self._http = httpx.Client(
            base_url=server.url, headers={"Authorization": f"Bearer {server.token}"}, verify=NO_TLS
        )

    def close(self) -> None:
        self._http.close()

    def get(self, path: str, **params: str) -> httpx.Response:
        return self._http.get(path, params=params)

    def post(self, path: str, body: object, **params: str) -> httpx.Response:
        return self._http.post(path, json=body, params=params)

    def search(self, kind: str, *filters: dict[str, Any], **more: object) -> httpx.Response:
        groups = {"filterGroups": [{"filters": list(filters)}]} if filters else {}
        return self.post(f"/crm/objects/{DATED}/{kind}/search", groups | more)

    def ids(self, kind: str, *filters: dict[str, Any], **more: object) -> list[str]:
        answer = self.search(kind, *filters, **({"limit": 200} | more))
        assert answer.status_code == 200, answer.text
        return [row["id"] for row in answer.json()["results"]]

    def read(self, kind: str, ids: list[str], *, archived: bool = False, **more: object) -> httpx.Response:
        body = {"inputs": [{"id": id_} for id_ in ids]} | more
        return self.post(f"/crm/objects/{DATED}/{kind}/batch/read", body, archived=json.dumps(archived))

    def links(self, kind: str, to: str, ids: list[str]) -> httpx.Response:
        return self.post(f"/crm/associations/{DATED}/{kind}/{to}/batch/read", {"inputs": [{"id": id_} for id_ in ids]})


@contextmanager
def opened(*, is_unlimited: bool = True) -> Iterator[tuple[HubSpotServer, Caller]]:
    """A portal at noon of 1 April 2026, and somebody who calls it; without rate limits unless they are the story."""
    with HubSpotServer(Clock(NOON)) as server:
        if is_unlimited:
            server.api.limits.allowance.burst = server.api.limits.allowance.searches = None
        caller = Caller(server)
        try:
            yield server, caller
        finally:
            caller.close()


def deal(server: HubSpotServer, name: str = "Acme", *, at: datetime | None = None, **properties: object) -> str:
    """A deal in the first stage of the stock pipeline."""
    usual = {"dealname": name, "pipeline": "default", "dealstage": "appointmentscheduled"}
    return server.portal.create("deals", usual | properties, at=at)


def modified(low: datetime, high: datetime, name: str = "hs_lastmodifieddate") -> dict[str, Any]:
    """The filter of a window."""
    first, last = (str(int(moment.timestamp() * 1000)) for moment in (low, high))
    return {"propertyName": name, "operator": "BETWEEN", "value": first, "highValue": last}


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)
