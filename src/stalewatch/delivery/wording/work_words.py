"""The words of work that waits for a person: on the command line and on the dashboard."""

from __future__ import annotations

from typing import Final

from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.record_words import because
from stalewatch.delivery.wording.untrusted import clean

_PREFIXES: Final = ("person:", "channel:", "mail:")
_LONG: Final = 200


def what(kind: str, state: str, reader: Reader) -> str:
    """What a piece of work is ("notice", "delivery", "destination", "connection"), and its state if that says more."""
    words = reader.words
    if kind == "notice":
        return words.pgettext("piece of work", "held back")
    if kind == "connection":
        return words.pgettext("piece of work", "connection set aside")
    if kind == "destination":
        if state == "paused":
            return words.pgettext("piece of work", "service is down")
        return words.pgettext("piece of work", "destination set aside")
    return {
        "ready": words.pgettext("piece of work", "to be sent"),
        "sending": words.pgettext("piece of work", "being sent"),
        "unknown": words.pgettext("piece of work", "no answer yet"),
        "held": words.pgettext("piece of work", "held back"),
        "parked": words.pgettext("piece of work", "fate unknown"),
        "dead": words.pgettext("piece of work", "given up"),
    }.get(state, state)


def why(kind: str, reason: str, reader: Reader) -> str:
    """Why it waits: the reason of a notice, else what went wrong, in the first line of the error's own words."""
    if kind == "notice":
        return because(reason, reader)
    if reason == "parked_by_hand":
        return reader.words.gettext("set aside by hand")
    return clean(reason.splitlines()[0] if reason else "", _LONG)


def place(target: str) -> str:
    """A destination without its kind: "#sales" of "channel:#sales"."""
    for prefix in _PREFIXES:
        target = target.removeprefix(prefix)
    return clean(target)
