"""A record whose judging ends the process is found and set aside, and everything else goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from stalewatch.domain.steps import Steps
from stalewatch.services.alerting import trails
from stalewatch.services.alerting.agenda import Agenda
from stalewatch.services.alerting.trails import TIMES
from stalewatch.services.judging import arming
from stalewatch.services.judging.golive import note_rules
from stalewatch.services.operating.explaining import Explaining, Next
from stalewatch.services.operating.health import Health
from stalewatch.services.operating.work import Work
from stalewatch.services.reporting.pieces import Kind
from stalewatch.services.syncing import doubting, sync
from stalewatch.services.syncing.recomputing import recompute
from stalewatch.store import clocks
from stalewatch.store.leases import PATIENCE
from tests.services.conftest import Founder
from tests.services.heard import QUIET, called_for
from tests.services.world import World, at, deal, rulebook

SIX = [f"deal{number}" for number in range(6)]
POISON = "crm:deal3"


class Dies(BaseException):
    """The end of a process, as far as what it leaves behind."""


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trails, "LEASE", 0)


@contextmanager
def deadly(where: type[Any] | Any, name: str, ids: Callable[..., Sequence[str]]) -> Iterator[None]:
    """Whoever calls this with the record ends."""
    right = getattr(where, name)

    def dies(*given: Any, **named: Any) -> Any:
        if POISON in ids(*given):
            raise Dies
        return right(*given, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(where, name, dies)
        yield


def deaths(work: Callable[[], object], most: int = 20) -> int:
    """How often it ends until it comes to its end."""
    for died in range(most):
        try:
            work()
        except Dies:
            continue
        return died
    raise AssertionError("it always ends")


def watched(world: World) -> None:
    """Six deals, late at the close of 16 March; it is that moment, and all of it was read."""
    world.has(*(deal(name, created_at=at("2026-03-02 10:00"), next_step="call") for name in SIX))
    world.reaches("2026-03-02 12:30")
    world.clock.move_to(at("2026-03-16 18:00"))
    world.syncs()


def judged_anew(world: World) -> int:
    return recompute(world.db, world.clock, world.book, "crm", lambda _done, _total: None)


def heard(world: World) -> list[str]:
    return [name for name in SIX if "1:breach" in called_for(world, name)]


@pytest.mark.bar
def test_b15_a_record_that_ends_the_process_in_a_tick_is_set_aside_after_five_and_the_others_are_told(
    found: Founder,
) -> None:
    world = found(QUIET)
    watched(world)
    theirs = Work(world.db, world.clock, world.book, world.speaking, "tests")
    with deadly(Steps, "take_all", lambda _steps, some, _faces: [one.id for one in some]):
        assert deaths(world.ticks) == PATIENCE
        assert heard(world) == [name for name in SIX if f"crm:{name}" != POISON]
        world.rounds()
    assert [message.title for message in world.mail.messages if message.target == "operator"] == [
        "Deal3 is not watched any more"
    ]
    [aside] = [piece for piece in theirs.pieces() if piece.kind is Kind.RECORD]
    [told] = Explaining(world.db, world.clock).of(aside.id)
    assert (aside.record, aside.state, told.kind, told.next) == ("Deal3", "parked", Kind.RECORD, Next.SET_ASIDE)
    health = Health(world.db, world.clock, {"crm": None})
    assert health.look().parked == (POISON,)
    assert health.readiness().reasons == ("records that ended the processes that judged them: 1",)
    assert theirs.release([aside]).done == (aside,)
    world.rounds()
    assert (heard(world), health.readiness().ok) == (SIX, True)


def test_a_record_that_ends_the_process_when_rules_change_is_set_aside_and_judged_by_them_once_it_is_let_go(
    found: Founder,
) -> None:
    world = found(QUIET)
    watched(world)
    world.ticks()
    world.book = rulebook(QUIET.replace("within: 14d", "within: 13d"))
    note_rules(world.db, world.book, world.us)
    with deadly(arming, "judge", lambda _conn, _book, _obj, ids, *_rest: list(ids)):
        assert deaths(lambda: judged_anew(world)) == PATIENCE
        with world.db.read() as conn:
            assert clocks.settled(conn, "crm") == world.book.version, "time passes for the others"
    [aside] = Work(world.db, world.clock, world.book, world.speaking, "tests").pieces()[-1:]
    assert (aside.kind, aside.record) == (Kind.RECORD, "Deal3")
    with world.db.write() as conn:
        assert trails.let_go(conn, aside.key)
    assert Agenda(world.db, world.clock, {"crm": None}).until_sync() == 0, "somebody has to judge it"
    assert judged_anew(world) == 1


def test_a_record_that_ends_the_process_as_its_page_is_stored_is_set_aside_and_its_connection_goes_on(
    found: Founder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync, "LEASE", 0)
    world = found(QUIET)
    world.has(*(deal(name, created_at=at("2026-03-02 10:00"), next_step="call") for name in SIX))
    world.clock.move_to(at("2026-03-02 12:30"))
    with deadly(arming, "judge", lambda _conn, _book, _obj, ids, *_rest: list(ids)):
        assert deaths(world.syncs) == doubting.SURE + PATIENCE
        world.changes("deal3", next_step="call again")
        world.reaches("2026-03-16 18:00")
        assert heard(world) == [name for name in SIX if f"crm:{name}" != POISON]
    with world.db.write() as conn:
        assert trails.let_go(conn, f"record:{POISON}")
    world.rounds()
    assert heard(world) == SIX


def test_an_unlucky_process_sets_nothing_aside(found: Founder) -> None:
    """Five ends in a row that no record explains: the sixth walk gets past all of them."""
    world = found(QUIET)
    watched(world)
    left = [PATIENCE - 1]

    def ids(_steps: Steps, _some: object, _faces: object) -> list[str]:
        left[0] -= 1
        return [POISON] if left[0] >= 0 else []

    with deadly(Steps, "take_all", ids):
        assert deaths(world.ticks) == PATIENCE - 1
    assert (heard(world), Health(world.db, world.clock, {"crm": None}).look().parked) == (SIX, ())


def test_a_storm_of_kills_sets_nothing_aside(found: Founder) -> None:
    """Processes end as fast as they are started, each with some record in its hands: with none of them three times in a
    row, though many more than five ends come before a walk comes to its own."""
    world = found(QUIET)
    watched(world)
    left = {f"crm:{name}": TIMES - 1 for name in SIX}

    def ids(_steps: Steps, some: list[Any], _faces: object) -> list[str]:
        if len(some) > 1:
            return [POISON] if any(each > 0 for each in left.values()) else []
        [one] = some
        left[one.id] -= 1
        return [POISON] if left[one.id] >= 0 else []

    with deadly(Steps, "take_all", ids):
        assert deaths(world.ticks, most=60) > 2 * PATIENCE
    assert (heard(world), Health(world.db, world.clock, {"crm": None}).look().parked) == (SIX, ())


def test_where_everything_ends_the_process_no_record_after_record_is_set_aside(
    found: Founder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trails, "MOST_ASIDE", 2)
    world = found(QUIET)
    watched(world)
    with deadly(Steps, "take_all", lambda *_given: [POISON]):
        for _ in range(4 * PATIENCE):
            with pytest.raises(Dies):
                world.ticks()
    assert len(Health(world.db, world.clock, {"crm": None}).look().parked) == 2


def test_who_looks_for_the_record_is_alone(found: Founder, monkeypatch: pytest.MonkeyPatch) -> None:
    world = found(QUIET)
    watched(world)
    with deadly(Steps, "take_all", lambda *_given: [POISON]):
        for _ in range(2):
            with pytest.raises(Dies):
                world.ticks()
        monkeypatch.setattr(trails, "LEASE", 60_000_000)
        with pytest.raises(Dies):
            world.ticks()
        assert world.ticks().looked == 0, "somebody may be at it"
