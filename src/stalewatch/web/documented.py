"""What OpenAPI says of the answers: their schemas, taken from the types that are sent, and an example of each."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from stalewatch.services.measuring.kpis_told import KpisTold
from stalewatch.services.measuring.review_told import ReviewTold
from stalewatch.services.measuring.told import ForecastTold, UnobservedTold
from stalewatch.services.operating.connection_list import ConnectionListing
from stalewatch.services.reporting.alert_list import AlertListing
from stalewatch.services.reporting.listing import Item, Listing, Reason
from stalewatch.services.reporting.rule_list import RuleListing
from stalewatch.web.problems import MEDIA

_REF: Final = "#/components/schemas/{name}"
_PROBLEM: Final = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "description": "Names the problem; about:blank where the status says it all."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong with this request, for people."},
        "errors": {"type": "array", "items": {"type": "object"}, "description": "Each wrong part of the request."},
    },
}
_REASON: Final = Reason(
    rule="no-next-meeting",
    title="No next meeting",
    severity="warning",
    due="2026-04-09T18:00:00+09:00",
    days_over=4,
    alert="3f2a9c:1",
    state="open",
    since="2026-03-26T10:00:00+09:00",
    limit="10bd",
    explain="Last meeting 26 Mar (Salesforce) · limit 10 business days · calendar Tokyo · due 9 Apr 18:00 JST",
)
_ITEM: Final = Item(
    id="sf:0065e00001AbCdE", object="deal", name="Acme renewal", connection="sf", owner="sf:0055e000003XyZ",
    owner_name="Sato", owner_email="sato@acme.example", team="tokyo", pipeline="new_business", stage="proposal",
    amount=1_200_000.0, currency="JPY", close_date="2026-05-29", url="https://acme.my.salesforce.com/0065e00001AbCdE",
    severity="warning", due=_REASON.due, days_over=4, explain=_REASON.explain or "", reasons=(_REASON,),
)  # fmt: skip
_LISTING: Final = Listing((_ITEM,), None, 1, "2026-04-15T00:00:00+00:00", 240)
_REPORTED: Final = {
    "record": "sf:006P", "last_partner_report_at": "2026-04-15T09:00:00+09:00", "phase": "comparing",
    "reason_to_propose": "Stock is counted by hand.\nIt costs two days a month.",
    "champion_activity": "The head of logistics showed it to the board.", "repeated": False,
}  # fmt: skip
_LINK: Final = {
    "record": "sf:006P", "partner": "Kumo Partners", "url": "https://stalewatch.acme.example/p/4mZc...",
    "expires_at": "2027-04-15T09:00:00+09:00",
}  # fmt: skip
_LIST_SCHEMA: Final = {"$ref": _REF.format(name="Listing")}
_WARNING: Final = "rules: rules/acme.yaml:12:12: error SW104: `stagee` is unknown; the rules from before stay in force"
_READY: Final = {"status": "not ready", "reasons": ["sf: its data is 190 min old, too old to judge by"], "warnings": []}
_WELL: Final = {"status": "ok", "reasons": [], "warnings": [_WARNING]}

LIST: Final[dict[str, Any]] = {
    "description": "A page of the list; as CSV for `Accept: text/csv`.",
    "content": {
        "application/json": {"schema": _LIST_SCHEMA, "example": msgspec.to_builtins(_LISTING)},
        "text/csv": {"schema": {"type": "string"}},
    },
}
RECORD: Final[dict[str, Any]] = {
    "description": "The record with its deadlines, alerts and timeline.",
    "content": {"application/json": {"schema": {"type": "object"}, "example": {"id": _ITEM.id, "object": "deal"}}},
}
REPORTED: Final[dict[str, Any]] = {
    "description": "The report as the deal's fields have it now.",
    "content": {"application/json": {"schema": {"type": "object"}, "example": _REPORTED}},
}
LINK: Final[dict[str, Any]] = {
    "description": "The link: this is the only time that it is shown.",
    "content": {"application/json": {"schema": {"type": "object"}, "example": _LINK}},
}
REVOKED: Final[dict[str, Any]] = {
    "description": "How many links of the deal's partner were alive and are not any more.",
    "content": {"application/json": {"schema": {"type": "object"}, "example": {"record": "sf:006P", "revoked": 1}}},
}
TAKEN: Final[dict[str, Any]] = {
    "description": "Taken. For a form: what Slack shows in its place; for a button: nothing, its work is done after.",
    "content": {"application/json": {"schema": {"type": "object"}, "example": {"response_action": "clear"}}},
}
HEALTH: Final[dict[str, Any]] = {
    "description": "All is well.",
    "content": {"application/json": {"schema": {"type": "object"}, "example": _WELL}},
}
FIGURES: Final[dict[str, Any]] = {
    "description": "Prometheus text format.",
    "content": {"text/plain": {"schema": {"type": "string"}}},
}
_SAYS: Final = {
    400: "The body cannot be read.",
    401: "No valid API token; on Slack's routes: no valid signature.",
    403: "The token has not the scope.",
    404: "There is no such thing, or the caller may not see it.",
    409: "Not possible in the alert's present state, or not any more; `reason` and `limit` say why.",
    413: "The body is longer than 64 KB (512 KB from Slack, 1 MB of rules).",
    415: "The body is of a media type that is not read here.",
    422: "The request is not understood; `errors` says where and what was probably meant.",
    429: "Asked too often; `Retry-After` says when to ask again.",
    503: "The database does not answer now, or (`/readyz`) work is late.",
}
_SECONDS: Final = {"description": "Seconds to wait.", "schema": {"type": "integer"}}


def answers(
    good: dict[str, Any], *problems: int, is_readyz: bool = False, status: int = 200
) -> dict[int | str, dict[str, Any]]:
    """The answers of a route; `status` is that of the good one."""
    content = {MEDIA: {"schema": {"$ref": _REF.format(name="Problem")}}}
    told: dict[int | str, dict[str, Any]] = {
        problem: {"description": _SAYS[problem], "content": content} for problem in problems
    }
    if 413 in problems:  # who sends a body may send one that is none
        told[400] = {"description": _SAYS[400], "content": content}
    if 403 in problems:  # whoever says who they are is counted
        told[429] = {"description": _SAYS[429], "content": content, "headers": {"Retry-After": _SECONDS}}
    if is_readyz:
        told[503] = {
            "description": _SAYS[503],
            "content": {"application/json": {"schema": {"type": "object"}, "example": _READY}},
        }
    return {status: good, **told}


def schemas() -> dict[str, Any]:
    """The named schemas."""
    sent = [Listing, AlertListing, RuleListing, ConnectionListing, ForecastTold, UnobservedTold, ReviewTold, KpisTold]
    _, found = msgspec.json.schema_components(sent, ref_template=_REF)
    return {**found, "Problem": _PROBLEM}
