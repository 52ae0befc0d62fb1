"""How many calls a pull costs, counted by the portal, against the least that it could cost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from math import ceil

import pytest

from stalewatch_sandbox.hubspot.server import HubSpotServer
from tests.connectors.hubspot.portals import NOON, Reader, Story, opened

FIXED = 8
MARGIN = 1.25
KINDS = ("meetings", "emails", "calls", "tasks")


def filled(story: Story, deals: int, each: tuple[int, int, int, int]) -> list[str]:
    """So many open deals with so many meetings, mails, calls and tasks each."""
    ids = [story.deal(f"Deal {number}", at=NOON - timedelta(days=30)) for number in range(deals)]
    for kind, count in zip(KINDS, each, strict=True):
        said: dict[str, object] = {"hs_email_direction": "EMAIL"} if kind == "emails" else {}
        for deal in ids:
            for _ in range(count):
                one = story.portal.create(kind, {"hs_timestamp": NOON, **said}, at=NOON - timedelta(days=20))
                story.portal.associate(kind, one, "deals", deal)
    return ids


def calls(story: Story) -> int:
    count = len(story.board.ledger)
    story.board.ledger.reset()
    return count


def floor_of_load(deals: int, each: tuple[int, int, int, int]) -> int:
    activities = sum(ceil(deals * count / 100) for count in each)
    return ceil(deals / 200) + 5 * ceil(deals / 1000) + activities + ceil(deals / 50) + FIXED


@pytest.fixture(scope="module", params=[(200, (3, 20, 4, 6)), (5_000, (1, 1, 0, 1))], ids=["200", "5000"])
def busy(request: pytest.FixtureRequest) -> Iterator[tuple[Story, Reader, list[str], int, tuple[int, int, int, int]]]:
    deals, each = request.param
    with opened() as story:
        ids = filled(story, deals, each)
        story.passes(minutes=15)
        reader = story.reader()
        reader.connector.describe()
        reader.pull()
        yield story, reader, ids, calls(story), each


Busy = tuple[Story, Reader, list[str], int, tuple[int, int, int, int]]


def test_a_load_brings_everything_for_little_more_than_it_must(busy: Busy) -> None:
    _, reader, ids, cost, each = busy
    assert reader.deals.keys() == set(ids)
    assert len(reader.acts) == len(ids) * sum(each)
    assert cost <= MARGIN * floor_of_load(len(ids), each)


def test_a_quiet_cycle_is_five_searches(busy: Busy) -> None:
    story, reader, *_ = busy
    story.passes(minutes=5)
    reader.pull()
    assert story.board.ledger.kinds() == {"search": 5}
    assert calls(story) == 5


def test_a_quiet_cycle_of_a_new_process_is_five_searches(busy: Busy) -> None:
    story, reader, *_ = busy
    reader.connector = story.connector()
    story.passes(minutes=5)
    reader.pull()
    assert calls(story) == 5


def test_an_incremental_cycle_asks_once_for_what_belongs_to_the_changes(busy: Busy) -> None:
    story, reader, ids, *_ = busy
    story.passes(minutes=15)
    reader.pull()
    calls(story)
    changed, acts, moved = (150, 600, 60) if len(ids) > 1_000 else (10, 30, 10)
    story.passes(minutes=1)
    for number, deal in enumerate(ids[:changed]):
        story.portal.update("deals", deal, {"dealstage": "contractsent"} if number < moved else {"amount": 5})
    for number in range(acts):
        deal = ids[number % changed]
        _something(story, number % 4, deal)
    story.passes(minutes=4)
    reader.pull()
    floor = 5 + 4 + ceil(changed / 1_000) + ceil(moved / 50)
    assert {deal.id for page in reader.pages for deal in page.deals} == set(ids[:changed])
    assert calls(story) <= MARGIN * floor


def test_the_nightly_comparison_costs_a_call_for_200_deals(busy: Busy) -> None:
    story, reader, ids, *_ = busy
    story.passes(minutes=61)
    reader.pull()
    calls(story)
    story.passes(hours=24)
    reader.pull()
    daily = 2 + 3 + 5  # what the portal says of itself, and a look at what may be read
    late = 4 * ceil(len(ids) / 1_000)
    assert calls(story) <= MARGIN * (ceil(len(ids) / 200) + 5 + late + daily)
    assert reader.pages[-1].open_ids == frozenset(ids)


def test_objects_that_no_rule_reads_cost_nothing(story: Story) -> None:
    deal = story.deal()
    story.contact(deal)
    story.passes(minutes=15)
    reader = story.reader()
    reader.pull()
    asked = {call.path for call in story.board.ledger if "contacts" in call.path or "leads" in call.path}
    assert asked == set()
    assert reader.deals[deal].contacts is None


def test_the_limits_of_the_portal_are_never_touched() -> None:
    with opened(is_unlimited=False) as story:
        story.server.api.limits.allowance.burst = 100
        deals = filled(story, 1_200, (0, 1, 0, 0))
        story.passes(minutes=15)
        reader = story.reader()
        began = story.patience.seconds
        reader.pull()
        for _ in range(3):
            story.passes(minutes=5)
            reader.pull()
        assert len(reader.deals) == len(deals)
        assert _violations(story.server) == {}
        assert story.patience.seconds - began <= MARGIN * story.board.ledger.kinds()["search"] / 5 + 1


def _something(story: Story, which: int, deal: str) -> None:
    """A mail, a call, a meeting or a task."""
    match which:
        case 0:
            story.mail(deal)
        case 1:
            story.call(deal)
        case 2:
            story.meeting(deal, NOON + timedelta(days=9))
        case _:
            story.task(deal, NOON + timedelta(days=9))


def _violations(server: HubSpotServer) -> dict[str, int]:
    return server.api.limits.violations
