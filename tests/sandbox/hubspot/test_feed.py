"""A world in a portal: what one reads there is what happened."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from stalewatch_sandbox.hubspot.feed import Feed, load_world
from stalewatch_sandbox.hubspot.kinds import DEALS, Kind, kind_called
from stalewatch_sandbox.hubspot.naming import mapping
from stalewatch_sandbox.hubspot.scribe import Logging
from stalewatch_sandbox.hubspot.server import HubSpotServer
from stalewatch_sandbox.hubspot.values import milliseconds, read_moment
from stalewatch_sandbox.pipeline import Size, World, generate
from stalewatch_sandbox.serving.clock import Clock
from tests.sandbox.hubspot.portals import NOON

Loaded = tuple[HubSpotServer, World, Feed]


@pytest.fixture(scope="module")
def world() -> World:
    return generate(11, Size(open=12, closed=8, later=6, leads=10), NOON)


@pytest.fixture
def loaded(world: World) -> Iterator[Loaded]:
    with HubSpotServer(Clock(NOON)) as server:
        yield server, world, load_world(server, world, NOON)


def _kind(name: str) -> Kind:
    kind = kind_called(name)
    assert kind is not None
    return kind


def _agrees(loaded: Loaded, moment: datetime) -> None:
    """Outcome, stage clock, owner, stakeholders, last and next meeting of every deal."""
    server, world, feed = loaded
    truths = world.truth_at(moment)
    assert set(feed.scribe.deals) == set(truths)
    for id_, truth in truths.items():
        number = int(feed.scribe.deals[id_])
        record = server.portal.record(DEALS, number)
        assert record is not None
        told = record.now.properties
        is_open = truth.outcome == "open"
        assert told["hs_is_closed"] == str(not is_open).lower()
        assert told["hubspot_owner_id"] == feed.scribe.owners[truth.owner]
        if is_open:
            assert read_moment(told["hs_v2_date_entered_current_stage"]) == milliseconds(truth.stage_entered_at)
        assert len(server.portal.links.of(DEALS, number, _kind("contacts"))) == truth.stakeholders
        assert _next_meeting(server, number) == truth.next_meeting_at


def _next_meeting(server: HubSpotServer, deal: int) -> datetime | None:
    meetings = _kind("meetings")
    ahead = []
    for number in server.portal.links.of(DEALS, deal, meetings):
        record = server.portal.record(meetings, number)
        assert record is not None
        told = record.now.properties
        if told["hs_meeting_outcome"] == "SCHEDULED":
            ahead.append(datetime.fromisoformat(told["hs_meeting_start_time"]))
    return min(ahead, default=None)


def test_a_portal_shows_the_world_as_of_a_moment(loaded: Loaded) -> None:
    _agrees(loaded, NOON)


def test_it_goes_on_as_the_clock_moves_in_any_steps(loaded: Loaded) -> None:
    server, _, feed = loaded
    for hours in (1, 5, 30, 200):
        feed.advance(server.board.clock.advance(timedelta(hours=hours)))
        _agrees(loaded, server.board.clock.now())


def test_edits_stand_at_the_times_at_which_they_happened(loaded: Loaded) -> None:
    server, world, feed = loaded
    for deal in world.known_at(NOON):
        record = server.portal.record(DEALS, int(feed.scribe.deals[deal.id]))
        assert record is not None
        times = [change.at for change in record.history("dealstage")]
        moved = [one.at for one in deal.until(NOON) if type(one).__name__ in ("StageEntered", "Closed")]
        assert times == [milliseconds(at) for at in reversed(moved)]


def test_people_who_log_no_outcome_leave_their_meetings_scheduled(world: World) -> None:
    with HubSpotServer(Clock(NOON)) as server:
        load_world(server, world, NOON, Logging.NEVER)
        meetings = server.portal.records(_kind("meetings"), archived=False)
        outcomes = {one.now.properties["hs_meeting_outcome"] for one in meetings}
    assert "COMPLETED" not in outcomes


def test_the_mapping_names_properties_and_stages_that_are_there(loaded: Loaded) -> None:
    server, _, _ = loaded
    said = mapping()
    for name, kind in (("deal", "deals"), ("lead", "leads")):
        assert set(map(str, said[name]["fields"].values())) <= set(server.portal.schema.of(_kind(kind)))
        ids = [id_ for stages in said[name]["stages"].values() if isinstance(stages, list) for id_ in stages]
        assert set(ids) <= set(server.portal.stages(_kind(kind)))


def test_leads_come_in_are_handed_off_and_touched(loaded: Loaded) -> None:
    server, world, feed = loaded
    states = {lead.id: lead.state_at(NOON) for lead in world.leads}
    assert set(feed.leads) == {id_ for id_, state in states.items() if state}
    for id_, state in states.items():
        if state is None:
            continue
        number = int(feed.leads[id_])
        record = server.portal.record(_kind("leads"), number)
        assert record is not None
        told = record.now.properties
        assert told["hs_pipeline_stage"] == f"{state.status}-stage-id"
        assert told.get("hubspot_owner_id", "") == (feed.scribe.owners[state.owner] if state.owner else "")
        assert bool(server.portal.links.of(_kind("leads"), number, _kind("emails"))) == bool(state.first_touch_at)
