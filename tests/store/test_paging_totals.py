"""A total stands on its table also where no condition names a column of it."""

from __future__ import annotations

from stalewatch.store.alert_lists import AlertFilters, listed
from tests import databases


def test_all_open_alerts_of_everybody_are_counted(migrated_database_url: str) -> None:
    database = databases.opened(migrated_database_url)
    with database.read() as conn:
        found = listed(conn, AlertFilters(), visible=None)
    database.dispose()
    assert (found.rows, found.total) == ([], 0)
