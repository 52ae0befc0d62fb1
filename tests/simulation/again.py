"""In the end of a month everything is judged once more from what is stored: nothing may come out differently."""

from __future__ import annotations

from stalewatch.store import clocks
from tests.simulation.checks import asked, hold
from tests.simulation.play import Play

_CLOCKS = "SELECT record_id, entries, next_at, breach_at FROM clocks ORDER BY record_id"
_ALERTS = (
    "SELECT id, state, anchor, warn_at, breach_at, cause, due_at, repeats, climbed, muted_by FROM alerts ORDER BY id"
)
_NOTICES = "SELECT key, state, reason FROM notices ORDER BY key"


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
    for what, rows in before.items():
        hold(play, after[what] == rows, f"{what}: looked at anew {_apart(after[what], rows)}")


def _stored(play: Play) -> dict[str, list[tuple[object, ...]]]:
    queries = {"clocks": _CLOCKS, "alerts": _ALERTS, "notices": _NOTICES}
    return {what: [tuple(row) for row in asked(play, sql)] for what, sql in queries.items()}


def _apart(one: list[tuple[object, ...]], other: list[tuple[object, ...]]) -> str:
    return f"{sorted(map(str, set(one) - set(other)))} where there was {sorted(map(str, set(other) - set(one)))}"
