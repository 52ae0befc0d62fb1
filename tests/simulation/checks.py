"""What must hold after every step of a month and in its end, read from the file and the ledger, not by our code."""

from __future__ import annotations

import sqlite3
from collections import Counter
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from stalewatch.domain.instants import HOUR
from stalewatch.sdk.notifier import Message
from tests.simulation import rules
from tests.simulation.play import Broken, Play

STEPS: Final = {
    "held": ("ready", "cancelled", "superseded"),
    "ready": ("sending", "cancelled", "superseded", "rerouted", "dead"),
    "sending": ("sent", "ready", "dead", "unknown", "rerouted"),
    "unknown": ("sent", "ready", "parked"),
    "parked": ("ready",),
    "dead": ("ready",),
}
"""The table of delivery.md, from one state to the other."""
ENDS: Final = frozenset(("sent", "cancelled", "superseded", "rerouted", "dead", "parked"))
GRAVITY: Final = {"info": 1, "warning": 2, "critical": 3}
NEWS: Final = ("breach", "reopen", "backlog", "repeat", "escalate")


class Checks:
    """Called after every step; remembers how far it has read."""

    def __init__(self) -> None:
        self.arrived = 0
        self.audited = 0
        self.edits = 0
        self.states: dict[str, str] = {}

    def __call__(self, play: Play) -> None:
        self._arrivals(play)
        self._transitions(play)
        self._cursor(play)
        self._told(play)
        self._watermark(play)

    def _arrivals(self, play: Play) -> None:
        """Nothing twice, nothing at night, nothing of records that nobody could look at."""
        new = play.ledger.arrived[self.arrived :]
        self.arrived += len(new)
        for at, message in new:
            hold(play, play.ledger.counted[message.delivery] == 1, f"{message.delivery} arrived twice")
            if message.target != "operator":
                hold(play, _may_be_said(play, at, message), f"said at {at}: {message.target}")

    def _transitions(self, play: Play) -> None:
        """Each step of a delivery is one of the table's, and each has its row in the audit log."""
        for row in asked(play, "SELECT * FROM audit WHERE id > ? ORDER BY id", self.audited):
            self.audited = row["id"]
            if not row["action"].startswith("delivery."):
                continue
            before, after = row["before"].strip('"'), row["after"].strip('"')
            hold(play, self.states.get(row["object"], "ready") == before, f"{row['object']} was not {before}")
            hold(play, after in STEPS.get(before, ()), f"a delivery went from {before} to {after}")
            self.states[row["object"]] = after
        for row in asked(play, "SELECT id, state FROM deliveries"):
            known = self.states.get(row["id"], "ready")
            hold(play, known == row["state"], f"{row['id']} is {row['state']}, not {known}")

    def _cursor(self, play: Play) -> None:
        """What the cursor says was seen is stored."""
        told = [row["edits"] for row in asked(play, "SELECT json_extract(cursor, '$.edits') AS edits FROM connections")]
        seen = int(told[0] or 0) if told else 0
        hold(play, seen >= self.edits, "the cursor went back")
        if seen == self.edits:
            return
        self.edits = seen
        stored = {
            row["external_id"]: (row["stage"], row["next_step"] or None, bool(row["is_open"]))
            for row in asked(play, "SELECT * FROM deals WHERE gone_at IS NULL")
        }
        kept = asked(play, "SELECT value FROM facts WHERE key = 'doubted:crm'")
        there = play.firm.past[seen]
        hold(play, {name: stored.get(name) for name in there} == there, f"the cursor is ahead: {stored} for {there}")
        hold(play, bool(kept) or len(stored) <= len(there) + 2, "what is gone is still there")
        hold(play, not asked(play, "SELECT 1 FROM deals WHERE first_seen_at IS NULL"), "nobody saw it a first time")

    def _told(self, play: Play) -> None:
        """What counts as told stands in the ledger."""
        counted = play.ledger.counted
        for row in asked(play, "SELECT key, delivery_id FROM notices WHERE state = 'told'"):
            hold(play, counted[row["delivery_id"]] == 1, f"{row['key']} counts as told, and nobody got it")

    def _watermark(self, play: Play) -> None:
        """No edge is left below the watermark: no tick would look there again."""
        lost = asked(
            play, "SELECT record_id FROM clocks, facts WHERE key = 'ticked:' || connection"
            " AND next_at < CAST(value AS INTEGER)"
        )  # fmt: skip
        hold(play, not lost, f"below the watermark: {[row['record_id'] for row in lost]}")


