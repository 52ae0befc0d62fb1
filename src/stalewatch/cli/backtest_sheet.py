"""What a limit or the rules would have said, as people read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from stalewatch.cli.grid import Column
from stalewatch.cli.sheet import Sheet, Table
from stalewatch.delivery.wording.learning_figures import ahead, interval, rate
from stalewatch.delivery.wording.learning_words import say
from stalewatch.delivery.wording.money import money
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.untrusted import printable
from stalewatch.services.learning.backtests import Backtest

_FIGURES: Final = (
    "FLAGGED", "MATURE", "NOT_WON", "SURE", "LIFT", "RECALL", "EARLY", "LEAD", "NAGGED", "MOST", "AMOUNT",
)  # fmt: skip
FEW: Final = 20
"""Owners that are listed."""


@dataclass(frozen=True, slots=True)
class What:
    """What was tried: a rule, or a limit of so many days on whole deals; and on what."""

    rule: str | None
    days: int | None
    about: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A backtest with everything that its words need.

    Attributes:
        began, until: the dates of the history.
    """

    reader: Reader
    currency: str
    records: int
    began: str
    until: str

    def one(self, what: What, found: Backtest, others: Mapping[int, Backtest], left_out: Mapping[str, int]) -> Sheet:
        """One rule, or one limit, in full."""
        reader = self.reader
        quarters = Table(say("QUARTERS", reader), self._columns("QUARTER", "ALERTS", "NOT_WON", "SURE", "RECALL"), [
            [each.name, reader.number(each.alerts), rate(each.precision), interval(each.precision), rate(each.recall)]
            for each in found.quarters
        ])  # fmt: skip
        rows = [[reader.number(day), *self._figures(each)] for day, each in others.items()]
        other = Table(say("OTHERS", reader), self._columns("DAYS", *_FIGURES), rows)
        return Sheet(
            self.headline(what, found), list(self._sentences(what, found)), [other, quarters, self._loads(found)],
            [*self._notes(found, left_out), say("honest", reader)],
        )  # fmt: skip

    def many(
        self, found: Mapping[str, Backtest], blind: Mapping[str, Sequence[str]], left_out: Mapping[str, int]
    ) -> Sheet:
        """Several rules side by side."""
        reader = self.reader
        alerts = sum(each.score.flagged.all for each in found.values())
        head = say("rules_tried", reader, rules=len(found), many=self.records, began=self.began, until=self.until,
                   alerts=alerts)  # fmt: skip
        rows = [[rule, *self._figures(each)] for rule, each in found.items()]
        table = Table(say("RULES", reader), self._columns("RULE", *_FIGURES), rows)
        notes = [*self.cannot(blind), *self._left_out(left_out), say("honest", reader)]
        return Sheet(head, [], [table], notes)

    def cannot(self, blind: Mapping[str, Sequence[str]]) -> Iterator[str]:
        """The rules that cannot be tried."""
        return (say("blind", self.reader, rule=rule, fields=", ".join(fields)) for rule, fields in blind.items())

    def headline(self, what: What, found: Backtest) -> str:
        """The answer in a sentence."""
        reader, score = self.reader, found.score
        name = say("a_limit", reader, days=what.days) if what.rule is None else say("a_rule", reader, rule=what.rule)
        told = {"what": name, "horizon": reader.number(found.horizon), "about": say(f"records_{what.about}", reader)}
        if score.precision.value is None:
            return say("would_not", reader, flagged=score.flagged.all, **told)
        return say(
            "would", reader, mature=score.mature.all, over=score.precision.over, share=rate(score.precision),
            nagged=rate(found.nagged) or "–", recall=rate(score.recall) or "–", **told,
        )  # fmt: skip

    def _sentences(self, what: What, found: Backtest) -> Iterator[str]:
        reader, score = self.reader, found.score
        ends = score.flagged
        told = {"flagged": ends.all, "won": ends.won, "lost": ends.lost, "open": ends.open, "late": score.late_entries}
        if what.days is not None:
            yield say("flagged_whole", reader, days=what.days, **told)
        else:
            yield say("flagged_rule", reader, **told)
        if score.lift is not None:
            yield say("base", reader, base=rate(score.base), lift=f"{score.lift:.2f}")
        if score.zombies.of:
            yield say("zombies", reader, over=score.zombies.over, of=score.zombies.of)
        if score.lead is not None:
            quartiles = {name: reader.number(round(days, 1)) for name, days in score.lead._asdict().items()}
            yield say("ahead", reader, early=rate(score.early) or "–", **quartiles)
        if score.amount:
            yield say("money", reader, amount=self._money(score.amount))

    def _notes(self, found: Backtest, left_out: Mapping[str, int]) -> Iterator[str]:
        if found.score.naive.value is not None:
            yield say("naive", self.reader, share=rate(found.score.naive))
        yield from self._left_out(left_out)

    def _left_out(self, left_out: Mapping[str, int]) -> Iterator[str]:
        return (say("left_out", self.reader, many=many, reason=printable(why)) for why, many in left_out.items())

    def _loads(self, found: Backtest) -> Table:
        reader, number = self.reader, self.reader.number
        rows = [
            [printable(one.owner or "") or say("nobody", reader), number(one.alerts), number(one.median),
             number(one.most)] for one in found.load[:FEW]
        ]  # fmt: skip
        more = len(found.load) - len(rows)
        rest = say("more", reader, count=more) if more > 0 else ""
        return Table(say("LOADS", reader), self._columns("OWNER", "ALERTS", "A_WEEK", "MOST"), rows, rest)

    def _columns(self, first: str, *names: str) -> list[Column]:
        reader = self.reader
        return [
            Column(say(first, reader), right=first == "DAYS", elastic=first in ("OWNER", "RULE")),
            *(Column(say(one, reader), right=True) for one in names),
        ]

    def _figures(self, one: Backtest) -> list[str]:
        reader, score = self.reader, one.score
        return [
            reader.number(score.flagged.all), reader.number(score.mature.all), rate(score.precision),
            interval(score.precision), "" if score.lift is None else f"{score.lift:.2f}", rate(score.recall),
            rate(score.early), ahead(score, reader),
            rate(one.nagged), reader.number(max((load.most for load in one.load), default=0)),
            self._money(score.amount) if score.amount else "",
        ]  # fmt: skip

    def _money(self, amount: int) -> str:
        return money(Decimal(amount) / 100, self.currency, self.reader)
