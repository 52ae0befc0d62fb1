"""What a preview says is what happens: the same records, by the rules as they would come into force."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa

from stalewatch.domain.deadlines import State
from stalewatch.domain.instants import DAY
from stalewatch.domain.language.model import Mode
from stalewatch.domain.policies import Judging, Rollout, StormGuard
from stalewatch.sdk.records import Activity, ActivityKind, Actor, MeetingState, Outcome
from stalewatch.services.judging import frames
from stalewatch.services.judging.scanning import Scan
from stalewatch.services.judging.sources import coverage
from stalewatch.services.previewing.cases import Standing
from stalewatch.services.previewing.fates import Fate
from stalewatch.store import bulk
from stalewatch.store.engine import Database
from stalewatch.store.errors import DatabaseReadOnly, DatabaseUnreachable
from stalewatch.store.tables import deals, notices
from tests.services.conftest import Founder
from tests.services.heard import QUIET
from tests.services.tried import contents, judged_alone, looks, tried
from tests.services.world import World, at, deal, default_pack, rulebook

TWO = (
    QUIET.replace("severity: critical", "severity: critical\n    mutes: [no-step]")
    + """
  - id: no-step
    title: {en: No next step, ja: 次なし}
    watch: deal
    start: {since: {next_step: empty}}
    within: {by: stage, negotiation: 3bd, else: 6bd}
    warn: 1bd
  - id: notes
    title: {en: Notes, ja: メモ}
    watch: deal
    start: {each: meeting}
    within: 2bd
    until: {entered: [meeting_notes]}
