"""The words of connections: how they stand, and how far they are fed."""

from __future__ import annotations

from typing import Final

from stalewatch.delivery.wording.reader import Reader

TONES: Final = {
    "ok": ("fine", "●"), "never_read": ("quiet", "○"), "failing": ("soon", "◐"), "too_old": ("late", "!"),
    "needs_person": ("late", "!"), "parked": ("late", "‖"),
}  # fmt: skip
"""Colour and mark of each state."""


def state(name: str, reader: Reader) -> str:
    """The state of a connection in a word or two."""
    words = reader.words
    return {
        "ok": words.pgettext("state of a connection", "well"),
        "never_read": words.pgettext("state of a connection", "not read yet"),
        "failing": words.pgettext("state of a connection", "cannot be read now"),
        "too_old": words.pgettext("state of a connection", "too old to judge by"),
        "needs_person": words.pgettext("state of a connection", "needs somebody"),
        "parked": words.pgettext("state of a connection", "set aside"),
    }.get(name, name)


def standing(total: int, troubled: list[str], reader: Reader) -> str:
    """Whether all connections are well, in a sentence."""
    words = reader.words
    if not total:
        return words.gettext("No connection is configured")
    if troubled:
        said = words.ngettext("{names} needs a look", "{names} need a look", len(troubled))
        return said.format(names=reader.listed(troubled))
    said = words.ngettext("The connection is well", "All {count} connections are well", total)
    return said.format(count=reader.number(total))


def age(seconds: int | None, reader: Reader) -> str:
    """How old data is."""
    words = reader.words
    if seconds is None:
        return words.gettext("not read yet")
    if seconds < 60:
        return words.gettext("just read")
    if seconds < 3600:
        said = words.ngettext("{count} minute old", "{count} minutes old", seconds // 60)
        return said.format(count=reader.number(seconds // 60))
    if seconds < 2 * 86_400:
        said = words.ngettext("{count} hour old", "{count} hours old", seconds // 3600)
        return said.format(count=reader.number(seconds // 3600))
    said = words.ngettext("{count} day old", "{count} days old", seconds // 86_400)
    return said.format(count=reader.number(seconds // 86_400))


def kind(obj: str, reader: Reader) -> str:
    """What records of an object are called."""
    words = reader.words
    return {
        "deal": words.gettext("Deals"),
        "partner_deal": words.gettext("Partner deals"),
        "lead": words.gettext("Leads"),
    }.get(obj, obj)


def part(many: int, of: int, reader: Reader) -> str:
    """ "41 of 46"."""
    return reader.words.gettext("{many} of {of}").format(many=reader.number(many), of=reader.number(of))
