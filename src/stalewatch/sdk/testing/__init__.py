"""Tests that every connector and notifier inherits. A plugin's own test is a class of six lines:

    class TestMyConnector(ConnectorContract):
        def connector(self) -> Connector:
            return connect(connection_settings({"path": "tests/files"}))

        def broken(self) -> Connector:
            return connect(connection_settings({"path": "tests/nowhere"}))

Fixtures are ordinary pytest fixtures of that class. Nothing here imports pytest.
"""

from __future__ import annotations

from stalewatch.sdk.testing.catalogue import CATALOGUE, NOON, connection_settings
from stalewatch.sdk.testing.connectors import ConnectorContract
from stalewatch.sdk.testing.notifiers import NotifierContract

__all__ = ["CATALOGUE", "NOON", "ConnectorContract", "NotifierContract", "connection_settings"]
