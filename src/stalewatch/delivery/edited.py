"""A message as it is to be read by now: what was told stays, with what became of it.

An entry whose causes are all over is ticked and its words are struck through; words that only announced what has come
by now are struck through too; one that somebody answered says what, who and until when; everything else stays as it
was. A digest's title says how many of its deals are answered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from stalewatch.delivery import answered
from stalewatch.delivery.answered import Answered
from stalewatch.delivery.sentences import ending, name, settled_by
from stalewatch.delivery.telling import Telling
from stalewatch.delivery.titles import counted, with_total
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.times import moment
from stalewatch.delivery.wording.untrusted import clean
from stalewatch.domain.alerts import AlertState, Cause
from stalewatch.domain.language.model import Words
from stalewatch.sdk.notifier import Entry, Message, Style


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How one alert that a message told of stands now. Instants are microseconds since the epoch.

    Attributes:
        telling: what would be said of it; None if its rule is gone.
        cause: of a resolve.
        answer: what somebody answered, while that holds or if it ended the alert; None: nobody did.
        late_since: the deadline that has passed, where the message only announced it.
        instead: the title of the rule that speaks for it.
        handed_to: who looks after the record by now, where that is another one than the message spoke to.
    """

    telling: Telling | None
    state: AlertState
    cause: Cause | None = None
    answer: Answered | None = None
    late_since: int | None = None
    instead: Words | None = None
    handed_to: str | None = None

    @property
    def is_over(self) -> bool:
        return self.state is AlertState.RESOLVED

    @property
    def is_answered(self) -> bool:
        """Nothing is to be done about it now: it is over, somebody answered, or it is somebody else's."""
        return self.is_over or self.answer is not None or self.handed_to is not None


def edited(message: Message, standings: Mapping[str, Standing], reader: Reader) -> Message:
    """The message with every entry as it stands; the same message if nothing of it has changed.

    Args:
        standings: by the id of the alert, of everything that the message carried; an entry with an alert that is not
            among them never counts as settled.
    """
    entries = [_entry(entry, standings, reader) for entry in message.entries]
    title = message.title
    if message.entries and title == message.entries[0].headline:  # a message about one deal is headed by it
        title = entries[0].headline
    elif message.style is Style.DIGEST:
        title = _title(title, standings, reader)
    return replace(message, title=title, entries=entries)


def _title(title: str, standings: Mapping[str, Standing], reader: Reader) -> str:
    """How many of its deals need nothing any more, beside the title or in its place."""
    records: dict[str, list[Standing]] = {}
    for each in standings.values():
        if each.telling is not None:
            records.setdefault(each.telling.record, []).append(each)
    done = [some for some in records.values() if all(each.is_answered for each in some)]
    words = reader.words
    if not done:
        return title
    if len(done) < len(records):
        return words.gettext("{title} · {count} answered ✅").format(title=title, count=reader.number(len(done)))
    leads = [some[0].telling for some in done if some[0].telling is not None]
    return with_total(words.gettext("✅ All answered: {what}").format(what=counted(leads, reader)), leads, reader)


def _entry(entry: Entry, standings: Mapping[str, Standing], reader: Reader) -> Entry:
    known = [standings[alert] for alert in entry.alerts if alert in standings]
    if entry.resolved or not known:
        return entry
    notes = _notes(known, reader)
    if len(known) == len(entry.alerts) and all(each.is_over for each in known):
        return replace(
            entry, headline=f"✅ {_name(entry, known)}", struck=entry.body, body="", note=notes, chips=(), actions=(),
            resolved=True,
        )  # fmt: skip
    if notes and all(each.late_since is not None for each in known):  # it was announced, and has come: that is over
        return replace(entry, struck=entry.body, body="", note=notes, chips=())
    if notes and all(each.handed_to is not None for each in known):
        return replace(entry, struck=entry.body, body="", note=notes, chips=(), actions=())
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
    zone = None if told is None else told.zone
    said = "" if standing.answer is None else answered.note(standing.answer, reader, zone)
    if standing.is_over:
        return said or _begun(settled_by(standing.cause, reader) if told is None else ending(told, reader))
    if standing.handed_to is not None:
        who = clean(standing.handed_to) or words.gettext("no owner")
        return words.gettext("Now with {who}").format(who=who)
    if said:
        return said
    if standing.instead is not None:
        return words.gettext("Included in “{title}”").format(title=reader.pick(standing.instead))
    if standing.late_since is None:
        return ""
    return words.gettext("Late since {date}").format(date=moment(standing.late_since, reader, zone, timed=False))


def _begun(text: str) -> str:
    return text[:1].upper() + text[1:]
