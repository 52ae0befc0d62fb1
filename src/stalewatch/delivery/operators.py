"""What the operator reads: what happened, how much it concerns, and the one thing to do. Once, not every cycle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final

from stalewatch.delivery.news import (
    CannotJudge,
    ConnectionFailed,
    Doubted,
    GivenUp,
    News,
    Noisy,
    NothingJudged,
    RulesRefused,
    ServiceDown,
    StormHeld,
    Undelivered,
)
from stalewatch.delivery.telling import Recipient
from stalewatch.delivery.wording.aside import aside
from stalewatch.delivery.wording.explained import brand
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.times import moment
from stalewatch.delivery.wording.untrusted import clean
from stalewatch.sdk.notifier import Entry, Message, Style

_LONG: Final = 300
_SERVICES: Final = ("salesforce", "hubspot")


def compose_operator(
    news: Sequence[News],
    *,
    delivery: str,
    recipient: Recipient,
    now: datetime,
    url: str | None = None,
    kinds: Mapping[str, str] = MappingProxyType({}),
) -> Message | None:
    """One message with an entry per piece of news; None without any.

    Args:
        url: where the dashboard is; what reached nobody is a page of its own there.
        kinds: the types of the connections, by their ids.
    """
    if not news:
        return None
    reader = recipient.reads(now)
    entries = [_entry(each, reader, kinds) for each in news]
    words, undelivered = reader.words, any(isinstance(each, Undelivered | GivenUp) for each in news)
    link = words.gettext("Open what was not delivered") if undelivered else words.gettext("Open the dashboard")
    return Message(
        delivery=delivery,
        target=recipient.target,
        address=recipient.address,
        style=Style.OPERATOR,
        language=recipient.language,
        title=entries[0].headline if len(entries) == 1 else words.gettext("stalewatch needs your eye"),
        entries=entries,
        url=f"{url.rstrip('/')}/undelivered" if url and undelivered else url,
        link=link if url else "",
    )


def _called(connection: str, kinds: Mapping[str, str], reader: Reader) -> str:
    """ "HubSpot (hs)" for a service with a name that everybody knows; else what the project calls it."""
    name, kind = clean(connection), kinds.get(connection, "")
    if kind not in _SERVICES:
        return name
    said = brand(kind, connection)
    if said.casefold() == name.casefold():
        return said
    return reader.words.gettext("{name} ({id})").format(name=said, id=name)


def _entry(news: News, reader: Reader, kinds: Mapping[str, str]) -> Entry:
    match news:
        case StormHeld():
            headline, body = _storm(news, reader)
        case ConnectionFailed() | NothingJudged() | CannotJudge() | Doubted():
            headline, body = _of_connection(news, _called(news.connection, kinds, reader), reader)
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
        case _:
            headline, body = aside(news, reader)
    return Entry(record="", headline=headline, body=body, severity="warning")


def _of_connection(
    news: ConnectionFailed | NothingJudged | CannotJudge | Doubted, name: str, reader: Reader
) -> tuple[str, str]:
    match news:
        case ConnectionFailed():
            return _failed(news, name, reader)
        case NothingJudged():
            return _nothing_judged(news, name, reader)
        case CannotJudge():
            return _cannot_judge(news, name, reader)
        case _:
            return _doubted(news, name, reader)


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


def _failed(news: ConnectionFailed, name: str, reader: Reader) -> tuple[str, str]:
    words, what, cure = reader.words, _begun(news.what).rstrip(".。"), _begun(news.cure)
    headline = words.gettext("{connection} cannot be read").format(connection=name)
    if news.since is None:
        body = words.gettext("{what}. Nothing is judged on old data; what was known stays.")
        return headline, f"{body.format(what=what)} {cure}".rstrip()
    body = words.gettext("{what}, since {since}. Nothing is judged on old data; what was known stays.")
    return headline, f"{body.format(what=what, since=moment(news.since, reader))} {cure}".rstrip()


def _nothing_judged(news: NothingJudged, name: str, reader: Reader) -> tuple[str, str]:
    words = reader.words
    headline = words.gettext("{connection}: nothing has been judged since {since}")
    if news.data_at is None:
        body = words.gettext(
            "Its data is young enough, so the work behind it stands still: the log of the process that works says why, "
            "and `/readyz` what is late. Nothing is lost; what falls due meanwhile is told when it goes on."
        )
    else:
        body = words.gettext(
            "Its data is of {when}, too old to judge by, and nobody reads it anew. `stalewatch sync {id}` reads it "
            "now; `stalewatch doctor` says what keeps it from being read."
        )
    said = body.format(when="" if news.data_at is None else moment(news.data_at, reader), id=clean(news.connection))
    return headline.format(connection=name, since=moment(news.since, reader)), said


def _cannot_judge(news: CannotJudge, name: str, reader: Reader) -> tuple[str, str]:
    words = reader.words
    said = words.gettext("{connection}: {fields} cannot be read")
    if news.scopes:
        said = words.ngettext(
            "{connection}: {fields} cannot be read, scope {scopes} is missing",
            "{connection}: {fields} cannot be read, scopes {scopes} are missing",
            len(news.scopes),
        )
    scopes = reader.listed([clean(each) for each in news.scopes])
    fields = reader.listed([reader.pick(each) for each in news.fields])
    headline = said.format(connection=name, fields=fields, scopes=scopes)
    return headline, _not_judged(news, reader)


def _not_judged(news: CannotJudge, reader: Reader) -> str:
    """How many records say nothing, of what, and until when."""
    words = reader.words
    if news.scopes:
        body = words.ngettext(
            "{count} record is not judged for {rules} until it is granted. `stalewatch doctor` says how.",
            "{count} records are not judged for {rules} until it is granted. `stalewatch doctor` says how.",
            news.records,
        )
    else:
        body = words.ngettext(
            "{count} record is not judged for {rules} until that is mapped or granted. `stalewatch doctor` says how.",
            "{count} records are not judged for {rules} until that is mapped or granted. `stalewatch doctor` says how.",
            news.records,
        )
    rules = reader.listed([words.gettext("“{title}”").format(title=reader.pick(each)) for each in news.rules])
    return body.format(count=reader.number(news.records), rules=rules)


def _doubted(news: Doubted, name: str, reader: Reader) -> tuple[str, str]:
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
    return headline.format(connection=name, count=reader.number(news.records)), body.format(connection=connection)


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
