"""What is kept of the stalled list is, at any moment and for whoever asks, what would be worked out again."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

import msgspec
import pytest

from stalewatch.domain.instants import DAY, HOUR
from stalewatch.services.reporting.kept import Asked, Kept, pulse
from stalewatch.services.reporting.reports import Filters, Page, Reports, Sort, Visible
from tests.altered import replace
from tests.services.company import Company, dice
from tests.services.conftest import Founder
from tests.services.heard import QUIET
from tests.services.world import World, at, default_pack

STEPS = 6
GAPS = (timedelta(0), timedelta(minutes=7), timedelta(hours=3), timedelta(hours=11), timedelta(days=4))
FILTERS: tuple[dict[str, Any], ...] = (
    *({}, {}, {}, {"obj": "deal"}, {"owners": frozenset({"crm:sato"})}, {"rule": "no-next-meeting"}),
    *({"severity": "critical"}, {"severity": "warning"}, {"stage": "discovery"}, {"min_amount": 1}, {"q": "d"}),
)
VISIBLE = (None, None, Visible(frozenset({"crm:sato"})), Visible(frozenset(), frozenset({"crm:d1"})))


class Readers:
    """Two processes that keep the list, of which the second asks rarely; and one who never keeps anything."""

    def __init__(self, world: World, random: Random) -> None:
        self.world, self.random = world, random
        self.reports = {language: Reports(world.db, world.book, {"crm": None}, language) for language in ("en", "ja")}
        self.often, self.rarely = Kept(self.reports), Kept(self.reports)
        self.questions = [self._question() for _ in range(5)]
        self.answered = self.from_memory = 0

    def ask(self) -> None:
        """A few random questions, at moments around the present."""
        for _ in range(4):
            self._ask(self.often)
        if self.random.random() < 0.3:
            self._ask(self.rarely)

    def _question(self) -> Asked:
        pick = self.random.choice
        page = Page(pick((None, None, *Sort)), pick((None, None, True, False)), pick((1, 2, 200)))
        return Asked(Filters(**pick(FILTERS)), pick(VISIBLE), page, pick(("en", "ja")))

    def _ask(self, kept: Kept) -> None:
        asked: Asked | None = self.random.choice(self.questions)
        now = self.world.us + self.random.choice((0, 0, 0, 0, HOUR, -HOUR, 9 * HOUR, 2 * DAY, -2 * DAY, 300 * DAY))
        while asked is not None:
            following = self._answer(kept, asked, now)
            asked = asked._replace(page=replace(asked.page, after=following)) if following else None

    def _answer(self, kept: Kept, asked: Asked, now: int) -> str | None:
        felt = pulse(self.reports[asked.language])
        sheet = kept.sheet(asked, felt.version, now)
        self.answered, self.from_memory = self.answered + 1, self.from_memory + (sheet is not None)
        sheet = sheet or kept.read(asked, felt.version, now)
        listing = self.reports[asked.language].stalled(asked.filters, now, visible=asked.visible, page=asked.page)
        assert sheet.items == msgspec.json.encode(listing.items)
        assert (sheet.next, sheet.total, sheet.more) == (listing.next, listing.total, listing.more)
        assert felt.data_age(now) == listing.data_age_seconds
        return sheet.next


def live(world: World, seed: int) -> Readers:
    """A company's random days, asked about all the time."""
    random, company = dice(seed), Company(dice(seed + 1))
    company.joins(world)
    for number in range(4):
        company.begins(f"d{number}")
    readers = Readers(world, random)
    world.clock.move_to(at("2026-03-20 09:00"))
    for _ in range(STEPS):
        for _ in range(random.randrange(3)):
            company.edit(world.clock.now())
        if random.random() < 0.2:
            sato, *others = world.crm.people
            world.crm.people = [replace(sato, name=random.choice(("Sato", "佐藤", "S."))), *others]
        if random.random() < 0.8:
            world.syncs()
            readers.ask()
        if random.random() < 0.8:
            world.ticks()
        readers.ask()
        world.clock.advance(random.choice(GAPS))
    return readers


@pytest.mark.parametrize("seed", [1, 2])
def test_what_is_kept_is_what_would_be_worked_out_again(found: Founder, seed: int) -> None:
    readers = live(found(default_pack(), QUIET), seed)
    assert 0 < readers.from_memory < readers.answered


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10, 60))
def test_what_is_kept_is_what_would_be_worked_out_again_for_long(found: Founder, seed: int) -> None:
    live(found(default_pack(), QUIET), seed)
