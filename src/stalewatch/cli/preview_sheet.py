"""A preview as people and as programs read it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from stalewatch.cli.grid import Column
from stalewatch.cli.sheet import Sheet, Table
from stalewatch.cli.trial_words import data_as_of, say
from stalewatch.delivery.wording.list_words import lateness
from stalewatch.delivery.wording.money import money
from stalewatch.delivery.wording.reader import Reader
from stalewatch.domain.instants import SECOND
from stalewatch.domain.language.model import Mode
from stalewatch.services.alerting.tellings import days_over
from stalewatch.services.previewing.cases import Case, Reason
from stalewatch.services.previewing.known import Known
from stalewatch.services.previewing.plain import preview_data
from stalewatch.services.previewing.preview import Asked, Figures, Preview
from stalewatch.services.reporting.listing import shown
from stalewatch.services.rules.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class Shown:
    """A preview with everything that its words need; `span` is how far it looks, in the reader's words."""

    found: Preview
    asked: Asked
    book: Rulebook
    names: Known
    reader: Reader
    span: str

    def sheet(self) -> Sheet:
        """For people."""
        found, reader = self.found, self.reader
        total = found.total
        head = say(
            "stands", reader, late=total.late, at_risk=total.at_risk, soon=total.soon, span=self.span,
            judged=found.judged,
        )  # fmt: skip
        tables = [self._owners(), self._cases(), self._rules()]
        return Sheet(
            head, list(self._sentences()), tables, [*self._unjudged(), *data_as_of(found.ages, self._when, reader)]
        )

    def data(self) -> dict[str, Any]:
        """For programs."""
        return preview_data(self.found, self.asked, self.book, self.names)

    @property
    def _when(self) -> str:
        return shown(self.asked.now, "UTC")

    def _sentences(self) -> Iterator[str]:
        total, reader, judging = self.found.total, self.reader, self.book.judging
        spoken = total.late + total.at_risk
        if spoken:
            people = {self.names.reader(key) for key, one in self.found.owners.items() if one.news}
            quiet = spoken - total.news - total.backlog
            yield say("would", reader, news=total.news, people=len(people), backlog=total.backlog, quiet=quiet)
        if judging.rollout is None and spoken:
            yield say("no_rollout", reader)
        elif judging.rollout is not None and total.news > judging.rollout.most:
            yield say("at_most", reader, most=judging.rollout.most)
        silent = [rule for rule in self.found.rules if self.book.modes[rule] is not Mode.LIVE]
        if silent:
            yield say("silent", reader, rules=", ".join(silent))
        if self.found.is_storm:
            yield say("storm", reader)

    def _unjudged(self) -> Iterator[str]:
        reader, found = self.reader, self.found
        for rule, figures in found.rules.items():
            if figures.cannot_judge:
                fields = [say("cannot_field", reader, field=name) for name in figures.lacking]
                why = ", ".join(fields) or say("cannot_date", reader)
                yield say("cannot", reader, rule=rule, count=figures.cannot_judge, fields=why)
        for connection, count in found.waiting.items():
            age = found.ages.get(connection)
            if age is not None:
                hours = f"{age // (3600 * SECOND)}h {age // (60 * SECOND) % 60}m"
                yield say("too_old", reader, connection=connection, count=count, age=hours)

    def _owners(self) -> Table:
        together: dict[str | None, tuple[str, Figures]] = {}
        for key, one in self.found.owners.items():
            _, sums = together.setdefault(self.names.reader(key), (self.names.owner(key), Figures()))
            for figure in ("late", "at_risk", "soon", "news", "backlog"):
                setattr(sums, figure, getattr(sums, figure) + getattr(one, figure))
        ordered = sorted(together.values(), key=lambda one: (_weight(one[1]), one[0]))
        columns = [Column(say("OWNER", self.reader), elastic=True), *self._figures()]
        rows = [[name or say("nobody", self.reader), *self._numbers(sums)] for name, sums in ordered]
        return self._cut(say("OWNERS", self.reader), columns, rows, len(rows))

    def _rules(self) -> Table:
        reader = self.reader
        columns = [Column(say("RULE", reader)), Column(say("MODE", reader)), *self._figures(),
                   Column(say("BLIND", reader), right=True)]  # fmt: skip
        rows = [
            [rule, self.book.modes[rule].value, *self._numbers(one), _number(one.cannot_judge, reader)]
            for rule, one in self.found.rules.items()
        ]
        return Table(say("RULES", reader), columns, rows)

    def _cases(self) -> Table:
        reader = self.reader
        names = ("OWNER", "RECORD", "WHY", "STANDS", "LATE", "TOLD", "AMOUNT")
        right = ("LATE", "AMOUNT")
        elastic = ("OWNER", "RECORD", "WHY")
        columns = [Column(say(one, reader), right=one in right, elastic=one in elastic) for one in names]
        rows = [self._row(case) for case in self.found.cases]
        return self._cut(say("CASES", reader), [*columns, Column("ID")], rows, self.found.listed)

    def _cut(self, title: str, columns: list[Column], rows: list[list[str]], total: int) -> Table:
        most = len(rows) if self.asked.limit is None else self.asked.limit
        more = total - len(rows[:most])
        return Table(title, columns, rows[:most], say("more", self.reader, count=more) if more > 0 and most else "")

    def _row(self, case: Case) -> list[str]:
        reader = self.reader
        titles = list(dict.fromkeys(reader.pick(reason.rule.title) for reason in case.reasons))
        why = " · ".join([*titles[:2], *([f"+{len(titles) - 2}"] if len(titles) > 2 else [])])
        amount = self.names.amount(case.id)
        return [
            self.names.owner(case.owner) or say("nobody", reader),
            self.names.name(case.id),
            why,
            say(case.standing.word, reader),
            self._lateness(case, case.reasons[0]),
            "" if case.fate is None else say(case.fate.name.lower(), reader),
            "" if amount is None else money(Decimal(amount) / 100, self.book.judging.currency, reader),
            case.id,
        ]

    def _lateness(self, case: Case, reason: Reason) -> str:
        limit = reason.rule.within[reason.limit].duration
        over = days_over(case.calendar, reason.due, self.asked.now, limit)
        return lateness(shown(reason.due, case.calendar.spec.zone), str(limit), over, self.reader)

    def _figures(self) -> list[Column]:
        names = ("LATE", "AT_RISK", "SOON", "NEWS", "BACKLOG")
        return [Column(say(name, self.reader, span=self.span.upper()), right=True) for name in names]

    def _numbers(self, one: Figures) -> list[str]:
        return [_number(count, self.reader) for count in (one.late, one.at_risk, one.soon, one.news, one.backlog)]


def _number(count: int, reader: Reader) -> str:
    return reader.number(count) if count else ""


def _weight(one: Figures) -> tuple[int, int, int]:
    return -one.late, -one.at_risk, -one.soon
