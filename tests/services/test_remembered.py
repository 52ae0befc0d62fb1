"""Figures that take long are counted once in a while; those that do not, each time."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Barrier, Event, Thread

from hypothesis import given
from hypothesis import strategies as st

from stalewatch.sdk.errors import StalewatchError
from stalewatch.services.reporting.remembered import LONGEST, MOST, OLDEST, QUICK, Remembered, key_of
from stalewatch.services.reporting.reports import Filters


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
    sums = Sums(takes=QUICK / 2)
    kept = Remembered(lambda: sums.now)
    assert [kept.of("open", sums.count) for _ in range(3)] == [1, 2, 3]


def test_what_takes_long_is_shown_again_and_counted_beside_the_reader() -> None:
    sums = Sums(takes=2.0)
    kept = Remembered(lambda: sums.now)
    assert [kept.of("open", sums.count), kept.of("open", sums.count), kept.of("late", sums.count)] == [1, 1, 2]
    sums.now += LONGEST + 3
    sums.done.clear()
    assert kept.of("open", sums.count) == 1
    assert sums.done.wait(10)
    while kept.of("open", sums.count) == 1:
        pass
    assert kept.of("open", sums.count) == 3
    sums.now += OLDEST
    assert kept.of("open", sums.count) == 4  # too old to be shown to anybody


def test_a_count_that_fails_beside_the_reader_is_tried_again() -> None:
    sums = Sums(takes=2.0)
    kept = Remembered(lambda: sums.now)
    kept.of("open", sums.count)
    sums.now += LONGEST + 1
    sums.done.clear()
    sums.breaks = True
    assert kept.of("open", sums.count) == 1
    assert sums.done.wait(10)
    sums.breaks = False
    while sums.counted == 1:
        assert kept.of("open", sums.count) in (1, 2)


def test_readers_who_come_at_once_wait_for_one_count() -> None:
    sums, together, seen = Sums(takes=2.0), Barrier(8), []
    kept = Remembered(lambda: sums.now)

    def read() -> None:
        together.wait()
        seen.append(kept.of("open", sums.count))

    readers = [Thread(target=read) for _ in range(8)]
    for one in readers:
        one.start()
    for one in readers:
        one.join(10)
    assert (seen, sums.counted) == ([1] * 8, 1)


def test_only_so_many_are_kept() -> None:
    sums = Sums(takes=2.0)
    kept = Remembered(lambda: sums.now)
    for number in range(MOST + 5):
        kept.of(number, lambda: 0)
    assert len(kept._kept) == MOST


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
