"""A made-up company's portal, read at first, while 30 days pass, and across restarts: what is known is what is true."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from stalewatch.domain.evidence import act_of, fold
from stalewatch.domain.instants import to_us
from stalewatch.domain.movements import Visit, close_date_pushes, stage_entered_at
from stalewatch.sdk.records import Outcome
from stalewatch_sandbox.hubspot.feed import Feed, load_world
from stalewatch_sandbox.hubspot.naming import mapping
from stalewatch_sandbox.pipeline import Size, World, generate
from stalewatch_sandbox.truth import truth_of
from tests.connectors.hubspot.portals import NOON, Reader, Story

READS = {"deal": ["stage", "amount", "stakeholders", "next_meeting_at"], "lead": ["status"]}
SIZE = Size(open=60, closed=10, later=40, leads=20)


def poured(story: Story) -> tuple[World, Feed, Reader]:
    world = generate(7, SIZE, NOON, "ja")
    feed = load_world(story.server, world, NOON)
    reader = story.reader(reads=READS, map=mapping(), own_domains=["acme.example"])
    story.passes(minutes=1)
    reader.pull()
    return world, feed, reader


def differences(story: Story, world: World, feed: Feed, reader: Reader) -> list[str]:
    """Where what was read is not what is true, of every open deal and of those that ended since the first load."""
    now, found = story.board.clock.now(), []
    for deal in world.deals:
        truth, told = truth_of(deal, now), reader.deals.get(feed.scribe.deals.get(deal.id, ""))
        if truth is None or (told is None and truth.outcome is not Outcome.OPEN):
            continue
        assert told is not None, f"{deal.id} was never read"
        acts = [act_of(act) for act in reader.of(told.id)]
        seen = fold(acts, to_us(now), to_us(deal.created_at), told.contacts or frozenset())
        known = {
            "owner": told.owner, "outcome": told.outcome, "stage": told.stage if truth.outcome is Outcome.OPEN else "",
            "customer": seen.last_customer_activity_at, "seller": seen.last_seller_activity_at,
            "touches": seen.seller_touches_since_customer, "last": seen.last_meeting_at, "next": seen.next_meeting_at,
            "people": seen.stakeholders,
            "entered": told.fields["stage_entered_at"] if truth.outcome is Outcome.OPEN else "",
        }  # fmt: skip
        true = {
            "owner": feed.scribe.owners[truth.owner], "outcome": truth.outcome,
            "stage": truth.stage if truth.outcome is Outcome.OPEN else "",
            "customer": us(truth.last_customer_action_at), "seller": us(truth.last_seller_action_at),
            "touches": truth.seller_touches_since_customer, "last": us(truth.last_meeting_at),
            "next": us(truth.next_meeting_at), "people": truth.stakeholders,
            "entered": truth.stage_entered_at if truth.outcome is Outcome.OPEN else "",
        }  # fmt: skip
        found += [f"{deal.id} {name}: {known[name]} is {true[name]}" for name in true if known[name] != true[name]]
    return found


def us(at: object) -> int | None:
    return to_us(at) if isinstance(at, datetime) else None


def test_the_first_load_tells_the_truth(story: Story) -> None:
    world, feed, reader = poured(story)
    assert differences(story, world, feed, reader) == []
    assert len(reader.deals) >= 50
    assert len(reader.leads) == len(feed.leads)


@pytest.mark.slow  # the same month is told every day through the database: tests/acceptance/test_two_crms_truth.py
def test_after_30_days_of_edits_and_a_restart_in_the_middle_it_still_does(story: Story) -> None:
    world, feed, reader = poured(story)
    for step in range(6 * 30):
        story.passes(hours=4)
        feed.advance(story.board.clock.now())
        story.passes(minutes=1)
        if step == 6 * 15:
            reader.pull(pages=1)
            reader.connector = story.connector(reads=READS, map=mapping(), own_domains=["acme.example"])
        reader.pull()
    assert differences(story, world, feed, reader) == []


def test_the_history_of_a_deal_says_when_its_stage_began_and_how_often_its_end_was_pushed(story: Story) -> None:
    world, feed, reader = poured(story)
    compared = 0
    for deal in world.deals:
        truth = truth_of(deal, story.board.clock.now())
        id_ = feed.scribe.deals.get(deal.id, "")
        if truth is None or truth.outcome is not Outcome.OPEN:
            continue
        compared += 1
        visits = [Visit(one.stage, to_us(one.entered_at)) for page in reader.pages for one in page.visits
                  if one.deal == id_]  # fmt: skip
        dates = [(to_us(one.at), one.value.toordinal()) for page in reader.pages for one in page.changes
                 if one.record == id_ and one.field == "close_date" and isinstance(one.value, date)]  # fmt: skip
        assert stage_entered_at(visits, truth.stage) == to_us(truth.stage_entered_at)
        assert len(close_date_pushes(dates)) == truth.close_date_pushes
    assert compared >= 50
