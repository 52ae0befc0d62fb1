"""The sentences about one notice: its headline, its body, its chip."""

from __future__ import annotations

from typing import Final

from stalewatch.delivery.telling import Recipient, Telling
from stalewatch.delivery.wording.money import money
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.rule_message import filled_in, without_the_name
from stalewatch.delivery.wording.times import day_unit, duration, left, moment, over
from stalewatch.delivery.wording.untrusted import clean
from stalewatch.delivery.wording.values import shown
from stalewatch.domain.alerts import Cause, Kind

_LATE: Final = frozenset({Kind.BREACH, Kind.REPEAT, Kind.ESCALATE, Kind.REOPEN})

_ANSWERED: Final = frozenset({Cause.SATISFIED, Cause.RE_ANCHORED, Cause.DEADLINE_MOVED, Cause.NO_LONGER_APPLIES})


def is_late(telling: Telling) -> bool:
    """True for a limit that has passed: neither a warning nor a resolve."""
    return telling.kind in _LATE


def name(telling: Telling) -> str:
    """The record's name, or its id where it has none."""
    return clean(telling.name) or clean(telling.record)


def headline(telling: Telling, recipient: Recipient, reader: Reader) -> str:
    """Name · amount · stage and time in it; for everybody but the owner, the owner too."""
    parts = [name(telling)]
    if telling.money is not None:
        parts.append(money(telling.money, telling.currency, reader))
    parts.append(_stage(telling, reader))
    if telling.owner is None or telling.owner != recipient.key:
        parts.append(clean(telling.owner_name) or reader.words.gettext("no owner"))
    return " · ".join(part for part in parts if part)


def body(telling: Telling, reader: Reader, *, named_above: bool = True) -> str:
    """What is to be said of it: the rule's message once it is late, before that how much time is left.

    With `named_above` a message that begins with the record's name begins after it.
    """
    if telling.kind is Kind.RESOLVE:
        return _settled(telling, reader)
    is_ahead = telling.kind is Kind.WARN
    said = _ahead(telling, reader) if is_ahead else _message(telling, reader, named_above=named_above)
    opening = _opening(telling, reader)
    return reader.words.gettext("{opening} {sentence}").format(opening=opening, sentence=said) if opening else said


def chip(telling: Telling, reader: Reader, *, titled: bool) -> str:
    """The reason in a few words: "Customer went silent: 4 bd over", or without its title "4 bd over"."""
    said = _figure(telling, reader)
    if not titled:
        return said
    return reader.words.gettext("{title}: {figure}").format(title=reader.pick(telling.title), figure=said)


def _figure(telling: Telling, reader: Reader) -> str:
    unit = day_unit(telling.limit)
    if telling.kind is Kind.RESOLVE:
        return ending(telling, reader)
    if is_late(telling):
        return over(telling.days_over, unit, reader)
    return left(-telling.days_over, unit, reader)


def ending(telling: Telling, reader: Reader) -> str:
    """How it ended, as exactly as is known: "next meeting on 24 Nov", "deal won", else by its cause."""
    words = reader.words
    if telling.cause is Cause.CLOSED and telling.outcome == "won":
        return words.gettext("deal won")
    if telling.cause is Cause.CLOSED and telling.outcome == "lost":
        return words.gettext("deal lost")
    if telling.next_meeting is not None and telling.cause in _ANSWERED:
        met = moment(telling.next_meeting, reader, telling.zone, timed=False)
        return words.gettext("next meeting on {date}").format(date=met)
    if telling.customer_at is not None and telling.cause in _ANSWERED:
        return words.gettext("the customer answered")
    return settled_by(telling.cause, reader)


def settled_by(cause: Cause | None, reader: Reader) -> str:
    """How something ended, in a word or two."""
    words = reader.words
    return {
        Cause.RE_ANCHORED: words.gettext("there is news"),
        Cause.DEADLINE_MOVED: words.gettext("it has a new date"),
        Cause.NO_LONGER_APPLIES: words.gettext("it has moved on"),
        Cause.CLOSED: words.gettext("closed"),
        Cause.EXCEPTED: words.gettext("excepted"),
        Cause.RULE_CHANGED: words.gettext("the rule was changed"),
        Cause.DATA_LOST: words.gettext("it can no longer be read"),
        Cause.MERGED: words.gettext("merged with another record"),
        Cause.FALSE_ALARM: words.gettext("false alarm"),
        Cause.LOST: words.gettext("deal lost"),
    }.get(cause or Cause.SATISFIED, words.gettext("done"))


