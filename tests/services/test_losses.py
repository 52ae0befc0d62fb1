"""Why a deal was lost: the customer's word before a rep's, and what a rep was told before what they conclude."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from stalewatch.services.reporting.losses import LossSource, losses_of
from stalewatch.store import answers, links
from tests import databases
from tests.databases import SQLITE_DAILY
from tests.services.world import World, default_pack, rulebook

pytestmark = SQLITE_DAILY


@pytest.fixture
def world(migrated_database_url: str) -> Iterator[World]:
    database = databases.opened(migrated_database_url)
    yield World(database, rulebook(default_pack()))
    database.dispose()


def says(world: World, tag: str, at: int, note: str | None = None) -> None:
    with world.db.write() as conn:
        row = {"id": f"{tag}{at}", "record_id": "crm:acme", "at": at, "tag": tag, "note": note, "by": "sato"}
        answers.add_loss(conn, {**row, "source": answers.REPORTED})


def answers_(world: World, word: str, months: int | None, at: int, link: str = "one") -> None:
    with world.db.write() as conn:
        row = {"link_id": link, "record_id": "crm:acme", "answer": word, "months": months}
        links.spend(conn, {**row, "answered_at": at, "changed_at": at})


def source(world: World) -> tuple[LossSource, str] | None:
    with world.db.read() as conn:
        loss = losses_of(conn, ["crm:acme", "crm:other"]).get("crm:acme")
        return None if loss is None else (loss.source, loss.tag)


def test_what_nobody_said_is_not_known_and_silence_is_only_assumed(world: World) -> None:
    assert source(world) is None
    says(world, "silent", 1)
    assert source(world) == (LossSource.ASSUMED, "silent")
    says(world, "budget", 2, "No money before April.")
    assert source(world) == (LossSource.REPORTED, "budget")


@pytest.mark.parametrize(
    ("word", "months", "tag"),
    [("priority", None, "priority"), ("another_way", None, "competitor"), ("later", 3, "timing")],
)
def test_the_customers_word_counts_before_a_reps_whenever_it_came(
    world: World, word: str, months: int | None, tag: str
) -> None:
    answers_(world, word, months, at=1)
    says(world, "budget", 5)
    assert source(world) == (LossSource.CUSTOMER, tag)


def test_of_two_answers_the_later_one_counts(world: World) -> None:
    answers_(world, "priority", None, at=5)
    answers_(world, "another_way", None, at=3, link="two")
    assert source(world) == (LossSource.CUSTOMER, "priority")
