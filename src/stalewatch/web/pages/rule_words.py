"""What a rule's page says, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from stalewatch.delivery.wording import rule_figure_words as say
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.record_words import MARKS, state
from stalewatch.delivery.wording.reviewed_rule_words import effect
from stalewatch.delivery.wording.rule_in_words import parts_in_words
from stalewatch.delivery.wording.times import moment
from stalewatch.delivery.wording.untrusted import clean
from stalewatch.domain.instants import to_us
from stalewatch.domain.language.diagnostics import Diagnostic
from stalewatch.domain.language.model import Rule
from stalewatch.domain.language.nodes import Source, Span
from stalewatch.domain.language.rendering import pointed
from stalewatch.services.reporting.alert_list import AlertItem, AlertListing
from stalewatch.services.reporting.effect_told import measured_of
from stalewatch.services.reporting.rule_list import Rate, RuleItem
from stalewatch.services.reporting.rule_readers import Concerned
from stalewatch.services.rules.rulefiles import Checked
from stalewatch.services.rules.written import Written
from stalewatch.web.desk import Desk
from stalewatch.web.pages.addresses import Address, of_record
from stalewatch.web.pages.rules import Chip, mode_chip, since

TOLD: Final = 50
"""Diagnostics that a page shows; the others are counted."""
_TONES: Final = {"breached": "late", "at_risk": "soon", "paused": "hold", "cannot_judge": "hold", "watching": "fine"}
_ORDER: Final = ("breached", "at_risk", "watching", "paused", "cannot_judge", "satisfied", "excepted", "no_clock",
                 "not_applicable")  # fmt: skip
_MARGIN: Final = 9
"""Characters before a line in an excerpt: its number and a bar."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What somebody wrote in a rule's place, and what came of it.

    Attributes:
        text: as it stands in the form. found: the check. difference: what it would change; None: not asked, or broken.
        trouble: why it could not be tried.
    """

    text: str
    found: Checked | None = None
    difference: Mapping[str, Any] | None = None
    trouble: str = ""


class Fact(NamedTuple):
    """A name and what stands beside it."""

    name: str
    figure: str


class Found(NamedTuple):
    """One finding of a check; `excerpt` is the line with carets below it, `line` its number in the form, or 0."""

    where: str
    line: int
    severity: str
    code: str
    message: str
    cure: str
    excerpt: str


class Moved(NamedTuple):
    """One record that would stand otherwise."""

    href: str
    name: str
    owner: str
    what: str
    was: str
    due: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an attempt, in words; `sentence` is "" where nothing was tried."""

    trouble: str
    counts: str
    is_sound: bool
    found: tuple[Found, ...]
    more: str
    sentence: str
    judged: str
    changes: tuple[str, ...]
    owners: tuple[tuple[str, str, str], ...]
    records: tuple[Moved, ...]


