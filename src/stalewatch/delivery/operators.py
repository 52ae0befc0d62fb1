"""What the operator reads: what happened, how much it concerns, and the one thing to do. Once, not every cycle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from stalewatch.delivery.telling import Recipient
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.times import moment
from stalewatch.delivery.wording.untrusted import clean
from stalewatch.domain.language.model import Words
from stalewatch.sdk.notifier import Entry, Message, Style

_LONG = 300


@dataclass(frozen=True, slots=True)
class StormHeld:
    """The storm guard holds notices until somebody looks: so many of so many judged open records."""

    notices: int
    judged: int


@dataclass(frozen=True, slots=True)
class ConnectionFailed:
    """A connection could not be read since `since` (µs); `what` and `cure` are the error's own words."""

    connection: str
    what: str
    cure: str = ""
    since: int | None = None


@dataclass(frozen=True, slots=True)
class CannotJudge:
    """Rules that say nothing about these records, because fields cannot be read on a connection.

    `scopes` are those for want of which they cannot, as far as the connection names any.
    """

    connection: str
    fields: tuple[Words, ...]
    rules: tuple[Words, ...]
    records: int
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Doubted:
    """So many open records were missing at once in a CRM that it was not believed."""

    connection: str
    records: int


@dataclass(frozen=True, slots=True)
class Undelivered:
    """Notices that reached nobody."""

    notices: int


@dataclass(frozen=True, slots=True)
class ServiceDown:
    """A service takes no messages since `since` (µs), and so many destinations wait.

    `what` is its own words; None: by now it takes them again.
    """

    service: str
    since: int
    waiting: int
    what: str | None


@dataclass(frozen=True, slots=True)
class GivenUp:
    """Messages that could not be sent (`dead`), and those of which nobody knows whether they arrived (`parked`)."""

    dead: int
    parked: int


@dataclass(frozen=True, slots=True)
class RulesRefused:
    """Saved rules have errors and are not in force: where the first is, its code ("" if it has none), and its words."""

    place: str
    code: str
    what: Words
    errors: int


@dataclass(frozen=True, slots=True)
class Noisy:
    """Of the alerts of a rule that were told, so many were called false, mostly for one reason (`why`)."""

    rule: str
    title: Words
    false: int
    told: int
    why: str


News = StormHeld | ConnectionFailed | CannotJudge | Doubted | Undelivered | ServiceDown | GivenUp | RulesRefused | Noisy


def compose_operator(
    news: Sequence[News], *, delivery: str, recipient: Recipient, now: datetime, url: str | None = None
) -> Message | None:
    """One message with an entry per piece of news; None without any."""
    if not news:
        return None
    reader = recipient.reads(now)
    entries = [_entry(each, reader) for each in news]
    return Message(
        delivery=delivery,
        target=recipient.target,
        address=recipient.address,
        style=Style.OPERATOR,
        language=recipient.language,
        title=entries[0].headline if len(entries) == 1 else reader.words.gettext("stalewatch needs your eye"),
        entries=entries,
        url=url,
        link=reader.words.gettext("Open the dashboard") if url else "",
    )


def _entry(news: News, reader: Reader) -> Entry:
    match news:
        case StormHeld():
            headline, body = _storm(news, reader)
        case ConnectionFailed():
            headline, body = _failed(news, reader)
        case CannotJudge():
            headline, body = _cannot_judge(news, reader)
        case Doubted():
            headline, body = _doubted(news, reader)
        case Undelivered():
            headline, body = _undelivered(news, reader)
        case ServiceDown():
            headline, body = _service_down(news, reader)
        case GivenUp():
            headline, body = _given_up(news, reader)
        case RulesRefused():
            headline, body = _rules_refused(news, reader)
        case Noisy():
            headline, body = _noisy(news, reader)
    return Entry(record="", headline=headline, body=body, severity="warning")


def _storm(news: StormHeld, reader: Reader) -> tuple[str, str]:
    words = reader.words
    headline = words.ngettext("{count} message is held back", "{count} messages are held back", news.notices)
    body = words.gettext(
        "They all became due at once, out of {judged} open records, so an import or a changed rule may be the "
        "cause. See them with `stalewatch work ls`, then let them go with `stalewatch work release` or discard "
        "them with `stalewatch work drop`."
    )
    return (
        headline.format(count=reader.number(news.notices)),
        body.format(judged=reader.number(news.judged)),
    )


def _failed(news: ConnectionFailed, reader: Reader) -> tuple[str, str]:
    words, what, cure = reader.words, _begun(news.what).rstrip(".。"), _begun(news.cure)
    headline = words.gettext("{connection} cannot be read").format(connection=clean(news.connection))
    if news.since is None:
        body = words.gettext("{what}. Nothing is judged on old data; what was known stays.")
        return headline, f"{body.format(what=what)} {cure}".rstrip()
    body = words.gettext("{what}, since {since}. Nothing is judged on old data; what was known stays.")
    return headline, f"{body.format(what=what, since=moment(news.since, reader))} {cure}".rstrip()


