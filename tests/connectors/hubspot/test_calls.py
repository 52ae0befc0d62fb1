"""How many calls each pass costs, counted by the portal, against the least that it could, and how long it takes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from math import ceil

import pytest

from tests.connectors.hubspot.portals import NOON, Reader, Story, opened

MARGIN = 1.10
"""Calls over the floor."""
SLOWNESS = 1.25
"""Seconds over the time floor."""
FIXED = 8
"""What a portal says of itself once a day: account, pipelines, properties, owners twice, and what may be read."""
KINDS = ("meetings", "emails", "calls", "tasks")
SEARCHES = 1 + len(KINDS)
PEOPLE = {"deal": ["stage", "amount", "stakeholders", "last_customer_activity_at"]}


@dataclass(frozen=True)
class Size:
    """How large a portal is, and how much changes in five minutes; of activities so many for each deal."""

    deals: int
    each: tuple[int, int, int, int]
    changed: int
    acts: int
    moved: int


SIZES = [
    pytest.param(Size(200, (3, 20, 4, 6), changed=10, acts=30, moved=10), id="200"),
    pytest.param(Size(5_000, (1, 1, 0, 1), changed=150, acts=600, moved=60), id="5000", marks=pytest.mark.slow),
    pytest.param(Size(50_000, (0, 1, 0, 0), changed=1_500, acts=6_000, moved=250), id="50000", marks=pytest.mark.slow),
]


@dataclass
class Cost:
    """Calls as a floor counts them."""

    searches: int
    others: int = 0

    @property
    def calls(self) -> int:
        return self.searches + self.others

    @property
    def seconds(self) -> float:
        """Searches five, all else ten in a second; both at once."""
        return max(self.searches / 5, self.others / 10)


def floor_of_load(size: Size) -> Cost:
    activities = sum(ceil(size.deals * count / 100) for count in size.each)
    links = len(KINDS) * ceil(size.deals / 1_000)
    return Cost(ceil(size.deals / 200), links + activities + ceil(size.deals / 50) + FIXED)


def floor_of_changes(size: Size, *, people: bool = False) -> Cost:
    pages = max(1, ceil(size.changed / 200)) + len(KINDS) * max(1, ceil(size.acts / 4 / 200))
    links = len(KINDS) * ceil(size.acts / 4 / 1_000) * (2 if people else 1) - people * ceil(size.acts / 4 / 1_000)
    contacts = ceil(size.changed / 1_000) if people else 0
    return Cost(pages + people, links + contacts + ceil(size.moved / 50))


def floor_of_hour(due: int) -> Cost:
    return Cost(SEARCHES, len(KINDS) * ceil(due / 1_000))


def floor_of_night(size: Size) -> Cost:
    return Cost(SEARCHES + ceil(size.deals / 200), len(KINDS) * ceil(size.deals / 1_000) + FIXED)


@dataclass
class Busy:
    """A portal with so many deals, and a connector that has loaded all of them."""

    story: Story
    size: Size
    ids: list[str]
    due: list[str] = field(default_factory=list)

    def measured(self, reader: Reader) -> tuple[Cost, float]:
        """What a pull costs: calls as the portal counted them, and the seconds that passed."""
        self.story.board.ledger.reset()
        began = self.story.patience.seconds
        reader.pull()
        kinds = self.story.board.ledger.kinds()
        searches = kinds.pop("search", 0)
        assert self.story.server.api.limits.violations == {}, "no limit of the portal was ever touched"
        return Cost(searches, sum(kinds.values())), self.story.patience.seconds - began

    def holds(self, reader: Reader, least: Cost) -> None:
        cost, seconds = self.measured(reader)
        assert cost.calls <= MARGIN * least.calls, (cost, least)
        assert seconds <= SLOWNESS * least.seconds, (seconds, least)

    def works(self) -> None:
        """What happens in five minutes: deals are edited and moved, and something is done about them."""
        self.story.passes(minutes=1)
        for number, deal in enumerate(self.ids[: self.size.changed]):
            said = {"dealstage": "contractsent"} if number < self.size.moved else {"amount": number + 1}
            self.story.portal.update("deals", deal, said)
        for number in range(self.size.acts):
            done(self.story, number % 4, self.ids[number % self.size.changed])
        self.story.passes(minutes=4)


def filled(story: Story, size: Size) -> list[str]:
    at = NOON - timedelta(days=30)
    ids = [story.deal(f"Deal {number}", at=at) for number in range(size.deals)]
    for kind, count in zip(KINDS, size.each, strict=True):
        said: dict[str, object] = {"hs_email_direction": "EMAIL"} if kind == "emails" else {}
        for deal in ids:
            for _ in range(count):
                one = story.portal.create(kind, {"hs_timestamp": NOON, **said}, at=NOON - timedelta(days=20))
                story.portal.associate(kind, one, "deals", deal)
    story.passes(minutes=15)
    return ids


def done(story: Story, which: int, deal: str) -> None:
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


@pytest.mark.parametrize("size", SIZES)
def test_every_pass_costs_little_more_than_it_must(size: Size) -> None:
    """Full, quiet, incremental, its overlap, hourly and nightly, one after the other."""
    with opened(is_unlimited=False) as story:
        story.server.api.limits.allowance.burst = 100
        busy = Busy(story, size, filled(story, size))
        reader = story.reader(due_soon=lambda: busy.due)
        busy.holds(reader, floor_of_load(size))
        assert reader.deals.keys() == set(busy.ids)
        assert len(reader.acts) == size.deals * sum(size.each)

        story.passes(minutes=5)
        quiet = Cost(SEARCHES)
        busy.holds(reader, quiet)
        for _ in range(3):
            story.passes(minutes=5)
            reader.pull()

        busy.works()
        busy.holds(reader, floor_of_changes(size))
        assert {deal.id for page in reader.pages for deal in page.deals} == set(busy.ids[: size.changed])

        story.passes(minutes=5)
        again, _ = busy.measured(reader)
        assert again.others == 0, "what the overlap reads again is known: nothing more is asked"
        assert again.searches <= floor_of_changes(size).searches
        assert not any(page.deals or page.activities for page in reader.pages)

        story.passes(hours=3)
        reader.pull()
        story.passes(minutes=61)
        busy.due = busy.ids[: size.deals // 10]
        busy.holds(reader, floor_of_hour(len(busy.due)))

        story.passes(hours=24)
        busy.holds(reader, floor_of_night(size))
        assert reader.pages[-1].open_ids == frozenset(busy.ids)


def test_a_new_process_asks_for_no_more_than_an_old_one() -> None:
    with opened() as story:
        size = Size(30, (1, 1, 1, 1), changed=3, acts=4, moved=3)
        busy = Busy(story, size, filled(story, size))
        reader = story.reader()
        reader.pull()
        story.passes(minutes=15)
        reader.pull()
        reader.connector = story.connector()
        busy.works()
        busy.holds(reader, floor_of_changes(size))
        story.passes(minutes=30)
        reader.connector = story.connector()
        busy.holds(reader, Cost(SEARCHES))


def test_rules_that_read_people_pay_for_contacts_and_for_nothing_else() -> None:
    with opened() as story:
        size = Size(30, (0, 1, 0, 0), changed=10, acts=40, moved=10)
        busy = Busy(story, size, filled(story, size))
        for deal in busy.ids[:5]:
            story.contact(deal, f"{deal}@customer.example")
        story.passes(minutes=15)
        reader = story.reader(reads=PEOPLE)
        reader.pull()
        story.passes(minutes=15)
        busy.holds(reader, Cost(SEARCHES + 1))
        busy.works()
        busy.holds(reader, floor_of_changes(size, people=True))
        paths = [call.path for call in story.board.ledger]
        assert not [path for path in paths if "leads" in path]


def test_objects_that_no_rule_reads_cost_nothing(story: Story) -> None:
    deal = story.deal()
    story.contact(deal)
    story.passes(minutes=15)
    reader = story.reader()
    reader.pull()
    asked = {call.path for call in story.board.ledger if "contacts" in call.path or "leads" in call.path}
    assert asked == set()
    assert reader.deals[deal].contacts is None


def test_a_late_link_is_looked_for_by_the_hour_where_a_deadline_is_near_and_by_night_everywhere(story: Story) -> None:
    near, far = story.deal("Near"), story.deal("Far")
    meetings = [story.meeting(None, NOON + timedelta(days=5)) for _ in range(2)]
    story.passes(minutes=15)
    reader = story.reader(due_soon=lambda: [near])
    reader.pull()
    story.passes(hours=3)
    reader.pull()
    for deal, meeting in zip((near, far), meetings, strict=True):
        story.portal.associate("meetings", meeting, "deals", deal)
    story.passes(minutes=61)
    reader.pull()
    assert (len(reader.of(near)), len(reader.of(far))) == (1, 0)
    story.passes(hours=24)
    reader.pull()
    assert (len(reader.of(near)), len(reader.of(far))) == (1, 1)


def test_a_busy_portal_is_read_with_a_short_overlap_and_by_the_hour_with_a_long_one(story: Story) -> None:
    """What search shows seven minutes late is read by the hourly window; nothing is read thrice meanwhile."""
    deals = [story.deal(f"Deal {number}") for number in range(70)]
    story.passes(minutes=15)
    reader = story.reader()
    reader.pull()
    lows: list[int] = []
    for minutes in (5, 5, 5, 50):
        for deal in deals if minutes < 50 else ():
            story.portal.touch("deals", deal)
        story.passes(minutes=minutes)
        before = (reader.cursor or {})["hi"]
        story.board.ledger.reset()
        reader.pull()
        [asked] = [body for call, body in zip(story.board.ledger.where("search"), story.bodies("search"), strict=True)
                   if "/deals/" in call.path]  # fmt: skip
        [low] = [int(one["value"]) for one in asked["filterGroups"][0]["filters"] if one["operator"] == "BETWEEN"]
        lows.append((before - low) // 60_000)
    assert lows == [10, 2, 2, 120]


def test_calls_from_before_the_portal_said_who_it_is_count_as_well() -> None:
    with opened(is_unlimited=False) as story:
        story.server.api.limits.allowance.burst = 4
        story.mail(story.deal())
        story.passes(minutes=15)
        reader = story.reader(limits={"burst": 4})
        reader.pull()
        assert len(reader.acts) == 1
        assert story.server.api.limits.violations == {}
