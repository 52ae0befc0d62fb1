"""The words of `stalewatch work`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from gettext import NullTranslations
from typing import Final

from stalewatch.delivery.wording.reader import Reader
from stalewatch.services.operating.work import Moved


def summary(reasons: Mapping[str, int], reader: Reader) -> str:
    """How much waits, by the reasons that `--reason` takes."""
    words, count = reader.words, sum(reasons.values())
    if not count:
        return words.gettext("Nothing waits for you.")
    said = words.ngettext("{count} thing waits for a word", "{count} things wait for a word", count)
    parts = [f"{name} {reader.number(many)}" for name, many in sorted(reasons.items(), key=lambda one: -one[1])]
    return f"{said.format(count=reader.number(count))}: {', '.join(parts)}"


def happened(done: str, moved: Moved, reader: Reader) -> Iterator[str]:
    """What came of it, `done` being "released", "retried", "parked" or "dropped"."""
    words, number = reader.words, reader.number
    count, refused = len(moved.done), len(moved.refused)
    said, left = _SAID[done](words, count, refused)
    if count or not refused:
        yield said.format(count=number(count))
    if refused:
        yield left.format(count=number(refused))


def _released(words: NullTranslations, count: int, refused: int) -> tuple[str, str]:
    return words.ngettext("{count} goes on.", "{count} go on.", count), words.ngettext(
        "{count} could not: nobody is known to tell it to, or it may have arrived already.",
        "{count} could not: nobody is known to tell them to, or they may have arrived already.",
        refused,
    )


def _retried(words: NullTranslations, count: int, refused: int) -> tuple[str, str]:
    return words.ngettext("{count} will be sent again.", "{count} will be sent again.", count), words.ngettext(
        "{count} is neither given up nor of unknown fate, so it was left alone.",
        "{count} are neither given up nor of unknown fate, so they were left alone.",
        refused,
    )


def _parked(words: NullTranslations, count: int, refused: int) -> tuple[str, str]:
    return words.ngettext(
        "{count} is set aside until `stalewatch work release`.",
        "{count} are set aside until `stalewatch work release`.",
        count,
    ), words.ngettext(
        "{count} cannot be set aside: it is so already, or is no connection, destination or message without an answer.",
        "{count} cannot be set aside: they are so already, or are no connections, destinations or messages without an "
        "answer.",
        refused,
    )


def _dropped(words: NullTranslations, count: int, refused: int) -> tuple[str, str]:
    return words.ngettext("{count} will never be sent.", "{count} will never be sent.", count), words.ngettext(
        "{count} could not be dropped: it may have arrived already, or is no message.",
        "{count} could not be dropped: they may have arrived already, or are no messages.",
        refused,
    )


_SAID: Final[Mapping[str, Callable[[NullTranslations, int, int], tuple[str, str]]]] = {
    "released": _released,
    "retried": _retried,
    "parked": _parked,
    "dropped": _dropped,
}
