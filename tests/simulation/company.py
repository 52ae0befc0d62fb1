"""A company whose CRM is edited by the seed: also deals that are merged, and a CRM that cannot always be reached."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from stalewatch.sdk.connector import Cursor, Page
from stalewatch.sdk.errors import ConnectorError, TryLater
from stalewatch.sdk.records import Deal, Outcome, Person
from stalewatch.sdk.writing import Change, Fields, Lost, Written
from tests.altered import replace
from tests.services.company import Company, Life, Remembering

ZONES: Final = (
    "Asia/Tokyo", "Europe/London", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Pacific/Apia",
)  # fmt: skip


class Firm(Company):
    """The same company, in which two deals may turn out to be one, and somebody may leave.

    Attributes:
        edits: how often anything was edited; a pull's cursor says up to which edit it saw.
        past: what stood in the CRM after each edit.
        people: who sells, and who leads them unless they are alone.
    """

    def __init__(self, dice: Random, *, alone: bool = False) -> None:
        super().__init__(dice)
        self.merged: dict[str, str] = {}
        self.edits = 0
        self.past: dict[int, dict[str, tuple[Any, ...]]] = {}
        zones = dice.sample(ZONES, 2)
        self.people = [
            Person(id="sato", name="Sato", email="sato@acme.example", manager="tanaka", zone=zones[0]),
            Person(id="tanaka", name="Tanaka", email="tanaka@acme.example", zone=zones[1]),
        ][: 1 if alone else 2]

    def begins(self, name: str) -> None:
        super().begins(name)
        self.remember()

    def edit(self, now: datetime) -> str:
        """Something happens in the CRM by `now`; answers with what it was."""
        chance = self.dice.random()
        said = self._merges() if chance < 0.06 else self._leaves() if chance < 0.1 else ""
        said = said or super().edit(now)
        self.remember()
        return said

    def remember(self) -> None:
        self.edits += 1
        self.past[self.edits] = {life.name: shown(life.deal()) for life in self._there()}

    def _there(self) -> list[Life]:
        return [life for life in self.lives.values() if not life.deleted]

    def _merges(self) -> str:
        there = self._there()
        if len(there) < 3:
            return ""
        old, new = self.dice.sample(there, 2)
        old.deleted, self.merged[old.name] = True, new.name
        for name, one in self.activities.items():
            if old.name in one.records:
                records = tuple(new.name if record == old.name else record for record in one.records)
                self.activities[name] = replace(one, records=records)
        return f"{old.name} is one with {new.name} now"

    def _leaves(self) -> str:
        sato = self.people[0]
        self.people[0] = replace(sato, active=not sato.active)
        return f"sato {'comes back' if self.people[0].active else 'leaves'}"


def shown(deal: Deal) -> tuple[Any, ...]:
    """What of a deal is compared with the row that we store of it."""
    return deal.stage, deal.fields["next_step"] or None, deal.outcome is Outcome.OPEN


class Crm(Remembering):
    """Shows the company in one page or in two; may be away, break off half-way, and loses answers to writes.

    Attributes:
        away: nobody answers. breaks: pulls that will break off after their first page.
        in_the_middle: called between two pages of a pull.
        taken: writes that arrived. loses: what becomes of answers to the next writes.
    """

    timeout_seconds = 8.0
    settle_after_seconds = 15.0

    def __init__(self, catalogue: Any, company: Firm, now: Callable[[], datetime]) -> None:
        super().__init__(catalogue, company)
        self.firm, self._now = company, now
        self.away, self.breaks = False, 0
        self.in_two = False
        self.in_the_middle: Callable[[], None] = lambda: None
        self.taken: list[Change] = []
        self.loses: list[ConnectorError | None] = []

    def pull(self, cursor: Cursor | None, *, full: bool = False) -> Iterator[Page]:
        self._answers()
        [page] = list(super().pull(cursor, full=full))
        seen = {"edits": self.firm.edits}
        self.people = self.firm.people
        merged = {old: new for old, new in self.firm.merged.items() if not self.firm.lives[new].deleted}
        if self.in_two or self.breaks:
            half = len(page.deals) // 2
            yield Page(cursor=dict(cursor or {}), deals=page.deals[:half], people=self.firm.people)
            self.in_the_middle()
            if self.breaks:
                self.breaks -= 1
                raise TryLater("the connection was reset")
            page = replace(page, deals=page.deals[half:])
        yield replace(page, cursor=seen, people=self.firm.people, merged=merged)

    def write_back(self, change: Change) -> Written:
        self._answers()
        lost = self.loses.pop(0) if self.loses else None
        self.taken.append(change)
        if lost is not None:
            raise lost
        return self._receipt(change)

    def written(self, change: Change) -> Written | None:
        self._answers()
        return self._receipt(change) if change.id in {one.id for one in self.taken} else None

    def _answers(self) -> None:
        if self.away:
            raise TryLater("nobody answers", after=timedelta(hours=6))

    def _receipt(self, change: Change) -> Written:
        is_own = isinstance(change.wish, Fields | Lost)
        return Written(version=self._now() if is_own else None, ref=change.record, answer="204")
