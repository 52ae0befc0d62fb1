"""The Salesforce connector keeps the contract that every connector keeps."""

from __future__ import annotations

from datetime import timedelta

import pytest

from stalewatch.sdk.connector import Connector
from stalewatch.sdk.testing import ConnectorContract
from tests.connectors.salesforce.desk import NOW, Desk


class TestSalesforce(ConnectorContract):
    @pytest.fixture(autouse=True)
    def _org(self, desk: Desk) -> None:
        self.desk = desk
        for number in range(5):
            deal = desk.deal(f"Deal {number}")
            desk.mail(deal)
            desk.call(deal)
            desk.meeting(deal, NOW + timedelta(days=3))
            desk.role(deal, desk.contact)
        desk.org.insert("Lead", {"LastName": "Kimura", "Company": "New", "OwnerId": desk.seller}, at=desk.ago(days=2))
        desk.sandbox.faults.arm("SF06", sizes=[2])

    def connector(self) -> Connector:
        return self.desk.connector(reads={})

    def broken(self) -> Connector:
        nowhere = {"login_url": "http://127.0.0.1:9", "client_id": "x", "client_secret": "secret"}
        return self.desk.connector(auth={"flow": "client_credentials", **nowhere})