def _stage(telling: Telling, reader: Reader) -> str:
    stage = reader.pick(telling.stage)
    if not stage or telling.in_stage is None or not telling.in_stage.amount:
        return stage
    said = reader.words.gettext("{stage}, {duration}")
    return said.format(stage=stage, duration=duration(telling.in_stage, reader))


def _ahead(telling: Telling, reader: Reader) -> str:
    words, title = reader.words, reader.pick(telling.title)
    if telling.days_over >= 0:
        return words.gettext("Today is the last day before “{title}”.").format(title=title)
    count, due = -telling.days_over, _date(telling.due, telling, reader)
    if day_unit(telling.limit).value == "bd":
        said = words.ngettext(
            "{count} business day left, until {due}, before “{title}”.",
            "{count} business days left, until {due}, before “{title}”.",
            count,
        )
    else:
        said = words.ngettext(
            "{count} day left, until {due}, before “{title}”.",
            "{count} days left, until {due}, before “{title}”.",
            count,
        )
    return said.format(count=reader.number(count), due=due, title=title)


def _settled(telling: Telling, reader: Reader) -> str:
    said = reader.words.gettext("“{title}”: {how}.")
    return said.format(title=reader.pick(telling.title), how=ending(telling, reader))


def _opening(telling: Telling, reader: Reader) -> str:
    """What a message that is not the first of its kind begins with: why it comes, and how long it has been."""
    words, days = reader.words, telling.unanswered
    if telling.handed_over:
        who = clean(telling.owner_name) or words.gettext("no owner")
        return words.gettext("Now with {who}.").format(who=who)
    if telling.kind is Kind.REOPEN:
        return words.gettext("Open again.")
    if telling.kind is Kind.REPEAT and telling.was_answered:
        return words.gettext("As agreed, we ask again.")
    if telling.kind is Kind.REPEAT and days:
        return words.ngettext(
            "Still open, {count} business day after we told you.",
            "Still open, {count} business days after we told you.",
            days,
        ).format(count=reader.number(days))
    if telling.kind is Kind.REPEAT:
        return words.gettext("Asking again.")
    return _passed_on(telling, reader) if telling.kind is Kind.ESCALATE else ""


def _passed_on(telling: Telling, reader: Reader) -> str:
    """To others than the owner: since when the owner knows of it; a fact about the deal, no verdict on a person."""
    words, owner, days = reader.words, clean(telling.owner_name), telling.unanswered
    if not days:
        return words.gettext("Still open.")
    if not owner:
        said = words.ngettext(
            "Still open, {count} business day after the first message.",
            "Still open, {count} business days after the first message.",
            days,
        )
    else:
        said = words.ngettext(
            "Still open, {count} business day after {owner} was told.",
            "Still open, {count} business days after {owner} was told.",
            days,
        )
    return said.format(count=reader.number(days), owner=owner)


def _message(telling: Telling, reader: Reader, *, named_above: bool) -> str:
    message = telling.message.get(reader.language) or telling.message.get("en") or ""
    message = message or next(iter(telling.message.values()), "")
    if not message:
        return _plain(telling, reader)
    return filled_in(without_the_name(message) if named_above else message, placeholders(telling, reader))


def _plain(telling: Telling, reader: Reader) -> str:
    """A rule without a message: its title, since when, and when it was due."""
    since, due = _date(telling.anchor, telling, reader), _date(telling.due, telling, reader)
    title = reader.pick(telling.title)
    if not since or not due:
        return title
    said = reader.words.gettext("{title}: since {since}, due {due}.")
    return said.format(title=title, since=since, due=due)


def placeholders(telling: Telling, reader: Reader) -> dict[str, str]:
    """Every placeholder of the rule's message in the reader's words."""
    fields = {field: shown(filled, reader, telling.zone) for field, filled in telling.values.items()}
    return fields | {
        "name": name(telling),
        "days_over": reader.number(max(0, telling.days_over)),
        "due": _date(telling.due, telling, reader),
        "since": _date(telling.anchor, telling, reader),
        "limit": duration(telling.limit, reader),
        "missing": reader.listed([reader.pick(each) for each in telling.missing]),
    }


def _date(us: int | None, telling: Telling, reader: Reader) -> str:
    """A date in the calendar's zone, with its time where the limit counts hours."""
    if us is None:
        return ""
    return moment(us, reader, telling.zone, timed=not telling.limit.unit.counts_dates)
