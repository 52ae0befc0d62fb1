"""A company whose CRM lives through a random time: every edit a CRM knows, late and back-dated ones included.

The CRM keeps the whole history of every field and shows it with every pull, so that whoever reads it later knows
as much as whoever watched all along.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any, Final

from stalewatch.sdk.connector import Cursor, Page
from stalewatch.sdk.records import (
    Activity,
    ActivityKind,
    Actor,
    Deal,
    FieldChange,
    MeetingState,
    Outcome,
    Person,
    StageVisit,
)
from tests.altered import replace
from tests.services.world import SATO, TANAKA, Memory, World, at

STAGES: Final = ("qualification", "first_meeting", "discovery", "proposal", "evaluation", "negotiation")
BORN: Final = at("2026-02-20 09:00")
KEPT: Final = ("next_step", "amount", "close_date", "owner", "hold_set_at", "hold_until", "forecast_category", "pain")
"""Fields whose whole history the CRM tells; the stage's it tells as visits."""


def dice(seed: int) -> Random:
    """What decides; the same seed decides the same."""
    return Random(seed)  # noqa: S311  # nobody is to be surprised


Past = dict[str, list[tuple[datetime, Any]]]


@dataclass
class Life:
    """One deal: the past of each field, and how it ended if it did."""

    name: str
    past: Past
    outcome: Outcome = Outcome.OPEN
    closed_at: datetime | None = None
    deleted: bool = False
    born: datetime = BORN

    def now(self, name: str) -> Any:
        """The last value; of several in one second the one that was written last."""
        return max(reversed(self.past[name]), key=lambda row: row[0])[1] if self.past.get(name) else None

    def deal(self) -> Deal:
        fields = {
            name: self.now(name) for name in ("next_step", "hold_set_at", "hold_until", "forecast_category", "pain")
        }
        return Deal(
            id=self.name, name=self.name.title(), owner=self.now("owner"), created_at=self.born,
            pipeline="new_business", stage=self.now("stage"), close_date=self.now("close_date"),
            amount=self.now("amount"), currency="JPY", amount_in_project_currency=self.now("amount"),
            outcome=self.outcome, closed_at=self.closed_at, fields=fields,
        )  # fmt: skip


class Remembering(Memory):
    """A CRM that shows the whole past of everything with every pull."""

    def __init__(self, catalogue: Any, company: Company) -> None:
        super().__init__(catalogue)
        self.company = company

    def pull(self, cursor: Cursor | None, *, full: bool = False) -> Iterator[Page]:
        lives = [life for life in self.company.lives.values() if not life.deleted]
        yield Page(
            cursor={"pulls": int((cursor or {}).get("pulls", 0)) + 1},
            people=self.people,
            deals=[life.deal() for life in lives],
            activities=list(self.company.activities.values()),
            visits=[
                StageVisit(deal=life.name, stage=value, entered_at=moment)
                for life in lives
                for moment, value in sorted(life.past["stage"], key=lambda row: row[0])
            ],
            changes=[
                FieldChange(record=life.name, field=name, at=moment, value=value)
                for life in lives
                for name in KEPT
                for moment, value in sorted(life.past[name], key=lambda row: row[0])
            ],
            histories=frozenset(life.name for life in lives),
            history_fields=frozenset({"stage", *KEPT}),
            complete=True,
        )


