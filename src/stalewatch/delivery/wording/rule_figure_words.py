"""The words of what rules did: modes, weeks, what a change of rules would do."""

from __future__ import annotations

from stalewatch.delivery.wording.reader import Reader


def mode(name: str, reader: Reader) -> str:
    """The mode of a rule in a word."""
    words = reader.words
    return {
        "live": words.pgettext("mode of a rule", "live"),
        "shadow": words.pgettext("mode of a rule", "in shadow"),
        "off": words.pgettext("mode of a rule", "off"),
    }[name]


def week(told: int, acted: int, reader: Reader) -> str:
    """How many problems were told in a week, and on how many somebody acted."""
    words = reader.words
    if not told and not acted:
        return words.gettext("The rules told nobody of anything this week")
    heard = words.ngettext("{count} problem was told this week", "{count} problems were told this week", told)
    done = words.ngettext("somebody acted on {count}", "somebody acted on {count}", acted)
    return words.gettext("{told}; {acted}").format(
        told=heard.format(count=reader.number(told)), acted=done.format(count=reader.number(acted))
    )


def blind(count: int, reader: Reader) -> str:
    """So many clocks cannot be judged."""
    said = reader.words.ngettext("{count} cannot be judged", "{count} cannot be judged", count)
    return said.format(count=reader.number(count))


def changed(told: int, silent: int, reader: Reader) -> str:
    """What a change of the rules would do, in a sentence."""
    words = reader.words
    if not told and not silent:
        return words.gettext("Nobody would be told anything else")
    more = words.ngettext("{count} deadline would newly be told", "{count} deadlines would newly be told", told)
    less = words.ngettext("{count} would fall silent", "{count} would fall silent", silent)
    return words.gettext("{more}, {less}").format(
        more=more.format(count=reader.number(told)), less=less.format(count=reader.number(silent))
    )


def turn(name: str, reader: Reader) -> str:
    """How a clock would stand otherwise."""
    words = reader.words
    return {
        "newly_late": words.pgettext("by other rules", "newly late"),
        "newly_at_risk": words.pgettext("by other rules", "newly at risk"),
        "no_longer_late": words.pgettext("by other rules", "no longer late"),
        "no_longer_at_risk": words.pgettext("by other rules", "no longer at risk"),
    }.get(name, name)


def part(name: str, reader: Reader) -> str:
    """What a word of a rule is called."""
    words = reader.words
    return {
        "watch": words.pgettext("part of a rule", "watches"),
        "where": words.pgettext("part of a rule", "where"),
        "start": words.pgettext("part of a rule", "counts from"),
        "within": words.pgettext("part of a rule", "within"),
        "until": words.pgettext("part of a rule", "until"),
        "pause": words.pgettext("part of a rule", "pauses"),
        "warn": words.pgettext("part of a rule", "warns"),
    }.get(name, name)
