"""What watches the watcher is told: it lives, its work is done in time, and the figures behind that."""

from __future__ import annotations

from datetime import timedelta

from stalewatch.domain.instants import DAY, to_us
from stalewatch.sdk.errors import NeedsReconnect
from stalewatch.store import accounts, leases, outbox
from stalewatch.store.engine import Database
from tests.services.world import World
from tests.web.office import Office


def reasons(office: Office) -> list[str]:
    answer = office.get("/readyz")
    told = answer.json()
    assert (answer.status_code, told["status"]) == ((503, "not ready") if told["reasons"] else (200, "ok"))
    return list(told["reasons"])


def test_all_is_well_after_a_round(office: Office) -> None:
    assert office.get("/healthz").json() == {"status": "ok"}
    assert reasons(office) == []


def test_work_that_nobody_does_turns_readiness_red(world: World, office: Office) -> None:
    world.clock.advance(timedelta(minutes=11))
    assert reasons(office) == ["crm: should have been read 6 min ago"]


def test_deadlines_that_nobody_looked_at_turn_readiness_red(world: World, office: Office) -> None:
    world.clock.advance(timedelta(days=13))
    world.syncs()
    [reason] = reasons(office)
    assert reason.startswith("crm: deadlines that came")
    world.ticks()
    assert [one for one in reasons(office) if "deadlines" in one] == []


def test_data_too_old_to_judge_by_is_told(world: World, office: Office) -> None:
    world.clock.advance(timedelta(hours=3))
    assert any("too old to judge by" in reason for reason in reasons(office))


def test_the_engine_of_this_process_has_a_word(world: World) -> None:
    assert reasons(Office.of(world, engine=lambda: "engine: it ended; it starts again in 2 s")) == [
        "engine: it ended; it starts again in 2 s"
    ]


def test_a_database_that_is_away_is_red_and_not_dead(world: World) -> None:
    office = Office.of(world)
    gone = Database("sqlite:////nowhere/at/all.db")
    object.__setattr__(office.app.state.desks().health, "db", gone)
    [reason] = reasons(office)
    assert reason.startswith("database: ")
    assert "/nowhere" not in reason
    assert office.get("/healthz").status_code == 200
    assert "stalewatch_database_up 0.0" in office.get("/metrics").text


def test_figures_for_prometheus(world: World, office: Office) -> None:
    world.crm.fault = NeedsReconnect("the token was revoked")
    world.syncs()
    world.clock.advance(timedelta(minutes=2))
    text = office.get("/metrics").text
    figures = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert figures['stalewatch_data_age_seconds{connection="crm"}'] == "120.0"
    assert figures["stalewatch_database_up"] == "1.0"
    assert float(figures['stalewatch_deliveries{state="sent"}']) >= 1
    assert float(figures['stalewatch_notices{state="told"}']) >= 2
    assert figures["stalewatch_parked"] == "0.0"
    assert figures["stalewatch_services_down"] == "0.0"


def test_figures_of_work_that_waits_and_of_calls(world: World, office: Office) -> None:
    with world.db.write() as conn:
        accounts.hear(conn, "crm:1", {"DailyApiRequests": [1200, 15000]}, "crm")
        outbox.call(conn, {"person:late": to_us(world.clock.now()) - 120_000_000})
        assert leases.claim(conn, leases.CONNECTIONS, due=to_us(world.clock.now()) + DAY, lease_us=60_000_000)
    figures = dict(line.rsplit(" ", 1) for line in office.get("/metrics").text.splitlines() if line[0] != "#")
    assert figures['stalewatch_work_due{kind="dispatch"}'] == "1.0"
    assert figures['stalewatch_work_due_age_seconds{kind="dispatch"}'] == "120.0"
    assert figures['stalewatch_work_leased{kind="sync"}'] == "1.0"
    assert figures['stalewatch_calls_used{connection="crm",quota="DailyApiRequests"}'] == "1200.0"
    assert figures['stalewatch_calls_allowed{connection="crm",quota="DailyApiRequests"}'] == "15000.0"
