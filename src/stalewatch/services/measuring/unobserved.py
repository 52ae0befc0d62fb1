"""Losses that nobody sees: leads that ended without ever becoming a deal, and nobody noted why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from stalewatch.domain.instants import from_us, to_us
from stalewatch.services.judging.sources import coverage, trusted
from stalewatch.services.measuring.lead_ends import READ, UNTAGGED, Ending, Fate, Judge, last_signs
from stalewatch.services.reporting.listing import shown
from stalewatch.services.reporting.reports import Filters, Reports, Visible, data_age
from stalewatch.store import lead_ends
from stalewatch.store.engine import Connection


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of some leads: each is a deal, still under way, or ended.

    Attributes:
        entered: leads that came in.
        deals: became one.
        open: still under way.
        ended: disqualified, sent back, deleted, or silent for 30 days.
        unobserved: ended, and nobody noted why.
        unreadable: ended, and their CRM shows us no reasons: nobody here can tell.
    """

    entered: int = 0
    deals: int = 0
    open: int = 0
    ended: int = 0
    unobserved: int = 0
    unreadable: int = 0

    @property
    def share(self) -> float | None:
        """Of the leads that came in, those that vanished untagged (0..1); None if none came in."""
        return self.unobserved / self.entered if self.entered else None


@dataclass(frozen=True, slots=True)
class Group:
    """The leads of one source, owner, team or month; `key` "" has none."""

    key: str
    name: str
    tally: Tally


@dataclass(frozen=True, slots=True)
class Unobserved:
    """The leads that came in from `frm` to `to`, both days included, as far as they may be seen.

    Attributes:
        tags: reason -> how many ended for it: a value of `unconverted_reason`, "in_words" (only a text says it),
            "none", "unreadable".
        endings: how -> (how many ended so, how many of them untagged).
        untagged: the leads that vanished untagged, the last to come in first.
        as_of: RFC 3339. data_age_seconds: of the oldest connection; None before its first sync.
    """

    frm: date
    to: date
    all: Tally
    tags: Mapping[str, int]
    endings: Mapping[Ending, tuple[int, int]]
    by_source: tuple[Group, ...]
    by_owner: tuple[Group, ...]
    by_team: tuple[Group, ...]
    by_month: tuple[Group, ...]
    untagged: tuple[Fate, ...]
    waiting: tuple[str, ...]
    as_of: str
    data_age_seconds: int | None


def unobserved(
    reports: Reports, filters: Filters, frm: date, to: date, now: int, *, visible: Visible | None
) -> Unobserved:
    """What became, by `now`, of the leads that came in from `frm` to `to`, both included, in the project's zone.

    Of the filters owners, team, connection and q are looked at.
    """
    zone = ZoneInfo(reports.book.calendars.default.spec.zone)
    with reports.db.read() as conn:
        fates = _fates(conn, filters, _midnight(frm, zone), _midnight(to + timedelta(days=1), zone), now, visible)
        _, waiting = trusted(conn, reports.sources, now)
        age = data_age(conn, reports.sources, now, filters.connection)
    return Unobserved(
        frm=frm, to=to, all=_tally(fates), tags=_tags(fates), endings=_endings(fates),
        by_source=_grouped(fates, lambda one: (one.source or "", one.source or "")),
        by_owner=_grouped(fates, lambda one: (one.owner_email or one.owner or "", one.owner_name or "")),
        by_team=_grouped(fates, lambda one: (one.team or "", one.team or "")),
        by_month=tuple(sorted(_grouped(fates, lambda one: _month(one, zone)), key=lambda group: group.key)),
        untagged=tuple(one for one in fates if one.tag == UNTAGGED),
        waiting=tuple(waiting), as_of=shown(now, "UTC"), data_age_seconds=age,
    )  # fmt: skip


def _fates(
    conn: Connection, filters: Filters, since: int, until: int, now: int, visible: Visible | None
) -> list[Fate]:  # fmt: skip
    fed = {connection: set(objects.get("lead", ())) for connection, objects in coverage(conn).items()}
    dated = {connection for connection, fields in fed.items() if "mql_at" in fields}
    rows = lead_ends.entered(conn, filters, since, min(until, now + 1), dated, visible=visible)
    judge = Judge(now, last_signs(conn, rows, now), {connection for connection, fields in fed.items() if fields & READ})
    return [judge.fate(row) for row in rows]


def _tally(fates: Iterable[Fate]) -> Tally:
    found = Tally()
    for one in fates:
        found = replace(
            found,
            entered=found.entered + 1,
            deals=found.deals + one.is_deal,
            open=found.open + (not one.is_deal and one.ending is None),
            ended=found.ended + (one.ending is not None),
            unobserved=found.unobserved + (one.tag == UNTAGGED),
            unreadable=found.unreadable + one.is_unreadable,
        )
    return found


def _tags(fates: Sequence[Fate]) -> Mapping[str, int]:
    """The most frequent first, by name among equals; without any reason last."""
    found = Counter(one.tag for one in fates if one.tag is not None)
    return dict(sorted(found.items(), key=lambda item: (item[0] == UNTAGGED, -item[1], item[0])))


def _endings(fates: Sequence[Fate]) -> Mapping[Ending, tuple[int, int]]:
    ended = {ending: [one for one in fates if one.ending is ending] for ending in Ending}
    return {
        ending: (len(mine), sum(one.tag == UNTAGGED for one in mine)) for ending, mine in ended.items() if mine
    }  # fmt: skip


def _grouped(fates: Sequence[Fate], of: Callable[[Fate], tuple[str, str]]) -> tuple[Group, ...]:
    """The groups by name, what belongs to none last: never a ranking of people."""
    mine: dict[str, list[Fate]] = {}
    names: dict[str, str] = {}
    for one in fates:
        key, name = of(one)
        mine.setdefault(key, []).append(one)
        names[key] = names.get(key) or name
    groups = (Group(key, names[key] or key, _tally(some)) for key, some in mine.items())
    return tuple(sorted(groups, key=lambda group: (not group.key, group.name.casefold(), group.key)))


def _month(one: Fate, zone: ZoneInfo) -> tuple[str, str]:
    month = from_us(one.entered_at).astimezone(zone).strftime("%Y-%m")
    return month, month


def _midnight(day: date, zone: ZoneInfo) -> int:
    return to_us(datetime.combine(day, time(0), zone))
