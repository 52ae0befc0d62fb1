"""The sentences of App Home and of the slash command; kind where nothing is to be done, and never a ranking."""

from __future__ import annotations

from stalewatch.delivery.answered import note
from stalewatch.delivery.glances import Data, Glance, Member, Resting, Tally, Team
from stalewatch.delivery.wording.list_words import as_of
from stalewatch.delivery.wording.money import money
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.times import duration, moment
from stalewatch.delivery.wording.untrusted import clean
from stalewatch.domain.durations import Duration


def counted(tally: Tally, reader: Reader) -> str:
    """ "3 deals", "2 leads", "3 deals and 2 leads"."""
    words, said = reader.words, []
    if tally.deals or not tally.leads:
        count = reader.number(tally.deals)
        said.append(words.ngettext("{count} deal", "{count} deals", tally.deals).format(count=count))
    if tally.leads:
        count = reader.number(tally.leads)
        said.append(words.ngettext("{count} lead", "{count} leads", tally.leads).format(count=count))
    return reader.listed(said)


def title(late: Tally, currency: str, reader: Reader, *, owner: str, data: Data | None) -> str:
    """ "3 deals need a next step from you · ¥21M"; for somebody else's list with their name before it."""
    words, name = reader.words, clean(owner)
    said = _asked(late, currency, reader, own=not name, data=data)
    return words.gettext("{name}: {said}").format(name=name, said=said) if name else said


def _asked(late: Tally, currency: str, reader: Reader, *, own: bool, data: Data | None) -> str:
    words, what, many = reader.words, counted(late, reader), late.records
    if not many and data is not None and data.waiting:
        return words.gettext("What needs a next step cannot be told right now")
    if not many:
        return words.gettext("Nothing needs a next step right now")
    if own:
        said = words.ngettext("{what} needs a next step from you", "{what} need a next step from you", many)
    else:
        said = words.ngettext("{what} needs a next step", "{what} need a next step", many)
    return _with_money(said.format(what=what), late, currency, reader)


def peace(glance: Glance, reader: Reader, *, own: bool, data: Data | None) -> tuple[str, ...]:
    """What is said where nothing is late."""
    words = reader.words
    if glance.late.records or (data is not None and data.waiting):
        return ()
    if not glance.owned and own:
        return (words.gettext("No open deal or lead in the CRM is in your name."),)
    if not glance.owned:
        return (words.gettext("No open deal or lead in the CRM is in their name."),)
    if glance.soon.records:
        return (words.gettext("All is answered. What comes next stands below."),)
    span = duration(glance.within, reader)
    return (words.gettext("All is answered, and nothing falls due within {span}.").format(span=span),)


def soon_title(glance: Glance, reader: Reader) -> str:
    """ "2 deals will be due within 7 days"; or that none will."""
    words, span = reader.words, duration(glance.within, reader)
    if not glance.soon.records:
        return words.gettext("Nothing falls due within {span}").format(span=span)
    many, what = glance.soon.records, counted(glance.soon, reader)
    said = words.ngettext("{what} falls due within {span}", "{what} fall due within {span}", many)
    return _with_money(said.format(what=what, span=span), glance.soon, glance.currency, reader)


def within(span: Duration, reader: Reader) -> str:
    """The heading over what soon falls due."""
    return reader.words.gettext("Due within {span}").format(span=duration(span, reader))


def rest(glance: Glance, reader: Reader) -> tuple[str, ...]:
    """What is only counted beside what is late."""
    words, span = reader.words, duration(glance.within, reader)
    said = []
    if glance.soon.records:
        line = words.gettext("Due within {span}: {count}")
        said.append(line.format(span=span, count=reader.number(glance.soon.records)))
    if glance.resting.records:
        line = words.gettext("Answered, and not over: {count}")
        said.append(line.format(count=reader.number(glance.resting.records)))
    return tuple(said)


def answer(one: Resting, reader: Reader) -> str:
    """What was answered, by whom, and until when nothing is said."""
    said = note(one.answer, reader, one.telling.zone)
    if said:
        return said
    if one.answer.until is None:
        return reader.words.gettext("Answered")
    until = moment(one.answer.until, reader, one.telling.zone, timed=False)
    return reader.words.gettext("Answered; we ask again on {date}").format(date=until)


