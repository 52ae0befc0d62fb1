"""Judging one record equals judging it among a hundred thousand, in the long run among a million."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stalewatch import shipped
from stalewatch.domain import assemble
from stalewatch.domain.assemble import Happening, Snapshot
from stalewatch.domain.calendar import Calendar, Spec
from stalewatch.domain.calendars import Calendars
from stalewatch.domain.clocks import Judge
from stalewatch.domain.deadlines import State
from stalewatch.domain.durations import Duration, Unit
from stalewatch.domain.entries import Entry, entries
from stalewatch.domain.frame import Column, Events, Frame, History
from stalewatch.domain.instants import DAY, to_us
from stalewatch.domain.language.catalogue import load_catalogue
from stalewatch.domain.language.loading import load_rules
from stalewatch.domain.language.model import FieldType
from stalewatch.domain.language.nodes import Source
from stalewatch.domain.needs import needs

TOKYO = Spec(
    name="tokyo", zone="Asia/Tokyo", opens=540, closes=1080, days=frozenset(range(5)), holidays="JP",
    closed=(((12, 29), (1, 3)),),
)  # fmt: skip
BORN = datetime(2026, 2, 20, tzinfo=UTC)
HISTORICAL = ("next_step", "stage", "amount", "hold_set_at", "hold_until", "forecast_category", "next_meeting_at")


def source(path: Path) -> Source:
    return Source(path.name, path.read_text("utf-8"))


@cache
def judge() -> Judge:
    """All of the starter pack, with a default warning."""
    catalogue = load_catalogue([source(shipped.rules() / "fields.yaml")]).catalogue
    assert catalogue is not None
    rules = load_rules([source(shipped.rules() / "default.yaml")], catalogue).ruleset
    assert rules is not None
    return Judge(rules, Calendars.single(Calendar(TOKYO)), Duration(2, Unit.DAY))


def a_value(kind: Any, draw: Any) -> Any:  # noqa: PLR0911  # one line per type
    match kind.type:
        case FieldType.CHOICE:
            return draw(st.sampled_from([*kind.values, "unmapped", None]))
        case FieldType.BOOL:
            return draw(st.sampled_from([True, False, None]))
        case FieldType.INT:
            return draw(st.sampled_from([None, 0, 1, 3, 5]))
        case FieldType.MONEY:
            return draw(st.sampled_from([None, 0.0, 100.0, 3_000_000.0, 40_000_000.0]))
        case FieldType.DATE:
            return draw(
                st.sampled_from([None, date(2026, 3, 1), date(2026, 3, 20), date(2027, 1, 1), date(9999, 12, 31)])
            )
        case FieldType.DATETIME:
            return draw(st.sampled_from([None, *(BORN + timedelta(hours=7 * n) for n in (0, 5, 40, 90, 200))]))
        case _:
            return draw(st.sampled_from(["", "call", "x", None]))


@st.composite
def records(draw: Any) -> Snapshot:
    """A deal in any state, with any past, some fields of which cannot be told."""
    kinds = judge().rules.catalogue.objects["deal"]
    values = {name: a_value(kind, draw) for name, kind in kinds.items()} | {
        "is_open": draw(st.sampled_from([True] * 4 + [False]))
    }
    changes = {}
    for name in draw(st.sets(st.sampled_from(HISTORICAL), max_size=4)):
        moments = sorted(draw(st.sets(st.integers(0, 60), max_size=4)))
        changes[name] = [(to_us(BORN) + hours * 3 * DAY // 4, a_value(kinds[name], draw)) for hours in moments]
        if changes[name]:
            values[name] = changes[name][-1][1]
    happened = sorted(draw(st.sets(st.integers(0, 30), max_size=3)))
    events = [
        Happening(draw(st.sampled_from(["meeting", "stage_regressed", "proposal_sent"])), f"e{n}",
                  to_us(BORN) + n * DAY, to_us(BORN) + n * DAY - DAY // 24)
        for n in happened
    ]  # fmt: skip
    hidden = draw(st.sets(st.sampled_from(sorted(kinds)), max_size=1)) - {"is_open", "created_at"}
    return Snapshot(values, changes, events, frozenset(hidden))


def judged(some: list[Snapshot]) -> list[list[Entry]]:
    frame = assemble.frame("deal", some, judge().rules.catalogue)
    return entries(judge().judge(frame), frame.size)


@settings(max_examples=12, deadline=None)
@given(st.lists(records(), min_size=2, max_size=12))
def test_no_record_influences_another(some: list[Snapshot]) -> None:
    """By the starter pack; arbitrary rules in test_judge_oracle.py."""
    together = judged(some)
    assert together == [judged([one])[0] for one in some]
    assert judged(some[::-1]) == together[::-1]


def only_read(frame: Frame) -> Frame:
    """Without the columns that no rule reads: a million records take room."""
    read = needs(judge().rules, judge().calendars)[frame.object].fields
    return replace(frame, columns={name: column for name, column in frame.columns.items() if name in read})


@settings(max_examples=10, deadline=None)
@given(st.lists(records(), min_size=2, max_size=12))
def test_a_rule_says_among_the_others_what_it_says_alone(some: list[Snapshot]) -> None:
    """Rules share conditions, starts and waits; what one of them asks changes no other's answer."""
    pack, frame = judge(), assemble.frame("deal", some, judge().rules.catalogue)
    together = entries(pack.judge(frame), frame.size)
    alone: list[list[Entry]] = [[] for _ in some]
    for rule in pack.rules.rules:
        only = Judge(replace(pack.rules, rules=(rule,)), pack.calendars, pack.default_warn)
        for mine, found in zip(alone, entries(only.judge(frame), frame.size), strict=True):
            mine.extend(found)
    assert alone == together == entries(pack.judge(frame), frame.size)


