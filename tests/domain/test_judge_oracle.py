"""Arbitrary rules over arbitrary records: the judge says what a slow reader of rules.md says, one by one.

A batch is a file of rules with its bands, scores, exceptions and calendars, and some records. What was reached is
counted, so that no word of the language, no unit and no state can fall out of the test unseen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from random import Random

import msgspec
import numpy as np
import pytest

from stalewatch.domain import assemble
from stalewatch.domain.calendars import Calendars
from stalewatch.domain.clocks import Judge, Verdict
from stalewatch.domain.deadlines import State
from stalewatch.domain.entries import Entry, entries
from stalewatch.domain.instants import OUTSIDE, from_us, to_us
from tests.domain.calendar_builders import calendar
from tests.domain.condition_oracle import BEYOND, Book
from tests.domain.judge_batches import Batch, batch, catalogue, lowered, records_of
from tests.domain.length_oracle import parsed
from tests.domain.rule_builders import ERAS, SPECS, TYPES
from tests.domain.slow_clock import SlowClock
from tests.domain.written import Mapped, yaml

# --------------------------------------------------------------------------------------------- both sides


def told(at: datetime | None) -> int | None:
    return None if at is None else OUTSIDE if at == BEYOND else to_us(at)


def entry_of(clock: SlowClock) -> Entry:
    """The clock as it would be stored."""
    waits = tuple(to_us(side) for wait in clock.waits for side in wait)
    anchor, warn_at, breach_at = (told(at) for at in (clock.anchor, clock.warn_at, clock.breach_at))
    until, unclear = told(clock.excepted_until), told(clock.unclear_until)
    return Entry(
        clock.rule, clock.subject, clock.base, anchor, warn_at, breach_at, clock.limit, clock.estimated, until,
        waits=waits, unclear_until=unclear,
    )  # fmt: skip


def comparable(entry: Entry) -> Entry:
    """Without what means nothing for its state, and with waits that touch as one."""
    if entry.base == State.CANNOT_JUDGE:
        return Entry(
            entry.rule, entry.subject, entry.base, None, None, None, -1,
            excepted_until=entry.excepted_until, unclear_until=entry.unclear_until,
        )  # fmt: skip
    waits: list[int] = []
    for side in entry.waits:
        if waits and len(waits) % 2 == 0 and waits[-1] == side:
            waits.pop()
        else:
            waits.append(side)
    return msgspec.structs.replace(entry, waits=tuple(waits), ran_since=None)


def moments_of(clock: SlowClock, dice: Random) -> list[int]:
    """Moments at which to ask for the state: each edge, just before it, and one somewhere."""
    edges = [to_us(edge) for edge in clock.edges()]
    near = dice.choice(edges) if edges else to_us(datetime.fromisoformat("2026-03-05T03:00Z"))
    return [near, near - 1, near + dice.randrange(-3 * 86_400_000_000, 3 * 86_400_000_000)]


# ------------------------------------------------------------------------------------------------ the law


def agree(seed: int, reached: Counter[str]) -> None:
    """Judges a batch twice; every difference is told with the rule and the record."""
    one = batch(seed)
    verdicts, size = one.verdicts(one.records)
    fast = entries(verdicts, size)
    by_rule = {verdict.rule.id: verdict for verdict in verdicts}
    views = [one.seen(record) for record in one.records]
    dice = Random(seed)  # noqa: S311
    for rule in one.rules:
        clocks = [(row, clock) for row, view in enumerate(views) for clock in one.slow.clocks(rule, view)]
        if rule.get("mode") == "off":
            assert rule["id"] not in by_rule
            continue
        verdict = by_rule[rule["id"]]
        story = f"seed {seed}\n{yaml(rule)}\n"
        assert [row for row, _ in clocks] == verdict.row.tolist(), story
        for place, (row, clock) in enumerate(clocks):
            assert State(int(verdict.deadlines.base[place])).word == clock.base.word, f"{story}{views[row]}"
            if clock.base > State.NOT_APPLICABLE or clock.base is State.CANNOT_JUDGE:
                found = next(e for e in fast[row] if e.key == (clock.rule, clock.subject))
                assert comparable(found) == comparable(entry_of(clock)), f"{story}{views[row]}\n{clock}"
        states_agree(verdict, [clock for _, clock in clocks], dice, reached, story)
        reached.update(reached_by(rule, [clock for _, clock in clocks]))
    none_influences_another(one, fast, dice.randrange(size), f"seed {seed}")


def none_influences_another(one: Batch, together: list[list[Entry]], alone: int, story: str) -> None:
    """A record by itself, and all of them in another order, are judged as they were."""
    assert entries(*one.verdicts([one.records[alone]]))[0] == together[alone], story
    assert entries(*one.verdicts(one.records[::-1])) == together[::-1], story


def states_agree(
    verdict: Verdict, clocks: Sequence[SlowClock], dice: Random, reached: Counter[str], story: str
) -> None:
    asked = [moments_of(clock, dice) for clock in clocks]
    for turn in range(3):
        now = np.array([moments[turn] for moments in asked], np.int64)
        slow = [clock.state(from_us(int(at))) for clock, at in zip(clocks, now, strict=True)]
        fast = [State(int(state)) for state in verdict.deadlines.state(now)]
        assert fast == slow, story
        for clock, at, edge in zip(clocks, now, verdict.deadlines.next_edge(now).tolist(), strict=True):
            ahead = min((to_us(one) for one in clock.edges() if to_us(one) > at), default=OUTSIDE)
            # Where two waits touch the judge may look once more, and finds the clock paused.
            assert edge == ahead or any(start < from_us(edge) < end for start, end in clock.waits), story
        reached.update(state.word for state in slow)


def reached_by(rule: Mapped, clocks: Sequence[SlowClock]) -> Iterator[str]:
    """What a rule's clocks have shown: words, and the units of limits and warnings that ran."""
    start = rule["start"]
    running = [clock for clock in clocks if clock.base is State.WATCHING]
    yield from ["estimated" for clock in running if clock.estimated]
    yield from [f"{len(clock.waits)} waits" for clock in running]
    yield from ["unclear" for clock in running if clock.unclear_until]
    yield from ["unclear or excepted" for clock in running if clock.unclear_until and clock.excepted_until]
    yield from ["early" for clock in running if clock.warn_at != clock.breach_at]
    if running:
        yield next(iter(start)) if isinstance(start, dict) else TYPES[start]
        yield "table" if isinstance(rule["within"], dict) else "rows" if isinstance(rule["within"], list) else "limit"
        yield "while" if "while" in rule.get("pause", ()) else "from" if "pause" in rule else "no pause"
        yield from words_of(rule)
        for clock in running:
            yield f"within {limit_of(rule, clock)}"
        if "warn" in rule:
            yield f"warn {parsed(rule['warn']).unit}"


