"""A history as it is counted: nothing later than its end, nothing that cannot be, and every stay in a stage."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stalewatch.domain.instants import DAY, NEVER
from stalewatch.domain.learning.history import CLOSED_BEFORE, LATER, NO_END, Found, History, Visits, history

Row = tuple[int | None, int | None, str]
ORDER = {"discovery": 0, "proposal": 1, "approval": 2}


def found(*rows: Row, visits: list[tuple[int, str, int]] | None = None) -> Found:
    """Rows of (opened, closed, outcome), and visits of (row, stage, entered), in days."""

    def instants(place: int) -> Any:
        return np.array([NEVER if row[place] is None else row[place] * DAY for row in rows], np.int64)  # type: ignore[operator]

    outcome = np.array([row[2] for row in rows], np.object_)
    seen = visits or []
    stages = np.empty(len(seen), np.object_)
    stages[:] = [stage for _, stage, _ in seen]
    return Found(
        ids=[str(number) for number in range(len(rows))], start=instants(0), end=instants(1), won=outcome == "won",
        lost=outcome == "lost", names={"pipeline": np.full(len(rows), None, np.object_)},
        amount=np.zeros(len(rows), np.int64),
        visits=Visits(
            np.array([row for row, _, _ in seen], np.int64), stages, np.array([at * DAY for *_, at in seen], np.int64)
        ),
        has_stages=bool(seen),
    )  # fmt: skip


def days(one: History) -> list[tuple[int, int, str]]:
    spells = one.deals().spells
    ended = np.where(spells.won, "won", np.where(spells.lost, "lost", "open"))
    return [
        (int(start) // DAY, int(end) // DAY, str(how))
        for start, end, how in zip(spells.start, spells.end, ended, strict=True)
    ]


def test_what_cannot_be_is_counted_by_its_reason_and_left_out() -> None:
    one = history(
        found((10, 5, "won"), (10, None, "lost"), (99, None, "open"), (None, 20, "won"), (10, 20, "won")),
        as_of=50 * DAY,
    )
    assert one.left_out == {CLOSED_BEFORE: 1, NO_END: 1, LATER: 1}
    assert one.ids == ["3", "4"], "one that nobody knows the beginning of is kept"
    assert days(one) == [(10, 20, "won")], "and has no clock"


def test_it_ends_with_what_it_names_last_and_begins_with_the_first_closing() -> None:
    one = history(found((1, 8, "won"), (2, 30, "lost"), (3, None, "open")))
    assert (one.watched.since, one.watched.until) == (8 * DAY, 30 * DAY)
    assert days(one) == [(1, 8, "won"), (2, 30, "lost"), (3, 30, "open")]


def test_seen_from_an_earlier_moment_what_ended_later_is_open() -> None:
    assert days(history(found((1, 8, "won"), (2, 30, "lost")), as_of=20 * DAY)) == [(1, 8, "won"), (2, 20, "open")]


def test_a_stay_ends_well_where_it_goes_on_and_badly_where_the_deal_is_lost_there() -> None:
    seen = [(0, "discovery", 1), (0, "proposal", 5), (0, "discovery", 9), (0, "approval", 12), (1, "proposal", 3),
            (1, "won", 20)]  # fmt: skip
    one = history(found((1, 15, "lost"), (2, 20, "won"), visits=seen), as_of=40 * DAY, observed_from=0)
    stays = one.stays(ORDER)
    told = [
        (str(stage), int(start // DAY), int(end // DAY), bool(won), bool(lost))
        for stage, start, end, won, lost in zip(
            stays.stage, stays.spells.start, stays.spells.end, stays.spells.won, stays.spells.lost, strict=True
        )
    ]
    assert told == [
        ("discovery", 1, 5, True, False),
        ("proposal", 5, 9, False, False),
        ("discovery", 9, 12, True, False),
        ("approval", 12, 15, False, True),
        ("proposal", 3, 20, True, False),
    ]


def test_nothing_at_all_is_a_history_too() -> None:
    one = history(found())
    assert len(one.deals().spells) == len(one.stays(ORDER).spells) == 0


rows = st.lists(
    st.tuples(st.none() | st.integers(0, 50), st.none() | st.integers(0, 50), st.sampled_from(("won", "lost", "open"))),
    max_size=20,
)


@given(rows, st.integers(0, 60))
def test_every_row_is_counted_or_left_out_by_one_reason_and_nothing_lies_after_the_end(
    given_: list[Row], until: int
) -> None:
    told = [(start, None if how == "open" else end, how) for start, end, how in given_]
    one = history(found(*told), as_of=until * DAY)
    assert len(one.ids) + sum(one.left_out.values()) == len(given_)
    spells = one.deals().spells
    assert (spells.end <= until * DAY).all()
    assert (spells.end >= spells.start).all()
