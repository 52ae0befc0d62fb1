"""Why each clock of a record says what it says: told from the stored record, the same for lists and for one deal."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from msgspec import structs

from stalewatch.delivery.wording.explained import explanation_text
from stalewatch.domain.explain import Explanation
from stalewatch.domain.instants import DAY
from stalewatch.sdk.records import Lead, StageVisit
from stalewatch.services.reporting.listing import Item
from stalewatch.services.reporting.reports import Filters, Reports
from tests.services.conftest import Founder
from tests.services.world import World, at, deal

RULES = """\
stalewatch: 1
pack: told
rules:
  - id: dwell
    title: {en: Too long}
    watch: deal
    where: {stage: [proposal, approval]}
    start: stage_entered_at
    within: 5bd
    until: {next_meeting_at: set, next_step: set}
    pause: {until: hold_until, from: hold_set_at, max: 60d}
  - id: no-step
    title: {en: No next step}
    watch: deal
    start: {since: {next_step: empty}}
    within: 2bd
  - id: notes
    title: {en: Notes}
    watch: deal
    start: {each: meeting}
    within: 24h
    until: {filled: [meeting_notes]}
  - id: agenda
    title: {en: Agenda}
    watch: deal
    start: created_at
    within: 5d
    until: {filled: [agenda]}
  - {id: mql, title: {en: MQL}, watch: lead, start: mql_at, within: 30d}
"""


def explained(world: World, record: str = "crm:acme", language: str = "en") -> dict[str, str]:
    """rule -> what is said of its clock."""
    found = reports(world).explain(record, world.us, visible=None) or []
    return {one.rule_id: said(one, world, language) for one in found}


def said(one: Explanation, world: World, language: str = "en") -> str:
    return f"{one.state}: {explanation_text(one, language, world.clock.now())}"


def reports(world: World) -> Reports:
    return Reports(world.db, world.book, {"crm": None})


def told(found: Founder, **attributes: Any) -> World:
    world = found(RULES)
    world.crm.unfed = {"agenda"}
    world.has(deal("acme", **attributes))
    return world


def test_every_rule_says_where_a_deal_stands_and_why(found: Founder) -> None:
    world = told(found, stage="discovery", next_step="Call")
    world.reaches("2026-03-03 09:00")
    assert explained(world) == {
        "agenda": "cannot_judge: cannot be judged: Agenda cannot be read from crm · map agenda",
        "dwell": "not_applicable: this rule is not about this record, it would need: Stage is Proposal or Approval"
        " (now: Discovery)",
        "no-step": "no_clock: no clock, it starts when: Next step is empty (now: Call)",
        "notes": "no_clock: no clock, it starts with: Meeting",
    }
    assert explained(world, language="ja")["dwell"].startswith(
        "not_applicable: このルールの対象ではありません。必要な条件:フェーズが"
    )


def test_the_stage_is_named_with_what_the_crm_or_a_sync_knows_of_its_beginning(found: Founder) -> None:
    world = told(found, stage="proposal", next_step="Call", stage_entered_at=at("2026-02-24 10:00"))
    world.reaches("2026-03-03 09:00")
    assert explained(world)["dwell"] == (
        "watching: Stage Proposal since 24 Feb (Memory) · limit 5 business days · calendar Tokyo"
        " · due 3 Mar 18:00 JST · still missing: Next meeting"
    )
    world.crm.visits.append(StageVisit(deal="acme", stage="proposal", entered_at=at("2026-02-25 10:00")))
    world.reaches("2026-03-05 09:00")
    assert explained(world)["dwell"].startswith("breached: Stage Proposal since 25 Feb (Memory history) · limit")
    world.changes("acme", stage="approval", next_step="")
    world.reaches("2026-03-06 09:00")
    now = explained(world)
    assert now["dwell"].startswith("watching: Stage Approval since 6 Mar (first seen by us) · limit")
    assert now["no-step"].startswith("watching: Next step is empty since 6 Mar (first seen by us) · limit")


def test_holidays_and_waits_are_counted_in_the_sentence(found: Founder) -> None:
    world = told(found, stage="proposal", next_step="Call", stage_entered_at=at("2026-02-19 10:00"))
    world.crm.visits.append(StageVisit(deal="acme", stage="proposal", entered_at=at("2026-02-19 10:00")))
    world.reaches("2026-02-24 09:00")
    world.changes("acme", hold_set_at=at("2026-02-24 10:00"), hold_until=date(2026, 2, 27), hold_reason="legal")
    world.reaches("2026-03-02 09:00")
    assert explained(world)["dwell"] == (
        "watching: Stage Proposal since 19 Feb (Memory history) · limit 5 business days"
        " · calendar Tokyo, 1 holiday skipped · paused 3 days (waiting: legal) · due 4 Mar 18:00 JST"
        " · still missing: Next meeting"
    )


def test_a_list_says_the_same_as_the_record(found: Founder) -> None:
    world = told(found, stage="proposal", stage_entered_at=at("2026-02-16 10:00"))
    world.reaches("2026-03-02 13:00")
    [item] = reports(world).stalled(Filters(), world.us, visible=None).items
    listed = {reason.rule: reason.explain for reason in item.reasons}
    whole = {rule: text.partition(": ")[2].partition(" · still missing")[0] for rule, text in explained(world).items()}
    assert listed
    assert listed == {rule: whole[rule] for rule in listed}


def test_who_reads_no_explanations_is_told_all_else_of_both_lists(found: Founder) -> None:
    world = told(found, stage="proposal", stage_entered_at=at("2026-02-27 10:00"))
    world.reaches("2026-03-02 13:00")
    both = reports(world), replace(reports(world), explains=False)
    listings = [one.due_soon(Filters(), world.us, 60 * DAY, visible=None) for one in both]
    world.reaches("2026-04-20 13:00")
    listings += [one.stalled(Filters(), world.us, visible=None) for one in both]
    for whole, brief in (listings[:2], listings[2:]):
        assert whole.items
        assert all(reason.explain for item in whole.items for reason in item.reasons)
        assert [unexplained(item) for item in whole.items] == list(brief.items)


def unexplained(item: Item) -> Item:
    reasons = tuple(structs.replace(reason, explain=None) for reason in item.reasons)
    return structs.replace(item, explain="", reasons=reasons)


def test_what_is_done_says_what_made_it_so(found: Founder) -> None:
    world = told(
        found, stage="proposal", next_step="Send it", next_meeting_at=at("2026-03-20 10:00"),
        stage_entered_at=at("2026-02-24 10:00"),
    )  # fmt: skip
    world.reaches("2026-03-03 09:00")
    assert explained(world)["dwell"].startswith(
        "satisfied: done: Next meeting is filled in (20 Mar 10:00); Next step is filled in (Send it) · "
    )


def test_a_lead_without_the_date_says_which_one(found: Founder) -> None:
    world = told(found)
    world.crm.leads["l"] = Lead(id="l", name="L", owner="sato", created_at=at("2026-02-20 09:00"), status="new")
    world.reaches("2026-03-03 09:00")
    assert explained(world, "crm:l") == {"mql": "no_clock: no clock: Became MQL not set"}
