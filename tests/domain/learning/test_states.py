"""Rules over the states that changes make say what an engine that looked all the time would have said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from stalewatch.domain.assemble import Snapshot
from stalewatch.domain.deadlines import State
from stalewatch.domain.frame import Column, Frame, History
from stalewatch.domain.instants import DAY, HOUR, to_us
from stalewatch.domain.learning import states
from tests.domain.judge_batches import Batch, batch

DAILY = range(3)
MANY = range(100, 300)
Clock = tuple[int, str, int]
"""Record, rule, anchor."""


def with_whole_past(record: Snapshot) -> Snapshot | None:
    """The record with nothing known of the time before it was created, and every field known from then on."""
    created = record.values.get("created_at")
    if created is None:
        return None
    begin = to_us(created)  # type: ignore[arg-type]
    changes = {
        name: [(begin, told[0][1]), *((at, value) for at, value in told if at > begin)]
        for name, told in record.changes.items()
    }
    events = [event for event in record.events if event.at >= begin]
    return replace(record, changes=changes, events=events, values={**record.values, **_last(changes)})


def _last(changes: dict[str, list[tuple[int, Any]]]) -> dict[str, Any]:
    return {name: told[-1][1] for name, told in changes.items()}


def known_at(record: Snapshot, moment: int) -> Snapshot:
    """The record as it stood at a moment."""
    changes = {name: [one for one in told if one[0] <= moment] for name, told in record.changes.items()}
    events = [event for event in record.events if event.at <= moment]
    return replace(record, changes=changes, events=events, values={**record.values, **_last(changes), "is_open": True})


def lives(frame: Frame, as_of: int) -> History:
    """Every record is open from its creation on; one that is closed now ended some days before the end."""
    closed = ~frame.columns["is_open"].values
    end = Column(np.where(closed, as_of - 5 * DAY, 0), closed)
    return states.life(frame.columns["created_at"], end, None, 1)


def told(one: Batch, records: Sequence[Snapshot], as_of: int, end: int) -> dict[Clock, int]:
    """What would have been said, and when."""
    frame = one.frame(records)
    among = states.seen(frame, lives(frame, end), as_of, frame.history.keys(), ())
    found: dict[Clock, int] = {}
    for verdict in one.fast.judge(among.frame):
        said = states.spoken(verdict, among)
        for record, anchor, at in zip(said.record.tolist(), said.anchor.tolist(), said.at.tolist(), strict=True):
            key = (record, verdict.rule.id, anchor)
            found[key] = min(at, found.get(key, at))
    return found


def late_at(one: Batch, record: Snapshot, moments: Sequence[int]) -> dict[int, set[tuple[str, int]]]:
    """The clocks that an engine would call late at each of some moments, knowing what was known then.

    Each look is a record of its own, and all of them are judged together: an engine would judge each alone.
    """
    now = np.array(moments, np.int64)
    found: dict[int, set[tuple[str, int]]] = {moment: set() for moment in moments}
    for verdict in one.fast.judge(one.frame([known_at(record, moment) for moment in moments])):
        for clock in np.flatnonzero(verdict.deadlines.state(now[verdict.row]) == State.BREACHED).tolist():
            found[moments[int(verdict.row[clock])]].add((verdict.rule.id, int(verdict.deadlines.anchor[clock])))
    return found


def batch_of(seed: int) -> tuple[Batch, list[Snapshot], int]:
    one = batch(seed)
    records = [found for record in one.records if (found := with_whole_past(record)) is not None][:8]
    last = max(at for record in records for told in record.changes.values() for at, _ in told)
    return one, records, last + 20 * DAY


def check_against_an_engine_that_looks_all_the_time(seed: int) -> int:
    one, records, as_of = batch_of(seed)
    found = told(one, records, as_of, as_of)
    for place, record in enumerate(records):
        begin = to_us(record.values["created_at"])  # type: ignore[arg-type]
        end = as_of if record.values["is_open"] else as_of - 5 * DAY
        mine = {key[1:]: at for key, at in found.items() if key[0] == place}
        looks = {*range(begin, end, 60 * HOUR), *mine.values(), *(at - 1 for at in mine.values() if at > begin)}
        moments = sorted(at for at in looks if at < end)
        late = late_at(one, record, moments) if moments else {}
        for moment in moments:
            for clock in late[moment]:
                assert clock in mine, f"{clock} of record {place} is late at {moment}, and nobody was told"
                assert mine[clock] <= moment, f"{clock} of record {place} was late before it was told"
        for clock, at in mine.items():
            assert clock in late.get(at, ()), f"{clock} of record {place} was told at {at}, and was not late"
    return len(found)


def check_that_the_future_does_not_matter(seed: int) -> None:
    one, records, as_of = batch_of(seed)
    whole = told(one, records, as_of, as_of)
    for back in (30 * DAY, 45 * DAY):
        moment = as_of - back
        before = [place for place, record in enumerate(records) if to_us(record.values["created_at"]) <= moment]  # type: ignore[arg-type]
        if not before:
            continue
        cut = told(one, [known_at(records[place], moment) for place in before], moment, as_of + 99 * DAY)
        expected = {(before.index(record), rule, anchor): at for (record, rule, anchor), at in whole.items()
                    if record in before and at < moment}  # fmt: skip
        assert cut == expected


@pytest.mark.parametrize("seed", DAILY)
def test_states_say_what_an_engine_would_have_said(seed: int) -> None:
    assert check_against_an_engine_that_looks_all_the_time(seed) > 5


@pytest.mark.parametrize("seed", DAILY)
def test_another_future_changes_nothing_that_was_said_before_it(seed: int) -> None:
    check_that_the_future_does_not_matter(seed)


@pytest.mark.slow
def test_two_hundred_organisations() -> None:
    for seed in MANY:
        check_against_an_engine_that_looks_all_the_time(seed)
        check_that_the_future_does_not_matter(seed)
