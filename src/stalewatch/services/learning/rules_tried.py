"""Rules tried on what a project keeps: what each would have said, and what that would have been worth."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from stalewatch.domain.calendar_zone import zone_named
from stalewatch.domain.instants import Mask
from stalewatch.domain.learning.history import Found, History, history
from stalewatch.services.judging.frames import Coverage
from stalewatch.services.judging.sources import coverage
from stalewatch.services.learning import stored
from stalewatch.services.learning.backtests import Alerts, Backtest, of_alerts, owners_of, tried_after
from stalewatch.services.learning.lessons import Asked
from stalewatch.services.learning.past_alerts import PastAlerts, Said
from stalewatch.services.learning.workdays import workdays_of
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.store.engine import Connection, Database
from stalewatch.store.visibility import Visible


@dataclass(frozen=True)
class Tried:
    """What came of a try.

    Attributes:
        history: of the records that the rules watch, by object.
        found: by rule.
        blind: the rules that cannot be tried, with the fields for want of whose past.
        spoken: by object, which rows of its history a rule would have spoken of.
    """

    history: Mapping[str, History]
    found: Mapping[str, Backtest]
    blind: Mapping[str, Sequence[str]]
    spoken: Mapping[str, Mask]

    @cached_property
    def told(self) -> frozenset[str]:
        """The ids of the records of which at least one rule would have spoken."""
        rows = ((one.ids, np.flatnonzero(self.spoken[obj])) for obj, one in self.history.items())
        return frozenset(ids[row] for ids, mine in rows for row in mine.tolist())


def tried(
    conn: Connection, book: Rulebook, connections: Sequence[str], fed: Coverage, asked: Asked,
    only: Collection[str] | None = None, *, eventless: bool = False,
    visible: Visible | None = None, zone: str | None = None,
) -> Tried:  # fmt: skip
    """Try rules on the records of some connections.

    Args:
        fed: what each connection feeds.
        only: these rules; None: all that are on.
        eventless: nobody knows which events there were, and when.
        visible: only records that may be seen; None: all.
        zone: whose dates tell the quarters (IANA); None: that of the calendar which counts where nothing else is said.
    """
    assert asked.as_of is not None  # noqa: S101 - what is kept ends now, unless somebody says otherwise
    chosen = None if only is None else frozenset(only)
    workdays = workdays_of(book.calendars.default)
    dates = book.calendars.default.local_day if zone is None else zone_named(zone).local_day
    histories: dict[str, History] = {}
    found: dict[str, Backtest] = {}
    blind: dict[str, Sequence[str]] = {}
    spoken: dict[str, Mask] = {}
    for obj in book.objects:
        if chosen is not None and not any(book.by_id[rule].watch == obj for rule in chosen):
            continue
        one = history(records_of(conn, connections, obj, visible), as_of=asked.as_of, observed_from=asked.observed_from)
        histories[obj] = one
        seen, owners, rows = tried_after(one, asked.learn_until), owners_of(one), one.deals().row
        ids = one.ids if len(rows) == len(one.ids) else [one.ids[row] for row in rows.tolist()]
        place = dict(zip(ids, range(len(rows)), strict=True))
        said, cannot = _said(conn, book, obj, connections, place, fed, asked.as_of, chosen, eventless=eventless)
        blind |= cannot
        spoken[obj] = np.zeros(len(one.ids), np.bool_)
        for rule, mine in said.items():
            alerts = Alerts(*mine.all())
            spoken[obj][rows[alerts.row[alerts.at >= seen.watched.since]]] = True
            found[rule] = of_alerts(seen, alerts, horizon=asked.horizon, workdays=workdays, owners=owners, dates=dates)
    return Tried(histories, found, blind, spoken)


def tried_on(
    db: Database, book: Rulebook, connections: Sequence[str], asked: Asked, only: Collection[str] | None,
    visible: Visible | None,
) -> Tried:  # fmt: skip
    """Try rules on what a database keeps, in one look; arguments as `tried`."""
    with db.look() as conn:
        return tried(conn, book, connections, coverage(conn), asked, only, visible=visible)


def records_of(conn: Connection, connections: Iterable[str], obj: str, visible: Visible | None = None) -> Found:
    """The records that rules of an object watch and that may be seen, with their ends."""
    if obj == "lead":
        return stored.conversions(conn, connections, visible)
    return stored.deals(conn, connections, obj, visible, entered=False)


def _said(
    conn: Connection, book: Rulebook, obj: str, connections: Sequence[str], place: Mapping[str, int], fed: Coverage,
    as_of: int, only: frozenset[str] | None, *, eventless: bool,
) -> tuple[dict[str, Said], dict[str, list[str]]]:  # fmt: skip
    """What each rule would have said; and those that no connection's past lets us try."""
    said: dict[str, Said] = {}
    blind: list[dict[str, list[str]]] = []
    for connection in connections:
        told = fed.get(connection, {}).get("lead" if obj == "lead" else "deal", ())
        past = PastAlerts(conn, book, obj, as_of, told, only, eventless)
        into = {rule: said.setdefault(rule, Said()) for rule in past.rules()}
        blind.append(past.blind())
        past.of(connection, into, place)
    everywhere = set(blind[0]).intersection(*blind) if blind else set()
    return said, {rule: blind[0][rule] for rule in sorted(everywhere)}
