"""Work by hand: what reached nobody is routed anew, what was given up is tried again, what may be on its way stays."""

from __future__ import annotations

from dataclasses import replace

from stalewatch.domain.policies import Override
from stalewatch.domain.routing import UNDELIVERED
from stalewatch.sdk.errors import BadContent, NeedsReconnect, OutcomeUnknown
from stalewatch.sdk.notifier import Message
from stalewatch.sdk.records import Person
from stalewatch.services.operating.work import Work
from stalewatch.services.reporting.pieces import Kind, Piece, by_reason, chosen
from stalewatch.store import leases
from stalewatch.store.leases import CONNECTIONS
from tests.services.conftest import Founder
from tests.services.heard import QUIET, fate
from tests.services.world import World, at, deal

ADA = Person(id="ada", name="Ada", zone="Asia/Tokyo")
"""Nobody knows how to reach her."""


def work(world: World) -> Work:
    return Work(world.db, world.clock, world.book, world.speaking, "tests")


def goes_quiet(world: World, owner: str = "sato") -> None:
    """A deal that is late at the close of 16 March; it is that moment."""
    world.has(deal("acme", owner=owner, created_at=at("2026-03-02 10:00"), next_step="call"))
    world.reaches("2026-03-02 12:30")
    world.reaches("2026-03-16 18:00")


def only(world: World) -> Piece:
    [piece] = work(world).pieces()
    return piece


def test_what_reached_nobody_is_routed_anew_once_somebody_is_known(found: Founder) -> None:
    world = found(QUIET)
    world.crm.people.append(ADA)
    goes_quiet(world, owner="ada")
    [breach] = [piece for piece in work(world).pieces() if piece.key.split(":")[2] == "breach"]
    assert (breach.kind, breach.why, breach.target, breach.record) == (Kind.NOTICE, "nobody_left", UNDELIVERED, "Acme")
    assert work(world).release([breach]).refused == (breach,), "still nobody"
    world.speaking = replace(world.speaking, people={"Ada": Override(slack="U1")})
    assert work(world).release([breach]).done == (breach,)
    world.reaches("2026-03-17 10:00")
    assert [message.target for message in told(world)] == ["person:Ada"]


def told(world: World) -> list[Message]:
    return [message for message in world.mail.messages if message.target != "operator"]


def test_a_message_that_was_given_up_is_tried_again_when_somebody_says_so(found: Founder) -> None:
    world = found(QUIET)
    world.mail.faults = [BadContent("no"), BadContent("no")]
    goes_quiet(world)
    dead = work(world).pieces()
    assert {piece.state for piece in dead} == {"dead"}
    assert by_reason(dead) == {"dead": len(dead)}
    assert told(world) == []
    assert len(work(world).release(dead).done) == len(dead)
    world.rounds()
    assert len(told(world)) == len(dead)
    assert work(world).pieces() == []


def test_a_message_that_was_given_up_can_be_let_go(found: Founder) -> None:
    world = found(QUIET)
    world.mail.faults = [BadContent("no"), BadContent("no")]
    goes_quiet(world)
    dead = work(world).pieces()
    assert len(work(world).drop(dead).done) == len(dead)
    world.rounds()
    assert work(world).pieces() == []
    assert told(world) == []
    assert fate(world) == {"dropped: dropped_by_hand": ["breach"], "told": ["dead"]}


def test_a_message_that_may_have_arrived_is_neither_dropped_nor_sent_again_by_hand(found: Founder) -> None:
    world = found(QUIET)
    world.mail.settle_after_seconds = 3600.0  # type: ignore[misc]  # this post is slow to show
    world.mail.faults = [OutcomeUnknown("lost"), OutcomeUnknown("lost")]
    goes_quiet(world)
    unknown = [piece for piece in work(world).pieces() if piece.state == "unknown"]
    assert unknown
    assert work(world).drop(unknown).refused == tuple(unknown)
    assert work(world).release(unknown).refused == tuple(unknown)


def test_a_connection_that_was_set_aside_is_read_again(found: Founder) -> None:
    world = found(QUIET)
    with world.db.write() as conn:
        leases.park(conn, CONNECTIONS, "crm")
    piece = only(world)
    assert (piece.kind, piece.id) == (Kind.CONNECTION, "crm")
    assert work(world).drop([piece]).refused == (piece,)
    assert isinstance(world.syncs().error, NeedsReconnect)
    assert work(world).release([piece]).done == (piece,)
    assert world.syncs().error is None


def test_an_id_may_be_shortened_while_it_is_clear() -> None:
    pieces = [
        Piece(id=name, kind=Kind.NOTICE, key=f"key of {name}", state="held", why="storm") for name in ("abc1", "abd2")
    ]
    assert chosen(pieces, ["abc", "abd2"]) == (pieces, [])
    assert chosen(pieces, ["ab", "zz"]) == ([], ["ab", "zz"])