@dataclass
class Company:
    """What the CRM knows; `edit` lets something random happen at a moment."""

    dice: Random
    lives: dict[str, Life] = field(default_factory=dict)
    activities: dict[str, Activity] = field(default_factory=dict)
    people: list[Person] = field(default_factory=lambda: [SATO, TANAKA])

    def joins(self, world: World) -> None:
        """The world reads this company's CRM."""
        world.crm = Remembering(world.crm.catalogue, self)

    def begins(self, name: str) -> None:
        """A deal without a past but its beginning."""
        values = {"stage": self.dice.choice(STAGES), "owner": "sato", "next_step": self.dice.choice(["call", ""])}
        past: Past = {one: [(BORN, values.get(one))] for one in ("stage", *KEPT)}
        self.lives[name] = Life(name, past)

    def edit(self, now: datetime) -> str:
        """Something happens by `now`; answers with what it was."""
        life = self.dice.choice([one for one in self.lives.values() if not one.deleted])
        happening = self.dice.choice(
            [self._changes, self._changes, self._changes, self._corrects, self._meets, self._meets, self._cancels,
             self._writes, self._writes, self._ends, self._waits, self._moves]
        )  # fmt: skip
        return f"{now:%m-%d %H:%M} {life.name}: {happening(life, now)}"

    def _moment(self, now: datetime) -> datetime:
        """Now, or late news of a while ago."""
        if self.dice.random() < 0.5:
            return now
        return max(BORN, now - timedelta(minutes=self.dice.randrange(60 * 24 * 6)))

    def _value(self, name: str, now: datetime) -> Any:
        match name:
            case "next_step" | "pain":
                return self.dice.choice(["", "call", "visit"])
            case "amount":
                return self.dice.choice([None, Decimal(100), Decimal(40), Decimal(5_000_000)])
            case "close_date":
                return self.dice.choice([None, now.date() + timedelta(days=self.dice.randrange(-5, 30))])
            case "owner":
                return self.dice.choice(["sato", "tanaka"])
            case "forecast_category":
                return self.dice.choice(["commit", "pipeline"])
            case _:
                return self.dice.choice(STAGES)

    def _changes(self, life: Life, now: datetime) -> str:
        name = self.dice.choice(["next_step", "amount", "close_date", "owner", "forecast_category", "pain", "stage"])
        moment, value = self._moment(now), self._value(name, now)
        if any(moment == when for when, _ in life.past[name]) and self.dice.random() < 0.5:
            moment += timedelta(seconds=1 + len(life.past[name]))
        life.past[name].append((moment, value))
        return f"{name} = {value!r} from {moment:%m-%d %H:%M}"

    def _corrects(self, life: Life, now: datetime) -> str:
        """The CRM's history itself is edited: another value, or the row is gone."""
        name = self.dice.choice(["next_step", "amount", "stage", "pain"])
        place = self.dice.randrange(len(life.past[name]))
        if place and self.dice.random() < 0.5:
            gone = life.past[name].pop(place)
            return f"{name} never was {gone[1]!r}"
        when, _ = life.past[name][place]
        life.past[name][place] = (when, self._value(name, now))
        return f"{name} was {life.past[name][place][1]!r} at {when:%m-%d %H:%M}"

    def _meets(self, life: Life, now: datetime) -> str:
        start = now + timedelta(hours=self.dice.randrange(-72, 200))
        name = f"m{len(self.activities)}"
        self.activities[name] = Activity(
            id=name, kind=ActivityKind.MEETING, actor=Actor.SELLER, at=start, ends_at=start + timedelta(hours=1),
            recorded_at=min(start, now), records=(life.name,), people=frozenset({"c1"}),
            meeting=self.dice.choice([MeetingState.PLANNED, MeetingState.PLANNED, MeetingState.UNLOGGED]),
        )  # fmt: skip
        return f"meeting {name} at {start:%m-%d %H:%M}"

    def _cancels(self, life: Life, now: datetime) -> str:
        names = [name for name, one in self.activities.items() if one.kind is ActivityKind.MEETING]
        if not names:
            return "nothing"
        name = self.dice.choice(names)
        outcome = self.dice.choice([MeetingState.CANCELLED, MeetingState.HELD, MeetingState.PLANNED])
        self.activities[name] = replace(self.activities[name], meeting=outcome)
        return f"meeting {name} is {outcome}"

    def _writes(self, life: Life, now: datetime) -> str:
        name, moment = f"e{len(self.activities)}", self._moment(now)
        actor = self.dice.choice([Actor.CUSTOMER, Actor.SELLER, Actor.SELLER])
        self.activities[name] = Activity(id=name, kind=ActivityKind.EMAIL, actor=actor, at=moment, records=(life.name,))
        return f"mail of the {actor} at {moment:%m-%d %H:%M}"

    def _moves(self, life: Life, now: datetime) -> str:
        """An activity turns out to belong to another deal."""
        if not self.activities:
            return "nothing"
        name = self.dice.choice(list(self.activities))
        self.activities[name] = replace(self.activities[name], records=(life.name,))
        return f"{name} belongs here"

    def _ends(self, life: Life, now: datetime) -> str:
        if self.dice.random() < 0.3 and sum(not one.deleted for one in self.lives.values()) > 3:
            life.deleted = True
            return "deleted"
        if life.outcome is Outcome.OPEN:
            life.outcome, life.closed_at = self.dice.choice([Outcome.WON, Outcome.LOST]), now
        else:
            life.outcome, life.closed_at = Outcome.OPEN, None
        return life.outcome.value

    def _waits(self, life: Life, now: datetime) -> str:
        until: date | None = now.date() + timedelta(days=self.dice.randrange(1, 9))
        if self.dice.random() < 0.3:
            until = None
        moment = now + timedelta(seconds=len(life.past["hold_until"]))
        life.past["hold_until"].append((moment, until))
        life.past["hold_set_at"].append((moment, None if until is None else now))
        return f"on hold until {until}"
