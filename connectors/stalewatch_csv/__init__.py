"""Files exported from any CRM: deals.csv, and stages.csv and events.csv where there are any."""

from __future__ import annotations

from stalewatch.sdk.connector import ConnectionSettings, Connector


def connect(settings: ConnectionSettings) -> Connector:
    """Make the connector of one `type: csv` connection; no file is touched yet.

    Raises:
        ConfigurationError: if its options cannot be used.
    """
    from stalewatch_csv.connector import CsvConnector  # noqa: PLC0415  # imported when a connection uses it

    return CsvConnector(settings)
