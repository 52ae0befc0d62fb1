"""A limit is never exceeded, in whatever span one looks, however its calls are claimed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from stalewatch.sdk.pacing import LONGEST, Limit, MemoryPacer, Quota, Usage, Wait

SEARCH, BURST = Limit("search", 5, 1.0), Limit("burst", 100, 10.0)


class Seconds:
    """A clock that only waiting moves."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def most_in_a_span(times: list[float], span: float) -> int:
    """The fullest window of so many seconds."""
    return max((sum(start <= at < start + span for at in times) for start in times), default=0)


@given(
    most=some.integers(1, 8),
    span=some.sampled_from([0.5, 1.0, 10.0]),
    pauses=some.lists(some.floats(0, 3), min_size=1, max_size=60),
    rests=some.dictionaries(some.integers(0, 59), some.floats(0.1, 20), max_size=3),
)
def test_no_window_is_ever_exceeded_and_no_rest_disturbed(
    most: int, span: float, pauses: list[float], rests: dict[int, float]
) -> None:
    clock, times, resting_until = Seconds(), list[float](), 0.0
    pacer, limit = MemoryPacer(clock), Limit("x", most, span)
    for number, pause in enumerate(pauses):
        clock.now += pause
        if number in rests:
            pacer.rest("a", rests[number])
            resting_until = max(resting_until, clock.now + rests[number])
        waited = 0
        while (wait := pacer.claim("a", limit)) is not None:
            assert wait.seconds > 0
            clock.now += wait.seconds
            waited += 1
        assert waited <= 2, "what it says is how long it takes, unless a rest is the longer one"
        assert clock.now >= resting_until
        times.append(clock.now)
    assert most_in_a_span(times, span) <= most


def test_a_limit_is_used_to_the_full() -> None:
    """Five searches a second are five, not four: the next is told to wait a second and the margin, no more."""
    clock = Seconds()
    pacer = MemoryPacer(clock)
    assert [pacer.claim("a", SEARCH) for _ in range(5)] == [None] * 5
    wait = pacer.claim("a", SEARCH)
    assert wait is not None
    assert wait.seconds == pytest.approx(1.02)
    assert pacer.claim("a", BURST) is None, "another limit is another window"
    assert pacer.claim("b", SEARCH) is None, "another account has its own"


def test_a_rest_is_everybodys_and_the_longer_one_stays() -> None:
    clock = Seconds()
    pacer = MemoryPacer(clock)
    pacer.rest("a", 3_600, "quota")
    pacer.rest("a", 10, "pause")
    assert pacer.claim("a", SEARCH) == pacer.resting("a") == Wait(3_600, "quota")
    assert pacer.resting("b") is None
    clock.now += 3_600
    assert pacer.resting("a") is None
    assert pacer.claim("a", SEARCH) is None
    pacer.rest("a", 10**9)
    assert (wait := pacer.resting("a")) is not None
    assert wait.seconds == LONGEST


def test_what_was_heard_last_is_told_with_its_age() -> None:
    clock = Seconds()
    pacer = MemoryPacer(clock)
    assert pacer.quota("a") is None
    pacer.hear("a", {"org": Usage(10, 100)})
    clock.now += 60
    pacer.hear("b", {"org": Usage(1, 1)})
    assert pacer.quota("a") == Quota({"org": Usage(10, 100)}, 60.0)
    assert Usage(10, 100).share == 0.1
    assert Usage(0, 0).share == 1.0
