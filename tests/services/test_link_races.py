"""Two requests at one moment: of two first answers one spends the link, of two same reports one is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from threading import Barrier
from typing import Any

import pytest

from stalewatch import shipped
from stalewatch.domain.customer_answers import ANSWERS
from stalewatch.domain.instants import DAY
from stalewatch.domain.partner_reports import PartnerReport
from stalewatch.domain.writebacks import Writeback
from stalewatch.services.answering import partner_reports
from stalewatch.services.answering.link_tokens import Purpose, Signer
from stalewatch.services.answering.loss_answers import Asked
from stalewatch.services.answering.public_links import PublicLinks
from stalewatch.store import audit, links, records
from tests import databases
from tests.services.world import World, deal, rulebook

AT_ONCE = 4
SIGNER = Signer(["a key of this company that nobody guesses"])


@pytest.fixture
def world(migrated_database_url: str) -> Iterator[World]:
    database = databases.opened(migrated_database_url)
    world = World(database, rulebook((shipped.rules() / "partner.yaml").read_text()))
    world.has(deal("kumo", is_partner_deal=True))
    world.syncs()
    yield world
    database.dispose()


def together(act: Callable[[int], object]) -> list[Any]:
    start = Barrier(AT_ONCE)

    def one(number: int) -> object:
        start.wait()
        return act(number)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(one, range(AT_ONCE)))


def kumo(world: World) -> Any:
    with world.db.read() as conn:
        return records.read_by_ids(conn, "partner_deal", ["crm:kumo"])[0]


def test_of_answers_at_one_moment_one_spends_the_link_and_the_others_change_it_in_turn(world: World) -> None:
    made = PublicLinks(signer=SIGNER, home="https://acme.example", lives=dict.fromkeys(Purpose, DAY))
    with world.db.write() as conn:
        address, _ = made.make(conn, Purpose.LOSS_CHECK, kumo(world), actor="sato", now=world.us)
    asked = Asked(world.book, world.speaking, SIGNER, lambda _: Writeback.NONE)

    def answers(number: int) -> None:
        with world.db.write() as conn:
            asked.answer(conn, address.rpartition("/")[2], ANSWERS[number], world.us + number)

    together(answers)
    with world.db.read() as conn:
        log = [row for row in audit.read(conn, obj="crm:kumo") if row.action == "loss_check.answer"]
        kept = links.answered(conn, ["crm:kumo"])["crm:kumo"]
    assert [row.before for row in log].count(None) == 1
    chain = [(row.before, row.after) for row in reversed(log)]
    assert all(earlier[1] == later[0] for earlier, later in pairwise(chain))
    assert chain[-1][1] == {"answer": kept.answer, "months": kept.months}


def test_the_same_report_at_one_moment_is_kept_once(world: World) -> None:
    report, row = PartnerReport(champion="Showed it."), kumo(world)

    def reports(_: int) -> bool:
        with world.db.write() as conn:
            return partner_reports.take(conn, world.book, row, report, actor="partner", now=world.us)

    assert sorted(together(reports)) == [False] * (AT_ONCE - 1) + [True]
    with world.db.read() as conn:
        assert len(links.reports(conn, "crm:kumo")) == 1
