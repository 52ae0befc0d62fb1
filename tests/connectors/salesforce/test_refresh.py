"""Refresh tokens that rotate: each is used once, by one process, and the next is kept before the login is used."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from stalewatch.sdk.connector import Level
from stalewatch.sdk.errors import ConfigurationError, ConnectorError, NeedsReconnect, TryLater
from stalewatch.sdk.vault import MemoryVault, Secret
from stalewatch_salesforce.connector import SalesforceConnector
from stalewatch_sandbox.serving.exchange import Request, Response
from stalewatch_sandbox.serving.faults import Fault
from tests.connectors.salesforce.desk import Desk, Snapshot

FIRST = "sandbox-refresh"


def refreshing(desk: Desk, vault: MemoryVault, **auth: Any) -> SalesforceConnector:
    """A worker's connector; `auth` replaces any of it."""
    usual = {"flow": "refresh_token", "login_url": desk.sandbox.url, "client_id": desk.sandbox.app.client_id,
             "client_secret": desk.sandbox.app.client_secret, "refresh_token": FIRST}  # fmt: skip
    return desk.connector(kept={"vault": vault}, auth=usual | auth)


def kept(vault: MemoryVault) -> list[str]:
    return [secret.value for secret in vault._kept.values()]


def statuses(desk: Desk) -> list[int]:
    """How the org answered each request for a token."""
    return [call.status for call in desk.sandbox.ledger.where("token")]


def test_a_refresh_token_that_stays_is_used_again_and_again(desk: Desk) -> None:
    deal, vault = desk.deal(), MemoryVault()
    for _ in range(2):
        assert deal in Snapshot().take(refreshing(desk, vault).pull(None)).deals
    assert statuses(desk) == [200, 200]
    assert kept(vault) == []


def test_an_app_without_a_secret_sends_none(desk: Desk) -> None:
    desk.deal()
    refreshing(desk, MemoryVault(), client_secret="").describe()
    [call] = desk.sandbox.ledger.where("token")
    assert b"client_secret" not in call.body


def test_each_login_uses_the_token_that_the_one_before_brought(desk: Desk) -> None:
    desk.sandbox.app.rotates = True
    desk.deal()
    connector, vault = None, MemoryVault()
    for _ in range(3):
        connector = refreshing(desk, vault)
        connector.describe()
        desk.sandbox.logins.expire()
    assert connector is not None
    connector.describe()
    connector.check()
    assert set(statuses(desk)) == {200}
    assert kept(vault) == sorted(desk.sandbox.app.refresh_tokens)


def test_the_next_token_is_durable_before_the_login_is_used(desk: Desk) -> None:
    desk.sandbox.app.rotates = True
    vault, seen = MemoryVault(), list[list[str]]()

    def note(request: Request, response: Response) -> Response:
        if request.path.startswith("/services/data"):
            seen.append(kept(vault))
        return response

    desk.sandbox.faults.arm_fault("noted", Fault(afterwards=note))
    refreshing(desk, vault).describe()
    assert seen
    assert seen[0] == sorted(desk.sandbox.app.refresh_tokens)


@pytest.mark.parametrize("dies", ["before", "after"])
def test_a_process_that_dies_between_keeping_and_using_loses_nothing(desk: Desk, dies: str) -> None:
    """Who dies before it is kept has lost it for good, and a person is asked: nobody else knows the token."""
    desk.sandbox.app.rotates = True

    class Dying(MemoryVault):
        def replace(self, name: str, value: str, *, seen: Secret | None) -> Secret:
            if dies == "after":
                super().replace(name, value, seen=seen)
            raise KeyboardInterrupt

    vault = Dying()
    with pytest.raises(KeyboardInterrupt):
        refreshing(desk, vault).describe()
    after = MemoryVault()
    after._kept = vault._kept
    again = refreshing(desk, after)
    if dies == "after":
        again.describe()
        return
    with pytest.raises(NeedsReconnect) as caught:
        again.describe()
    assert "authorize the app again" in (caught.value.cure or "")


def test_a_token_that_cannot_be_kept_stops_the_login_and_is_kept_by_the_next(desk: Desk) -> None:
    desk.sandbox.app.rotates = True
    desk.deal()
    is_down = [True]

    class Failing(MemoryVault):
        def replace(self, name: str, value: str, *, seen: Secret | None) -> Secret:
            if is_down:
                raise TryLater("the database does not answer")
            return super().replace(name, value, seen=seen)

    vault = Failing()
    connector = refreshing(desk, vault)
    with pytest.raises(TryLater):
        connector.describe()
    assert desk.calls() == [], "nothing is done with a login whose next token could be lost"
    is_down.clear()
    connector.describe()
    assert statuses(desk) == [200, 200]


