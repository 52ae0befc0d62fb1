"""Somebody asks for a sync now: it is done once, by whichever worker comes, and nothing forgets it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from stalewatch.domain.instants import MINUTE
from stalewatch.sdk.connector import Cursor, Page
from stalewatch.sdk.errors import TryLater
from stalewatch.services.syncing import asked
from stalewatch.services.syncing.asked import Asked, ask
from stalewatch.services.syncing.sync import Sync
from stalewatch.store import audit, connections
from tests.services.conftest import Founder
from tests.services.world import Memory, World, deal
from tests.web.pack import RULES

SATO = "person:sato@acme.example"


class Listening(Memory):
    """A CRM that remembers how it was read, and during which something can happen."""

    def __init__(self, world: World) -> None:
        super().__init__({obj: list(fields) for obj, fields in world.book.rules.catalogue.objects.items()})
        self.read: list[bool] = []
        self.meanwhile: Any = lambda: None

    def pull(self, cursor: Cursor | None, *, full: bool = False) -> Iterator[Page]:
        self.read.append(full)
        self.meanwhile()
        yield from super().pull(cursor, full=full)


def company(found: Founder) -> tuple[World, Listening]:
    world = found(RULES)
    crm = world.crm = Listening(world)
    world.has(deal("acme"))
    return world, crm


def works(world: World) -> bool:
    """A worker comes by; True if there was something to read."""
    done = Sync(world.db, world.clock, world.book, world.speaking).run(
        "crm", world.crm, every=5 * MINUTE, due_only=True
    )
    return not done.is_busy


def asks(world: World, *, full: bool = False) -> Asked:
    return ask(world.db, "crm", full=full, actor=SATO, now=world.us)


def noted(world: World) -> list[tuple[str, Any]]:
    with world.db.read() as conn:
        return [(row.actor, row.after) for row in audit.read(conn, action="connection.sync")]


def test_a_connection_that_is_not_due_is_read_once_when_somebody_asks_twice(found: Founder) -> None:
    world, crm = company(found)
    assert not works(world)
    assert [asks(world), asks(world)] == [Asked(full=False), Asked(full=False, repeated=True)]
    assert [works(world), works(world)] == [True, False]
    assert (crm.read, noted(world)) == ([False], [(SATO, {"full": False})])
    with world.db.read() as conn:
        row = connections.one(conn, "crm")
        assert row is not None
        assert row.counts == {"records": 1, "left_out": 0, "vanished": 0}
        assert not asked.is_asked(conn, "crm")


def test_everything_is_read_again_also_if_the_first_attempt_fails(found: Founder) -> None:
    world, crm = company(found)
    crm.fault = TryLater("busy")
    assert asks(world, full=True) == Asked(full=True)
    assert asks(world) == Asked(full=True, repeated=True)
    assert works(world)
    crm.fault = None
    world.clock.advance(timedelta(minutes=2))
    assert works(world)
    world.clock.advance(timedelta(minutes=6))
    assert works(world)
    assert crm.read == [True, True, False]


def test_what_is_asked_while_a_worker_reads_is_done_after_it(found: Founder) -> None:
    world, crm = company(found)
    said: list[Asked] = []
    asks(world)
    crm.meanwhile = lambda: said.append(asks(world, full=True)) if not said else None
    assert [works(world), works(world), works(world)] == [True, True, False]
    assert said == [Asked(full=True, running=True)]
    assert crm.read == [False, True]


def test_a_connection_that_was_set_aside_waits_for_a_persons_word(found: Founder) -> None:
    world, crm = company(found)
    with world.db.write() as conn:
        connections.set_values(conn, "crm", parked_at=world.us)
    assert asks(world) == Asked(full=False, parked=True)
    works(world)
    assert (crm.read, noted(world)) == ([], [])