def _cannot_judge(news: CannotJudge, reader: Reader) -> tuple[str, str]:
    words = reader.words
    said = words.gettext("{connection}: {fields} cannot be read")
    if news.scopes:
        said = words.gettext("{connection}: {fields} cannot be read for want of {scopes}")
    scopes = reader.listed([clean(each) for each in news.scopes])
    fields = reader.listed([reader.pick(each) for each in news.fields])
    headline = said.format(connection=clean(news.connection), fields=fields, scopes=scopes)
    body = words.ngettext(
        "{count} record is not judged for {rules} until that is mapped or granted. `stalewatch doctor` says how.",
        "{count} records are not judged for {rules} until that is mapped or granted. `stalewatch doctor` says how.",
        news.records,
    )
    rules = reader.listed([words.gettext("“{title}”").format(title=reader.pick(each)) for each in news.rules])
    return headline, body.format(count=reader.number(news.records), rules=rules)


def _doubted(news: Doubted, reader: Reader) -> tuple[str, str]:
    words, connection = reader.words, clean(news.connection)
    headline = words.ngettext(
        "{connection}: {count} open record vanished all at once",
        "{connection}: {count} open records vanished all at once",
        news.records,
    )
    body = words.gettext(
        "That is not believed, and they stay open: most often the connection's user may see less than before. "
        "`stalewatch doctor` says more. If they are really gone: `stalewatch sync {connection} --full "
        "--believe-vanished`."
    )
    return headline.format(connection=connection, count=reader.number(news.records)), body.format(connection=connection)


def _undelivered(news: Undelivered, reader: Reader) -> tuple[str, str]:
    words = reader.words
    headline = words.ngettext("{count} message reached nobody", "{count} messages reached nobody", news.notices)
    body = words.gettext(
        "No address, manager or channel could be found for them. `stalewatch work ls` lists them; name the people "
        "under `people:` or a channel under `notify.operator`."
    )
    return headline.format(count=reader.number(news.notices)), body


def _service_down(news: ServiceDown, reader: Reader) -> tuple[str, str]:
    words, service = reader.words, clean(news.service)
    since = moment(news.since, reader)
    if news.what is None:
        headline = words.gettext("{service} takes messages again, after none since {since}")
        return headline.format(service=service, since=since), words.gettext("What waited is being sent.")
    headline = words.gettext("{service} has taken no messages since {since}").format(service=service, since=since)
    body = words.ngettext(
        "{what}. Messages to {count} person or channel wait; nothing is lost. They go on by themselves within a "
        "minute of the repair.",
        "{what}. Messages to {count} people and channels wait; nothing is lost. They go on by themselves within a "
        "minute of the repair.",
        news.waiting,
    )
    return headline, body.format(what=_begun(news.what).rstrip(".。"), count=reader.number(news.waiting))


def _given_up(news: GivenUp, reader: Reader) -> tuple[str, str]:
    words = reader.words
    dead = words.ngettext("{count} message could not be sent", "{count} messages could not be sent", news.dead)
    parked = words.ngettext(
        "nobody knows whether {count} message arrived", "nobody knows whether {count} messages arrived", news.parked
    )
    parts = [said.format(count=reader.number(n)) for said, n in ((dead, news.dead), (parked, news.parked)) if n]
    body = words.gettext(
        "`stalewatch work ls` lists them with their reasons; `stalewatch work retry` sends them again, "
        "`stalewatch work drop` lets them be."
    )
    return _begun(reader.listed(parts)), body


def _rules_refused(news: RulesRefused, reader: Reader) -> tuple[str, str]:
    return reader.words.gettext("The saved rules are not in force"), refused_rules(news, reader)


def _noisy(news: Noisy, reader: Reader) -> tuple[str, str]:
    words = reader.words
    headline = words.gettext("“{title}” is often a false alarm: {false} of {told}").format(
        title=clean(reader.pick(news.title)), false=reader.number(news.false), told=reader.number(news.told)
    )
    return headline, f"{_for_noise(news.why, reader)} " + words.gettext(
        "`stalewatch rules feedback` shows the figures; `stalewatch rules promote {rule} --to shadow` makes it silent."
    ).format(rule=clean(news.rule))


def _for_noise(why: str, reader: Reader) -> str:
    """What helps against false alarms of one kind."""
    words = reader.words
    match why:
        case "not_true":
            return words.gettext("Mostly the data were wrong: see how its fields are mapped.")
        case "handled":
            return words.gettext("Mostly it was done where the CRM does not show it: see what it takes for an answer.")
        case _:
            return words.gettext("Mostly it did not fit the deal: give it more time, or an exception for such deals.")


def refused_rules(news: RulesRefused, reader: Reader) -> str:
    """Why saved rules are not in force and what to do, as the operator's message and the dashboard say it."""
    words = reader.words
    place = clean(f"{news.place} {news.code}".rstrip(), _LONG)
    said = words.ngettext(
        "{place}: {what}. Until that is put right, the rules from before go on working.",
        "{place}: {what}. There are {count} errors; until they are put right, the rules from before go on working.",
        news.errors,
    )
    what = clean(reader.pick(news.what), _LONG).rstrip(".。")
    told = said.format(place=place, what=what, count=reader.number(news.errors))
    cure = words.gettext("`stalewatch rules check` shows every error with its cure.")
    return f"{told} {cure}"


def _begun(text: str) -> str:
    """An error's own words as the beginning of a sentence, safe to show; a file's name stays as it is written."""
    plain = clean(text, _LONG)
    is_name = "." in plain.partition(" ")[0].rstrip(".:,。")
    return plain if is_name else plain[:1].upper() + plain[1:]
