"""What went quiet and what came back, after whatever happened: the same as the two definitions say, deal by deal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stalewatch.store import bulk, reviews
from stalewatch.store.engine import Connection, Database
from stalewatch.store.reports import Filters
from stalewatch.store.reviews import Move, Span
from stalewatch.store.tables import alerts, deals
from stalewatch.store.visibility import Visible
from tests.store.builders import alert, deal

SPANS: Final = ((10, 20), (4, 10))
WORK: Final = ("satisfied", "re_anchored", "deadline_moved", "no_longer_applies")
moments = st.integers(0, 24)
maybe = st.none() | moments
an_alert = st.fixed_dictionaries(
    {
        "record_id": st.sampled_from(("sf:a", "sf:b", "sf:c")),
        "object": st.sampled_from(("deal", "deal", "deal", "lead")),
        "breach_at": maybe,
        "breached_at": maybe,
        "resolved_at": maybe,
        "cause": st.sampled_from((None, "satisfied", "deadline_moved", "closed_won", "false_alarm")),
        "shadow": st.sampled_from((False, False, False, True)),
    }
)
a_deal = st.fixed_dictionaries(
    {
        "owner": st.sampled_from((None, "sf:sato", "sf:mori")),
        "team": st.sampled_from((None, "tokyo")),
        "amount": st.sampled_from((None, 0, 7)),
        "is_open": st.booleans(),
        "closed_at": maybe,
        "gone_at": st.sampled_from((None, None, None, 5)),
        "merged_into": st.sampled_from((None, None, None, "sf:x")),
    }
)
who = st.sampled_from(
    (
        None,
        Visible(frozenset()),
        Visible(frozenset({"sf:sato"})),
        Visible(frozenset({"sf:sato", "sf:mori"})),
        Visible(frozenset({"sf:mori"}), frozenset({"sf:a"})),
    )
)
asked = st.builds(
    Filters, team=st.sampled_from((None, "tokyo")), owners=st.sampled_from((None, frozenset({"sf:sato"})))
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(an_alert, max_size=7), st.tuples(a_deal, a_deal, a_deal), who, asked)
def test_moves_are_what_the_definitions_say(
    db: Database,
    told: list[dict[str, Any]],
    some: tuple[dict[str, Any], ...],
    visible: Visible | None,
    filters: Filters,
) -> None:
    rows = [deal(name, **values) for name, values in zip("abc", some, strict=True)]
    late = [alert(one["record_id"], f"rule{number}", **_but(one, "record_id")) for number, one in enumerate(told)]
    with db.write() as conn:
        _empty(conn)
        bulk.upsert(conn, deals, rows)
        bulk.upsert(conn, alerts, late)
    with db.read() as conn:
        found = list(reviews.moves(conn, filters, SPANS, visible=visible))
    mine = [one for one in rows if _is_asked(one, filters, visible)]
    assert sorted(found, key=str) == sorted(_moves(mine, late), key=str)


def _moves(rows: Iterable[Mapping[str, Any]], late: Iterable[Mapping[str, Any]]) -> Iterable[Move]:
    broken = [one for one in late if one["breached_at"] is not None and not one["shadow"] and one["object"] != "lead"]
    for row in rows:
        own = [one for one in broken if one["record_id"] == row["id"]]
        for place, span in enumerate(SPANS):
            for moment, is_quiet in ((_went_quiet(own, span), True), (_came_back(row, own, span), False)):
                if moment is not None:
                    yield Move(row["id"], row["amount"], place, moment, is_quiet)


def _went_quiet(own: Iterable[Mapping[str, Any]], span: Span) -> int | None:
    """The first deadline that broke in the span, if none was broken before it."""
    broke = [one["breach_at"] for one in own if one["breach_at"] is not None and span[0] <= one["breach_at"] < span[1]]
    return None if any(_is_late(one, span[0]) for one in own) else min(broke, default=None)


def _came_back(row: Mapping[str, Any], own: Iterable[Mapping[str, Any]], span: Span) -> int | None:
    """When it was last worked on in the span, if it lives and is not late at the end."""
    ended = [one["resolved_at"] for one in own if one["cause"] in WORK and one["resolved_at"] is not None]
    worked = [at for at in ended if span[0] <= at < span[1]]
    lives = row["is_open"] or (row["closed_at"] is not None and row["closed_at"] >= span[1])
    return max(worked, default=None) if lives and not any(_is_late(one, span[1]) for one in own) else None


def _is_late(one: Mapping[str, Any], moment: int) -> bool:
    lasts = one["resolved_at"] is None or one["resolved_at"] >= moment
    return one["breach_at"] is not None and one["breach_at"] < moment and lasts


def _is_asked(row: Mapping[str, Any], filters: Filters, visible: Visible | None) -> bool:
    there = row["gone_at"] is None and row["merged_into"] is None and filters.team in (None, row["team"])
    owned = filters.owners is None or row["owner"] in filters.owners
    return there and owned and (visible is None or visible.covers(row["owner"], row["id"]))


def _but(values: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key != name}


def _empty(conn: Connection) -> None:
    for table in (alerts, deals):
        bulk.delete_where(conn, table, sa.true())
