"""The partner pack watches reports: a report that comes makes it fall silent, and its age speaks again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from stalewatch import shipped
from stalewatch.domain.entries import Entry
from stalewatch.domain.partner_reports import PartnerReport
from stalewatch.services.answering import partner_reports
from stalewatch.services.judging.in_force import RulesMoved
from stalewatch.store import alerts, audit, changes, clocks, links, records
from tests import databases
from tests.databases import SQLITE_DAILY
from tests.services.world import World, at, deal, default_pack, rulebook

pytestmark = SQLITE_DAILY

WHOLE = PartnerReport(
    reason="Stock is counted by hand.\nIt costs two days a month.\nThe lease ends in March.", phase="interest",
    champion="The head of logistics showed it to the board.",
)  # fmt: skip
SAME = PartnerReport(reason="As before.", phase="approval", champion="Signs on Friday.")


@pytest.fixture
def world(migrated_database_url: str) -> Iterator[World]:
    database = databases.opened(migrated_database_url)
    yield peopled(World(database, rulebook((shipped.rules() / "partner.yaml").read_text())))
    database.dispose()


def peopled(world: World) -> World:
    told = {"is_partner_deal": True, "pipeline": "partner", "fields": {"partner": "Minato"}}
    world.has(deal("kumo", created_at=at("2026-03-02 10:00"), **told))
    world.reaches("2026-03-02 12:00")
    return world


def reports(world: World, report: PartnerReport = WHOLE, actor: str = "partner", link: str | None = None) -> bool:
    with world.db.write() as conn:
        return partner_reports.take(conn, world.book, row(world), report, actor=actor, now=world.us, link=link)


def row(world: World) -> Any:
    with world.db.read() as conn:
        return records.read_by_ids(conn, "partner_deal", ["crm:kumo"])[0]


def states(world: World) -> dict[str, str]:
    with world.db.read() as conn:
        return {one.rule_id: one.state for one in alerts.open_for(conn, ["crm:kumo"])}


def test_the_packs_rules_speak_while_no_report_comes_and_fall_silent_with_one(world: World) -> None:
    world.reaches("2026-03-05 12:00")
    world.reaches("2026-03-06 09:30")
    assert any("issing in the partner report" in one for one in world.nudges_to("sato"))
    assert reports(world)
    world.rounds()
    world.reaches("2026-03-06 15:00")  # longer than keep_for
    assert "partner-report-incomplete" not in states(world)
    assert row(world).last_partner_report_at == at("2026-03-06 09:30").timestamp() * 1_000_000
    said = len(world.nudges_to("sato"))
    world.reaches("2026-03-20 12:00")  # 10 business days later: with interest it may be 15
    assert not any("last report is from" in one for one in world.nudges_to("sato")[said:])
    world.reaches("2026-03-30 12:00")
    world.reaches("2026-03-31 09:30")
    assert any("last report is from" in one for one in world.nudges_to("sato")[said:])


def test_the_phase_decides_how_old_a_report_may_be_from_the_moment_it_comes(world: World) -> None:
    world.clock.move_to(at("2026-03-04 10:00"))
    reports(world, SAME)  # approval: five business days
    world.reaches("2026-03-11 12:00")
    world.reaches("2026-03-12 09:30")
    assert any("last report is from" in one for one in world.nudges_to("sato"))


def test_the_record_is_judged_in_the_transaction_of_its_report(world: World) -> None:
    def anchors() -> dict[str, int | None]:
        with world.db.read() as conn:
            return {one.rule: one.anchor for one in clocks.entries(conn, ["crm:kumo"], list[Entry])["crm:kumo"]}

    before = anchors()
    world.clock.move_to(at("2026-03-04 10:00"))
    reports(world)
    assert anchors()["partner-report-stale"] == world.us != before["partner-report-stale"]


def test_a_report_survives_every_sync_and_the_next_one_takes_its_place_as_a_whole(world: World) -> None:
    reports(world)
    world.changes("kumo", stage="proposal", partner="Minato")
    world.syncs()
    kept = row(world)
    assert (kept.report_reason_to_propose, kept.report_phase) == (WHOLE.reason, "interest")
    world.clock.move_to(at("2026-03-05 10:00"))
    reports(world, PartnerReport(phase="comparing"))
    kept = row(world)
    assert (kept.report_reason_to_propose, kept.report_phase, kept.report_champion_activity) == (
        None,
        "comparing",
        None,
    )
    with world.db.read() as conn:
        assert [one.phase for one in links.reports(conn, "crm:kumo")] == ["interest", "comparing"]


def test_the_same_report_twice_on_a_day_is_one_and_one_between_makes_it_news(world: World) -> None:
    assert reports(world, link="one")
    assert not reports(world, link="one")
    assert reports(world, link="another")  # somebody else says the same
    assert reports(world, SAME, link="one")
    assert reports(world, link="one")
    world.clock.move_to(at("2026-03-04 10:00"))
    assert reports(world, link="one")  # still so, two days later
    with world.db.read() as conn:
        assert len(links.reports(conn, "crm:kumo")) == 5
        assert len([one for one in audit.read(conn) if one.action == "partner.report"]) == 5


def test_what_a_report_changed_is_in_the_log_with_what_was_before(world: World) -> None:
    reports(world)
    world.clock.move_to(at("2026-03-05 10:00"))
    reports(world, SAME)
    with world.db.read() as conn:
        latest = next(one for one in audit.read(conn) if one.action == "partner.report")
        past = changes.read(conn, ["crm:kumo"], ["report_phase"])
    assert latest.before["report_phase"] == "interest"
    assert latest.after["report_phase"] == "approval"
    assert latest.actor == "partner"
    assert [one.value for one in past][-2:] in ([], ["interest", "approval"])


def test_by_rules_that_are_not_in_force_nothing_is_kept(world: World) -> None:
    other = rulebook(default_pack())
    with pytest.raises(RulesMoved), world.db.write() as conn:
        partner_reports.take(conn, other, row(world), WHOLE, actor="partner", now=world.us)
    assert row(world).last_partner_report_at is None
    with world.db.read() as conn:
        assert links.reports(conn, "crm:kumo") == []
