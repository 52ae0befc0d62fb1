"""HubSpot: five searches in a quiet cycle, and evidence of who acted instead of summary fields."""

from __future__ import annotations

from typing import Final

from stalewatch.sdk.connector import ConnectionSettings, Connector

HOSTS: Final = ("api.hubapi.com",)
"""The host that is HubSpot's own; any other needs `allow_custom_host: true`."""


def connect(settings: ConnectionSettings) -> Connector:
    """Make the connector of one `type: hubspot` connection; nothing is called yet.

    Raises:
        ConfigurationError: if its options cannot be used.
    """
    from stalewatch_hubspot.connector import HubSpotConnector  # noqa: PLC0415  # when a connection uses it

    return HubSpotConnector(settings)
