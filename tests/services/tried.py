"""A rulebook tried on a world without touching it, and what the database holds, to compare before and after."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from stalewatch.domain.deadlines import State
from stalewatch.domain.instants import DAY
from stalewatch.sdk.records import Outcome
from stalewatch.services.judging import frames
from stalewatch.services.judging.sources import coverage
from stalewatch.services.previewing.difference import Difference, difference
from stalewatch.services.previewing.preview import Asked, Preview, preview
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.store.tables import metadata
from tests.services.world import World, at

SOURCES = {"crm": 2 * 3_600_000_000}
Clock = tuple[str, str, str | None]


def looks(world: World, moment: str | None = None) -> None:
    """Stalewatch reads the CRM and its clocks; what it has to say it keeps, so that a story costs less."""
    if moment is not None:
        world.clock.move_to(at(moment))
    world.syncs()
    world.ticks()


def unseen(_connection: str, _done: int, _total: int) -> None:
    """Nobody watches the progress."""


def tried(world: World, book: Rulebook | None = None, *, days: int = 7, **asked: Any) -> Preview:
    """A preview of these rules, or of those in force, listing everything unless a story says otherwise."""
    now = world.us
    wanted = Asked(**{"now": now, "until": now + days * DAY, **asked})
    return preview(world.db, book or world.book, SOURCES, wanted, unseen)


def compared(world: World, old: Rulebook, new: Rulebook, limit: int | None = None, **narrowed: Any) -> Difference:
    """What the new rules change, listing everything; `narrowed` to what may be seen, or judged in smaller pieces."""
    return difference(world.db, old, new, SOURCES, world.us, limit, unseen, **narrowed)


def judged_alone(world: World, book: Rulebook, now: int) -> Mapping[Clock, tuple[State, int]]:
    """The state and the deadline of every clock of the world's open deals, one record after the other."""
    found: dict[Clock, tuple[State, int]] = {}
    with world.db.read() as conn:
        fed = coverage(conn)
        for name, deal in world.crm.deals.items():
            if deal.outcome is not Outcome.OPEN:
                continue
            frame = frames.load(conn, book.rules.catalogue, book.needs["deal"], "deal", [f"crm:{name}"], fed)
            for verdict in book.judge.judge(frame):
                for place, row in enumerate(verdict.row.tolist()):
                    subject = None if verdict.subject is None else str(verdict.subject[place])
                    clocks = verdict.deadlines
                    state = clocks.state(clocks.anchor * 0 + now)[place]
                    found[frame.keys[row], verdict.rule.id, subject] = State(int(state)), int(clocks.breach_at[place])
    return found


def contents(world: World) -> dict[str, list[Any]]:
    """Every row of every table."""
    with world.db.read() as conn:
        return {table.name: sorted(map(repr, conn.execute(sa.select(table)))) for table in metadata.sorted_tables}
