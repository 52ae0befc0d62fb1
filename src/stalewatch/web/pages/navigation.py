"""The pages that the navigation names, in its order. Whoever adds a page adds one line to `ENTRIES`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from stalewatch.delivery.wording.reader import Reader
from stalewatch.services.access.principals import Visible
from stalewatch.services.operating.connection_list import troubles
from stalewatch.services.reporting import undelivered
from stalewatch.web.desk import Desk


@dataclass(frozen=True, slots=True)
class Entry:
    """One page.

    Attributes:
        here: what the page calls itself (`page(..., here=...)`).
        key: pressed after `g` it opens the page; one letter that no other entry has.
        scope: what the caller must be allowed to see the entry.
        count: how much of it there is for whoever sees these records, as it stands behind the title; from
            `undelivered.COUNTED` on it says only that there is more.
        alarming: the count is of something that is wrong, and without any the entry is left out, unless it `stays`.
    """

    here: str
    path: str
    key: str
    title: Callable[[Reader], str]
    scope: str = "deals:read"
    count: Callable[[Desk, Visible | None], int] | None = None
    alarming: bool = False
    stays: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """An entry as it is shown; `count` is "" where there is none."""

    here: str
    path: str
    key: str
    title: str
    count: str
    alarming: bool


def _troubles(desk: Desk, _visible: Visible | None) -> int:
    """With how many connections something is wrong."""
    own = desk.project
    return troubles(own.db, own.settings.connections, own.sources, desk.now)


ENTRIES: Final = (
    Entry("overview", "/", "o", lambda reader: reader.words.gettext("Overview")),
    Entry("stalled", "/stalled", "s", lambda reader: reader.words.gettext("Stalled")),
    Entry("due-soon", "/due-soon", "d", lambda reader: reader.words.gettext("Due soon")),
    Entry("hygiene", "/hygiene", "h", lambda reader: reader.words.gettext("Hygiene"), "reports:read"),
    Entry("forecast", "/forecast", "f", lambda reader: reader.words.gettext("Forecast"), "reports:read"),
    Entry("unobserved", "/unobserved", "l", lambda reader: reader.words.gettext("Unobserved loss"), "reports:read"),
    Entry("review", "/review", "w", lambda reader: reader.words.gettext("Review"), "reports:read"),
    Entry("rules", "/rules", "r", lambda reader: reader.words.gettext("Rules"), "rules:read"),
    Entry("connections", "/connections", "c", lambda reader: reader.words.gettext("Connections"), "reports:read",
          count=_troubles, alarming=True, stays=True),
    Entry("undelivered", "/undelivered", "m", lambda reader: reader.words.gettext("Undelivered"),
          count=lambda desk, seen: undelivered.count(desk.project.db, visible=seen), alarming=True),
)  # fmt: skip


def links(
    desk: Desk, reader: Reader, allows: Callable[[str], bool], entries: Sequence[Entry] = ENTRIES, *,
    visible: Visible | None,
) -> list[Link]:  # fmt: skip
    """What this reader's navigation shows.

    Args:
        allows: whether the reader may use a scope. visible: the records that they see; None: all.
    """
    found = []
    for one in entries:
        if not allows(one.scope):
            continue
        many = one.count(desk, visible) if one.count else 0
        if many or one.stays or not one.alarming:
            found.append(Link(one.here, one.path, one.key, one.title(reader), _count(many, reader), one.alarming))
    return found


def _count(many: int, reader: Reader) -> str:
    most = undelivered.COUNTED
    if many >= most:
        return f"{reader.number(most - 1)}+"
    return reader.number(many) if many else ""
