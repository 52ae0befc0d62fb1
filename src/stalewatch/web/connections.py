"""`/v1/connections`: how each connection stands, and a sync asked for now. They count and write: in the thread pool."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from fastapi import Depends, Path, Query, Request, Response
from pydantic import Field

from stalewatch.services.operating.connection_list import (
    ConnectionListing,
    Stock,
    connections_as_csv,
    connections_listed,
    stock,
)
from stalewatch.services.syncing.asked import ask
from stalewatch.services.syncing.sync import register
from stalewatch.web.answers import JSON, list_answer
from stalewatch.web.asking import Reading
from stalewatch.web.auth import Caller, needs
from stalewatch.web.counting import Counting, StillCounting
from stalewatch.web.desk import At, Desk
from stalewatch.web.problems import Problem

Administering = Annotated[Caller, Depends(needs("admin"))]
ConnectionId = Annotated[str, Path(max_length=200, description="Id of the connection.", examples=["sf"])]
LIST: Final = "/v1/connections"
PATIENCE: Final = 15.0
"""Seconds that the API waits until records are counted."""


class Syncing(Reading):
    """`POST /v1/connections/{id}/sync`"""

    full: bool = Field(False, description="Read everything again, not only what changed.")


def connections(request: Request, desk: At, asked: Annotated[Reading, Query()]) -> Response:  # noqa: ARG001
    """Every connection: health, age of its data, quota, what it feeds, its last sync and its next."""
    return list_answer(request, standing(request, desk, PATIENCE), connections_as_csv)


def sync_connection(desk: At, caller: Administering, id: ConnectionId, asked: Annotated[Syncing, Query()]) -> Response:  # noqa: A002
    """Ask for a sync now: whichever worker comes next reads the connection. Asking twice is asking once."""
    told = order_sync(desk, caller, id, full=asked.full)
    return Response(msgspec.json.encode(told), 202, {"Location": LIST}, JSON)


def order_sync(desk: Desk, caller: Caller, connection: str, *, full: bool) -> dict[str, str | bool]:
    """What came of asking for a sync.

    Raises:
        Problem: 404 for a connection that there is not, 409 for one that was set aside.
    """
    project = desk.project
    types = {one.id: one.type for one in project.settings.connections}
    if connection not in types:
        raise Problem(404, "There is no such connection.")
    now = desk.now
    register(project.db, types, now)
    made = ask(project.db, connection, full=full, actor=caller.actor, now=now)
    if made.parked:
        said = "This connection was set aside. `stalewatch work release` lets it go on, once its cause is mended."
        raise Problem(409, said, kind="parked")
    return {
        "connection": connection,
        "full": made.full,
        "repeated": made.repeated,
        "running": made.running,
        "see": LIST,
    }


def counting() -> Counting:
    """Where an application keeps how many records there are."""
    return Counting()


def standing(request: Request, desk: Desk, patience: float) -> ConnectionListing:
    """How every connection stands now; its records are left out where counting them takes longer than `patience`
    seconds and was never done."""
    own = desk.project
    kept: Counting = request.app.state.record_counts
    configured = own.settings.connections
    names = tuple(one.id for one in configured)
    try:
        stocked: Stock = kept.of(names, lambda: stock(own.db, configured), patience=lambda: patience).value
    except StillCounting:
        stocked = {}
    return connections_listed(
        own.db, own.rulebook, configured, own.sources, desk.now, stocked=stocked,
        language=desk.language(request),
    )  # fmt: skip
