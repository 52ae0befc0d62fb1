"""In the end of a month everything is judged once more from what is stored: nothing may come out differently."""

from __future__ import annotations

from typing import Any, Final

from stalewatch.domain.instants import to_us
from stalewatch.store import clocks
from tests.simulation.checks import asked, hold
from tests.simulation.play import Play

Rows = list[tuple[Any, ...]]

_CLOCKS: Final = "SELECT record_id, entries, next_at, breach_at FROM clocks ORDER BY record_id"
_ALERTS: Final = (
    "SELECT id, state, anchor, warn_at, breach_at, cause, due_at, repeats, climbed, muted_by FROM alerts ORDER BY id"
)
_NOTICES: Final = "SELECT key, state, reason FROM notices ORDER BY key"


def judged_again(play: Play) -> None:
    """Deadlines, alerts and what is called for are the same after every record was judged and stepped anew."""
    cycle = play.cycle()
    cycle.sync(force=True)
    cycle.recompute()
    for _ in range(2):  # what was left for a second look
        cycle.tick()
    before = _stored(play)
    with play.db.write() as conn:
        clocks.forget_ruleset(conn, "crm")
    play.cycle()._judged.clear()
    cycle.recompute()
    judged, known = ([row[:2] for row in stored["clocks"]] for stored in (_stored(play), before))
    hold(play, judged == known, f"judged anew: {_apart(judged, known)}")
    with play.db.write() as conn:
        clocks.wake(conn, "crm", {row["record_id"]: play.us for row in asked(play, _CLOCKS)})
    cycle.tick()
    after = _stored(play)
    before["clocks"] = _without_early_looks(play, before["clocks"], after["clocks"])
    for what, rows in before.items():
        hold(play, after[what] == rows, f"{what}: looked at anew {_apart(after[what], rows)}")


def _without_early_looks(play: Play, before: Rows, after: Rows) -> Rows:
    """A meeting that was called off may leave its end as the next look, which then finds nothing: it is no edge.

    Nothing else may be early, and nothing at all late.
    """
    ends = {to_us(one.ends_at) for one in play.firm.activities.values() if one.ends_at is not None}
    edges = {row[0]: row[2] for row in after}

    def is_early(row: tuple[Any, ...]) -> bool:
        edge = edges.get(row[0])
        return row[2] in ends and row[2] > play.us and (edge is None or row[2] < edge)

    return [(*row[:2], edges.get(row[0]), *row[3:]) if is_early(row) else row for row in before]


def _stored(play: Play) -> dict[str, Rows]:
    queries = {"clocks": _CLOCKS, "alerts": _ALERTS, "notices": _NOTICES}
    return {what: [tuple(row) for row in asked(play, sql)] for what, sql in queries.items()}


def _apart(one: Rows, other: Rows) -> str:
    return f"{sorted(map(str, set(one) - set(other)))} where there was {sorted(map(str, set(other) - set(one)))}"
