"""More than half of what was open is missing all at once: not believed, unless an operator says that it is true."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from stalewatch.sdk.records import Lead
from stalewatch.services.syncing.believing import believe
from stalewatch.services.syncing.noticing import noticed
from stalewatch.services.syncing.sync import Synced
from stalewatch.store import audit
from tests.services.conftest import Founder
from tests.services.heard import QUIET
from tests.services.world import World, at, deal


def pulled(world: World) -> Synced:
    """What the next pull brings, five minutes later."""
    world.clock.move_to(world.clock.now() + timedelta(minutes=5))
    return world.syncs()


def watching(found: Founder) -> World:
    """Ten deals and two leads are known."""
    world = found(QUIET)
    world.has(*(deal(f"d{number}", created_at=at("2026-03-02 10:00")) for number in range(10)))
    world.crm.leads = {name: Lead(id=name, name=name, created_at=at("2026-03-02 10:00")) for name in ("l1", "l2")}
    pulled(world)
    return world


def loses(world: World, count: int) -> None:
    """So many deals are shown no more."""
    for name in list(world.crm.deals)[:count]:
        del world.crm.deals[name]


def told(world: World) -> list[str | None]:
    """The cures of what doctor shows of records that are missing."""
    with world.db.read() as conn:
        return [one.cure for one in noticed(conn, "crm") if one.subject == "missing records"]


def said(world: World) -> list[tuple[str, str, object]]:
    """What the audit log says, the oldest first."""
    with world.db.read() as conn:
        return [(row.actor, row.action, row.after) for row in reversed(audit.read(conn, obj="crm"))]


def test_what_is_missing_all_at_once_stays_until_somebody_says_that_it_is_true(found: Founder) -> None:
    world = watching(found)
    loses(world, 8)
    for _ in range(3):
        done = pulled(world)
        assert (done.kept, done.vanished) == (8, 0)
    [cure] = told(world)
    assert "`stalewatch sync crm --full --believe-vanished`" in (cure or "")
    believe(world.db, "crm", "command line (ito)", world.us)
    done = pulled(world)
    assert (done.kept, done.vanished) == (0, 8)
    assert told(world) == []
    gone = ("command line (ito)", "vanished.gone", {"gone": 8, "of": 10})
    assert said(world) == [("command line (ito)", "vanished.believe", None), gone]


def test_it_is_said_of_one_comparison_and_of_no_later_one(found: Founder) -> None:
    world = watching(found)
    believe(world.db, "crm", "command line (ito)", world.us)
    assert pulled(world).vanished == 0
    loses(world, 8)
    done = pulled(world)
    assert (done.kept, done.vanished) == (8, 0)
    assert [action for _, action, _ in said(world)] == ["vanished.believe"], "nothing went by it"


def test_the_same_of_a_comparison_of_ids(found: Founder) -> None:
    world = watching(found)
    pull = world.crm.pull

    def compares(cursor, *, full=False):  # type: ignore[no-untyped-def]  # as the connector's
        for page in pull(cursor, full=full):
            yield replace(page, deals=(), complete=False, open_ids=frozenset({"d9"}))

    world.crm.pull = compares  # type: ignore[method-assign]  # a connector that compares ids
    assert pulled(world).kept == 9
    believe(world.db, "crm", "command line (ito)", world.us)
    assert pulled(world).vanished == 9
    assert told(world) == []


def test_the_doubt_about_deals_is_not_forgotten_because_no_lead_is_missing(found: Founder) -> None:
    world = watching(found)
    loses(world, 8)
    del world.crm.leads["l1"]
    done = pulled(world)
    assert (done.kept, done.vanished) == (8, 1), "of one or two that they are missing says nothing"
    assert len(told(world)) == 1
