"""What another version of the rules changes, as people and as programs read it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from stalewatch.cli.grid import Column
from stalewatch.cli.sheet import Sheet, Table
from stalewatch.cli.trial_words import data_as_of, say
from stalewatch.delivery.wording.money import money
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.rule_changes import changes_in_words
from stalewatch.delivery.wording.times import moment
from stalewatch.domain.language.model import RuleSet
from stalewatch.services.previewing.difference import Counts, Difference, Moved, Turn
from stalewatch.services.previewing.known import Known
from stalewatch.services.previewing.plain import difference_data
from stalewatch.services.reporting.listing import shown


@dataclass(frozen=True, slots=True)
class Shown:
    """A difference with everything that its words need; `limit` is how many of each turn were asked for."""

    found: Difference
    old: RuleSet
    new: RuleSet
    currency: str
    names: Known
    reader: Reader
    limit: int | None

    def sheet(self, now: int) -> Sheet:
        """For people."""
        found, reader = self.found, self.reader
        ages = data_as_of(found.ages, shown(now, "UTC"), reader)
        if found.is_empty:
            return Sheet(say("no_difference", reader, judged=found.judged), notes=ages)
        changes = changes_in_words(found.changes, found.beside, self.old, self.new, reader)
        changed = Table(say("CHANGED", reader), (), [[line] for line in changes])
        total = found.total
        head = say("alerts", reader, added=total.added, removed=total.removed)
        tables = [changed, self._counted("OWNERS", "OWNER", self._owners()), self._moved(), self._rules()]
        return Sheet(head, list(self._sentences()), tables, ages)

    def data(self, now: int) -> dict[str, Any]:
        """For programs."""
        return difference_data(self.found, self.old, self.new, self.names, self.reader, now)

    def _sentences(self) -> Iterator[str]:
        found, reader = self.found, self.reader
        turned = [
            say("turned", reader, what=say(turn.word, reader), count=found.total.turns[turn])
            for turn in Turn
            if found.total.turns.get(turn)
        ]
        yield say("of_records", reader, judged=found.judged)
        yield from turned
        for sentence, count, farthest in (
            ("due_earlier", found.total.earlier, found.earliest),
            ("due_later", found.total.later, found.latest),
        ):
            if count and farthest is not None:
                old, new = self._dues(farthest)
                name = self.names.name(farthest.record)
                most = say("farthest", reader, name=name, rule=farthest.rule.id, old=old, new=new)
                yield say(sentence, reader, count=count) + most

    def _owners(self) -> list[tuple[str, Counts]]:
        """Those whose records stand otherwise, not only their deadlines; somebody with two keys once."""
        together: dict[str | None, tuple[str, Counts]] = {}
        for key, one in self.found.owners.items():
            _, sums = together.setdefault(self.names.reader(key), (self.names.owner(key), Counts()))
            _add(sums, one)
        named = [(name or say("nobody", self.reader), one) for name, one in together.values() if one.turns]
        return sorted(named, key=lambda one: (-one[1].added, -one[1].removed, one[0]))

    def _rules(self) -> Table:
        stands = {rule: one for rule, one in self.found.rules.items() if any(self._figures(one))}
        return self._counted("RULES", "RULE", list(stands.items()))

    def _counted(self, title: str, first: str, rows: list[tuple[str, Counts]]) -> Table:
        reader = self.reader
        heads = [say("ADDED", reader), say("REMOVED", reader), *(say(turn.word, reader).upper() for turn in Turn),
                 say("EARLIER", reader), say("LATER", reader)]  # fmt: skip
        columns = [Column(say(first, reader), elastic=True), *(Column(one, right=True) for one in heads)]
        most = len(rows) if self.limit is None else self.limit
        cells = [[name, *self._numbers(one)] for name, one in rows[:most]]
        rest = say("more", reader, count=len(rows) - most) if len(rows) > most else ""
        return Table(say(title, reader), columns, cells, rest)

    def _numbers(self, one: Counts) -> list[str]:
        return [self.reader.number(count) if count else "" for count in self._figures(one)]

    def _figures(self, one: Counts) -> tuple[int, ...]:
        return one.added, one.removed, *(one.turns.get(turn, 0) for turn in Turn), one.earlier, one.later

    def _moved(self) -> Table:
        reader = self.reader
        names = ("WHAT", "RECORD", "OWNER", "RULE", "OLD_DUE", "NEW_DUE", "AMOUNT")
        columns = [
            Column(say(name, reader), right=name == "AMOUNT", elastic=name in ("RECORD", "OWNER")) for name in names
        ]
        more = sum(self.found.total.turns.values()) - len(self.found.moved)
        rest = say("more", reader, count=more) if more > 0 and self.limit else ""
        return Table(say("MOVED", reader), [*columns, Column("ID")], [self._row(one) for one in self.found.moved], rest)

    def _row(self, one: Moved) -> list[str]:
        reader, amount = self.reader, self.names.amount(one.record)
        return [
            "" if one.turn is None else say(one.turn.word, reader),
            self.names.name(one.record),
            self.names.owner(one.owner) or say("nobody", reader),
            one.rule.id,
            *self._dues(one),
            "" if amount is None else money(Decimal(amount) / 100, self.currency, reader),
            one.record,
        ]

    def _dues(self, one: Moved) -> list[str]:
        zone, nothing = one.calendar.spec.zone, say("none", self.reader)
        return [nothing if due is None else moment(due, self.reader, zone) for due in (one.old_due, one.new_due)]


def _add(sums: Counts, one: Counts) -> None:
    sums.added += one.added
    sums.removed += one.removed
    sums.earlier += one.earlier
    sums.later += one.later
    for turn, count in one.turns.items():
        sums.turns[turn] = sums.turns.get(turn, 0) + count
