"""What could not be read for a while and can be again: it counts as unknown meanwhile, and is read anew."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from stalewatch.sdk.errors import TryLater
from tests.connectors.hubspot.portals import NOON, Reader, Story


def described(reader: Reader, obj: str = "deal") -> set[str]:
    """What the connector says it feeds of what was read so far."""
    return {one.ours for one in reader.connector.describe_at(reader.cursor).fields[obj]}


def rounds(story: Story, reader: Reader, many: int = 1, **span: float) -> None:
    """Rounds as whoever stores the pages does them: described, then read; what is refused is tried again."""
    for _ in range(many):
        story.passes(**(span or {"minutes": 5}))
        try:
            described(reader)
            reader.pull()
        except TryLater:
            described(reader)
            reader.pull()


def begun(story: Story, **more: Any) -> Reader:
    reader = story.reader(**more)
    reader.pull()
    return reader


@pytest.mark.parametrize("again", [False, True], ids=["same process", "new process"])
def test_hs40_a_property_that_vanishes_is_unknown_and_is_read_anew_when_it_is_back(story: Story, again: bool) -> None:
    touched, silent = story.deal(amount=5), story.deal(amount=7)
    reader = begun(story)
    rounds(story, reader)
    story.board.faults.arm("HS40")
    story.portal.update("deals", touched, {"dealname": "Acme & Co"})
    rounds(story, reader)
    assert reader.deals[touched].name == "Acme & Co"
    assert reader.deals[touched].amount is None
    assert "amount" in reader.deals[touched].unreadable, "not shown is not empty"
    assert "amount" not in described(reader)
    story.board.faults.disarm("HS40")
    if again:
        reader.connector = story.connector()
    assert "amount" not in described(reader), "it is judged by what was read"
    rounds(story, reader, 3, hours=1)
    assert {reader.deals[one].amount for one in (touched, silent)} == {5, 7}, "though nobody touched them"
    assert reader.deals[touched].unreadable == frozenset()
    assert "amount" in described(reader)
    assert reader.cursor is not None
    assert "deals.amount" not in reader.cursor["missing"]


def test_hs40_a_property_may_vanish_twice(story: Story) -> None:
    deal = story.deal(amount=5)
    reader = begun(story)
    for name in ("Once", "Twice"):
        rounds(story, reader)
        story.board.faults.arm("HS40")
        story.portal.update("deals", deal, {"dealname": name})
        rounds(story, reader)
        assert "amount" in reader.deals[deal].unreadable
        story.board.faults.disarm("HS40")
        rounds(story, reader, 3, hours=1)
        assert reader.deals[deal].name == name
        assert reader.deals[deal].amount == 5


def test_hs40_what_is_read_anew_goes_on_where_it_was_interrupted(story: Story) -> None:
    deals = [story.deal(amount=number) for number in range(401)]
    reader = begun(story)
    story.board.faults.arm("HS40")
    for deal in deals:
        story.portal.update("deals", deal, {"dealname": "Acme & Co"})
    rounds(story, reader)
    story.board.faults.disarm("HS40")
    story.passes(hours=2)
    described(reader)
    for page in reader.connector.pull(reader.cursor):
        reader.store(page)
        if page.cursor["arriving"] is not None:
            break
    reader.connector = story.connector()
    story.board.ledger.reset()
    rounds(story, reader)
    shown = {deal.id for page in reader.pages for deal in page.deals}
    assert len(shown) == 201, "the first part is not read twice"
    assert sum(deal.amount or 0 for deal in reader.deals.values()) == sum(range(401))


@pytest.mark.parametrize("blank", [False, True], ids=["refused", "blank"])
def test_hs24_mails_of_an_hour_without_their_scope_are_unknown_and_then_read(story: Story, blank: bool) -> None:
    deal = story.deal()
    reader = begun(story)
    rounds(story, reader)
    story.board.faults.arm("HS24", blank=blank, times=None)
    mail = story.mail(deal)
    rounds(story, reader)
    assert f"email-{mail}" not in reader.acts
    assert "last_customer_activity_at" not in described(reader), "silence proves nothing"
    story.board.faults.disarm("HS24")
    rounds(story, reader, 3, hours=1)
    assert f"email-{mail}" in reader.acts
    assert "last_customer_activity_at" in described(reader)


def test_hs24_one_mail_without_a_direction_is_no_lack_of_a_scope(story: Story) -> None:
    deal = story.deal()
    story.mail(deal)
    reader = begun(story)
    bare = story.mail(deal, None, subject="", hs_email_headers="")
    rounds(story, reader)
    assert f"email-{bare}" not in reader.acts
    assert "last_customer_activity_at" in described(reader)


def test_hs23_leads_that_changed_while_they_could_not_be_read_are_read_when_they_can_be(story: Story) -> None:
    story.deal()
    lead = story.portal.create("leads", {"hs_lead_name": "Mori", "hs_pipeline_stage": "new-stage-id"})
    reader = begun(story, reads={})
    rounds(story, reader)
    story.board.faults.arm("HS23")
    story.portal.update("leads", lead, {"hs_lead_name": "Mori & Co"})
    rounds(story, reader)
    assert described(reader, "lead") == set()
    rounds(story, reader, 1, hours=27)
    assert reader.leads[lead].name == "Mori"
    story.board.faults.disarm("HS23")
    assert described(reader, "lead") == set(), "not before they are read"
    rounds(story, reader, 3, hours=1)
    assert reader.leads[lead].name == "Mori & Co"
    assert "status" in described(reader, "lead")
    assert story.now() - NOON > timedelta(days=1)
