"""What came of what the rules said, as `rules feedback` prints it: a table, and what follows from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from stalewatch.cli.grid import Column, grid, terminal_width
from stalewatch.delivery.wording.reader import Reader
from stalewatch.domain.language.model import Words
from stalewatch.services.reporting.feedback import DAYS, Effect, Share


@dataclass(frozen=True, slots=True)
class FeedbackSheet:
    """The effects of some rules in the last days; `titles` are theirs by id."""

    effects: Sequence[Effect]
    titles: Mapping[str, Words]
    days: int
    reader: Reader

    def lines(self) -> Iterator[str]:
        """The table, how it is to be read, and each rule that is too noisy or was measured by a hold-out."""
        words = self.reader.words
        if not self.effects:
            said = words.ngettext("In {count} day nobody was told that a deal is late.",
                                  "In {count} days nobody was told that a deal is late.", self.days)  # fmt: skip
            yield said.format(count=self.reader.number(self.days))
            return
        yield from grid(self._columns(), [self._row(one) for one in self.effects], terminal_width())
        yield ""
        yield words.gettext(
            "Told: problems of which somebody heard that they are late. The shares are of those told long enough ago; "
            "“few” marks those from which nothing can be concluded."
        )
        for one in self.effects:
            yield from self._remarks(one)

    def _columns(self) -> list[Column]:
        words = self.reader.words
        return [
            Column(words.pgettext("column", "RULE"), elastic=True),
            Column(words.pgettext("column", "TOLD"), right=True),
            *(Column(words.pgettext("column", "ACTED IN {days} BD").format(days=days), right=True) for days in DAYS),
            Column(words.pgettext("column", "IGNORED"), right=True),
            Column(words.pgettext("column", "FALSE ALARMS"), right=True),
        ]

    def _row(self, one: Effect) -> list[str]:
        shares = [*(one.within[days] for days in DAYS), one.ignored, one.false]
        return [one.rule, self.reader.number(one.told), *(self._share(share) for share in shares)]

    def _share(self, share: Share) -> str:
        """A share in per cent, marked where it is of few; empty of none."""
        if share.rate is None:
            return ""
        said = self.reader.percent(share.rate)
        return self.reader.words.gettext("{share} (few)").format(share=said) if share.is_small else said

    def _remarks(self, one: Effect) -> Iterator[str]:
        words, title = self.reader.words, self.reader.pick(self.titles.get(one.rule, {"en": one.rule}))
        if one.is_noisy:
            yield words.gettext(
                "“{title}”: more than every fifth message was called false. Relax it, or make it silent: "
                "stalewatch rules promote {rule} --to shadow"
            ).format(title=title, rule=one.rule)
        if one.silent.of:
            told, silent = one.within[DAYS[-1]], one.silent
            yield words.gettext(
                "“{title}”: within {days} business days {told} of what was told was acted on, and {silent} of the "
                "{count} that were held out."
            ).format(
                title=title, days=DAYS[-1], told=self._share(told) or "–", silent=self._share(silent),
                count=self.reader.number(silent.of),
            )  # fmt: skip