def test_a_second_process_goes_on_with_what_the_first_one_got(desk: Desk) -> None:
    desk.sandbox.app.rotates = True
    desk.deal()
    vault = MemoryVault()
    one, other = refreshing(desk, vault), refreshing(desk, vault)
    for _ in range(3):
        for worker in (one, other):
            list(worker.pull(None))
            desk.sandbox.logins.expire()
    assert set(statuses(desk)) == {200}
    assert desk.sandbox.app.refresh_tokens


def test_of_ten_processes_at_once_each_uses_a_token_of_its_own(desk: Desk) -> None:
    """The second use of one would be taken for theft, and everything revoked."""
    desk.sandbox.app.rotates = True
    vault = MemoryVault()
    with ThreadPoolExecutor(10) as threads:
        list(threads.map(lambda _: refreshing(desk, vault).describe(), range(10)))
    assert statuses(desk) == [200] * 10


def test_somebody_who_replaced_it_all_the_same_is_noticed_by_the_refusal(desk: Desk) -> None:
    """A process that was frozen for longer than it may hold the name comes back with a token of the past."""
    vault = MemoryVault()
    desk.sandbox.app.refresh_tokens = {"of another process"}

    class Late(MemoryVault):
        def get(self, name: str) -> Secret | None:
            reads.append(name)
            return Secret("of another process", 1) if len(reads) > 1 else None

    reads: list[str] = []
    vault = Late()
    refreshing(desk, vault).describe()
    assert statuses(desk) == [400, 200]


def test_a_token_that_was_revoked_is_asked_for_once_and_a_person_is_told(desk: Desk) -> None:
    desk.sandbox.logins.revoke()
    [finding] = refreshing(desk, MemoryVault()).check()
    assert finding.level is Level.ERROR
    assert "authorize the app again" in (finding.cure or "")
    assert statuses(desk) == [400]


def test_reuse_revokes_everything_at_the_org(desk: Desk) -> None:
    """What all of this is for: a copy of the configuration elsewhere ends both."""
    desk.sandbox.app.rotates = True
    desk.deal()
    mine = refreshing(desk, MemoryVault())
    list(mine.pull(None))
    with pytest.raises(NeedsReconnect):
        list(refreshing(desk, MemoryVault()).pull(None))
    with pytest.raises(NeedsReconnect):
        list(mine.pull(None))


def test_another_token_in_the_configuration_begins_anew(desk: Desk) -> None:
    desk.sandbox.app.rotates = True
    vault = MemoryVault()
    refreshing(desk, vault).describe()
    desk.sandbox.logins.revoke()
    desk.sandbox.app.refresh_tokens.add("pasted")
    refreshing(desk, vault, refresh_token="pasted").describe()  # noqa: S106
    assert kept(vault) == sorted(desk.sandbox.app.refresh_tokens), "what replaced the old one is forgotten"


@pytest.mark.parametrize("lacking", ["client_id", "refresh_token"])
def test_a_flow_that_lacks_a_key_names_it(desk: Desk, lacking: str) -> None:
    with pytest.raises(ConfigurationError, match=f"{lacking} is missing"):
        refreshing(desk, MemoryVault(), **{lacking: ""})


def test_a_vault_that_keeps_nothing_is_said_when_the_connector_is_made(desk: Desk) -> None:
    class Closed(MemoryVault):
        def check(self, name: str) -> None:
            raise ConfigurationError("there is no secrets.key", cure="make one")

    with pytest.raises(ConfigurationError, match=r"secrets\.key"):
        refreshing(desk, Closed())
    assert desk.connector(kept={"vault": Closed()}), "the other flows need none"


def test_x04_no_refresh_token_is_shown(desk: Desk) -> None:
    desk.sandbox.app.rotates = True
    desk.deal()
    vault = MemoryVault()
    connector = refreshing(desk, vault)
    seen = Snapshot().take(connector.pull(None))
    [secret] = kept(vault)

    def echo(_: Request) -> Response:
        return Response.json([{"errorCode": "X", "message": f"{secret} after {FIRST}"}], 400)

    desk.sandbox.clock.advance(timedelta(minutes=5))
    desk.sandbox.faults.arm_fault("echo", Fault(instead=echo, on=lambda request: "composite" in request.path))
    with pytest.raises(ConnectorError) as caught:
        list(connector.pull(seen.cursor))
    shown = f"{caught.value} {connector!r} {connector.transport!r} {vault._kept!r} {connector._options!r}"
    assert secret not in shown
    assert FIRST not in shown
