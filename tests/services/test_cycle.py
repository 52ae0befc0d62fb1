"""One round after another: what is due is read, what fails fails alone, and whoever must know is told once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from stalewatch.domain.instants import to_day, to_us
from stalewatch.sdk.connector import Connector, Cursor, Description, Finding, Page
from stalewatch.sdk.errors import NeedsReconnect, TryLater
from stalewatch.services.alerting.agenda import Agenda
from stalewatch.services.judging import holds
from stalewatch.services.operating.cycle import Cycle, Source
from stalewatch.services.operating.health import Health
from stalewatch.services.syncing.sync import register
from stalewatch.store import clocks, connections, records, waits
from stalewatch.store.engine import Database
from tests import databases
from tests.services.world import HOUR, World, at, deal, default_pack, rulebook

MINUTES_5 = 5 * 60_000_000
AGES = 2 * HOUR // timedelta(microseconds=1)


class Broken(Connector):
    """Somebody else's connector, with a fault in it."""

    type = "broken"

    def describe(self) -> Description:
        return Description(fields={})

    def check(self) -> list[Finding]:
        return []

    def pull(self, cursor: Cursor | None, *, full: bool = False) -> Iterator[Page]:
        raise KeyError("Id")


@pytest.fixture
def world(migrated_database_url: str) -> Iterator[World]:
    database = databases.opened(migrated_database_url)
    world = World(database, rulebook(default_pack()))
    world.has(deal("acme", last_meeting_at=at("2026-03-02 10:00"), next_step="call", stage="first_meeting"))
    yield world
    database.dispose()


def cycle(world: World, is_stopping: Callable[[], bool] = lambda: False, **others: Callable[[], Connector]) -> Cycle:
    made = {"crm": lambda: world.crm, **others}
    sources = {name: Source(type=name, connect=connect, every=MINUTES_5) for name, connect in made.items()}
    ages = dict.fromkeys(made, AGES)
    return Cycle(
        world.db, world.clock, world.book, world.speaking, ages, sources, lambda: world.mail, is_stopping=is_stopping
    )


def health(world: World, *names: str) -> Health:
    return Health(world.db, world.clock, dict.fromkeys(("crm", *names), AGES))


def test_a_connection_is_read_when_its_time_has_come_or_somebody_asks(world: World) -> None:
    rounds = cycle(world)
    assert [one.connection for one in rounds.run().synced] == ["crm"]
    assert rounds.run().synced == ()
    assert len(rounds.run(force=True).synced) == 1
    world.clock.advance(timedelta(minutes=5))
    assert len(rounds.run().synced) == 1


def test_a_time_written_under_another_clock_holds_nothing_up(world: World) -> None:
    world.clock.advance(timedelta(days=400))
    cycle(world).run()
    world.clock.advance(timedelta(days=-400))
    assert len(cycle(world).run().synced) == 1


def test_a_connector_with_a_fault_fails_alone(world: World) -> None:
    def cannot_be_made() -> Connector:
        raise OSError(2, "No such file or directory", "exports/")

    report = cycle(world, a_broken=Broken, b_gone=cannot_be_made).run()
    assert [one.records for one in report.synced if one.connection == "crm"] == [1]
    broken, gone = report.failures
    assert broken.startswith("a_broken: the connector failed: KeyError: 'Id'")
    assert gone == "b_gone: exports/: No such file or directory"
    with world.db.read() as conn:
        stored = {row.id: row.last_error for row in connections.read(conn)}
    assert stored["crm"] is None
    assert stored["b_gone"] == "exports/: No such file or directory"


def test_what_only_a_person_can_mend_is_told_at_once_and_once_a_day(world: World) -> None:
    rounds = cycle(world)
    rounds.run()
    world.crm.fault = NeedsReconnect("the token was revoked")
    for _ in range(8):
        world.clock.advance(timedelta(hours=1))
        rounds.run()
    [told] = [one for one in world.mail.messages if one.target == "operator"]
    assert "the token was revoked" in told.entries[0].body.lower()
    assert health(world).readiness().reasons[-1].startswith("crm: its data is")
    world.clock.advance(timedelta(hours=24))
    rounds.run()
    assert len([one for one in world.mail.messages if one.target == "operator"]) == 2
    world.crm.fault = None
    world.clock.advance(timedelta(hours=1))
    rounds.run()
    assert health(world).readiness().ok


def test_a_revoked_token_turns_readiness_red_at_once_and_a_passing_fault_does_not(world: World) -> None:
    rounds = cycle(world)
    rounds.run()
    world.crm.fault = TryLater("busy")
    rounds.run(force=True)
    assert health(world).readiness().ok
    world.crm.fault = NeedsReconnect("the token was revoked")
    rounds.run(force=True)
    assert health(world).readiness().reasons == (
        "crm: cannot be read until somebody mends it; `stalewatch doctor` says what",
    )


def test_a_passing_fault_is_told_when_it_does_not_pass(world: World) -> None:
    rounds = cycle(world)
    rounds.run()
    world.crm.fault = TryLater("busy")
    for minutes, told in ((5, 0), (20, 0), (15, 1), (60, 1)):
        world.clock.advance(timedelta(minutes=minutes))
        rounds.run()
        assert len([one for one in world.mail.messages if one.target == "operator"]) == told


