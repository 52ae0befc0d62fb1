"""The words of work that waits for a person: on the command line and on the dashboard."""

from __future__ import annotations

from typing import Final

from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.silence_words import because
from stalewatch.delivery.wording.untrusted import clean
from stalewatch.delivery.wording.write_words import NOT_WRITTEN, not_written

_PREFIXES: Final = ("person:", "channel:", "mail:")
_LONG: Final = 200


def what(kind: str, state: str, reader: Reader) -> str:
    """What a piece of work is ("notice", "delivery", "destination", "connection", "write"), and how it stands."""
    words = reader.words
    if kind == "notice":
        return words.pgettext("piece of work", "held back")
    if kind == "write":
        return _write(state, reader)
    if kind in ("connection", "answer", "figures", "chore", "record"):
        return _aside(kind, reader)
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


def _aside(kind: str, reader: Reader) -> str:
    words = reader.words
    return {
        "connection": words.pgettext("piece of work", "connection set aside"),
        "answer": words.pgettext("piece of work", "answer set aside"),
        "figures": words.pgettext("piece of work", "figures of days set aside"),
        "record": words.pgettext("piece of work", "record set aside"),
    }.get(kind, words.pgettext("piece of work", "daily work set aside"))


def _write(state: str, reader: Reader) -> str:
    words = reader.words
    return {
        "asked": words.pgettext("piece of work", "to be written into the CRM"),
        "writing": words.pgettext("piece of work", "being written into the CRM"),
        "unknown": words.pgettext("piece of work", "written, no answer yet"),
        "refused": words.pgettext("piece of work", "refused by the CRM"),
        "conflict": words.pgettext("piece of work", "changed by others, not overwritten"),
        "given_up": words.pgettext("piece of work", "not written"),
        "parked": words.pgettext("piece of work", "write set aside"),
    }.get(state, state)


def why(kind: str, reason: str, reader: Reader) -> str:
    """Why it waits: the reason of a notice, else what went wrong, in the first line of the error's own words."""
    if kind == "notice":
        return because(reason, reader)
    if kind == "write" and reason in NOT_WRITTEN:
        return not_written(reason, reader)
    if reason == "parked_by_hand":
        return reader.words.gettext("set aside by hand")
    return clean(reason.splitlines()[0] if reason else "", _LONG)


def place(target: str) -> str:
    """A destination without its kind: "#sales" of "channel:#sales"."""
    for prefix in _PREFIXES:
        target = target.removeprefix(prefix)
    return clean(target)
