"""A record's story in words: its clocks, the facts that say most, what was said to whom, what happened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from stalewatch.delivery.wording import record_words as say
from stalewatch.delivery.wording import silence_words
from stalewatch.delivery.wording.explained import explanation_parts, explanation_text
from stalewatch.delivery.wording.list_words import as_of
from stalewatch.delivery.wording.loss_check import answered
from stalewatch.delivery.wording.money import both
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.times import moment
from stalewatch.delivery.wording.untrusted import clean
from stalewatch.domain.customer_answers import of_code
from stalewatch.domain.explain import Explanation
from stalewatch.domain.language.model import Field
from stalewatch.domain.missing import title_of
from stalewatch.services.judging.scoring import Scored
from stalewatch.services.reporting.record_story import Story
from stalewatch.services.rules.rulebook import Rulebook

_RUNNING: Final = ("breached", "at_risk", "paused", "watching", "cannot_judge", "excepted")
_STATES: Final = {"breached": "late", "at_risk": "risk", "paused": "hold", "watching": "fine"}
_FACTS: Final = (
    *("close_date", "close_date_pushes", "forecast_category", "next_step", "next_step_due", "next_meeting_at"),
    *("last_customer_activity_at", "last_seller_activity_at", "stakeholders", "hold_until", "hold_reason"),
    *("loss_check_sent_at", "last_partner_report_at", "report_phase", "report_reason_to_propose"),
    *("report_champion_activity", "source", "mql_at", "handed_off_at", "first_touch_at", "accepted"),
)
"""Fields that say most about where a record stands, in reading order."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """One clock that says something, in words."""

    state: str
    mark: str
    title: str
    figure: str
    parts: tuple[str, ...]
    because: str


@dataclass(frozen=True, slots=True)
class Telling:
    """Something that was said, or why nothing was. `at` sorts."""

    at: str
    when: str
    what: str
    to: str
    result: str


@dataclass(frozen=True, slots=True)
class Words:
    """A story in words."""

    story: Story
    book: Rulebook
    reader: Reader

    def amount(self) -> str:
        told = self.story.record
        return both(told["fields"].get("amount"), told["currency"], told["amount_original"], self.reader)

    def stage(self) -> str:
        name = "status" if self.story.record["object"] == "lead" else "stage"
        return "" if self.story.record["fields"].get(name) is None else self._value(name)

    def stages(self) -> dict[str, str]:
        name = "status" if self.story.record["object"] == "lead" else "stage"
        field = self._kinds().get(name)
        return {} if field is None else {one: self.reader.pick(said) for one, said in field.value_titles.items()}

    def age(self) -> str:
        """How old what is shown is."""
        told = self.story.record
        age = told["data_age_seconds"]
        return "" if age is None else as_of(told["as_of"], age, self.reader)

    def deadlines(self) -> Iterator[Deadline]:
        """Each clock that says something, those that are late first."""
        for one, told in zip(self.story.deadlines, self.story.record["deadlines"], strict=True):
            if one.state not in _RUNNING:
                continue
            rule = self.book.by_id.get(one.rule_id)
            figure = say.distance(one, told.get("days_over"), self.reader).removeprefix(" · ")
            yield Deadline(
                state=_STATES.get(one.state, "quiet"),
                mark=say.MARKS.get(one.state, "·"),
                title=self.reader.pick(one.rule_title) + self._subject(one),
                figure=figure or say.state(one.state, self.reader),
                parts=tuple(part.text for part in explanation_parts(one, self.reader.language, self.reader.now)),
                because=self.reader.pick(rule.because) if rule else "",
            )

    def _subject(self, one: Explanation) -> str:
        """What tells clocks of one rule apart: the date of the meeting or the move that each began with."""
        if one.subject is None or one.anchor is None:
            return ""
        return f" ({moment(one.anchor, self.reader, one.zone, timed=False)})"

    def others(self) -> Iterator[str]:
        """In one line each the rules that count nothing here, and why."""
        words = self.reader.words
        sentences = {
            "no_clock": words.gettext("Nothing to count from: {rules}"),
            "satisfied": words.gettext("Done: {rules}"),
            "not_applicable": words.gettext("Not about this record: {rules}"),
        }
        for state, sentence in sentences.items():
            titles = [self.reader.pick(one.rule_title) for one in self.story.deadlines if one.state == state]
            if titles:
                yield sentence.format(rules=self.reader.listed(list(dict.fromkeys(titles))))

    def silent(self) -> Iterator[tuple[str, str]]:
        """(title, why) of every rule that counts nothing here, each once."""
        seen: set[tuple[str, str]] = set()
        for one in self.story.deadlines:
            said = (self.reader.pick(one.rule_title), explanation_text(one, self.reader.language, self.reader.now))
            if one.state not in _RUNNING and said not in seen:
                seen.add(said)
                yield said

    def facts(self) -> Iterator[tuple[str, str]]:
        """(title, value) of the scores and of the fields that say most; those without a value are left out."""
        for score in self.story.scores:
            yield self._named(f"score.{score.name}"), self._scored(score)
        for name in _FACTS:
            if name not in self._kinds():
                continue
            known = "" if self.story.record["fields"].get(name) is None else self._value(name)
            if name == "next_meeting_at":
                known = say.called_off(self.story.record, known, self.reader) or known
            if known:
                yield self._named(name), known
        loss = self.story.record["loss"]
        if loss is not None and (said := of_code(loss["answer"] or "")):
            yield self.reader.words.gettext("The customer's answer"), answered(said, self.reader)

    def title(self, rule: str) -> str:
        """What a rule is called; its id where it is gone."""
        found = self.book.by_id.get(rule)
        return self.reader.pick(found.title) if found else clean(rule)

    def _named(self, name: str) -> str:
        return self.reader.pick(title_of(name, self.book.rules))

    def _scored(self, score: Scored) -> str:
        words, number = self.reader.words, self.reader.number
        met, lacking = number(score.items - len(score.lacking)), [self._named(name) for name in score.lacking]
        if not lacking:
            return words.gettext("{met} of {all}").format(met=met, all=number(score.items))
        said = words.gettext("{met} of {all} (missing: {what})")
        return said.format(met=met, all=number(score.items), what=self.reader.listed(lacking))

    def told(self) -> list[Telling]:
        """What was said to whom and what came of it, and why nothing was said; the newest first."""
        titles = {rule.id: self.reader.pick(rule.title) for rule in self.book.rules.rules}
        found = [
            Telling(
                at=one["at"],
                when=moment(say.instant(one["at"]), self.reader),
                what=self.reader.words.gettext("{title}: {figure}").format(
                    title=titles.get(one["rule"], clean(one["rule"] or "")), figure=say.said(one["kind"], self.reader)
                ),
                to=clean(self.story.names.get(one["to"], one["to"].partition(":")[2] or one["to"])),
                result=silence_words.outcome(one, self.reader),
            )
            for one in self.story.record["said"]
        ]
        for alert in self.story.record["alerts"]:
            text = silence_words.silence(alert, titles, self.reader)
            if text:
                when = moment(say.instant(alert["opened_at"]), self.reader)
                found.append(Telling(alert["opened_at"], when, titles.get(alert["rule"], alert["rule"]), "", text))
        return sorted(found, key=lambda one: say.instant(one.at), reverse=True)

    def events(self) -> Iterator[tuple[str, str]]:
        """(when, what) of everything that happened, the newest first: the picture as a table."""
        for event in self.story.record["timeline"]:
            yield moment(say.instant(event["at"]), self.reader), self._event(event)

    def _event(self, event: Mapping[str, Any]) -> str:
        if event["kind"] != "change":
            return say.happened(event, self.reader)
        title = self.reader.pick(title_of(event["field"], self.book.rules))
        return f"{title} → {self._value(event['field'], event['value'])}"

    def _value(self, name: str, *other: Any) -> str:
        """The value of a field that the record has, or another one of the same field, in words."""
        kind = self._kinds().get(name)
        stored = other[0] if other else self.story.record["fields"].get(name)
        return "" if kind is None else say.value(kind, stored, self.story.record["currency"], self.reader)

    def _kinds(self) -> Mapping[str, Field]:
        return self.book.rules.catalogue.objects[self.story.record["object"]]
