"""The words of a record's page: states of clocks, why something was said or not, what happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.times import day_unit, left, moment, over
from stalewatch.delivery.wording.values import Filled, shown
from stalewatch.domain.explain import Explanation
from stalewatch.domain.instants import to_us
from stalewatch.domain.language.model import Field, FieldType
from stalewatch.sdk.records import CALLED_OFF

_MOST_CALLED_OFF: Final = 3
MARKS: Final = {"breached": "●", "at_risk": "◐", "paused": "‖", "watching": "○", "cannot_judge": "?"}
"""A shape beside the word of a state; other states have none."""


def state(name: str, reader: Reader) -> str:
    """The state of a clock in a word or two."""
    words = reader.words
    return {
        "breached": words.pgettext("state of a deadline", "late"),
        "at_risk": words.pgettext("state of a deadline", "soon"),
        "paused": words.pgettext("state of a deadline", "on hold"),
        "watching": words.pgettext("state of a deadline", "running"),
        "cannot_judge": words.pgettext("state of a deadline", "cannot judge"),
        "no_clock": words.pgettext("state of a deadline", "no clock"),
        "excepted": words.pgettext("state of a deadline", "excepted"),
        "satisfied": words.pgettext("state of a deadline", "done"),
        "not_applicable": words.pgettext("state of a deadline", "not about it"),
        "closed": words.pgettext("state of a deadline", "closed"),
    }.get(name, name)


def answer(is_open: bool, deadlines: Sequence[Explanation], reader: Reader) -> str:
    """Whether anything is wrong with a record, in a sentence."""
    words = reader.words
    if not is_open:
        return words.gettext("It is closed; nothing is counted any more.")
    late = [one for one in deadlines if one.state == "breached"]
    if late:
        titles = reader.listed(list(dict.fromkeys(reader.pick(one.rule_title) for one in late)))
        said = words.ngettext("{count} limit has passed: {rules}.", "{count} limits have passed: {rules}.", len(late))
        return said.format(count=reader.number(len(late)), rules=titles)
    ahead = [one for one in deadlines if one.state in ("at_risk", "watching") and one.due is not None]
    if not ahead:
        return words.gettext("No limit is running.")
    first = min(ahead, key=lambda one: one.due or 0)
    said = words.gettext("Nothing is late. Next: {rule}, due {date}.")
    return said.format(rule=reader.pick(first.rule_title), date=moment(first.due or 0, reader, first.zone))


def distance(one: Explanation, days_over: int | None, reader: Reader) -> str:
    """How late it is, or how much is left: " · 4 bd over"; "" for a clock that does not run."""
    if days_over is None or one.limit is None or one.state not in ("breached", "at_risk", "watching"):
        return ""
    unit = day_unit(one.limit)
    return f" · {over(days_over, unit, reader) if one.state == 'breached' else left(-days_over, unit, reader)}"


def said(kind: str, reader: Reader) -> str:
    """What a message was about."""
    words = reader.words
    return {
        "warn": words.gettext("a limit is near"),
        "breach": words.gettext("a limit has passed"),
        "repeat": words.gettext("asked again"),
        "escalate": words.gettext("passed on"),
        "reopen": words.gettext("late again"),
        "resolve": words.gettext("it is settled"),
        "backlog": words.gettext("late before we began to watch"),
        "handed_over": words.gettext("it has another owner"),
        "customer_answer": words.gettext("the customer answered"),
    }.get(kind, kind)


def happened(event: Mapping[str, Any], reader: Reader) -> str:
    """An activity in a few words."""
    words, kind = reader.words, str(event["kind"])
    what = {
        "email": words.pgettext("activity", "e-mail"),
        "call": words.pgettext("activity", "call"),
        "meeting": words.pgettext("activity", "meeting"),
        "task": words.pgettext("activity", "task"),
        "note": words.pgettext("activity", "note"),
    }.get(kind, words.pgettext("activity", "activity"))
    planned = {
        "planned": words.pgettext("meeting", "planned"),
        "cancelled": words.pgettext("meeting", "cancelled"),
        "declined": words.pgettext("meeting", "declined by the customer"),
        "rescheduled": words.pgettext("meeting", "rescheduled"),
        "no_show": words.pgettext("meeting", "the customer did not come"),
    }.get(str(event.get("meeting")))
    by = {
        "customer": words.pgettext("by whom", "customer"),
        "seller": words.pgettext("by whom", "us"),
    }.get(str(event.get("actor")))
    extra = reader.listed([each for each in (by, planned) if each])
    return words.gettext("{what} ({extra})").format(what=what, extra=extra) if extra else what


def called_off(record: Mapping[str, Any], planned: str, reader: Reader) -> str:
    """The next meeting beside those ahead that were called off, and how: "none · 12 Mar cancelled"; "" without any.

    `record` is what `Reports.record` tells, `planned` its next meeting in words.
    """
    present = instant(record["as_of"])
    ahead = sorted(
        (at, str(event["meeting"]))
        for event in record["timeline"]
        if event.get("meeting") in CALLED_OFF and (at := instant(event["at"])) > present
    )
    if not ahead:
        return ""
    dates: dict[str, dict[str, None]] = {}
    for at, state in ahead[:_MOST_CALLED_OFF]:
        dates.setdefault(state, {})[moment(at, reader, timed=False)] = None
    off = [_off(state, reader).format(dates=reader.listed(list(some))) for state, some in dates.items()]
    return " · ".join([planned or reader.words.pgettext("next meeting", "none"), *off])


def _off(state: str, reader: Reader) -> str:
    """What became of meetings, as a sentence that takes their dates."""
    words = reader.words
    return {
        "declined": words.gettext("{dates} declined by all of the customer's people"),
        "rescheduled": words.gettext("{dates} moved to another time"),
        "no_show": words.gettext("{dates}: the customer did not come"),
    }.get(state, words.gettext("{dates} cancelled"))


def value(kind: Field, stored: Any, currency: str, reader: Reader) -> str:
    """A field's value as the API has it, in the reader's habit."""
    found: Any = stored
    if isinstance(stored, str) and kind.type is FieldType.DATETIME:
        return moment(instant(stored), reader)
    if isinstance(stored, str) and kind.type is FieldType.DATE:
        found = date.fromisoformat(stored)
    elif kind.type is FieldType.MONEY and stored is not None:
        found = Decimal(str(stored))
    return shown(Filled(kind.type, found, kind.value_titles.get(str(stored), {}), currency), reader)


def instant(text: str) -> int:
    """An RFC 3339 time in microseconds since the epoch."""
    return to_us(datetime.fromisoformat(text))
