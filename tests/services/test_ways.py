"""The directory is kept between ticks, and read again at the next one after anything about anybody changed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from stalewatch.domain.policies import Override, Speaking
from stalewatch.services.alerting.ways import Ways
from stalewatch.store import erasing, habits, people
from stalewatch.store.engine import Connection
from tests.services.conftest import Founder
from tests.services.heard import QUIET
from tests.services.world import World

MAIL = "mori@acme.example"
MORI = {"id": "crm:p9", "connection": "crm", "external_id": "p9", "name": "Mori", "active": True, "email": MAIL}
TOLD = {"address": MAIL, "member": "U9", "language": "ja", "zone": "Asia/Tokyo", "asked_at": 1}


@pytest.fixture
def world(found: Founder) -> World:
    """A company of one person, of whom the messenger told where they are."""
    world = found(QUIET)
    with world.db.write() as conn:
        people.upsert(conn, [MORI])
        habits.note(conn, [TOLD])
    return world


def ways(world: World, speaking: Speaking | None = None) -> Ways:
    return Ways.of(world.db, speaking or world.speaking)


def test_while_nothing_changes_the_directory_is_read_once(world: World) -> None:
    first = ways(world)
    assert first.people.people["crm:p9"].zone == "Asia/Tokyo"
    assert ways(world).people is first.people


@pytest.mark.parametrize(
    ("change", "zone"),
    [
        (lambda conn: people.upsert(conn, [{**MORI, "zone": "Europe/Riga"}]), "Europe/Riga"),
        (lambda conn: habits.note(conn, [{**TOLD, "zone": "Asia/Seoul", "asked_at": 2}]), "Asia/Seoul"),
        (lambda conn: erasing.dismiss(conn, addresses=[MAIL], members=[], ids=[]), None),
    ],
    ids=["in the CRM", "in the messenger", "forgotten"],
)  # fmt: skip
def test_a_zone_that_changed_holds_at_the_next_look(
    world: World, change: Callable[[Connection], object], zone: str | None
) -> None:
    ways(world)
    with world.db.write() as conn:
        change(conn)
    assert ways(world).people.people["crm:p9"].zone == zone


def test_what_the_file_says_of_people_holds_from_the_moment_it_is_read(world: World) -> None:
    ways(world)
    said = Speaking(people={MAIL: Override(zone="America/Lima")})
    assert ways(world, said).people.people["crm:p9"].zone == "America/Lima"