def _may_be_said(play: Play, at: datetime, message: Message) -> bool:
    calendar = rules.CALENDARS[play.plan.calendar]
    person = next((one for one in play.firm.people if message.target == f"person:{one.email}"), None)
    local = at.astimezone(ZoneInfo(person.zone if person is not None and person.zone else calendar.zone))
    minutes = local.hour * 60 + local.minute
    is_day = rules.is_business_day(play.plan.calendar, local.date())
    return is_day and rules.QUIET_FROM <= minutes <= rules.QUIET_TO


# -------------------------------------------------------------------------------------------------- in the end


def in_the_end(play: Play) -> None:
    """After some days in which everything worked: nothing is on its way, nothing was lost, nobody holds anything."""
    now = play.us
    for row in asked(play, "SELECT id, state FROM deliveries"):
        hold(play, row["state"] in ENDS, f"{row['id']} is still {row['state']}")
    _notices_ended(play, now)
    _breaches_told(play)
    for table in ("connections", "destinations", "writebacks"):
        for row in asked(play, f"SELECT * FROM {table}"):  # noqa: S608  # names of ours
            hold(play, row["lease_until"] <= now and row["attempts"] == 0, f"{table}: a lease is left: {dict(row)}")
            hold(play, row["parked_at"] is None, f"{table}: set aside: {dict(row)}")
    for row in asked(play, "SELECT id, state, kind FROM writebacks"):
        hold(play, row["state"] not in ("asked", "sending", "unknown"), f"a write is still {dict(row)}")
    written = Counter(change.id for change in play.crm.taken)
    hold(play, max(written.values(), default=1) == 1, f"written twice: {written}")
    _stalled(play)


def _notices_ended(play: Play, now: int) -> None:
    sql = "SELECT n.*, d.state AS delivered FROM notices n LEFT JOIN deliveries d ON d.id = n.delivery_id"
    for row in asked(play, sql):
        fate = row["state"]
        hold(play, fate != "claimed" or row["delivered"] in ("dead", "parked"), f"on its way for ever: {dict(row)}")
        hold(play, fate not in ("held", "dropped") or bool(row["reason"]), f"silent for no reason: {dict(row)}")
        waits = row["not_before"] > now - 24 * HOUR or row["kind"] == "resolve"
        hold(play, fate != "pending" or waits, f"waits for nothing: {dict(row)}")


def _breaches_told(play: Play) -> None:
    """Whoever is late was to be told: that was said, or has a fate with a name; or the alert says why it is silent."""
    spoken: dict[str, set[str]] = {}
    for row in asked(play, "SELECT alert_id, kind FROM notices"):
        spoken.setdefault(row["alert_id"], set()).add(row["kind"])
    for row in asked(play, "SELECT * FROM alerts WHERE breached_at IS NOT NULL"):
        quiet = row["muted_by"] or row["shadow"] or row["holdout"] or row["moved_from"]
        may_have_been_muted = row["rule_id"] == "no-step" and row["state"] == "resolved"
        silenced = row["state"] in ("snoozed", "claimed", "waiting") or row["hushed_until"] or row["snoozes"]
        known = quiet or may_have_been_muted or silenced or row["cause"] in ("merged", "false_alarm", "lost")
        hold(play, bool(known) or not spoken.get(row["id"], set()).isdisjoint(NEWS), f"nobody was told of {dict(row)}")


def _stalled(play: Play) -> None:
    """The table of the stalled list is what follows from alerts and records."""
    found: dict[str, list[sqlite3.Row]] = {}
    sql = (
        "SELECT a.* FROM alerts a JOIN deals d ON d.id = a.record_id WHERE a.breached_at IS NOT NULL"
        " AND a.state IN ('open', 'snoozed', 'claimed', 'backlog') AND d.is_open AND d.gone_at IS NULL"
    )
    for row in asked(play, sql):
        found.setdefault(row["record_id"], []).append(row)
    wanted = {
        record: (max(GRAVITY[row["severity"]] for row in mine), len(mine), min(row["breach_at"] for row in mine))
        for record, mine in found.items()
    }
    there = {
        row["record_id"]: (row["gravity"], row["breaches"], row["breach_at"])
        for row in asked(play, "SELECT * FROM stalled")
    }
    hold(play, there == wanted, f"the stalled list says {there}, and it is {wanted}")


def hold(play: Play, holds: bool, said: str) -> None:
    """Raises `Broken` with the seed unless this holds."""
    if not holds:
        raise Broken(f"seed {play.seed}, {play.now:%Y-%m-%d %H:%M:%S}: {said}")


def asked(play: Play, sql: str, *values: Any) -> list[sqlite3.Row]:
    """Rows by a connection that is none of ours."""
    return list(play.db.eye.execute(sql, values))