def limit_of(rule: Mapped, clock: SlowClock) -> str:
    within = rule["within"]
    if isinstance(within, dict):
        within = [{"is": said} for name, said in within.items() if name != "by"]
    return parsed(within if isinstance(within, str) else within[clock.limit]["is"]).unit


def words_of(written: object) -> Iterator[str]:
    """Every word with which a rule's conditions speak."""
    if isinstance(written, dict):
        yield from (f"word {key}" for key in written if isinstance(key, str))
        for part in written.values():
            yield from words_of(part)
    elif isinstance(written, list):
        for part in written:
            yield from words_of(part)


WORDS = (
    *("at_least", "more_than", "at_most", "below", "is", "not", "in", "not_in", "contains", "before", "after"),
    *("all", "any", "none", "filled", "entered", "expr", "price_band", "crowd", "score.fit", "score.bant"),
)
EXPECTED = {
    *(state.word for state in State),
    *(f"{side} {unit}" for side in ("within", "warn") for unit in ("m", "h", "d", "w", "bd", "bh")),
    *("date", "datetime", "latest_of", "earliest_of", "first_of", "since", "each", "estimated", "early"),
    *("unclear", "unclear or excepted"),
    *("table", "rows", "limit", "while", "from", "no pause", "0 waits", "1 waits", "2 waits"),
    *(f"word {word}" for word in WORDS),
}


@pytest.mark.parametrize(
    ("first", "batches"),
    [(0, 20), *(pytest.param(first, 250, marks=pytest.mark.slow) for first in range(1_000, 2_000, 250))],
)
def test_the_judge_says_what_the_rules_say(first: int, batches: int) -> None:
    reached: Counter[str] = Counter()
    for seed in range(first, first + batches):
        agree(seed, reached)
    assert {name for name in EXPECTED if not reached[name]} == set()


def test_a_score_without_items_is_empty_and_stops_nobody() -> None:
    """`rules check` refuses it; whoever judges by it all the same goes on."""
    rule = {"id": "a", "title": "A", "watch": "deal", "start": "created_at", "within": "1d"}
    scored = {**rule, "id": "b", "where": {"score.fit": 0}}
    some = Book({}, {"fit": {"watch": "deal", "items": {"one": {"stage": "early"}}}})
    rules = lowered([rule, scored], some)
    empty = replace(rules, scores={"fit": replace(rules.scores["fit"], items=())})
    records = records_of(Random(1), ERAS[0])  # noqa: S311
    frame = assemble.frame("deal", records, catalogue())
    plain, by_score = Judge(empty, Calendars.single(calendar(SPECS[0]))).judge(frame)
    assert (plain.deadlines.base == State.WATCHING).any()
    assert not (by_score.deadlines.base == State.WATCHING).any()
