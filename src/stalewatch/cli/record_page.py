"""One record in the terminal: what matters first, each deadline and why, what was said of it, what happened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from stalewatch.cli.grid import padded
from stalewatch.delivery.columns import width, wrapped
from stalewatch.delivery.wording import record_words as say
from stalewatch.delivery.wording import silence_words
from stalewatch.delivery.wording.explained import explanation_text
from stalewatch.delivery.wording.money import both
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.times import moment
from stalewatch.delivery.wording.untrusted import clean, printable
from stalewatch.domain.explain import Explanation
from stalewatch.domain.language.model import Field
from stalewatch.domain.missing import title_of
from stalewatch.services.rules.rulebook import Rulebook

_USUAL: Final = 100
_MOST_EVENTS: Final = 20
_RUNNING: Final = ("breached", "at_risk", "paused", "watching", "cannot_judge", "excepted")


def lines(
    record: Mapping[str, Any], deadlines: Sequence[Explanation], book: Rulebook, reader: Reader, room: int | None
) -> list[str]:
    """The page of one record.

    Args:
        record: what `Reports.record` tells.
        deadlines: its clocks taken apart, those that are late first.
        room: columns of the terminal, None if there is none.
    """
    page = _Page(record, deadlines, book, reader, min(room or _USUAL, 120))
    sections = (page.head(), page.clocks(), page.told(), page.past())
    return "\n\n".join("\n".join(section) for section in (list(each) for each in sections) if section).split("\n")


@dataclass(frozen=True, slots=True)
class _Page:
    record: Mapping[str, Any]
    deadlines: Sequence[Explanation]
    book: Rulebook
    reader: Reader
    room: int

    def head(self) -> Iterator[str]:
        """Who and what it is, and the answer to "is anything wrong"."""
        record, fields = self.record, self.record["fields"]
        stage = self._value("status" if record["object"] == "lead" else "stage", fields)
        amount = both(fields.get("amount"), record["currency"], record.get("amount_original"), self.reader)
        what = [clean(record["name"]), amount, stage]
        yield " · ".join(part for part in what if part)
        owner = clean(record["owner_name"] or "") or self.reader.words.gettext("no owner")
        yield " · ".join(part for part in (owner, clean(fields.get("team") or ""), record["id"]) if part)
        if record["url"]:
            yield printable(record["url"])
        yield ""
        yield from wrapped(say.answer(record["is_open"], self.deadlines, self.reader), self.room)
        planned = "" if fields.get("next_meeting_at") is None else self._value("next_meeting_at", fields)
        if meeting := say.called_off(record, planned, self.reader):
            title = self.reader.pick(title_of("next_meeting_at", self.book.rules))
            said = self.reader.words.gettext("{title}: {figure}")
            yield from wrapped(said.format(title=title, figure=meeting), self.room)

    def clocks(self) -> Iterator[str]:
        """Each clock that says something, and in one line those that do not concern this record."""
        words = self.reader.words
        shown = [(one, told) for one, told in self._both() if one.state in _RUNNING]
        if shown:
            yield words.gettext("Deadlines")
        column = max((width(say.state(one.state, self.reader)) for one, _ in shown), default=0)
        for one, told in shown:
            label = padded(say.state(one.state, self.reader), column)
            subject = f" ({clean(one.subject)})" if one.subject else ""
            figure = say.distance(one, told.get("days_over"), self.reader)
            yield f"{say.MARKS.get(one.state, '·')} {label}  {self.reader.pick(one.rule_title)}{subject}{figure}"
            text = explanation_text(one, self.reader.language, self.reader.now)
            yield from wrapped(printable(text), self.room, " " * (column + 4))
        yield from self._others("no_clock", words.gettext("Nothing to count from: {rules}"))
        yield from self._others("satisfied", words.gettext("Done: {rules}"))
        yield from self._others("not_applicable", words.gettext("Not about this record: {rules}"))

    def told(self) -> Iterator[str]:
        """What was said to whom, and why nothing was."""
        words, titles = self.reader.words, self._titles()
        notices = self.record["said"]
        silent = [(one, silence_words.silence(one, titles, self.reader)) for one in self.record["alerts"]]
        if not notices and not any(text for _, text in silent):
            return
        yield words.gettext("What was said")
        told = [(notice["at"], self._notice(notice, titles)) for notice in notices]
        told += [(one["opened_at"], f"{titles.get(one['rule'], one['rule'])}: {text}") for one, text in silent if text]
        yield from self._dated(sorted(told))

    def past(self) -> Iterator[str]:
        """What happened, the newest first."""
        events = self.record["timeline"]
        if not events:
            return
        yield self.reader.words.gettext("Timeline")
        yield from self._dated([(event["at"], self._event(event)) for event in events[:_MOST_EVENTS]])
        if len(events) > _MOST_EVENTS:
            more = self.reader.words.gettext("+{count} more")
            yield more.format(count=self.reader.number(len(events) - _MOST_EVENTS))

    # --------------------------------------------------------------------------------------------- pieces

    def _both(self) -> Iterator[tuple[Explanation, Mapping[str, Any]]]:
        """Each deadline taken apart, and as the API has it; both stand in the same order."""
        return zip(self.deadlines, self.record["deadlines"], strict=True)

    def _others(self, state: str, sentence: str) -> Iterator[str]:
        titles = [self.reader.pick(one.rule_title) for one in self.deadlines if one.state == state]
        if titles:
            yield from wrapped(sentence.format(rules=self.reader.listed(list(dict.fromkeys(titles)))), self.room, "  ")

    def _event(self, event: Mapping[str, Any]) -> str:
        if event["kind"] != "change":
            return say.happened(event, self.reader)
        title = self.reader.pick(title_of(event["field"], self.book.rules))
        return f"{title} → {self._value(event['field'], {event['field']: event['value']})}"

    def _value(self, name: str, fields: Mapping[str, Any]) -> str:
        kind: Field | None = self.book.rules.catalogue.objects[self.record["object"]].get(name)
        if kind is None or (fields.get(name) is None and name in ("stage", "status")):
            return ""
        return say.value(kind, fields.get(name), self.record["currency"], self.reader)

    def _titles(self) -> Mapping[str, str]:
        return {rule.id: self.reader.pick(rule.title) for rule in self.book.rules.rules}

    def _notice(self, notice: Mapping[str, Any], titles: Mapping[str, str]) -> str:
        said = self.reader.words.gettext("{to}: {rule}, {what} · {end}")
        return said.format(
            to=clean(notice["to"].removeprefix("person:").removeprefix("channel:").removeprefix("mail:")),
            rule=titles.get(notice["rule"], notice["rule"] or ""),
            what=say.said(notice["kind"], self.reader),
            end=silence_words.outcome(notice, self.reader),
        )

    def _dated(self, told: Sequence[tuple[str, str]]) -> Iterator[str]:
        """Moments and what happened then, wrapped beside them."""
        times = [moment(say.instant(at), self.reader) for at, _ in told]
        column = max((width(time) for time in times), default=0) + 2
        for time, (_, text) in zip(times, told, strict=True):
            first, *rest = wrapped(printable(text), self.room, " " * (column + 2)) or [""]
            yield f"  {padded(time, column)}{first.lstrip()}"
            yield from rest
