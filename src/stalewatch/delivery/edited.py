"""A message as it is to be read by now: what was told stays, with what became of it.

An entry whose causes are all over is ticked and its words are struck through; words that only announced what has come
by now are struck through too; one that somebody answered says until when; everything else stays as it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from stalewatch.delivery.sentences import ending, name, settled_by
from stalewatch.delivery.telling import Telling
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.times import moment
from stalewatch.delivery.wording.untrusted import clean
from stalewatch.domain.alerts import AlertState, Cause
from stalewatch.domain.language.model import Words
from stalewatch.sdk.notifier import Entry, Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How one alert that a message told of stands now. Instants are microseconds since the epoch.

    Attributes:
        telling: what would be said of it; None if its rule is gone.
        cause: of a resolve.
        snoozed_until: while it is snoozed; `snoozed_by` is a name, "" if nobody's.
        waits_until: the end of the wait that holds, if it is known.
        late_since: the deadline that has passed, where the message only announced it.
        instead: the title of the rule that speaks for it.
    """

    telling: Telling | None
    state: AlertState
    cause: Cause | None = None
    snoozed_until: int | None = None
    snoozed_by: str = ""
    waits_until: int | None = None
    late_since: int | None = None
    instead: Words | None = None


def edited(message: Message, standings: Mapping[str, Standing], reader: Reader) -> Message:
    """The message with every entry as it stands; the same message if nothing of it has changed.

    Args:
        standings: by the id of the alert; an entry with an alert that is not among them never counts as settled.
    """
    entries = [_entry(entry, standings, reader) for entry in message.entries]
    title = message.title
    if message.entries and title == message.entries[0].headline:  # a message about one deal is headed by it
        title = entries[0].headline
    return replace(message, title=title, entries=entries)


def _entry(entry: Entry, standings: Mapping[str, Standing], reader: Reader) -> Entry:
    known = [standings[alert] for alert in entry.alerts if alert in standings]
    if entry.resolved or not known:
        return entry
    notes = _notes(known, reader)
    if len(known) == len(entry.alerts) and all(each.state is AlertState.RESOLVED for each in known):
        return replace(
            entry, headline=f"✅ {_name(entry, known)}", struck=entry.body, body="", note=notes, chips=(), actions=(),
            resolved=True,
        )  # fmt: skip
    if notes and all(each.late_since is not None for each in known):  # it was announced, and has come: that is over
        return replace(entry, struck=entry.body, body="", note=notes, chips=())
    return replace(entry, note=notes) if notes else entry


def _name(entry: Entry, known: list[Standing]) -> str:
    """The record's name as it is now; without any rule left to tell it, as it was."""
    telling = next((each.telling for each in known if each.telling is not None), None)
    return entry.headline.split(" · ")[0] if telling is None else name(telling)


def _notes(known: list[Standing], reader: Reader) -> str:
    """What became of each cause, in a line; with its title where there are several that ended differently."""
    said = [(each, note) for each in known if (note := _note(each, reader))]
    notes = list(dict.fromkeys(note for _, note in said))
    if len(said) == len(known) and len(notes) == 1:
        return notes[0]
    titled = [_titled(each, note, reader) for each, note in said]
    return " · ".join(dict.fromkeys(titled))


def _titled(standing: Standing, note: str, reader: Reader) -> str:
    if standing.telling is None:
        return note
    title = reader.pick(standing.telling.title)
    return reader.words.gettext("“{title}”: {note}").format(title=title, note=note)


def _note(standing: Standing, reader: Reader) -> str:
    """How it stands in a few words; "" if as it was."""
    words, told = reader.words, standing.telling
    if standing.state is AlertState.RESOLVED:
        return _begun(settled_by(standing.cause, reader) if told is None else ending(told, reader))
    if standing.state is AlertState.SNOOZED and standing.snoozed_until is not None:
        return _snoozed(_date(standing.snoozed_until, standing, reader), standing.snoozed_by, reader)
    if standing.state is AlertState.WAITING:
        return _on_hold(standing, reader)
    if standing.instead is not None:
        return words.gettext("Included in “{title}”").format(title=reader.pick(standing.instead))
    if standing.late_since is None:
        return ""
    return words.gettext("Late since {date}").format(date=_date(standing.late_since, standing, reader))


def _snoozed(date: str, who: str, reader: Reader) -> str:
    if not who:
        return reader.words.gettext("Snoozed until {date}").format(date=date)
    return reader.words.gettext("Snoozed until {date} ({who})").format(date=date, who=clean(who))


def _on_hold(standing: Standing, reader: Reader) -> str:
    if standing.waits_until is None:
        return reader.words.gettext("On hold")
    return reader.words.gettext("On hold until {date}").format(date=_date(standing.waits_until, standing, reader))


def _date(us: int, standing: Standing, reader: Reader) -> str:
    zone = None if standing.telling is None else standing.telling.zone
    return moment(us, reader, zone, timed=False)


def _begun(text: str) -> str:
    return text[:1].upper() + text[1:]