"""
)
TIGHTER = TWO.replace("within: 14d", "within: 9d").replace("negotiation: 3bd", "negotiation: 2bd")


def judging(**changes: Any) -> Judging:
    return Judging(**{"mode": Mode.LIVE, "rollout": Rollout(), "storm_guard": None, "currency": "JPY", **changes})


def peopled(world: World, many: int = 24) -> None:
    """Deals of every age, a third with a next step, some with meetings, waits, and some over."""
    dice = random.Random(7)  # noqa: S311 - a story, no secret
    for number in range(many):
        day = dice.randrange(1, 29)
        outcome = {"outcome": Outcome.WON, "closed_at": at("2026-03-01 09:00")} if number % 11 == 10 else {}
        world.has(
            deal(
                f"d{number:02}",
                created_at=at(f"2026-02-{day:02} 10:00"),
                stage=dice.choice(["discovery", "negotiation"]),
                owner=dice.choice(["sato", "tanaka", None]),
                next_step=dice.choice([None, None, "call"]),
                **outcome,
            )
        )
        if number % 4 == 0:
            start = at(f"2026-02-{dice.randrange(15, 28)} 14:00")
            world.crm.activities.append(
                Activity(id=f"m{number}", kind=ActivityKind.MEETING, actor=Actor.SELLER, at=start, ends_at=start,
                         meeting=MeetingState.HELD, records=(f"d{number:02}",))
            )  # fmt: skip


@pytest.fixture
def world(found: Founder) -> World:
    """A company in its second week with us: some of it was told, some of it was backlog, some of it is new."""
    world = found(TWO, judging=judging())
    peopled(world)
    for day in (2, 6):
        looks(world, f"2026-03-{day:02} 12:00")
    return world


def fated(world: World, book: Any = None) -> dict[Fate, set[tuple[str, str]]]:
    """Which clocks would be told, listed or left alone, by record and rule."""
    found: dict[Fate, set[tuple[str, str]]] = {fate: set() for fate in Fate}
    for case in tried(world, book).cases:
        for reason in case.reasons:
            if reason.fate is not None:
                found[reason.fate].add((case.id, reason.rule.id))
    return found


def said(world: World) -> dict[str, str]:
    """The notices there are: key and kind."""
    with world.db.read() as conn:
        return {row.key: row for row in conn.execute(sa.select(notices))}


@pytest.mark.parametrize(
    "rules",
    [
        pytest.param(TWO, marks=pytest.mark.slow),
        TIGHTER,
        pytest.param(TIGHTER.replace("id: quiet", "id: silence\n    was: [quiet]"), marks=pytest.mark.slow),
    ],
    ids=["the same rules", "tighter", "renamed"],
)
def test_what_is_news_and_what_is_backlog_is_what_the_next_round_says(world: World, rules: str) -> None:
    book = rulebook(rules, judging=judging())
    world.clock.advance(timedelta(hours=1))
    foreseen, before = fated(world, book), said(world)
    world.book = book
    world.syncs()
    world.ticks()
    fresh = [row for key, row in said(world).items() if key not in before]
    told = {(row.record_id, row.rule_id) for row in fresh if row.kind in ("warn", "breach", "reopen", "repeat")}
    listed = {(row.record_id, row.rule_id) for row in fresh if row.kind == "backlog"}
    assert (foreseen[Fate.NEWS], foreseen[Fate.BACKLOG]) == (told, listed)


def test_a_rule_in_shadow_is_shown_as_if_it_went_live_now(found: Founder) -> None:
    world = found(TWO, judging=judging(mode=Mode.SHADOW))
    peopled(world)
    looks(world, "2026-03-06 12:00")
    assert said(world) == {}
    foreseen = fated(world)
    world.book = rulebook(TWO, judging=judging())
    looks(world)
    told = {(row.record_id, row.rule_id): row.kind for row in said(world).values()}
    assert {key for key, kind in told.items() if kind == "backlog"} == foreseen[Fate.BACKLOG]
    assert {key for key, kind in told.items() if kind != "backlog"} == foreseen[Fate.NEWS]
    assert foreseen[Fate.BACKLOG]
    assert foreseen[Fate.NEWS]


def test_the_figures_are_those_of_records_judged_one_by_one(world: World) -> None:
    book = rulebook(TIGHTER, judging=judging())
    found = tried(world, book)
    now, then = (judged_alone(world, book, moment) for moment in (world.us, world.us + 7 * DAY))
    for rule in ("quiet", "no-step", "notes"):
        mine = {clock: state for clock, (state, _) in now.items() if clock[1] == rule}
        soon = [one for one in mine if mine[one] is not State.BREACHED and then[one][0] is State.BREACHED]
        figures = found.rules[rule]
        states = list(mine.values())
        assert (figures.late, figures.at_risk) == (states.count(State.BREACHED), states.count(State.AT_RISK))
        assert figures.soon == len(soon)
    late = {clock[0] for clock, (state, _) in now.items() if state is State.BREACHED}
    risk = {clock[0] for clock, (state, _) in now.items() if state is State.AT_RISK} - late
    soon_late = {clock[0] for clock, (state, _) in then.items() if state is State.BREACHED} - late
    assert (found.total.late, found.total.at_risk, found.total.soon) == (len(late), len(risk), len(soon_late))
    assert {case.id for case in found.cases} == late | risk | soon_late
    assert {case.id for case in found.cases if case.standing is Standing.LATE} == late
    assert sum(one.late for one in found.owners.values()) == len(late)
    assert found.judged == sum(one.outcome is Outcome.OPEN for one in world.crm.deals.values())


def test_a_preview_lists_the_most_urgent_can_be_narrowed_and_writes_nothing(world: World) -> None:
    before = contents(world)
    assert before["clocks"]
    assert before["rule_states"]
    every, few = tried(world), tried(world, limit=3)
    assert [case.id for case in few.cases] == [case.id for case in every.cases][:3]
    assert few.listed == len(every.cases)
    assert (few.total, few.owners) == (every.total, every.owners)
    assert [case.standing for case in every.cases] == sorted(case.standing for case in every.cases)
    late = [case for case in every.cases if case.standing is Standing.LATE]
    grave = [max(one.rule.severity.rank for one in case.reasons if one.state is State.BREACHED) for case in late]
    assert grave == sorted(grave, reverse=True)
    mine = tried(world, rules=frozenset({"no-step"}), owners={"crm:sato"})
    assert (set(mine.rules), set(mine.owners)) == ({"no-step"}, {"crm:sato"})
    assert 0 < mine.total.late <= every.owners["crm:sato"].late
    assert tried(world, obj="lead").judged == 0
    assert contents(world) == before


def test_it_neither_waits_for_a_writer_nor_sees_half_of_what_is_written(world: World, tmp_path: Path) -> None:
    before = tried(world)
    with world.db.write() as conn:
        bulk.set_where(conn, deals, sa.true(), {"is_open": False})
        assert tried(world).total == before.total
    assert tried(world).judged == 0
    looking = Database(world.db.url.render_as_string(hide_password=False), looking=True)
    with looking.look() as conn:
        assert conn.exec_driver_sql("SELECT count(*) FROM deals").scalar_one() == 24
    with pytest.raises(DatabaseReadOnly), looking.write() as conn:
        conn.exec_driver_sql("DELETE FROM notices")
    looking.dispose()
    missing = Database(f"sqlite:///{tmp_path}/none.db", looking=True)
    with pytest.raises(DatabaseUnreachable), missing.look():
        pass
    assert not (tmp_path / "none.db").exists()


def test_what_cannot_be_judged_is_counted_with_its_reason(found: Founder) -> None:
    world = found(TWO, judging=judging())
    peopled(world)
    world.crm.unfed = {"next_step"}
    looks(world, "2026-03-06 12:00")
    open_deals = sum(one.outcome is Outcome.OPEN for one in world.crm.deals.values())
    figures = tried(world).rules["no-step"]
    assert (figures.cannot_judge, figures.lacking) == (open_deals, {"next_step": open_deals})
    world.clock.move_to(at("2026-03-06 15:00"))
    late = tried(world)
    assert late.waiting == {"crm": open_deals}
    assert (late.judged, late.total.late, late.ages) == (0, 0, {"crm": 3 * 3_600_000_000})


def test_a_storm_is_foretold(found: Founder) -> None:
    guard = StormGuard(share=0.2, at_least=3)
    world = found(TWO, judging=judging(mode=Mode.SHADOW))
    peopled(world)
    looks(world, "2026-03-06 12:00")
    assert tried(world, rulebook(TWO, judging=judging(rollout=None, storm_guard=guard))).is_storm
    assert not tried(world, rulebook(TWO, judging=judging(storm_guard=guard))).is_storm


# ----------------------------------------------------------------------------------------- frames read fast


@pytest.mark.parametrize("size", [7, pytest.param(32_000, marks=pytest.mark.slow)])
def test_a_scanned_frame_is_the_frame_that_judging_loads(world: World, size: int) -> None:
    book = rulebook(default_pack(), judging=judging())
    needs, catalogue = book.needs["deal"], book.rules.catalogue
    ids = []
    with world.db.look() as conn:
        fed = coverage(conn)
        for piece in Scan(conn, catalogue, needs, "deal", fed["crm"]["deal"]).of("crm", size):
            usual = frames.load(conn, catalogue, needs, "deal", piece.frame.keys, fed)
            assert (piece.frame.size, list(piece.frame.keys)) == (usual.size, list(usual.keys))
            ids += piece.frame.keys
            for one, other in ((piece.frame.columns, usual.columns), (piece.frame.history, usual.history)):
                assert one.keys() == other.keys()
                for name, column in one.items():
                    present = column.present
                    assert np.array_equal(present, other[name].present), name
                    if len(other[name].values) and name in needs.values:
                        assert np.array_equal(column.values[present], other[name].values[present]), name
            for kind, events in usual.events.items():
                assert all(map(np.array_equal, vars_of(piece.frame.events[kind]), vars_of(events)))
            assert piece.frame.events.keys() == usual.events.keys()
            assert {name: mask.tolist() for name, mask in piece.frame.unavailable.items()} == {
                name: mask.tolist() for name, mask in usual.unavailable.items()
            }
    assert ids == sorted(f"crm:{name}" for name, one in world.crm.deals.items() if one.outcome is Outcome.OPEN)


def vars_of(events: Any) -> tuple[Any, ...]:
    return events.row, events.subject, events.at, events.began
