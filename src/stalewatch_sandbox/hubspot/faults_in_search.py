"""Faults of search: it is late, out of order, and ends at a wall."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from stalewatch_sandbox.hubspot.api import HubSpotApi
from stalewatch_sandbox.hubspot.bodies import Wanted, version_body
from stalewatch_sandbox.hubspot.paths import place
from stalewatch_sandbox.hubspot.values import milliseconds
from stalewatch_sandbox.hubspot.visit import kind_of
from stalewatch_sandbox.serving.exchange import Request, Response
from stalewatch_sandbox.serving.faults import Catalogue, Fault


def is_search(request: Request) -> bool:
    """A search, whatever it is for."""
    return request.path.endswith("/search")


class SearchFaults:
    """Each method makes the fault of its case."""

    def __init__(self, api: HubSpotApi) -> None:
        self._api = api

    def catalogue(self) -> Catalogue:
        """By the ids of their cases."""
        return {"HS01": self.lagging, "HS02": self.unordered, "HS03": self.walled, "HS05": self.shifting}

    def lagging(self, minutes: float = 7, hidden: str | None = None, kind: str = "deals") -> Fault:
        """HS01: search learns of an edit so many minutes later, and knows nothing of one record for two minutes."""
        portal = self._api.portal

        def switch() -> Callable[[], None]:
            if hidden is not None:
                until = milliseconds(portal.now() + timedelta(minutes=2))
                portal.index(kind_of(kind)).hide(int(hidden), until)
            before, portal.lag = portal.lag, timedelta(minutes=minutes)
            return lambda: setattr(portal, "lag", before)

        return Fault(on=is_search, switch=switch)

    def unordered(self, seed: int = 2) -> Fault:
        """HS02: rows are out of order, and one lies outside of what was asked for; on a full page it takes the place of
        the last row, which comes with the next page."""
        return Fault(on=is_search, afterwards=lambda request, response: self._disordered(request, response, seed))

    def walled(self, rows: int = 10_000) -> Fault:
        """HS03: no query answers more rows than that; fewer than HubSpot's own number make a cheap test."""
        api = self._api

        def switch() -> Callable[[], None]:
            before, api.wall = api.wall, rows
            return lambda: setattr(api, "wall", before)

        return Fault(on=is_search, switch=switch)

    def shifting(self) -> Fault:
        """HS05: behind the back of a client, the first row of the page that it got leaves its window."""

        def touch(request: Request, response: Response) -> Response:
            rows = response.value()["results"] if response.status == 200 else []
            if rows:
                self._api.portal.touch(place(request.path)[1], rows[0]["id"])
            return response

        return Fault(on=is_search, afterwards=touch, times=1)

    def _disordered(self, request: Request, response: Response, seed: int) -> Response:
        if response.status != 200:
            return response
        body, asked = response.value(), request.json()
        rows = body["results"]
        stranger = self._stranger(request, asked, rows)
        if stranger and len(rows) == int(asked.get("limit", 10)):
            rows.pop()
        random.Random(seed).shuffle(rows)  # noqa: S311  # disorder, not secrecy
        if stranger:
            rows.insert(0, stranger)
            body["total"] += 1
        return replace(Response.json(body), weight=response.weight, kind=response.kind)

    def _stranger(self, request: Request, asked: dict[str, Any], rows: list[dict[str, Any]]) -> dict[str, Any] | None:
        """A record that was not asked for: what changed longest ago. None if there is none, or no row."""
        kind, known = kind_of(place(request.path)[1]), {row["id"] for row in rows}
        there = self._api.portal.records(kind, archived=False) if rows else ()
        others = [record.now for record in there if str(record.now.number) not in known]
        if not others:
            return None
        wanted = Wanted(tuple(asked.get("properties") or ()) or None)
        return version_body(self._api.portal, kind, min(others, key=lambda one: one.modified), wanted)
