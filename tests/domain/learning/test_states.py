"""Rules over the states that changes make say what an engine that looked all the time would have said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from stalewatch.domain.alerts import policy_of
from stalewatch.domain.assemble import Snapshot
from stalewatch.domain.calendar import Calendar
from stalewatch.domain.deadlines import State
from stalewatch.domain.durations import Duration, Unit
from stalewatch.domain.frame import Column, Frame, History
from stalewatch.domain.instants import DAY, HOUR, to_us
from stalewatch.domain.learning import states
from stalewatch.domain.learning.retold import spoken
from tests.domain.judge_batches import Batch, batch
from tests.services.world import TOKYO

DAILY = range(3)
MANY = range(100, 300)
Alert = tuple[int, str, int]
"""Record, rule, and the moment of the breach."""
POLICY = policy_of(Calendar(TOKYO), Duration(2, Unit.HOUR), Duration(3, Unit.BUSINESS_DAY))


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


def told(one: Batch, records: Sequence[Snapshot], as_of: int, end: int) -> set[Alert]:
    """What would have been said, and when."""
    frame = one.frame(records)
    among = states.seen(frame, lives(frame, end), as_of, frame.history.keys(), ())
    found: set[Alert] = set()
    for verdict in one.fast.judge(among.frame):
        said = spoken(verdict, among, lambda _row: POLICY)
        found |= {(row, verdict.rule.id, at) for row, at in zip(said.record.tolist(), said.at.tolist(), strict=True)}
    return found


def late_at(one: Batch, record: Snapshot, moments: Sequence[int]) -> dict[int, set[str]]:
    """The rules that an engine would call late at each of some moments, knowing what was known then.

    Each look is a record of its own, and all of them are judged together: an engine would judge each alone.
    """
    now = np.array(moments, np.int64)
    found: dict[int, set[str]] = {moment: set() for moment in moments}
    for verdict in one.fast.judge(one.frame([known_at(record, moment) for moment in moments])):
        for clock in np.flatnonzero(verdict.deadlines.state(now[verdict.row]) == State.BREACHED).tolist():
            found[moments[int(verdict.row[clock])]].add(verdict.rule.id)
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
        mine = sorted((at, rule) for row, rule, at in found if row == place)
        looks = {*range(begin, end, 60 * HOUR), *(at for at, _ in mine), *(at - 1 for at, _ in mine if at > begin)}
        moments = sorted(at for at in looks if at < end)
        late = late_at(one, record, moments) if moments else {}
        for moment in moments:
            silent = late[moment] - {rule for at, rule in mine if at <= moment}
            assert not silent, f"{silent} of record {place} are late at {moment}, and nobody was told"
        for at, rule in mine:
            assert rule in late[at], f"{rule} of record {place} was told at {at}, and was not late"
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
        expected = {(before.index(row), rule, at) for row, rule, at in whole if row in before and at < moment}
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
