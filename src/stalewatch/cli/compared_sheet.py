"""What another version of the rules would have said over the past, as people read it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stalewatch.cli.grid import Column
from stalewatch.cli.sheet import Sheet, Table
from stalewatch.delivery.wording.learning_figures import ahead, rate
from stalewatch.delivery.wording.learning_words import say
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.untrusted import printable
from stalewatch.services.learning.backtests import Backtest
from stalewatch.services.learning.compared import Compared
from stalewatch.services.previewing.known import Known

_RULES = ("BEFORE", "AFTER", "NOT_WON_OLD", "NOT_WON_NEW", "SEEN_OLD", "SEEN_NEW", "LEAD_OLD", "LEAD_NEW")


@dataclass(frozen=True, slots=True)
class Shown:
    """A comparison with everything that its words need; `limit` is how many records of each kind are listed."""

    found: Compared
    names: Known
    reader: Reader
    dates: tuple[str, str]
    limit: int | None

    def sheet(self) -> Sheet:
        """For people, and for a pull request."""
        found, reader = self.found, self.reader
        old, new = found.alerts()
        told = {"began": self.dates[0], "until": self.dates[1]}
        notes = [*self._blind(), say("honest", reader)]
        if not found.rules:
            return Sheet(say("compared_same", reader, new=new, **told), notes=notes)
        head = say("compared", reader, old=old, new=new, silent=len(found.silent), told=len(found.told), **told)
        before, after, all_of = found.caught()
        rules = Table(say("RULES", reader), self._columns("RULE", *_RULES), [
            [name, *self._pair(one, other)] for name, one, other in found.rules
        ])  # fmt: skip
        owners = Table(say("LOADS", reader), self._columns("OWNER", "BEFORE", "AFTER"), [
            [printable(name or "") or say("nobody", reader), reader.number(one), reader.number(other)]
            for name, one, other in found.owners
        ])  # fmt: skip
        tables = [rules, owners, self._records("SILENT", found.silent), self._records("TOLD", found.told)]
        return Sheet(head, [say("caught", reader, old=before, new=after, of=all_of)], tables, notes)

    def _pair(self, one: Backtest | None, other: Backtest | None) -> Iterator[str]:
        both = [None if each is None else each.score for each in (one, other)]
        yield from ("" if score is None else self.reader.number(score.flagged.all) for score in both)
        yield from ("" if score is None else rate(score.precision) for score in both)
        yield from ("" if score is None else rate(score.recall) for score in both)
        yield from ("" if score is None else ahead(score, self.reader) for score in both)

    def _records(self, title: str, ids: Sequence[str]) -> Table:
        reader, ends = self.reader, self.found.ends()
        shown = ids if self.limit is None else ids[: self.limit]
        rows = [[printable(self.names.name(one)), say(ends[one], reader), one] for one in shown]
        more = len(ids) - len(shown)
        columns = [Column(say("RECORD", reader), elastic=True), Column(say("ENDED", reader)), Column("ID")]
        return Table(say(title, reader), columns, rows, say("more", reader, count=more) if more else "")

    def _columns(self, first: str, *names: str) -> list[Column]:
        return [
            Column(say(first, self.reader), elastic=True),
            *(Column(say(one, self.reader), right=True) for one in names),
        ]

    def _blind(self) -> Iterator[str]:
        for rule, fields in {**self.found.old.blind, **self.found.new.blind}.items():
            yield say("blind", self.reader, rule=rule, fields=", ".join(fields))
