"""Logins: what is sent, what is kept, and what a refusal means."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from stalewatch.sdk.connector import Level
from stalewatch.sdk.errors import ConfigurationError, NeedsReconnect, TryLater
from stalewatch_salesforce.connector import SalesforceConnector
from stalewatch_sandbox.salesforce.org import INTEGRATION_USER
from stalewatch_sandbox.serving.exchange import Request, Response
from stalewatch_sandbox.serving.faults import Fault
from tests.connectors.salesforce.desk import Desk, Snapshot

KEY = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)


@pytest.fixture
def key_file(desk: Desk, tmp_path: Path) -> Path:
    """A private key, whose public half the org knows."""
    public = KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    private = KEY.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    desk.sandbox.app.certificate = public.decode()
    (tmp_path / "key.pem").write_bytes(private)
    return tmp_path / "key.pem"


def by_jwt(desk: Desk, key_file: Path, **more: Any) -> SalesforceConnector:
    auth = {
        "flow": "jwt", "login_url": desk.sandbox.url, "client_id": desk.sandbox.app.client_id,
        "username": INTEGRATION_USER, "private_key_file": key_file.name,
    }  # fmt: skip
    return desk.connector(auth=auth | more)


def test_a_jwt_logs_in_and_its_token_is_kept(desk: Desk, key_file: Path) -> None:
    deal = desk.deal()
    seen, connector = Snapshot(), by_jwt(desk, key_file)
    for _ in range(3):
        seen.take(connector.pull(seen.cursor))
        desk.sandbox.clock.advance(timedelta(minutes=5))
    assert deal in seen.deals
    assert len(desk.sandbox.ledger.where("token")) == 1


@pytest.mark.parametrize("flow", ["jwt", "client_credentials", "refresh_token"])
def test_sf20_a_token_that_tells_nothing_of_its_end_is_kept_until_it_is_refused(
    desk: Desk, key_file: Path, flow: str
) -> None:
    desk.sandbox.faults.arm("SF20")
    deal = desk.deal()
    more = {"flow": flow, "client_secret": desk.sandbox.app.client_secret, "refresh_token": "sandbox-refresh"}
    seen, connector = Snapshot(), by_jwt(desk, key_file, **more)
    for _ in range(4):
        seen.take(connector.pull(seen.cursor))
        desk.sandbox.clock.advance(timedelta(hours=3))
    assert deal in seen.deals
    assert len(desk.sandbox.ledger.where("token")) == 1
    desk.sandbox.logins.expire()
    seen.take(connector.pull(seen.cursor))
    assert len(desk.sandbox.ledger.where("token")) == 2


@pytest.mark.parametrize("minutes", [-9, 9])
def test_sf21_a_jwt_that_was_refused_for_its_time_follows_the_date_of_the_refusal(
    desk: Desk, key_file: Path, minutes: float
) -> None:
    deal = desk.deal()
    desk.sandbox.faults.arm("SF21", minutes=minutes)
    assert deal in Snapshot().take(by_jwt(desk, key_file).pull(None)).deals
    assert [call.status for call in desk.sandbox.ledger.where("token")] == [400, 200]


@pytest.mark.parametrize("minutes", [-20, 20])
def test_sf21_a_jwt_follows_the_servers_clock(desk: Desk, key_file: Path, minutes: int) -> None:
    deal = desk.deal()
    connector = by_jwt(desk, key_file)
    connector.transport._now = lambda: desk.sandbox.clock.now() + timedelta(minutes=minutes)
    assert deal in Snapshot().take(connector.pull(None)).deals
    assert len(desk.sandbox.ledger.where("token")) == 2


def test_sf22_a_user_who_was_not_approved_is_told_what_to_set(desk: Desk, key_file: Path) -> None:
    desk.sandbox.faults.arm("SF22")
    [finding] = by_jwt(desk, key_file).check()
    assert finding.level is Level.ERROR
    assert "pre-authorized" in (finding.cure or "")
    assert len(desk.sandbox.ledger.where("token")) == 1


def test_a_wrong_certificate_names_the_three_causes(desk: Desk, key_file: Path) -> None:
    desk.sandbox.app.certificate = None
    with pytest.raises(NeedsReconnect) as caught:
        list(by_jwt(desk, key_file).pull(None))
    assert all(word in (caught.value.cure or "") for word in ("clock", "audience", "certificate"))
    assert len(desk.sandbox.ledger.where("token")) == 2


def test_client_credentials_without_a_user_are_told_what_to_set(desk: Desk) -> None:
    desk.sandbox.app.run_as = None
    [finding] = desk.connector().check()
    assert "run-as user" in (finding.cure or "")


@pytest.mark.parametrize("text", ["", "no key", "-----BEGIN PRIVATE KEY-----\nxx\n-----END PRIVATE KEY-----"])
def test_a_key_that_is_none_is_a_mistake_of_the_configuration(desk: Desk, key_file: Path, text: str) -> None:
    key_file.write_text(text)
    with pytest.raises(ConfigurationError, match="private key"):
        list(by_jwt(desk, key_file).pull(None))


def test_a_key_that_is_not_there_is_one_too(desk: Desk, key_file: Path) -> None:
    with pytest.raises(ConfigurationError, match="private key"):
        list(by_jwt(desk, key_file, private_key_file="nowhere.pem").pull(None))


@pytest.mark.parametrize("odd", ["né", "a\0b", "", "two words", "x" * 20_000], ids=["é", "nul", "none", "two", "long"])
def test_a_token_that_no_header_can_carry_is_half_an_answer_and_not_kept(desk: Desk, odd: str) -> None:
    def garbles(_: Request, response: Response) -> Response:
        return Response.json({**response.value(), "access_token": odd})

    deal, connector = desk.deal(), desk.connector()
    fault = Fault(on=lambda request: request.path.endswith("/token"), afterwards=garbles)
    desk.sandbox.faults.arm_fault("garbled", fault, times=None)
    with pytest.raises(TryLater):
        list(connector.pull(None))
    desk.sandbox.faults.disarm("garbled")
    assert deal in Snapshot().take(connector.pull(None)).deals
