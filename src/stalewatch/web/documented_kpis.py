"""What OpenAPI says of KPIs, by example."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from stalewatch.services.measuring.kpis_told import KpiFigureTold, KpiGroupTold, KpisTold

_FIGURE: Final = KpiFigureTold(
    kpi="no_next_meeting", value=0.18, over=34, of=189, unit="rate", better="lower", days=0, small=False, low=0.132,
    high=0.241, before=0.21, trend=[("2026-06-23", 0.2), ("2026-06-30", 0.18)],
)  # fmt: skip
_KPIS: Final = KpisTold(
    group="team", items=[KpiGroupTold("tokyo", "tokyo", [_FIGURE])], all=KpiGroupTold("", "", [_FIGURE]),
    currency="JPY", past=None, as_of="2026-06-30", data_age_seconds=240,
)  # fmt: skip

KPIS: Final[dict[str, Any]] = {
    "description": "The KPIs of each group, and of all together; for `Accept: text/csv` a row for each figure.",
    "content": {
        "application/json": {
            "schema": {"$ref": "#/components/schemas/KpisTold"},
            "example": msgspec.to_builtins(_KPIS),
        },
        "text/csv": {"schema": {"type": "string"}},
    },
}
