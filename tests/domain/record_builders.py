"""Arbitrary records for arbitrary rules: any state, any past, some fields of which cannot be told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any, Final

from stalewatch.domain.assemble import Happening, Snapshot
from stalewatch.domain.instants import HOUR, to_us
from tests.domain.rule_builders import AMOUNTS, CHOICES, ERAS, EVENTS, OURS, TEXTS, TYPES

_FAR: Final = date(9999, 12, 31)


@dataclass(frozen=True)
class Office:
    """Keeps records by the throw of dice, around the dates of an era. Times are whole minutes."""

    dice: Random
    era: date = ERAS[0]

    def moment(self, first: int = -25, last: int = 25) -> datetime:
        """Often one of the times at which something opens, closes or is skipped."""
        day = datetime.combine(self.era + timedelta(days=self.dice.randint(first, last)), time(), UTC)
        minutes = self.dice.choice((0, 60, 90, 540, 720, 1080, self.dice.randrange(1440)))
        return day + timedelta(minutes=minutes)

    def value(self, name: str) -> Any:  # noqa: PLR0911  # one line per type
        """A value of the field, now and then none."""
        if self.dice.random() < 0.2:
            return "" if TYPES[name] == "text" else None
        match TYPES[name]:
            case "choice":
                return self.dice.choice((*CHOICES[name], *CHOICES[name], f"no {name}"))
            case "text" | "person":
                return self.dice.choice(TEXTS)
            case "money":
                return float(self.dice.choice(AMOUNTS))
            case "int":
                return self.dice.randrange(4)
            case "bool":
                return self.dice.random() < 0.5
            case "datetime":
                return self.moment()
        days = (-4, 0, 3, 9, 11, 20, 21, self.dice.randint(-20, 20))
        return _FAR if self.dice.random() < 0.04 else self.era + timedelta(days=self.dice.choice(days))

    def record(self) -> Snapshot:
        """A deal; what it is now is what its fields last changed to."""
        values = {name: self.value(name) for name in TYPES}
        values["is_open"] = self.dice.choice((True,) * 9 + (False,))
        if self.dice.random() < 0.9:
            values["created_at"] = self.moment(-25, 0)
        changes = self.past(values) | self.holds()
        values |= {name: past[-1][1] for name, past in changes.items()}
        hidden = self.dice.sample(sorted(TYPES), self.dice.choice((0, 0, 1, 2)))
        cannot_be_told = frozenset(hidden) - {"is_open", "created_at", *OURS}
        return Snapshot(values, changes, self.events(), cannot_be_told)

    def past(self, values: dict[str, Any]) -> dict[str, list[tuple[int, Any]]]:
        """Changes of some fields; of a few it is known what they were in the beginning."""
        names = self.dice.sample([name for name in TYPES if name not in ("is_open", "created_at")], 7)
        changes = {}
        for name in names:
            moments = sorted({to_us(self.moment(-20, 10)) for _ in range(self.dice.randint(1, 4))})
            created = values["created_at"]
            if created is not None and self.dice.random() < 0.3:
                moments = [to_us(created), *(at for at in moments if at > to_us(created))]
            changes[name] = [(at, self.value(name)) for at in moments]
        return changes

    def holds(self) -> dict[str, list[tuple[int, Any]]]:
        """Up to three waits, ended early or not; empty if the deal never waited."""
        since: list[tuple[int, Any]] = []
        until: list[tuple[int, Any]] = []
        for began in sorted({self.moment(-25, 10) for _ in range(self.dice.choice((0, 1, 2, 3)))}):
            at, days = to_us(began), self.dice.choice((1, 3, 8, 15))
            since.append((at, began - timedelta(hours=self.dice.choice((0, 0, 20)))))
            until.append((at, began.date() + timedelta(days=days)))
            if self.dice.random() < 0.3:
                since.append((at + 30 * HOUR, None))
                until.append((at + 30 * HOUR, None))
        since.sort(key=lambda change: change[0])
        until.sort(key=lambda change: change[0])
        return {"hold_set_at": since, "hold_until": until} if since else {}

    def events(self) -> list[Happening]:
        """Up to three events, two of which may end in the same minute."""
        found = []
        for number in range(self.dice.choice((0, 1, 1, 2, 3))):
            at = to_us(self.moment(-20, 5))
            found.append(
                Happening(self.dice.choice(EVENTS), f"e{number}", at, at - HOUR * self.dice.choice((0, 1, 30)))
            )
        return found