@dataclass(frozen=True, slots=True)
class RuleWords:
    """The words of one rule for one reader."""

    desk: Desk
    rule: Rule
    item: RuleItem
    reader: Reader
    address: Address

    def scope(self) -> tuple[str, ...]:
        """Its id, where it stands, since when it is live, who looks after it."""
        place = f"{self.item.file}:{self.item.line}" if self.item.file is not None else ""
        tags = " ".join(f"#{clean(tag)}" for tag in self.item.tags)
        return self.item.id, clean(place), since(self.item, self.reader), clean(self.item.owner or ""), tags

    def chips(self) -> list[Chip]:
        """Its mode, how grave it is, whether it is tested."""
        words = self.reader.words
        grave = words.pgettext("severity", self.item.severity)
        tested = words.gettext("tested") if self.item.tested else words.gettext("no test")
        return [mode_chip(self.item, self.reader), Chip("", "▲", grave), Chip("quiet", "·", tested)]

    def parts(self) -> list[Fact]:
        """What it says, part by part."""
        parts = parts_in_words(self.rule, self.desk.project.rulebook.rules, self.reader)
        return [Fact(say.part(name, self.reader), text) for name, text in parts.items()]

    def states(self) -> list[Chip]:
        """How its clocks stand, with their numbers."""
        many = self.item.states
        return [
            Chip(_TONES.get(name, "quiet"), MARKS.get(name, "·"),
                 f"{state(name, self.reader)} {self.reader.number(many[name])}")
            for name in _ORDER if many.get(name)
        ]  # fmt: skip

    def week(self) -> list[Fact]:
        """What it did in seven days."""
        words, did = self.reader.words, self.item.week
        named = (
            (words.gettext("Opened"), did.opened), (words.gettext("Told"), did.told),
            (words.gettext("Acted on"), did.acted), (words.gettext("Recovered"), did.recovered),
            (words.gettext("Ignored"), did.ignored), (words.gettext("False alarms"), did.false_alarms),
            (words.gettext("Held out"), did.held_out),
        )  # fmt: skip
        return [Fact(name, self.reader.number(many)) for name, many in named]

    def quarter(self) -> list[Fact]:
        """What came of it in 90 days."""
        words, came = self.reader.words, self.item.feedback
        if came is None:
            return []
        within = words.ngettext(
            "Acted on within {count} business day", "Acted on within {count} business days", 5
        ).format(count=self.reader.number(5))
        return [
            Fact(words.gettext("Told"), self.reader.number(came.told)),
            Fact(within, self._rate(came.acted_within["5"])),
            Fact(words.gettext("Ignored"), self._rate(came.ignored)),
            Fact(words.gettext("False alarms"), self._rate(came.false_alarms)),
            *([Fact(words.gettext("Held out, and acted on all the same"), self._rate(came.held_out))]
              if came.held_out.of else []),
            *([] if self.item.effect is None else
              [Fact(words.gettext("What being told changes"), effect(measured_of(self.item.effect), self.reader))]),
        ]  # fmt: skip

    def concerned(self, some: Iterable[Concerned]) -> list[tuple[str, str, str]]:
        """(owner, how many, where they are listed)."""
        nobody = self.reader.words.gettext("no owner")
        return [
            (
                clean(one.name or one.email or one.owner or "") or nobody,
                self.reader.number(one.many),
                self.address.to("/stalled", rule=self.rule.id, owner=one.email or one.owner),
            )
            for one in some
        ]

    def alert(self, one: AlertItem) -> tuple[str, str, str, str]:
        """(where it is shown, its record, its owner, since when it is open)."""
        href = self.address.to(of_record(one.object, one.record))
        owner = clean(one.owner_name or "") or self.reader.words.gettext("no owner")
        return href, clean(one.name or "") or one.record, owner, self._moment(one.opened_at)

    def total(self, listing: AlertListing | None) -> str:
        """How many alerts are open; "10,000+" where nobody counts further."""
        if listing is None:
            return ""
        return self.reader.number(listing.total) + ("+" if listing.more else "")

    # ------------------------------------------------------------------------------------------- an attempt

    def attempt(self, made: Attempt, place: Written) -> Outcome:
        """What came of a text in this rule's place."""
        came, words = made.difference or {}, self.reader.words
        found = () if made.found is None else made.found.diagnostics
        total = came.get("total", {})
        judged = words.ngettext("of {count} open record", "of {count} open records", came.get("judged", 0))
        more = words.gettext("+{count} more").format(count=self.reader.number(len(found) - TOLD))
        return Outcome(
            trouble=made.trouble,
            counts="" if made.found is None else str(made.found.counts),
            is_sound=made.found is not None and not made.found.has_errors,
            found=tuple(self._found(one, made, place) for one in found[:TOLD]),
            more=more if len(found) > TOLD else "",
            sentence=say.changed(total["newly_told"], total["newly_silent"], self.reader) if came else "",
            judged=judged.format(count=self.reader.number(came.get("judged", 0))) if came else "",
            changes=tuple(clean(line) for one in came.get("changes", ()) for line in one["said"]),
            owners=tuple(self._owners(came.get("owners", ()))),
            records=tuple(self._moved(one) for one in came.get("records", ())),
        )

    def _found(self, one: Diagnostic, made: Attempt, place: Written) -> Found:
        line = one.line - place.first + 1
        inside = one.file == place.save_as and 1 <= line <= made.text.count("\n") + 1
        said = self.reader.words.gettext("line {line}").format(line=self.reader.number(line))
        sources = {source.path: source for source in (made.found.sources if made.found else ())}
        return Found(
            where=said if inside else f"{clean(one.file)}:{one.line}", line=line if inside else 0,
            severity=one.severity.value, code=one.code, message=one.message[self.reader.language],
            cure=one.cure.get(self.reader.language, ""), excerpt=_excerpt(sources.get(one.file), one),
        )  # fmt: skip

    def _owners(self, some: Sequence[dict[str, Any]]) -> Iterable[tuple[str, str, str]]:
        for one in sorted(some, key=lambda one: (-one["newly_told"], -one["newly_silent"], str(one["owner_name"]))):
            if one["newly_told"] or one["newly_silent"]:
                name = clean(one["owner_name"] or one["owner"] or "") or self.reader.words.gettext("no owner")
                yield name, self.reader.number(one["newly_told"]), self.reader.number(one["newly_silent"])

    def _moved(self, one: dict[str, Any]) -> Moved:
        return Moved(
            href=self.address.to(of_record(one["object"], one["id"])), name=clean(one["name"]),
            owner=clean(one["owner_name"] or "") or self.reader.words.gettext("no owner"),
            what=say.turn(one["what"] or "", self.reader), was=self._moment(one["was_due"]),
            due=self._moment(one["due"]),
        )  # fmt: skip

    def _rate(self, rate: Rate) -> str:
        words = self.reader.words
        if rate.rate is None:
            return "–"
        said = words.gettext("{rate} ({many} of {of})").format(
            rate=self.reader.percent(rate.rate), many=self.reader.number(rate.many), of=self.reader.number(rate.of)
        )
        return words.gettext("{rate}, few").format(rate=said) if rate.small else said

    def _moment(self, at: str | None) -> str:
        return "–" if at is None else moment(to_us(datetime.fromisoformat(at)), self.reader)


def _excerpt(source: Source | None, one: Diagnostic) -> str:
    """The line of a finding with carets below it."""
    if source is None:
        return ""
    lines = pointed(source, Span(one.file, one.line, one.column, one.width), "")
    return "\n".join(line[_MARGIN:] for line in lines)
