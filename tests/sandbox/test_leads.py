"""Leads: handed off, answered or forgotten, and decided on."""

from __future__ import annotations

from datetime import timedelta

from stalewatch_sandbox.project import DEMO_AT
from tests.sandbox.worlds import demo_world

LEADS = demo_world().leads


def test_times_come_in_their_order() -> None:
    for lead in LEADS:
        times = [lead.created_at, lead.mql_at, lead.handed_off_at, lead.first_touch_at, lead.decided_at]
        told = [at for at in times if at is not None]
        assert told == sorted(told)


def test_a_lead_shows_only_what_has_happened() -> None:
    for lead in LEADS:
        assert lead.state_at(lead.created_at - timedelta(seconds=1)) is None
        state = lead.state_at(lead.created_at)
        assert state is not None
        assert (state.status, state.owner, state.is_converted) == ("new", None, False)


def test_in_the_end_it_is_what_it_became() -> None:
    for lead in LEADS:
        end = lead.state_at(DEMO_AT + timedelta(days=90))
        assert end is not None
        assert end.status == lead.ends_as
        assert end.is_converted == (lead.ends_as == "sql")
        assert (end.unconverted_reason is None) == (lead.ends_as not in ("recycled", "disqualified"))


def test_some_are_answered_at_once_and_some_are_left_lying() -> None:
    waits = [lead.first_touch_at - lead.handed_off_at for lead in LEADS if lead.first_touch_at and lead.handed_off_at]
    assert min(waits) < timedelta(hours=4)
    assert max(waits) > timedelta(days=4)
    assert sum(wait > timedelta(days=4) for wait in waits) < len(waits) / 2