def test_a_worker_that_is_told_to_stop_leaves_the_rest_to_the_next(world: World) -> None:
    world.has(*(deal(f"d{number}") for number in range(6)))
    world.crm.page_size = 2
    asked = iter([False, False, False, True])
    [half] = cycle(world, is_stopping=lambda: next(asked, True)).sync()
    assert half.is_stopped
    assert 0 < half.records < 7
    with world.db.read() as conn:
        row = connections.one(conn, "crm")
    assert row is not None
    assert (row.lease_until, row.attempts, row.parked_at) == (0, 0, None)
    [whole] = cycle(world).sync()
    assert whole.records == 7


def test_changed_rules_are_judged_by_at_the_next_round(world: World) -> None:
    cycle(world).run()
    world.book = rulebook(default_pack().replace("is: 10bd}", "is: 9bd}"))
    report = cycle(world).run()
    assert report.synced == ()
    assert report.recomputed == 1
    assert cycle(world).run().recomputed == 0


def test_the_agenda_names_the_next_thing_of_each_kind(world: World) -> None:
    agenda = Agenda(world.db, world.clock, {"crm": AGES})
    assert agenda.until_sync() == 0
    rounds = cycle(world)
    rounds.run()
    assert agenda.until_sync() == MINUTES_5
    ahead = agenda.until_tick()
    assert ahead > 0
    world.clock.advance(timedelta(microseconds=ahead))
    rounds.sync()
    assert agenda.until_tick() == 0
    assert rounds.tick().looked == 1
    assert agenda.until_tick() > 0


def test_deadlines_of_records_that_wait_to_be_judged_again_wake_those_who_judge(world: World) -> None:
    agenda = Agenda(world.db, world.clock, {"crm": AGES}, world.book.version)
    cycle(world).run()
    world.clock.advance(timedelta(microseconds=agenda.until_tick()))
    cycle(world).sync()
    assert (agenda.until_tick(), agenda.until_sync() > 0) == (0, True)
    by_others = replace(agenda, version="others")
    assert (by_others.until_tick() > 0, by_others.until_sync()) == (True, 0)
    with world.db.write() as conn:
        clocks.forget_ruleset(conn, "crm")
    assert (agenda.until_tick() > 0, agenda.until_sync()) == (True, 0)


def test_a_round_that_finds_nothing_new_registers_nothing(world: World) -> None:
    """It can be done by somebody who may only look."""
    looking = Database(world.db.url.render_as_string(hide_password=False), looking=True)
    register(looking, {"crm": "memory"}, world.us)
    looking.dispose()


def test_a_wait_ends_on_its_day_however_old_the_data_is(world: World) -> None:
    """Else its day would be due from then on, and an engine that does what is due would ask without end."""
    rounds, agenda = cycle(world), Agenda(world.db, world.clock, {"crm": AGES})
    rounds.run()
    day = at("2026-03-20 00:00")
    with world.db.write() as conn:
        wait = {"id": "w", "record_id": "crm:acme", "set_at": world.us, "until_day": to_day(day.date())}
        waits.add(conn, [{**wait, "due_at": to_us(day), "reason": "budget", "who": "customer", "set_by": "sato"}])
        holds.refresh(conn, world.book, ["crm:acme"], world.us)
    world.clock.move_to(day)
    assert agenda.until_tick() == 0
    assert rounds.tick().not_judged == ["crm"]
    assert agenda.until_tick() > 0
    with world.db.read() as conn:
        assert records.columns(conn, "deal", ["crm:acme"], ["on_hold"])["on_hold"] == [False]


def test_old_data_gives_the_tick_nothing_to_wait_for(world: World) -> None:
    cycle(world).run()
    world.clock.advance(timedelta(days=60))
    assert Agenda(world.db, world.clock, {"crm": AGES}).until_tick() > 0


def test_hs24_the_operator_hears_once_which_scope_is_missing(world: World) -> None:
    world.crm.unfed = {"next_meeting_at"}
    world.crm.missing = {"next_meeting_at": ["crm.meetings.read"], "agenda": ["nobody.asks.for.this"]}
    for _ in range(3):
        cycle(world).run(force=True)
    [told] = world.mail.messages
    assert told.entries[0].headline == "crm: Next meeting cannot be read, scope crm.meetings.read is missing"


def test_of_rules_that_cannot_judge_the_operator_hears_once_and_again_if_it_ends_and_begins_anew(world: World) -> None:
    world.crm.unfed = {"next_meeting_at"}
    for _ in range(3):
        cycle(world).run(force=True)
    [told] = world.mail.messages
    assert told.target == "operator"
    assert told.entries[0].headline == "crm: Next meeting cannot be read"
    assert told.entries[0].body.startswith("1 record is not judged for")
    assert "“No next meeting”" in told.entries[0].body
    world.crm.unfed = set()
    cycle(world).run(force=True)
    world.clock.advance(timedelta(days=1))
    world.crm.unfed = {"next_meeting_at", "agenda"}
    cycle(world).run(force=True)
    assert len(world.mail.messages) == 2