def tiled(frame: Frame, times: int) -> Frame:
    """The same records over and over, as one large frame."""
    size = frame.size

    def rows(row: Any) -> Any:
        return np.concatenate([row + turn * size for turn in range(times)])

    def again(values: Any) -> Any:
        return np.tile(values, times)

    return Frame(
        object=frame.object,
        size=size * times,
        columns={name: Column(again(one.values), again(one.present)) for name, one in frame.columns.items()},
        unavailable={name: again(mask) for name, mask in frame.unavailable.items()},
        history={
            name: History(rows(one.row), again(one.at), again(one.values), again(one.present))
            for name, one in frame.history.items()
        },
        events={
            name: Events(rows(one.row), again(one.subject), again(one.at), again(one.began))
            for name, one in frame.events.items()
        },
    )


@pytest.mark.parametrize("many", [100_000, pytest.param(1_000_000, marks=pytest.mark.slow)])
def test_one_record_is_judged_as_it_is_among_many(many: int) -> None:
    found: list[Snapshot] = []

    @settings(max_examples=40, deadline=None, database=None, derandomize=True)
    @given(records())
    def collect(one: Snapshot) -> None:
        found.append(one)

    collect()
    size, times = len(found), many // len(found) + 1
    alone = judged(found)
    frame = tiled(only_read(assemble.frame("deal", found, judge().rules.catalogue)), times)
    assert frame.size >= many
    dice = Random(1)  # noqa: S311
    wanted = {turn * size + place for place in range(size) for turn in (0, dice.randrange(times), times - 1)}
    few = [(verdict, np.flatnonzero(np.isin(verdict.row, list(wanted)))) for verdict in judge().judge(frame)]
    for verdict, places in few:
        clocks = verdict.deadlines
        mine = {
            place: {
                (e.subject, e.base, e.anchor, e.warn_at, e.breach_at, e.limit)
                for e in alone[place]
                if e.rule == verdict.rule.id
            }
            for place in range(size)
        }
        assert len(places), verdict.rule.id
        for place in places.tolist():
            if clocks.base[place] in (State.CLOSED, State.NOT_APPLICABLE):
                continue
            told = [None if int(x) == np.iinfo(np.int64).min else int(x) for x in
                    (clocks.anchor[place], clocks.warn_at[place], clocks.breach_at[place])]  # fmt: skip
            subject = None if verdict.subject is None else str(verdict.subject[place])
            here = (subject, int(clocks.base[place]), *told, int(verdict.limit[place]))
            assert here in mine[int(verdict.row[place]) % size], verdict.rule.id
