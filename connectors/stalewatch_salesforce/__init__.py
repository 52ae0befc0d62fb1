"""Salesforce: one composite call in a quiet cycle, and evidence of who acted instead of summary fields."""

from __future__ import annotations

from typing import Final

from stalewatch.sdk.connector import ConnectionSettings, Connector

HOSTS: Final = ("my.salesforce.com", "login.salesforce.com", "test.salesforce.com")
"""The hosts that are Salesforce's own; any other needs `allow_custom_host: true`."""


def connect(settings: ConnectionSettings) -> Connector:
    """Make the connector of one `type: salesforce` connection; nothing is called yet.

    Raises:
        ConfigurationError: if its options cannot be used.
    """
    from stalewatch_salesforce.connector import SalesforceConnector  # noqa: PLC0415  # when a connection uses it

    return SalesforceConnector(settings)
