"""The words of `stalewatch work`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.record_words import because
from stalewatch.delivery.wording.untrusted import clean
from stalewatch.services.pieces import Kind, Piece
from stalewatch.services.work import Moved


def summary(reasons: Mapping[str, int], reader: Reader) -> str:
    """How much waits, by the reasons that `--reason` takes."""
    words, count = reader.words, sum(reasons.values())
    if not count:
        return words.gettext("Nothing waits for you.")
    said = words.ngettext("{count} thing waits for a word", "{count} things wait for a word", count)
    parts = [f"{name} {reader.number(many)}" for name, many in sorted(reasons.items(), key=lambda one: -one[1])]
    return f"{said.format(count=reader.number(count))}: {', '.join(parts)}"


def kind(piece: Piece, reader: Reader) -> str:
    """What a piece of work is, and its state where that says more."""
    words = reader.words
    if piece.kind is Kind.NOTICE:
        return words.pgettext("piece of work", "held back")
    if piece.kind is Kind.CONNECTION:
        return words.pgettext("piece of work", "connection set aside")
    if piece.kind is Kind.DESTINATION:
        if piece.state == "paused":
            return words.pgettext("piece of work", "service is down")
        return words.pgettext("piece of work", "destination set aside")
    return {
        "ready": words.pgettext("piece of work", "to be sent"),
        "sending": words.pgettext("piece of work", "being sent"),
        "unknown": words.pgettext("piece of work", "no answer yet"),
        "held": words.pgettext("piece of work", "held back"),
        "parked": words.pgettext("piece of work", "fate unknown"),
        "dead": words.pgettext("piece of work", "given up"),
    }.get(piece.state, piece.state)


def why(piece: Piece, reader: Reader) -> str:
    """Why it waits: the reason of a notice, else what went wrong."""
    if piece.kind is Kind.NOTICE:
        return because(piece.why, reader)
    return clean(piece.why.splitlines()[0] if piece.why else "", 200)


def happened(done: str, moved: Moved, reader: Reader) -> Iterator[str]:
    """What came of it, `done` being "released" or "dropped"."""
    words, number = reader.words, reader.number
    count, refused = len(moved.done), len(moved.refused)
    if done == "released":
        said = words.ngettext("{count} goes on.", "{count} go on.", count)
        left = words.ngettext(
            "{count} could not: nobody is known to tell it to, or it may have arrived already.",
            "{count} could not: nobody is known to tell them to, or they may have arrived already.",
            refused,
        )
    else:
        said = words.ngettext("{count} will never be sent.", "{count} will never be sent.", count)
        left = words.ngettext(
            "{count} could not be dropped: it may have arrived already, or is no message.",
            "{count} could not be dropped: they may have arrived already, or are no messages.",
            refused,
        )
    if count or not refused:
        yield said.format(count=number(count))
    if refused:
        yield left.format(count=number(refused))