def team_title(team: Team, reader: Reader, *, everybody: bool, data: Data | None) -> str:
    """ "Your team: 5 deals need a next step · ¥31M"."""
    words = reader.words
    said = _asked(team.late, team.currency, reader, own=False, data=data)
    return (words.gettext("Everybody: {said}") if everybody else words.gettext("Your team: {said}")).format(said=said)


def team_peace(team: Team, reader: Reader, *, data: Data | None) -> tuple[str, ...]:
    """What is said where nothing of a team is late."""
    if team.late.records or (data is not None and data.waiting):
        return ()
    if not team.members:
        return (reader.words.gettext("None of them has an open deal or lead."),)
    return (reader.words.gettext("Everything that was late has its answer."),)


def members(team: Team, reader: Reader) -> list[str]:
    """A line for each person with something to do, by name; the others are named together."""
    words, lines, quiet = reader.words, [], []
    for one in team.members:
        figures = _figures(one, team.currency, reader)
        name = clean(one.name) or words.gettext("No owner")
        if figures:
            said = reader.words.gettext("*{name}* · {figures}")
            lines.append(said.format(name=name.replace("*", "∗"), figures=" · ".join(figures)))
        else:
            quiet.append(name)
    if quiet and lines:
        lines.append(words.gettext("Nothing waits for an answer: {names}").format(names=reader.listed(quiet[:20])))
    return lines


def _figures(one: Member, currency: str, reader: Reader) -> list[str]:
    words, said = reader.words, []
    if one.late.records:
        late = words.ngettext("{count} without a next step", "{count} without a next step", one.late.records)
        shown = late.format(count=reader.number(one.late.records))
        worth = money(one.late.money, currency, reader) if one.late.amount else ""
        said.append(words.gettext("{what} ({money})").format(what=shown, money=worth) if worth else shown)
    if one.soon.records:
        said.append(words.gettext("{count} due soon").format(count=reader.number(one.soon.records)))
    if one.resting:
        said.append(words.gettext("{count} answered").format(count=reader.number(one.resting)))
    return said


def made(data: Data | None, reader: Reader) -> tuple[str, ...]:
    """By which data, and what is missing from it."""
    if data is None:
        return ()
    words = reader.words
    said = []
    if data.waiting:
        names = reader.listed([clean(one) for one in data.waiting])
        old = words.gettext("The data of {names} is too old to judge by; what stands here may be out of date.")
        said.append(old.format(names=names))
    if data.age is not None:
        said.append(as_of(data.as_of, data.age, reader))
    return tuple(said)


def _with_money(said: str, tally: Tally, currency: str, reader: Reader) -> str:
    return f"{said} · {money(tally.money, currency, reader)}" if tally.amount else said


def help_lines(reader: Reader, *, has_team: bool) -> tuple[str, ...]:
    """What may be typed, and what it shows."""
    words = reader.words
    lines = [
        words.gettext("*/stalewatch* – your deals that need a next step"),
        words.gettext("*/stalewatch due soon* – what falls due within 7 days (*due soon 14d*: within 14)"),
    ]
    if has_team:
        lines.append(
            words.gettext("*/stalewatch team* – your team, by name, and what to look at first"),
        )
    lines.append(words.gettext("*/stalewatch help* – this"))
    lines.append(words.gettext("The Home tab of this app shows the whole list. Only you see these answers."))
    return tuple(lines)


def not_understood(reader: Reader) -> str:
    """Above the help, after a word that nobody knows."""
    return reader.words.gettext("That word is not known here. These are:")


def no_team(reader: Reader) -> str:
    """To somebody who asked for a team and has none."""
    return reader.words.gettext("Nobody reports to you in the CRM, so there is no team to show. Your own deals:")


def unknown(reader: Reader) -> tuple[str, str]:
    """To somebody whose account nobody knows: title and explanation; nothing of any deal is told."""
    words = reader.words
    return (
        words.gettext("We have not met yet"),
        words.gettext(
            "Deals are found by the e-mail address that the CRM has for their owner, and your Slack account has none "
            "that can be used here. Ask RevOps to name your Slack account under `people:`."
        ),
    )
