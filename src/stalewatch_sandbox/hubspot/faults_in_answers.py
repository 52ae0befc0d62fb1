"""Faults of what a portal says, and how: pipelines, versions, members that nobody knows, subjects of machines."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from stalewatch_sandbox.hubspot.api import HubSpotApi
from stalewatch_sandbox.hubspot.company import Pipeline, stages
from stalewatch_sandbox.hubspot.errors import refusal
from stalewatch_sandbox.hubspot.kinds import DEALS
from stalewatch_sandbox.hubspot.paths import LEGACY, place
from stalewatch_sandbox.serving.exchange import Request, Response
from stalewatch_sandbox.serving.faults import Catalogue, Fault

_OTHER: Final = Pipeline(
    id="other",
    label="Other pipeline",
    stages=stages(("911", "Proposal", 0.4), ("912", "Discovery", 0.2), ("913", "Won", 1), ("914", "Lost", 0)),
)
_SUBJECTS: Final = (
    "Accepted: Kick-off @ Tue", "Automatic reply: offer", "Canceled: Kick-off", "Declined: Kick-off",
    "Out of Office: back on Monday", "承諾: キックオフ",
    "自動返信: お見積もりについて", "キャンセル済み: 定例", "不在通知：4月3日まで", "辞退: 定例",
)  # fmt: skip
_SUNSET: Final = "Wed, 01 Mar 2028 00:00:00 GMT"


class AnswerFaults:
    """Each method makes the fault of its case."""

    def __init__(self, api: HubSpotApi) -> None:
        self._api = api

    def catalogue(self) -> Catalogue:
        """By the ids of their cases."""
        return {
            "HS34": self.other_pipeline, "HS37": self.old_version, "HS39": self.extra, "HS40": self.renamed,
            "HS41": self.calendar_traffic,
        }  # fmt: skip

    def other_pipeline(self, id: str | None = None, stage: str = "911") -> Fault:  # noqa: A002  # written in JSON
        """HS34: a deal is moved to another pipeline; its history has the stages of both."""
        portal = self._api.portal

        def switch() -> Callable[[], None]:
            if all(one.id != _OTHER.id for one in portal.pipelines(DEALS)):
                portal.set_pipelines("deals", [*portal.pipelines(DEALS), _OTHER])
            deal = id or str(portal.records(DEALS, archived=False)[0].now.number)
            portal.update("deals", deal, {"pipeline": _OTHER.id, "dealstage": stage})
            return lambda: None

        return Fault(switch=switch, stays=True)

    def old_version(self, ended: str = "", status: int = 404, header: str = "Sunset", date: str = _SUNSET) -> Fault:
        """HS37: versions of the API come to their end: those of before answer 404 or 410, and so does `ended`; every
        other answer says in a header when its own time comes."""

        def over(request: Request) -> Response | None:
            parts = request.path.split("/")
            if not any(version in parts for version in (*LEGACY, *((ended,) if ended else ()))):
                return None
            refused = refusal(status, "API_VERSION_SUNSET", "This version of the API is no longer available")
            return replace(Response.json(refused.body, refused.status), weight=1, kind="refused")

        return Fault(
            afterwards=lambda request, response: over(request) or response.with_headers(**{header: date}), times=None
        )

    def extra(self, empty: Sequence[str] = ("dealname", "amount", "closedate", "hubspot_owner_id")) -> Fault:
        """HS39: properties are null, members are missing, and others stand there that nobody knows."""

        def strange(row: dict[str, Any]) -> None:
            row.pop("archived", None)
            row |= {"url": "https://app.hubspot.com/x", "objectWriteTraceId": "1", "aNewMember": {"a": [1, None]}}
            properties = row["properties"]
            properties |= dict.fromkeys((name for name in empty if name in properties), None)
            properties["a_new_property"] = None

        return Fault(on=_on_objects, afterwards=lambda _, response: _rewritten(response, strange))

    def renamed(self, old: str = "amount", new: str = "amount_2", kind: str = "deals") -> Fault:
        """HS40: a property goes by another name than a client believes: asking for it brings nothing, with 200; to
        filter by it is a 400."""
        schema, of = self._api.portal.schema, DEALS

        def switch() -> Callable[[], None]:
            if kind != of.name:
                raise ValueError("only properties of deals are renamed")
            known: Mapping[str, Any] = dict(schema.of(of))
            schema.forget(of, old)
            schema.add(of, replace(known[old], name=new))

            def back() -> None:
                schema.forget(of, new)
                schema.add(of, known[old])

            return back

        return Fault(switch=switch)

    def calendar_traffic(self, subjects: Sequence[str] = _SUBJECTS, headers: Mapping[str, str] | None = None) -> Fault:
        """HS41: incoming mails that a calendar wrote, or a program for somebody who is away, in turn."""

        def rewrite(request: Request, response: Response) -> Response:
            wanted = iter(subjects)

            def one(row: dict[str, Any]) -> None:
                row["properties"] |= {"hs_email_direction": "INCOMING_EMAIL", "hs_email_subject": next(wanted, "Hello")}
                row["properties"] |= dict(headers or {})

            return _rewritten(response, one) if place(request.path)[1:2] == ("emails",) else response

        return Fault(on=_on_objects, afterwards=rewrite)


def _on_objects(request: Request) -> bool:
    return place(request.path)[:1] == ("objects",)


def _rewritten(response: Response, change: Callable[[dict[str, Any]], None]) -> Response:
    if response.status not in (200, 207) or not response.body:
        return response
    body = response.value()
    for row in body.get("results", [body]):
        if "properties" in row:
            change(row)
    return replace(response, body=Response.json(body, response.status).body)
