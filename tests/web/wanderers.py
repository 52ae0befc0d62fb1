"""A company in which messages went astray in every way there is."""

from __future__ import annotations

from pathlib import Path

from stalewatch.domain.policies import StormGuard
from stalewatch.sdk.errors import BadContent, OutcomeUnknown, WorkspaceDown
from stalewatch.sdk.records import Lead, Person
from stalewatch.services.operating.work import Work
from stalewatch.store.engine import Database
from tests.altered import replace
from tests.services.world import IMMEDIATE, SATO, TANAKA, World, at, deal, rulebook
from tests.web.pack import RULES

LEADS = """
  - id: lead-waits
    title: {en: Lead waits, ja: リード未対応}
    watch: lead
    start: created_at
    within: [{is: 10bd}]
    severity: warning
    message: {en: "{name} waits.", ja: "{name}が待っています。"}
"""


def astray(path: Path, template: Path, name: str = "{}", error: str = "no such layout") -> World:
    """Of a lead nobody can be told; one message was given up and one has an unknown fate; two deals are a storm.

    `name` is what deals and people are called, with {} for what tells them apart, `error` what services answer.
    """
    path.write_bytes(template.read_bytes())
    world = World(Database(f"sqlite:///{path}"), rulebook(RULES + LEADS), speaking=IMMEDIATE)
    world.crm.people = [
        replace(SATO, name=name.format("Sato"), manager=None), TANAKA,
        Person(id="ada", name=name.format("Ada"), zone="Asia/Tokyo"),
    ]  # fmt: skip
    world.reaches("2026-03-02 12:00")
    world.crm.leads["l"] = Lead(
        id="l", name=name.format("Lead"), owner="ada", created_at=at("2026-03-02 10:00"), status="mql"
    )
    has(world, name, "dead")
    world.mail.faults = [BadContent(error), BadContent(error)]
    world.reaches("2026-03-16 18:00")
    has(world, name, "parked")
    world.mail.faults = [OutcomeUnknown(error)]
    world.reaches("2026-03-17 18:00")
    work(world).park([piece.id for piece in work(world).pieces() if piece.state == "unknown"])
    judging = replace(world.book.judging, storm_guard=StormGuard(share=0.1, at_least=2))
    world.book = rulebook(RULES + LEADS, judging=judging)
    has(world, name, "storm", "gale")
    world.reaches("2026-03-18 18:00")
    return world


def has(world: World, name: str, *ids: str) -> None:
    """Deals that are late a day after the ones before."""
    began = {"dead": "2026-03-02 10:00", "parked": "2026-03-03 10:00"}
    for each in ids:
        made = deal(each, created_at=at(began.get(each, "2026-03-04 10:00")))
        world.has(replace(made, name=name.format(each.title())))


def stops(world: World) -> None:
    """Somebody set the CRM aside, and the service through which messages go is down."""
    world.has(deal("late", owner="tanaka", created_at=at("2026-03-05 10:00")))
    world.mail.faults = [WorkspaceDown("token_revoked")]
    world.reaches("2026-03-19 18:00")
    work(world).park(["crm"])


def work(world: World) -> Work:
    """The operator's hand."""
    return Work(world.db, world.clock, world.book, world.speaking, "tests")
