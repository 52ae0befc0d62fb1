"""Figures that take long are counted once in a while; those that do not, each time."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Barrier, Event, Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stalewatch.sdk.errors import StalewatchError
from stalewatch.services.reporting.reports import Filters
from stalewatch.web.counting import CHEAP, LONGEST, MOST, OLDEST, Counting, Figure, StillCounting
from stalewatch.web.figures import key_of


@dataclass
class Sums:
    """Counting that takes so many seconds of a clock of its own."""

    takes: float
    now: float = 1000.0
    counted: int = 0
    done: Event = field(default_factory=Event)
    breaks: bool = False

    def count(self) -> int:
        if self.breaks:
            self.done.set()
            raise StalewatchError("the database is locked", cure="try again")
        self.now += self.takes
        self.counted += 1
        self.done.set()
        return self.counted


def test_what_is_quick_is_counted_anew_each_time() -> None:
    sums = Sums(takes=CHEAP / 2)
    kept = Counting(lambda: sums.now)
    assert [kept.of("open", sums.count).value for _ in range(3)] == [1, 2, 3]


def test_what_no_minute_changes_much_is_kept_however_quick_it_was() -> None:
    sums = Sums(takes=CHEAP / 2)
    kept = Counting(lambda: sums.now)
    assert [kept.of("teams", sums.count, lasts=60, cheap=0.0).value for _ in range(3)] == [1, 1, 1]
    sums.now += 61
    assert kept.of("teams", sums.count, lasts=60, cheap=0.0) == Figure(1, age=61, renews=True)
    while kept.of("teams", sums.count, lasts=60, cheap=0.0).value == 1:
        pass


def test_what_takes_long_is_shown_again_with_its_age_and_counted_beside_the_reader() -> None:
    sums = Sums(takes=2.0)
    kept = Counting(lambda: sums.now)
    assert [kept.of(name, sums.count).value for name in ("open", "open", "late")] == [1, 1, 2]
    sums.now += LONGEST + 3
    sums.done.clear()
    assert kept.of("open", sums.count) == Figure(1, age=LONGEST + 5, renews=True)
    assert sums.done.wait(10)
    while kept.of("open", sums.count).value == 1:
        pass
    assert kept.of("open", sums.count).value == 3
    sums.now += OLDEST
    assert kept.of("open", sums.count).value == 4  # too old to be shown to anybody
    sums.now += OLDEST
    assert kept.of("open", sums.count, oldest=2 * OLDEST).value == 4


def test_what_no_hour_changes_much_is_good_for_as_long_as_its_asker_says() -> None:
    sums = Sums(takes=2.0)
    kept = Counting(lambda: sums.now)
    assert kept.of("past", sums.count, lasts=OLDEST).value == 1
    sums.now += OLDEST - 3
    assert kept.of("past", sums.count, lasts=OLDEST) == Figure(1, age=OLDEST - 3)
    assert kept.of("past", sums.count).renews


def test_a_count_that_fails_beside_the_reader_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    sums = Sums(takes=2.0)
    kept = Counting(lambda: sums.now)
    kept.of("open", sums.count)
    sums.now += LONGEST + 1
    sums.done.clear()
    sums.breaks = True
    assert kept.of("open", sums.count).value == 1
    assert sums.done.wait(10)
    sums.breaks = False
    while sums.counted == 1:
        assert kept.of("open", sums.count).value in (1, 2)
    assert "could not be counted: the database is locked" in caplog.text


def test_who_waits_for_a_count_that_fails_hears_why() -> None:
    sums = Sums(takes=2.0, breaks=True)
    with pytest.raises(StalewatchError, match="the database is locked"):
        Counting(lambda: sums.now).of("open", sums.count)


def test_a_reader_who_has_no_patience_is_told_and_the_count_goes_on() -> None:
    sums, goes = Sums(takes=2.0), Event()
    kept = Counting(lambda: sums.now)

    def count() -> int:
        assert goes.wait(10)
        return sums.count()

    with pytest.raises(StillCounting):
        kept.of("open", count, patience=lambda: 0.0)
    goes.set()
    assert kept.of("open", lambda: -1).value == 1  # the one that is under way, or was when we asked


def test_readers_who_come_at_once_wait_for_one_count() -> None:
    sums, together, seen = Sums(takes=2.0), Barrier(8), []
    kept = Counting(lambda: sums.now)

    def read() -> None:
        together.wait()
        seen.append(kept.of("open", sums.count).value)

    readers = [Thread(target=read) for _ in range(8)]
    for one in readers:
        one.start()
    for one in readers:
        one.join(10)
    assert (seen, sums.counted) == ([1] * 8, 1)


def test_only_so_many_are_kept() -> None:
    sums = Sums(takes=2.0)
    kept = Counting(lambda: sums.now)
    for number in range(MOST + 5):
        kept.of(number, lambda: 0)
    assert len(kept._made) == MOST


filters = st.builds(
    Filters, obj=st.sampled_from([None, "deal", "lead"]), connection=st.sampled_from([None, "sf"]),
    owners=st.sampled_from([None, ["a", "b"], ("b", "a"), {"a"}, []]), team=st.sampled_from([None, "x"]),
    pipeline=st.sampled_from([None, "x"]), stage=st.sampled_from([None, "x"]), rule=st.sampled_from([None, "x"]),
    severity=st.sampled_from([None, "info"]), min_amount=st.sampled_from([None, 0, 5]), q=st.sampled_from([None, "x"]),
    ids=st.sampled_from([None, [], ["a"]]),
)  # fmt: skip


@given(filters, filters)
def test_two_choices_have_one_name_only_if_they_choose_the_same(one: Filters, other: Filters) -> None:
    def said(some: Filters) -> list[object]:
        sets = {
            name: None if getattr(some, name) is None else sorted(getattr(some, name)) for name in ("owners", "ids")
        }
        return [sets.get(name, getattr(some, name)) for name in Filters.__dataclass_fields__]

    assert (key_of(one) == key_of(other)) is (said(one) == said(other))
