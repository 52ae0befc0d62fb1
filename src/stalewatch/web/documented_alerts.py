"""What OpenAPI says of alerts: the list, and what each answer is answered with, by example."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from stalewatch.services.reporting.alert_list import AlertItem, AlertListing

_ITEM: Final = AlertItem(
    id="3f2a9c.1", state="open", rule="no-next-meeting", title="No next meeting", severity="warning", episode=1,
    record="sf:0065e00001AbCdE", object="deal", name="Acme renewal", connection="sf", owner="sf:0055e000003XyZ",
    owner_name="Sato", owner_email="sato@acme.example", subject=None, since="2026-03-26T10:00:00+09:00",
    due="2026-04-09T18:00:00+09:00", opened_at="2026-04-06T09:00:00+09:00", breached_at="2026-04-09T18:00:00+09:00",
    resolved_at=None, cause=None, silent_until=None, snoozed_until=None, snoozed_by=None, snooze_reason=None,
    acted_at=None, acted_as=None, muted_by=None, holdout=False,
)  # fmt: skip
_ANSWERED: Final[dict[str, Any]] = {
    "id": _ITEM.id, "record": _ITEM.record, "rule": _ITEM.rule, "episode": 1, "state": "open", "cause": None,
    "silent_until": None, "snoozed_until": None, "snooze_reason": None, "snoozes_left": 2, "repeated": False,
}  # fmt: skip
_OFF: Final = {"write": None, "note": None, "not_written": "off"}
_MAIL: Final = {
    "link": "https://stalewatch.acme.example/l/4mZc", "subject": "A quick question",
    "text": "Is this still of interest?",
}  # fmt: skip


def _answered(**differs: Any) -> dict[str, Any]:
    return {
        "description": "The alert as it is now, and what came of the answer.",
        "content": {"application/json": {"schema": {"type": "object"}, "example": {**_ANSWERED, **differs}}},
    }


ALERTS: Final[dict[str, Any]] = {
    "description": "A page of the list; as CSV for `Accept: text/csv`.",
    "content": {
        "application/json": {
            "schema": {"$ref": "#/components/schemas/AlertListing"},
            "example": msgspec.to_builtins(AlertListing((_ITEM,), None, 1, "2026-04-15T00:00:00+00:00", 240)),
        },
        "text/csv": {"schema": {"type": "string"}},
    },
}
ACKNOWLEDGED: Final = _answered(silent_until="2026-04-20T18:00:00+09:00")
CLAIMED: Final = _answered(state="claimed", silent_until="2026-04-16T09:00:00+09:00", crm=_OFF)
SNOOZED: Final = _answered(
    state="snoozed", silent_until="2026-04-20T09:00:00+09:00", snoozed_until="2026-04-20T09:00:00+09:00",
    snooze_reason="The customer decides on the 20th.", snoozes_left=1,
)  # fmt: skip
HELD: Final = _answered(state="waiting", silent_until="2026-05-11T09:00:00+09:00", crm=_OFF)
RESUMED: Final = _answered(state="waiting")
LOST: Final = _answered(state="resolved", cause="lost", crm={"write": "5b1f0c", "note": "9a77e2", "not_written": None})
CHECKED: Final = _answered(silent_until="2026-04-20T18:00:00+09:00", mail=_MAIL)
DISMISSED: Final = _answered(state="resolved", cause="false_alarm")
