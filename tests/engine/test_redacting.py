"""No secret, address or amount leaves in a line, whoever logs it: ours, httpx at DEBUG, a traceback (S28)."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest

from stalewatch.clock import FixedClock
from stalewatch.delivery.by_address import ByAddress
from stalewatch.delivery.webhook import Webhook
from stalewatch.domain.hooks import Hook
from stalewatch.engine.logs import OneLine, OneObject, configure
from stalewatch.engine.redacting import Redactor
from stalewatch.services.telling.hooking import Hooking
from stalewatch.settings import Settings
from stalewatch.settings.known_secrets import secret_texts
from stalewatch.settings.project import Connecting
from tests import databases
from tests.connectors.hubspot.portals import NOON, opened
from tests.services.heard import QUIET
from tests.services.receiver import receiving
from tests.services.world import IMMEDIATE, World, rulebook
from tests.web.office import Office

TOKENS = (
    "Authorization: Bearer canary-7f3a91c2e5b8",
    "(b'Authorization', b'Bearer canary-7f3a91c2e5b8'), (b'Accept', b'*/*')",
    "headers={'authorization': 'Basic Y2FuYXJ5OjdmM2E5MWMyZTViOA=='}",
    '{"access_token": "canary-7f3a91c2e5b8", "expires_in": 60}',
    "GET /oauth?client_secret=canary-7f3a91c2e5b8&x=1 and ?code=canary-7f3a91c2e5b8",
    "smtps://watch:canary-7f3a91c2e5b8@mail.example.com",
    "xoxb-1234-canary7f3a xapp-1-canary7f3a swt_canary7f3a91c2e5b8 whsec_canary7f3a91c2e5b8",
    "pat-eu1-canary-7f3a91c2e5b8, 00D5g000004abcd!AQcanary7f3a91c2e5b8",
    "eyJhbGciOiJSUzI1NiJ9.eyJjYW5hcnkiOiI3ZjNhIn0.canary7f3a91c2e5b8",
    "-----BEGIN RSA PRIVATE KEY-----\ncanary7f3a91c2e5b8\n-----END RSA PRIVATE KEY-----",
    "https://watch.example.com/l/canary7f3a91c2e5b8xyz was opened",
)
AMOUNTS = (
    "¥41,293,847 is stalled", "JPY 41293847.50", "41,293,847円", "amount=41293847", '{"amount": "41293847.00"}',
    "amount: Decimal('41293847')", "$41293847", "41293847 USD",
)  # fmt: skip
HARMLESS = (
    "2026-03-16T09:00:00+0900 INFO stalewatch.engine: sync: sf: 1,000,000 records read, 41 judged",
    "HTTP Request: GET https://api.hubapi.com/crm/v3/objects/deals?limit=100 \"HTTP/1.1 200 OK\"",
    "the token expired; sign in again", "rule ghosted on sf:006A00000123 is basic", "state=open",
)  # fmt: skip


@pytest.mark.security
@pytest.mark.parametrize(
    "text",
    [
        *TOKENS,
        *AMOUNTS,
        "mail to canary-7f3a+x@customer.example and canary%40acme.example",
        "GET /mail?to=ito@acme.example%2Ccanary@acme.example",
        "ito@acme.example+canary@acme.example",
    ],
)
def test_s28_no_canary_is_left_in_a_line(text: str) -> None:
    told = Redactor()(text)
    assert not [canary for canary in ("canary", "7f3a", "41293847", "41,293,847", "Y2FuYXJ5") if canary in told], told


@pytest.mark.parametrize("text", HARMLESS)
def test_what_hides_nothing_is_as_it_was(text: str) -> None:
    assert Redactor()(text) == text


def test_one_address_is_one_mark_and_another_one_is_another() -> None:
    hide = Redactor()
    one, same, other = (hide(text) for text in ("ito@acme.example", "ITO@acme.example", "sato@acme.example"))
    assert one == same != other
    assert one != Redactor()("ito@acme.example")


@pytest.mark.security
def test_s28_a_secret_of_the_configuration_is_struck_in_whatever_form() -> None:
    hide = Redactor()
    settings = Settings(
        path=Path("x"), source=None, base=Path(), database="postgresql+psycopg://watch:p%40ssw0rd@db/x",  # type: ignore[arg-type]
        connections=(Connecting(id="hs", type="hubspot", options={"auth": {"token": "plain-words-123"}}),),
        notify={"email": {"url": "smtps://a:mail-pass@host", "from": "x@y.example"}},
        hooks=(Hook(url="https://x.example", secrets=("hook-secret-1", "hook-secret-2")),),
    )  # fmt: skip
    hide.knows(secret_texts(settings))
    said = "plain-words-123 p@ssw0rd p%40ssw0rd mail-pass hook-secret-1 hook-secret-2 is refused"
    assert hide(said) == "*** *** *** *** *** *** is refused"


@pytest.mark.security
@pytest.mark.parametrize("form", [OneLine, OneObject])
def test_s28_a_traceback_hides_what_the_line_hides(form: type[OneLine] | type[OneObject]) -> None:
    def fails() -> None:
        raise ValueError("canary@customer.example has Bearer canary-7f3a91c2e5b8")

    try:
        fails()
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "f", 1, "%s\nand more", ("canary@acme.example",), sys.exc_info())
    told = form(tracebacks=True).format(record)
    assert "canary" not in told.replace("fails", "")
    assert "ValueError" in told
    if form is OneObject:
        assert json.loads(told)["level"] == "error"
        assert "\n" not in told


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> Iterator[StringIO]:
    """Everything that any library logs, at its most talkative."""
    stream, root = StringIO(), logging.getLogger()
    before, handlers = root.level, root.handlers[:]
    monkeypatch.setattr("sys.stderr", stream)
    configure(debug=True)
    root.setLevel(logging.DEBUG)
    for name in ("httpx", "httpcore", "sqlalchemy.engine"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    yield stream
    root.setLevel(before)
    root.handlers[:] = handlers
    for name in ("httpx", "httpcore", "sqlalchemy.engine", "stalewatch"):
        logging.getLogger(name).setLevel(logging.NOTSET)


@pytest.mark.security
def test_s28_a_day_at_work_with_every_library_at_debug(migrated_database_url: str, logged: StringIO) -> None:
    """Read from a CRM over HTTP, judged, told, posted to a webhook, looked at over the API; and a CRM that fails."""
    database = databases.opened(migrated_database_url)
    secret = "whsec_canary7f3a91c2e5b8canary7f3a91"  # noqa: S105 - a canary
    with opened() as story, receiving() as receiver:
        canaries = [story.server.token, secret, "canary-mori@customer.example", "41293847", "sato@acme.example"]
        world = World(database, rulebook(QUIET), clock=FixedClock(NOON), speaking=IMMEDIATE)
        reads = {"deal": ["created_at", "last_meeting_at", "next_meeting_at", "amount"]}
        world.crm = story.connector(reads=reads)  # type: ignore[assignment]  # in this story the CRM is HubSpot
        hook = Hook(url=receiver.url, secrets=(secret,), allow_custom_host=True)
        world.mail = ByAddress(world.mail, None, {hook.target: Webhook(hook, world.clock)})  # type: ignore[assignment]
        Hooking(world.db, world.clock, (hook,)).run()
        deal = story.deal("Acme", at=NOON - timedelta(days=20), amount="41293847")
        story.contact(deal, "canary-mori@customer.example")
        story.mail(deal, sender="canary-mori@customer.example")
        for _ in range(2):
            story.passes(days=16)
            world.clock.move_to(story.board.clock.now())
            world.syncs()
            world.ticks()
            Hooking(world.db, world.clock, (hook,)).run()
            world.dispatches()
        office = Office.of(world, "deals:read")
        told = [office.get(path).text for path in ("/healthz", "/readyz", "/metrics", "/v1/deals/none")]
        world.crm = story.connector(reads=reads, auth={"flow": "token", "token": "canary-wrong-7f3a91c2e5b8"})  # type: ignore[assignment]
        assert world.syncs().error is not None
        assert receiver.requests
    database.dispose()
    whole = logged.getvalue()
    assert "send_request_headers" in whole, "httpx was not at DEBUG, and nothing is shown"
    canaries.append("canary-wrong-7f3a91c2e5b8")
    assert [one for one in canaries if one in whole or one in "".join(told)] == []
