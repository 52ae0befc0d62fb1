"""The shipped starter pack over a made-up pipeline: what it says of each open deal, without database or services."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path

import numpy as np

from stalewatch import shipped
from stalewatch.domain import assemble
from stalewatch.domain.assemble import Happening, Raw, Snapshot
from stalewatch.domain.calendar import Calendar
from stalewatch.domain.calendar_spec import Spec
from stalewatch.domain.calendars import Calendars
from stalewatch.domain.clocks import Judge
from stalewatch.domain.deadlines import State
from stalewatch.domain.durations import Duration, Unit
from stalewatch.domain.instants import to_us
from stalewatch.domain.language.catalogue import load_catalogue
from stalewatch.domain.language.loading import load_rules
from stalewatch.domain.language.nodes import Source
from stalewatch_sandbox import opportunity
from stalewatch_sandbox.happenings import MeetingHeld, StageEntered
from stalewatch_sandbox.opportunity import Opportunity
from stalewatch_sandbox.pipeline import World
from stalewatch_sandbox.plots import ORDER
from tests.sandbox.worlds import open_at

FIRST_SEEN = timedelta(days=30)
"""The demo has looked for a month: events from before start no clock."""
CATALOGUE = Path(__file__).parents[1] / "rules" / "project" / "fields.yaml"
TOKYO = Spec(
    "tokyo", "Asia/Tokyo", 9 * 60, 18 * 60, frozenset(range(5)), "JP", (((12, 29), (1, 3)), ((8, 13), (8, 15)))
)


@dataclass
class Said:
    """Per deal the rules that are breached, and those that soon will be."""

    late: dict[str, set[str]] = field(default_factory=dict)
    soon: dict[str, set[str]] = field(default_factory=dict)

    @property
    def deals(self) -> set[str]:
        """Deals of which anything is said."""
        return self.late.keys() | self.soon.keys()


@cache
def starter_pack() -> Judge:
    catalogue = load_catalogue([_source(CATALOGUE)]).catalogue
    assert catalogue is not None
    rules = load_rules([_source(shipped.rules() / "default.yaml")], catalogue).ruleset
    assert rules is not None
    return Judge(rules, Calendars.single(Calendar(TOKYO)), Duration(3, Unit.BUSINESS_DAY))


def said(world: World, moment: datetime) -> Said:
    """What the starter pack says at a moment."""
    judge, answer = starter_pack(), Said()
    deals = [deal for deal in open_at(world, moment) if deal.pipeline != "partner"]
    frame = assemble.frame("deal", [snapshot(deal, moment) for deal in deals], judge.rules.catalogue)
    for verdict in judge.judge(frame):
        states = verdict.deadlines.state(np.full(len(verdict.row), to_us(moment), np.int64)).tolist()
        for row, state in zip(verdict.row.tolist(), states, strict=True):
            assert state != State.CANNOT_JUDGE, verdict.rule.id
            if state == State.BREACHED:
                answer.late.setdefault(deals[row].id, set()).add(verdict.rule.id)
            elif state == State.AT_RISK:
                answer.soon.setdefault(deals[row].id, set()).add(verdict.rule.id)
    return answer


def snapshot(deal: Opportunity, moment: datetime) -> Snapshot:
    """A deal as the judge reads it: its present values, all of their past, and the events since it is watched."""
    state = opportunity.State(deal.owner)
    changes: dict[str, list[tuple[int, Raw]]] = defaultdict(list)
    for step in deal.until(moment):
        state.take(step)
        for name, value in _values(deal, state).items():
            if not changes[name] or changes[name][-1][1] != value:
                changes[name].append((to_us(step.at), value))
    return Snapshot(_values(deal, state), changes, list(_events(deal, moment)), key=deal.id)


def _events(deal: Opportunity, moment: datetime) -> Iterator[Happening]:
    stage = ""
    for number, step in enumerate(deal.until(moment)):
        is_seen, at = step.at >= moment - FIRST_SEEN, to_us(step.at)
        if isinstance(step, MeetingHeld) and is_seen:
            yield Happening("meeting", step.id, at, to_us(step.at - timedelta(hours=1)))
        if isinstance(step, StageEntered):
            if stage and ORDER.index(step.stage) < ORDER.index(stage) and is_seen:
                yield Happening("stage_regressed", str(number), at, at)
            if step.stage == "proposal" and is_seen:
                yield Happening("proposal_sent", str(number), at, at)
            stage = step.stage


def _values(deal: Opportunity, state: opportunity.State) -> Mapping[str, Raw]:
    typed: dict[str, Raw] = {}
    for name, value in (*state.fields.items(), ("previous_amount", state.previous_amount)):
        assert value is None or isinstance(value, str | bool | int | date | datetime)
        typed[name] = value
    return {
        **typed,
        "name": deal.name,
        "created_at": deal.created_at,
        "pipeline": deal.pipeline,
        "segment": deal.account.segment,
        "is_open": state.closed_at is None,
        "stage": state.stage,
        "stage_entered_at": state.stage_entered_at,
        "last_customer_activity_at": state.last_customer_action_at,
        "seller_touches_since_customer": state.seller_touches_since_customer,
        "last_meeting_at": state.last_meeting_at,
        "next_meeting_at": state.next_meeting_at,
        "close_date_pushes": state.close_date_pushes,
        "stakeholders": len(state.people),
        **{f"roles.{role}": state.in_role(role) for role in ("decision_maker", "economic_buyer", "champion")},
    }


def _source(path: Path) -> Source:
    return Source(path.name, path.read_text("utf-8"))
