"""Somebody with one address in two CRMs is one person: what only one of the two tells of them holds in both."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from stalewatch.domain.policies import Override, Speaking
from stalewatch.services.access.hierarchy import below, reports_of
from stalewatch.services.alerting.people import people_of
from stalewatch.services.answering.identity import Somebody, seen_by
from stalewatch.store import people
from stalewatch.store.engine import Database
from tests.databases import SQLITE_DAILY, opened

pytestmark = SQLITE_DAILY


@pytest.fixture
def db(migrated_database_url: str) -> Iterator[Database]:
    database = opened(migrated_database_url)
    yield database
    database.dispose()


def known(db: Database, *rows: dict[str, Any]) -> None:
    usual = {"active": True, "manager": None, "team": None, "zone": None, "language": None}
    with db.write() as conn:
        people.upsert(conn, [{**usual, "connection": one["id"].partition(":")[0], **one} for one in rows])


def person(id_: str, name: str, **told: Any) -> dict[str, Any]:
    return {
        "id": id_, "external_id": id_.partition(":")[2], "name": name, "email": f"{name.lower()}@acme.example", **told
    }  # fmt: skip


BOTH = (
    person("sf:tanaka", "Tanaka", team="Kanto", zone="Asia/Tokyo"),
    person("sf:sato", "Sato", manager="sf:tanaka", team="Kanto", zone="Asia/Tokyo", language="ja"),
    person("hs:1", "Tanaka"),
    person("hs:2", "Sato", team="Sales"),
)


def test_the_manager_of_one_crm_leads_in_the_other_and_may_answer_there(db: Database) -> None:
    known(db, *BOTH)
    found = people_of(db, Speaking())
    sato = found.people["hs:2"]
    assert (sato.manager, sato.team, sato.zone, sato.language) == ("sf:tanaka", "Sales", "Asia/Tokyo", "ja")
    assert below({"sf:tanaka", "hs:1"}, reports_of(found)) == {"sf:sato", "hs:2"}
    tanaka = Somebody(slack="U1", actor="tanaka@acme.example", keys=frozenset({"sf:tanaka", "hs:1"}))
    seen = seen_by(tanaka, found)
    assert seen is not None
    assert seen.covers("hs:2", "hs:9")


def test_what_people_names_goes_first_and_who_left_tells_nothing(db: Database) -> None:
    left = person("sf:sato", "Sato", manager="sf:tanaka", zone="Asia/Tokyo", active=False)
    known(db, BOTH[0], left, *BOTH[2:])
    overrides = {"tanaka@acme.example": Override(zone="Asia/Singapore")}
    found = people_of(db, Speaking(people=overrides))
    assert (found.people["hs:2"].manager, found.people["hs:2"].zone) == (None, None)
    assert found.people["hs:1"].zone == "Asia/Singapore"
