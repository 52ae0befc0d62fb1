"""`stalewatch work explain`: one piece of work in a few lines that say everything a stranger needs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.times import moment
from stalewatch.delivery.wording.untrusted import clean
from stalewatch.services.operating.explaining import PATIENCE, Explained, Next
from stalewatch.services.reporting.pieces import Kind

_LONG: Final = 400


def explained(one: Explained, reader: Reader) -> Iterator[str]:
    """The lines of it."""
    words = reader.words
    state = f" · {one.state}" if one.state else ""
    yield f"{_kind(one.kind, reader)} {clean(one.id)}{state}"
    about = " · ".join(clean(part) for part in (one.target, one.record, one.rule) if part)
    if about:
        yield words.gettext("About: {what}").format(what=about)
    yield _next(one, reader)
    if one.lease is not None:
        said = words.gettext("Claimed {fence} times so far; {attempts} of {most} attempts since one that ended well.")
        yield said.format(fence=one.lease.fence, attempts=one.lease.attempts, most=PATIENCE)
    if one.error:
        yield words.gettext("Last trouble: {error}").format(error=clean(one.error, _LONG))
    yield from _workers(one, reader)
    for command in one.can:
        yield words.gettext("You can: {command}").format(command=clean(command))


def _next(one: Explained, reader: Reader) -> str:
    words, lease = reader.words, one.lease
    said = {
        Next.SET_ASIDE: words.gettext("It was set aside {since}. Nothing happens until it is released."),
        Next.SERVICE_DOWN: words.gettext("Its service, {service}, is down. It goes on by itself when that answers."),
        Next.HELD: words.gettext("A process holds it until {held}. If that one dies, another takes it then."),
        Next.NOW: words.gettext("It is due since {due}. The next process with a hand free takes it within seconds."),
        Next.LATER: words.gettext("It is due {due}. Nothing happens before."),
        Next.NOTHING: words.gettext("There is nothing to do."),
        Next.WORD: words.gettext("It waits for a word of yours."),
    }[one.next]
    if lease is None:
        return said
    return said.format(
        since=_when(lease.parked_at, reader), service=clean(lease.paused), held=_when(lease.held_until, reader),
        due=_when(lease.due_at, reader),
    )  # fmt: skip


def _workers(one: Explained, reader: Reader) -> Iterator[str]:
    if one.next not in (Next.HELD, Next.NOW, Next.LATER):
        return
    if not one.workers:
        yield reader.words.gettext("No process does this kind of work now: start `stalewatch serve` or a worker.")
        return
    names = ", ".join(f"{clean(worker.host)} {worker.pid}" for worker in one.workers)
    yield reader.words.gettext("Processes that do this kind of work: {names}").format(names=names)


def _when(at: int | None, reader: Reader) -> str:
    return "" if at is None else moment(at, reader, zoned=True)


def _kind(kind: str, reader: Reader) -> str:
    words = reader.words
    return {
        Kind.NOTICE: words.pgettext("kind of work", "Notice"),
        Kind.DELIVERY: words.pgettext("kind of work", "Message"),
        Kind.DESTINATION: words.pgettext("kind of work", "Destination"),
        Kind.CONNECTION: words.pgettext("kind of work", "Connection"),
        Kind.WRITE: words.pgettext("kind of work", "Write into the CRM"),
        Kind.ANSWER: words.pgettext("kind of work", "Answer"),
        Kind.FIGURES: words.pgettext("kind of work", "Figures of days"),
        Kind.CHORE: words.pgettext("kind of work", "Daily work"),
        Kind.RECORD: words.pgettext("kind of work", "Record"),
    }[Kind(kind)]
