"""The quiet last lines of a digest: what comes next, what settled since the last one, what is still open."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from stalewatch.delivery.sentences import ending, name
from stalewatch.delivery.subjects import Subject
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.times import day_named
from stalewatch.domain.instants import from_us

_MOST_SETTLED: Final = 4


def soon(some: Sequence[Subject], reader: Reader) -> str:
    """ "Soon: 2 more on Tuesday": what is near and has no entry of its own; "" if nothing is."""
    if not some:
        return ""
    words, count = reader.words, reader.number(len(some))
    days = {from_us(each.lead.due).astimezone(ZoneInfo(each.lead.zone)).date() for each in some if each.lead.due}
    if not days:
        return words.gettext("Soon: {count} more").format(count=count)
    if len(days) == 1:
        said = words.gettext("Soon: {count} more {day}")
    else:
        said = words.gettext("Soon: {count} more, the first {day}")
    return said.format(count=count, day=day_named(min(days), reader))


def settled(some: Sequence[Subject], since: date | None, reader: Reader) -> str:
    """ "Since yesterday: ✅ Aozora Rail (deal won)"; "" if nothing settled. `since` is the date of the last digest."""
    if not some:
        return ""
    words = reader.words
    item = words.pgettext("something that settled", "✅ {name} ({how})")
    shown = [item.format(name=name(each.lead), how=ending(each.lead, reader)) for each in some[:_MOST_SETTLED]]
    if len(some) > _MOST_SETTLED:
        shown.append(words.gettext("{count} more").format(count=reader.number(len(some) - _MOST_SETTLED)))
    items = " · ".join(shown)
    if since is None:
        return words.gettext("Settled: {items}").format(items=items)
    return words.gettext("Since {day}: {items}").format(day=day_named(since, reader, bare=True), items=items)


def still_open(count: int, reader: Reader) -> str:
    """How many were told before and are not settled; "" if none is."""
    return reader.words.gettext("Still open: {count}").format(count=reader.number(count)) if count else ""


def more(count: int, reader: Reader) -> str:
    """ "+7 more": what has no entry because there are so many; "" if everything has one."""
    return reader.words.gettext("+{count} more").format(count=reader.number(count)) if count > 0 else ""
