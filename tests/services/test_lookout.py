"""What a working process looks at besides its work: that anything is judged, and that somebody outside hears of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from stalewatch.delivery.heartbeat import Heartbeat
from stalewatch.domain.instants import HOUR, to_us
from stalewatch.sdk.errors import NeedsReconnect
from stalewatch.services.alerting import failing
from stalewatch.services.operating.lookout import Lookout
from stalewatch.store.tables import notices
from tests.services.conftest import Founder
from tests.services.heard import QUIET, rows
from tests.services.world import World, deal

MINUTES = timedelta(minutes=1)


def lookout(world: World, heartbeat: Heartbeat | None = None) -> Lookout:
    return Lookout(world.db, world.clock, world.speaking, {"crm": 2 * HOUR}, lambda: world.mail, heartbeat)


def operators(world: World) -> list[str]:
    """What the operator was told, in the order in which it came."""
    return [f"{one.title} | {one.entries[0].body}" for one in world.mail.messages if one.target == "operator"]


# ------------------------------------------------------------------------------------------------- nothing is judged


def test_the_operator_hears_once_that_nothing_was_judged_for_an_hour(found: Founder) -> None:
    world = found(QUIET)
    watching = lookout(world)
    world.clock.advance(59 * MINUTES)
    assert watching.look() == []
    world.clock.advance(2 * MINUTES)
    assert watching.look() == ["crm"]
    assert watching.look() == [], "and not again on this day"
    world.dispatches()
    [said] = operators(world)
    assert said.startswith("crm: nothing has been judged since 2 Mar 12:00 | Its data is young enough")
    world.ticks()
    assert watching.look() == []


def test_old_data_is_named_as_the_reason(found: Founder) -> None:
    world = found(QUIET)
    world.clock.advance(150 * MINUTES)
    assert lookout(world).look() == ["crm"]
    world.dispatches()
    [said] = operators(world)
    assert "Its data is of 2 Mar 12:00, too old to judge by" in said
    assert "`stalewatch sync crm`" in said


def test_what_cannot_be_read_was_told_already(found: Founder) -> None:
    world = found(QUIET)
    world.clock.advance(150 * MINUTES)
    failing.note(world.db, "crm", NeedsReconnect("the token was revoked"), to_us(world.clock.now()))
    assert lookout(world).look() == []
    assert {row.kind for row in rows(world, notices)} == {"connection:crm"}


def test_a_connection_that_was_never_read_is_only_new(found: Founder) -> None:
    world = found(QUIET)
    watching = Lookout(world.db, world.clock, world.speaking, {"crm": None, "new": 2 * HOUR}, lambda: world.mail)
    world.clock.advance(timedelta(hours=2))
    assert watching.look() == ["crm"]


# ------------------------------------------------------------------------------------------------- the sign of life


class Listener:
    """Somebody outside who hears signs of life."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.answers: list[int] = []
        self.url = ""


@contextmanager
def listening() -> Iterator[Listener]:
    listener = Listener()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            listener.heard.append(self.path)
            self.send_response(listener.answers.pop(0) if listener.answers else 200)
            self.send_header("location", f"{listener.url}/elsewhere")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    listener.url = f"http://127.0.0.1:{server.server_port}/ping/6f9619ff"
    try:
        yield listener
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.bar
def test_b35_the_sign_of_life_is_given_while_work_is_done_and_not_when_it_is_late(found: Founder) -> None:
    world = found(QUIET)
    world.has(deal("acme"))
    world.rounds()
    with listening() as listener:
        watching = lookout(world, Heartbeat(listener.url, allow_custom_host=True))
        assert watching.beat() is None
        assert listener.heard == ["/ping/6f9619ff"]
        world.clock.advance(11 * MINUTES)
        assert watching.beat() == "not said, because crm: should have been read 6 min ago"
        assert len(listener.heard) == 1, "silence is the alarm"
        world.rounds()
        assert watching.beat() is None
        assert len(listener.heard) == 2


def test_whoever_does_not_take_it_is_named_without_the_path(found: Founder) -> None:
    world = found(QUIET)
    with listening() as listener:
        watching = lookout(world, Heartbeat(listener.url, allow_custom_host=True))
        listener.answers += [500, 302]
        assert [watching.beat(), watching.beat()] == ["127.0.0.1 answered 500", "127.0.0.1 answered 302"]
        assert listener.heard == ["/ping/6f9619ff"] * 2, "a redirect is not followed"
    said = watching.beat()
    assert said == "127.0.0.1 cannot be reached (ConnectError)"
    assert "6f9619ff" not in repr(watching)


@pytest.mark.security
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "169.254.169.254", "2130706433", "10.0.0.8"])
def test_s16_it_does_not_lead_into_a_private_network(host: str) -> None:
    said = Heartbeat(f"https://{host}/6f9619ff").beat()
    assert said is not None
    assert "heartbeat.allow_custom_host" in said
