"""What OpenAPI says of connections, by example."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from stalewatch.services.operating.connection_list import ConnectionItem, ConnectionListing, Fed, Used

_ITEM: Final = ConnectionItem(
    id="sf", type="salesforce", state="ok", data_at="2026-04-15T00:00:00+00:00", data_age_seconds=240,
    too_old_after_seconds=7200, last_sync_at="2026-04-15T00:00:08+00:00",
    last_sync={"records": 12, "left_out": 0, "vanished": 0}, next_sync_at="2026-04-15T00:05:08+00:00", running=False,
    asked=False, error=None, cure=None, failing_since=None, records={"deal": {"total": 2140, "open": 388}},
    coverage={"deal": Fed(fed=41, of=46, unfed=("pain",), cannot_judge=("no-pain",), lacking=("Read Pain__c",))},
    rules_judging=17, rules=18, left_out={"a deal without a stage": 3},
    quota={"DailyApiRequests": Used(used=2810, allowed=100_000, heard_at="2026-04-15T00:00:08+00:00")},
    writeback="notes",
)  # fmt: skip

CONNECTIONS: Final[dict[str, Any]] = {
    "description": "Every configured connection; as CSV for `Accept: text/csv`.",
    "content": {
        "application/json": {
            "schema": {"$ref": "#/components/schemas/ConnectionListing"},
            "example": msgspec.to_builtins(ConnectionListing((_ITEM,), None, 1, "2026-04-15T00:04:00+00:00", 240)),
        },
        "text/csv": {"schema": {"type": "string"}},
    },
}
SYNC_ASKED: Final[dict[str, Any]] = {
    "description": "Asked for. A worker takes it up within half a minute; `Location` says where to look.",
    "content": {
        "application/json": {
            "schema": {"type": "object"},
            "example": {"connection": "sf", "full": False, "repeated": False, "running": False,
                        "see": "/v1/connections"},
        }
    },
}  # fmt: skip
