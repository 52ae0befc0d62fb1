"""A review is posted by itself: on its day, at its hour, to its channel, once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from stalewatch.domain.policies import Speaking
from stalewatch.domain.reviewing import Every, Posting
from stalewatch.domain.routing import Route
from stalewatch.sdk.errors import OutcomeUnknown
from stalewatch.services.measuring.review_posts import ReviewPosts
from tests import databases
from tests.services.measuring.test_review import RULE, quarter
from tests.services.world import World, at, rulebook

ALL: Mapping[Every, Posting] = {Every.WEEKLY: Posting(channel="#sales"), Every.MONTHLY: Posting(channel="#board")}
SPEAKING = Speaking(
    routes=(Route(name="all", to=("owner",)),), channels={"tokyo": "#sales-tokyo"},
    public_url="https://stalewatch.acme.example",
)  # fmt: skip


@pytest.fixture(scope="module")
def quarter_lived(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, World]:
    """The quarter of the reviews, lived through once for all stories of this file."""
    path = tmp_path_factory.mktemp("posts") / "stalewatch.db"
    path.write_bytes(sqlite_template.read_bytes())
    world = World(databases.opened(f"sqlite:///{path}"), rulebook(RULE), speaking=SPEAKING)
    quarter(world)
    world.db.dispose()
    return path, world


@pytest.fixture
def world(quarter_lived: tuple[Path, World], tmp_path: Path) -> Iterator[World]:
    path, lived = quarter_lived
    mine = tmp_path / "stalewatch.db"
    mine.write_bytes(path.read_bytes())
    world = World(databases.opened(f"sqlite:///{mine}"), lived.book, speaking=SPEAKING)
    world.crm.deals = dict(lived.crm.deals)
    world.clock.move_to(at("2026-03-30 10:00"))
    yield world
    world.db.dispose()


def posts(world: World, postings: Mapping[Every, Posting] = ALL, speaking: Speaking = SPEAKING) -> ReviewPosts:
    return ReviewPosts(world.db, world.clock, world.book, {"crm": None}, speaking, postings)


def when(world: World, text: str, **more: Mapping[Every, Posting]) -> list[str]:
    """The channels that hear of a review at that moment."""
    world.clock.move_to(at(text))
    posts(world, **more).post()
    before = len(world.mail.messages)
    world.syncs()
    world.dispatches()
    return [one.target for one in world.mail.messages[before:] if one.target.startswith("channel:")]


def test_on_monday_at_nine_and_not_again(world: World) -> None:
    assert when(world, "2026-04-05 23:00") == []
    assert when(world, "2026-04-06 08:59") == []
    assert when(world, "2026-04-06 09:00") == ["channel:#sales"]
    assert when(world, "2026-04-06 09:01") == []
    assert when(world, "2026-04-07 09:00") == []
    assert when(world, "2026-04-13 09:05") == ["channel:#sales"]


def test_the_month_on_its_first_business_day(world: World) -> None:
    """1 May 2026 is a Friday; the month of May is reviewed on Monday, 1 June, with the week."""
    assert when(world, "2026-05-01 09:00") == ["channel:#board"]
    assert sorted(when(world, "2026-06-01 09:30")) == ["channel:#board", "channel:#sales"]


def test_what_could_not_be_posted_for_two_days_is_not_made_up_for(world: World) -> None:
    assert when(world, "2026-04-08 08:59") == ["channel:#sales"]
    assert when(world, "2026-04-15 09:01") == []


def test_it_says_the_week_its_figures_and_where_the_whole_is(world: World) -> None:
    world.clock.move_to(at("2026-03-30 10:00"))
    posts(world).post()
    world.dispatches()
    (message,) = [one for one in world.mail.messages if one.target == "channel:#sales"]
    assert message.title == "Week of 23 Mar to 29 Mar"
    assert message.entries[0].headline == "3 deals went quiet, 2 came back"
    assert "forecast" in message.entries[0].body
    assert message.url == "https://stalewatch.acme.example/review?period=weekly&of=2026-W13"
    assert "Sato" not in message.title + message.entries[0].headline + message.entries[0].body


def test_in_japanese_for_a_company_that_reads_japanese(world: World) -> None:
    world.speaking = replace(SPEAKING, language="ja")
    world.clock.move_to(at("2026-03-30 10:00"))
    posts(world, speaking=world.speaking).post()
    world.dispatches()
    (message,) = [one for one in world.mail.messages if one.target == "channel:#sales"]
    assert message.title == "3月23日〜3月29日の週"
    assert message.entries[0].headline == "3件が新たに滞留し、2件が動き出しました"


def test_a_team_hears_of_itself_in_its_own_channel(world: World) -> None:
    postings = {Every.WEEKLY: Posting(teams=("tokyo", "nowhere"))}
    assert when(world, "2026-04-06 09:00", postings=postings) == ["channel:#sales-tokyo"]
    assert world.mail.messages[-1].title.endswith(" · tokyo")
    assert world.mail.messages[-1].entries[0].headline == "No deal went quiet, and none came back"


def test_of_many_processes_at_once_one_announces_it(world: World) -> None:
    world.clock.move_to(at("2026-03-30 10:00"))
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: posts(world).post(), range(4)))
    assert sum(made) == 1


def test_a_post_whose_reply_was_lost_is_not_posted_again(world: World) -> None:
    world.clock.move_to(at("2026-03-30 10:00"))
    posts(world).post()
    world.mail.faults, world.mail.swallow, world.mail.can_look = [OutcomeUnknown("no reply")], True, False
    for text in ("10:00", "10:05", "11:00", "15:00"):
        world.clock.move_to(at(f"2026-03-30 {text}"))
        world.syncs()
        world.dispatches()
        posts(world).post()
    assert len([one for one in world.mail.messages if one.target == "channel:#sales"]) == 1
